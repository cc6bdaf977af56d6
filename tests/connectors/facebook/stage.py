"""Facebook for the connector tests: our page with one post, and citizens who write under it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors.base import Context
from sandbox.entries import Entry, iso
from sandbox.facebook import issue_tokens
from tests.connectors.stage import Stage

US, ANNA, BO = "448506782123020", "7312694745228715", "6120334985521004"


class FacebookStage(Stage):
    platform: ClassVar[str] = "facebook"
    surface: ClassVar[str] = "comments"
    page_size: ClassVar[int] = 100

    def prepare(self) -> None:
        self.world.add_account("facebook", "Exempelby kommun", id=US, handle="exempelby", ours=True)
        self.world.add_account("facebook", "Tuva Ekdahl", id=ANNA)
        self.world.add_account("facebook", "Bo Lindh", id=BO)
        self.token = issue_tokens(self.world, US)
        self.post = self.we_post("Badet öppnar igen")

    def we_post(self, text: str, *, ago: timedelta = timedelta(hours=30)) -> Entry:
        return self.world.write("facebook", "post", US, text, wall=US, at=datetime.now(UTC) - ago)

    def visitor_posts(self, text: str, **extra: Any) -> Entry:
        return self.world.write("facebook", "post", ANNA, text, wall=US, extra=extra)

    def context(self, **changes: Any) -> Context:
        given = {
            "external_id": US,
            "handle": "exempelby",
            "token": self.token,
            "base_url": self.sandbox.url,
            "own_ids": frozenset({US}),
        }
        return Context(**{**given, **changes})

    def citizen_writes(
        self,
        text: str,
        *,
        at: datetime | None = None,
        visible_at: datetime | None = None,
        post: Entry | None = None,
        **extra: Any,
    ) -> Entry:
        if visible_at:
            extra["visible_at"] = iso(visible_at)
        return self.world.write("facebook", "comment", ANNA, text, root=(post or self.post).id, at=at, extra=extra)

    def answer(self, entry: Entry, text: str, *, by_us: bool = False, at: datetime | None = None) -> Entry:
        # Facebook's own app puts an answer to an answer under the top-level comment too.
        above = entry.thread or entry.id
        return self.world.write("facebook", "comment", US if by_us else BO, text, parent=above, at=at)

    def spoil(self, entry: Entry) -> None:
        self.world.annotate(entry.id, withhold=["id"])

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.token["access_token"], self.token["app_secret"])

    @property
    def our_id(self) -> str:
        return US

    def we_advertise(self, text: str, *, ago: timedelta = timedelta(hours=30)) -> Entry:
        at = datetime.now(UTC) - ago
        return self.world.write("facebook", "post", US, text, wall=US, at=at, extra={"ad": True})

    def somebody_tags_us(self, text: str, *, ago: timedelta = timedelta(0)) -> Entry:
        tags = [{"id": US, "name": "Exempelby kommun", "offset": 0, "length": 16}]
        at = datetime.now(UTC) - ago
        return self.world.write("facebook", "post", BO, text, wall=BO, at=at, extra={"tags": tags})

    def messages_us(self, text: str, *, by: str = ANNA, ago: timedelta = timedelta(0)) -> Entry:
        return self.world.write("facebook", "message", by, text, wall=US, at=datetime.now(UTC) - ago)

    def we_message(self, to: Entry, text: str) -> Entry:
        return self.world.write("facebook", "message", US, text, parent=to.id)
