"""YouTube for the connector tests: our channel with one video, and citizens who write under it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors.base import Context
from sandbox.entries import Entry, iso
from sandbox.youtube import issue_tokens
from tests.connectors.stage import Stage

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=200)
US, ANNA, BO = "UC2ieuD5nfa9duRfo6F9NaDw", "UC3FdLy0EqqKOc336uOqsQtA", "UCpJikfnS3yTFpRfzTUUekfA"


class YouTubeStage(Stage):
    platform: ClassVar[str] = "youtube"
    surface: ClassVar[str] = "comments"
    page_size: ClassVar[int] = 100
    too_long: ClassVar[str] = "å" * 10_001

    def prepare(self) -> None:
        self.world.add_account("youtube", "Exempelby kommun", id=US, handle="exempelby", ours=True)
        self.world.add_account("youtube", "vera sundkvist", id=ANNA, handle="vera")
        self.world.add_account("youtube", "Torbjörn Ekelid", id=BO, handle="torbjorn")
        self.token = issue_tokens(self.world, US)
        self.saved: list[dict[str, Any]] = []
        self.video = self.film("Så bygger vi den nya skolan")

    def film(self, title: str, **extra: Any) -> Entry:
        at = datetime.now(UTC) - timedelta(days=3)
        return self.world.write("youtube", "video", US, title, wall=US, at=at, extra=extra)

    def context(self, **changes: Any) -> Context:
        given = {
            "external_id": US,
            "handle": "exempelby",
            "token": self.token,
            "base_url": self.sandbox.url,
            "token_url": f"{self.sandbox.url}/token",
            "save_token": lambda token: self.saved.append(dict(token)),
            "own_ids": frozenset({US}),
        }
        return Context(**{**given, **changes})

    def citizen_writes(
        self,
        text: str,
        *,
        at: datetime | None = None,
        visible_at: datetime | None = None,
        video: Entry | None = None,
        **extra: Any,
    ) -> Entry:
        if visible_at:
            extra["visible_at"] = iso(visible_at)
        return self.world.write("youtube", "comment", ANNA, text, root=(video or self.video).id, at=at, extra=extra)

    def many(self, count: int, *, at: datetime = LONG_AGO, video: Entry | None = None) -> list[Entry]:
        """Let a citizen write many threads, a minute apart, the oldest first."""
        with self.world.together():
            return [
                self.citizen_writes(f"Fråga {number} {at}", at=at + timedelta(minutes=number), video=video)
                for number in range(count)
            ]

    def shown(self) -> set[str]:
        """Give the ids of all comments that stand."""
        return {entry.id for entry in self.world.entries("youtube", kind="comment")}

    def set_ours(self, **extra: Any) -> None:
        """Set switches of our own account; see sandbox/youtube."""
        self.world.add_account("youtube", "Exempelby kommun", id=US, handle="exempelby", ours=True, extra=extra)

    def answer(self, entry: Entry, text: str, *, by_us: bool = False, at: datetime | None = None) -> Entry:
        return self.world.write("youtube", "comment", US if by_us else BO, text, parent=entry.id, at=at)

    def spoil(self, entry: Entry) -> None:
        self.world.annotate(entry.id, drop=["publishedAt"])

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.token["access_token"], self.token["refresh_token"], self.token["client_secret"])

    @property
    def our_id(self) -> str:
        return US
