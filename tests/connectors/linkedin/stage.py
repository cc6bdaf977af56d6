"""LinkedIn for the connector tests: our organisation with one post, and members who write under it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors.base import Context
from sandbox.entries import Entry, iso
from sandbox.linkedin import issue_tokens
from tests.connectors.stage import Stage

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=200)
US = "urn:li:organization:48217"
ANNA, BO = "urn:li:person:Ab3xQ9kLmZ", "urn:li:person:Kd82PqR7sT"


class LinkedInStage(Stage):
    platform: ClassVar[str] = "linkedin"
    surface: ClassVar[str] = "comments"
    page_size: ClassVar[int] = 100
    too_long: ClassVar[str] = "å" * 1_251

    def prepare(self) -> None:
        self.set_ours(profiles=True)
        self.world.add_account("linkedin", "Vera Sundkvist", id=ANNA)
        self.world.add_account("linkedin", "Torbjörn Ekelid", id=BO)
        self.token = issue_tokens(self.world, US)
        self.saved: list[dict[str, Any]] = []
        self.post = self.publish("Vi söker undersköterskor #jobb (heltid)")

    def set_ours(self, **extra: Any) -> None:
        """Set switches of our own account; see sandbox/linkedin."""
        self.world.add_account("linkedin", "Exempelby kommun", id=US, handle="exempelby", ours=True, extra=extra)

    def publish(self, text: str, *, at: datetime | None = None, **extra: Any) -> Entry:
        at = at or datetime.now(UTC) - timedelta(days=3)
        return self.world.write("linkedin", "post", US, text, wall=US, at=at, extra=extra)

    def context(self, **changes: Any) -> Context:
        given = {
            "external_id": US,
            "handle": "exempelby",
            "token": self.token,
            "base_url": self.sandbox.url,
            "version": "202609",
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
        post: Entry | None = None,
        **extra: Any,
    ) -> Entry:
        if visible_at:
            extra["visible_at"] = iso(visible_at)
        return self.world.write("linkedin", "comment", ANNA, text, root=(post or self.post).id, at=at, extra=extra)

    def many(self, count: int, *, at: datetime = LONG_AGO, post: Entry | None = None) -> list[Entry]:
        """Let a citizen write many comments, a minute apart, the oldest first."""
        with self.world.together():
            return [
                self.citizen_writes(f"Fråga {number} {at}", at=at + timedelta(minutes=number), post=post)
                for number in range(count)
            ]

    def shown(self) -> set[str]:
        """Give the ids of all comments that stand."""
        found = self.world.entries("linkedin", kind="comment")
        standing = {entry.id for entry in found if entry.parent is None}
        return {entry.id for entry in found if entry.id in standing or entry.parent in standing}

    def answer(self, entry: Entry, text: str, *, by_us: bool = False, at: datetime | None = None) -> Entry:
        return self.world.write("linkedin", "comment", US if by_us else BO, text, parent=entry.id, at=at)

    def spoil(self, entry: Entry) -> None:
        self.world.annotate(entry.id, drop=["created"])

    def writes(self) -> list[dict[str, Any]]:
        return [line for line in super().writes() if line["path"] != "/oauth/v2/accessToken"]

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.token["access_token"], self.token["refresh_token"], self.token["client_secret"])

    @property
    def our_id(self) -> str:
        return US
