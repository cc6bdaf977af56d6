"""Instagram for the connector tests: our account with one picture, and citizens who write under it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors.base import Context
from sandbox.entries import Entry, iso
from sandbox.instagram import issue_tokens
from tests.connectors.stage import Stage

US, TUVA, BO = "17841405309211844", "7312694745228715", "6120334985521004"


class InstagramStage(Stage):
    platform: ClassVar[str] = "instagram"
    surface: ClassVar[str] = "comments"
    page_size: ClassVar[int] = 50

    def prepare(self) -> None:
        self.world.add_account("instagram", "Exempelby kommun", id=US, handle="exempelby", ours=True)
        self.world.add_account("instagram", "Tuva Ekdahl", id=TUVA, handle="tuvaekdahl")
        self.world.add_account("instagram", "Bo Lindh", id=BO, handle="bo.lindh")
        self.token = issue_tokens(self.world, US)
        self.post = self.we_post("Badet öppnar igen")

    def we_post(self, text: str, *, ago: timedelta = timedelta(hours=30)) -> Entry:
        return self.world.write("instagram", "post", US, text, wall=US, at=datetime.now(UTC) - ago)

    def citizen_posts(self, text: str, *, ago: timedelta = timedelta(hours=1), **extra: Any) -> Entry:
        """Let a citizen put something out on an account of her own."""
        at = datetime.now(UTC) - ago
        return self.world.write("instagram", "post", TUVA, text, wall=TUVA, at=at, extra=extra)

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
        return self.world.write("instagram", "comment", TUVA, text, root=(post or self.post).id, at=at, extra=extra)

    def answer(self, entry: Entry, text: str, *, by_us: bool = False, at: datetime | None = None) -> Entry:
        return self.world.write("instagram", "comment", US if by_us else BO, text, parent=entry.id, at=at)

    def spoil(self, entry: Entry) -> None:
        self.world.annotate(entry.id, withhold=["id"])

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.token["access_token"], self.token["app_secret"])

    @property
    def our_id(self) -> str:
        return US
