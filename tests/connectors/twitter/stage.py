"""X for the contract suite: the municipality's account, two citizens, a first tweet of ours."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from connectors.base import Context
from sandbox.entries import Entry, iso
from sandbox.twitter import issue_oauth1
from tests.connectors.stage import Stage

OURS, BO, ASA = "1698610011305870259", "1257988477547873845", "1424701995218518541"
HANDLE = "exempelby"


class TwitterStage(Stage):
    platform = "twitter"
    surface = "mentions"
    page_size = 100

    def prepare(self) -> None:
        self.world.add_account("twitter", "Exempelby kommun", id=OURS, handle=HANDLE, ours=True)
        self.world.add_account("twitter", "Bo Ek", id=BO, handle="bo_ek")
        self.world.add_account("twitter", "Åsa Öst", id=ASA, handle="AsaOst")
        self.token = issue_oauth1(self.world, OURS)
        at = self.world.now() - timedelta(days=1)
        self.first = self.world.write("twitter", "tweet", OURS, "I morgon öppnar isbanan.", at=at)

    @property
    def our_id(self) -> str:
        return OURS

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(self.token.values())

    def context(self, **changes: Any) -> Context:
        given = {
            "external_id": OURS,
            "handle": HANDLE,
            "token": self.token,
            "base_url": self.sandbox.url,
            "own_ids": frozenset({OURS}),
        }
        return Context(**{**given, **changes})

    def citizen_writes(self, text: str, *, at: datetime | None = None, visible_at: datetime | None = None) -> Entry:
        extra = {"visible_at": iso(visible_at)} if visible_at else {}
        return self.world.write("twitter", "tweet", BO, f"@{HANDLE} {text}", at=at, extra=extra)

    def citizen_answers_our_post(self, text: str) -> Entry:
        return self.world.write("twitter", "tweet", BO, f"@{HANDLE} {text}", parent=self.first.id)

    def answer(self, entry: Entry, text: str, *, by_us: bool = False) -> Entry:
        author = OURS if by_us else ASA
        return self.world.write("twitter", "tweet", author, f"@{self._handle(entry.author)} {text}", parent=entry.id)

    def spoil(self, entry: Entry) -> None:
        self.world.annotate(entry.id, wire={"id": None, "text": ["\x00", None]})

    def _handle(self, account: str) -> str:
        found = self.world.account(account, "twitter")
        assert found is not None
        return found.handle
