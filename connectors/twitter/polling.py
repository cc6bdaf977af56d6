"""One poll of one surface: walks its lists, knows when to stop, and says at the end where the next one begins."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from connectors.base import Cost, Cursor, Item, Known, Page
from connectors.twitter.errors import SinceTooOld
from connectors.twitter.mapping import Batch
from connectors.twitter.paging import REACH, Mark, walk

POST_READ = 0.005  # dollars for a tweet; docs.x.com/x-api/getting-started/pricing, 2026-11-22
NOTES = {
    "repeated": "X gav samma sida en gång till. Läsningen avbröts och fortsätter nästa gång.",
    "too many": "Det finns mer att läsa än vad som hämtas på en gång.",
}


class Ask(Protocol):
    """Fetches one page of one list."""

    def __call__(self, token: str | None, *, since_id: str | None, start_time: datetime | None) -> Batch: ...


@dataclass
class Poll:
    """What a poll has seen so far. `look_up` fetches tweets by id; `clock` gives X's time after an answer."""

    mark: Mark
    cursor: Cursor
    known: Known
    now: datetime
    full: bool
    look_up: Callable[[Sequence[str]], Batch]
    clock: Callable[[datetime], datetime]
    notes: list[str] = field(default_factory=list)
    complete: bool = True
    began_at: datetime | None = None
    _ids: set[str] = field(default_factory=set)
    _items: list[Item] = field(default_factory=list)

    def listing(
        self, ask: Ask, price: float, *, since_id: str | None = None, to_the_end: bool = False
    ) -> Iterator[Page]:
        """Walk one list. Stops early at a page that the last complete poll had reached and that is wholly known."""
        window: dict[str, Any] = {"since_id": None if self.full else since_id, "start_time": None}

        def fetch(token: str | None) -> Batch:
            try:
                batch = ask(token, **window)
            except SinceTooOld:
                if window["since_id"] is None:
                    raise
                self._note_gap()
                window.update(since_id=None, start_time=self.now - REACH + timedelta(minutes=1))
                batch = ask(token, **window)
            self.began_at = self.began_at or self.clock(self.now)
            return batch

        for step in walk(fetch):
            batch = step.batch
            newest = self.look_up(batch.newer) if batch.newer else Batch()
            items = (*batch.items, *newest.items)
            self._ids.update(batch.ids)
            self._items += items
            yield Page(
                posts=(*batch.posts, *newest.posts),
                items=items,
                unreadable=(*batch.unreadable, *newest.unreadable),
                cursor=self.cursor,
                cost=Cost(price * len(batch.ids) + POST_READ * len(newest.ids), "usd"),
            )
            if step.end in NOTES:
                self.complete = False
                self.notes.append(NOTES[step.end])
            if not (self.full or to_the_end) and batch.ids and self._is_known(batch):
                return

    def _is_known(self, batch: Batch) -> bool:
        ids = [item.external_id for item in batch.items]
        return self.mark.reaches(batch.ids) and not batch.newer and self._stored(ids) >= set(ids)

    def _stored(self, ids: Collection[str]) -> set[str]:
        return set(self.known.item_ids(ids)) if ids else set()

    def _note_gap(self) -> None:
        """Say what may be missing: X searches seven days back and no further."""
        since = f" sedan {self.mark.read_at:%Y-%m-%d}" if self.mark.read_at else ""
        self.notes.append(
            f"Lucka: flödet har inte lästs{since}, och X visar bara de senaste sju dagarna. Äldre kan saknas."
        )

    def closing(self) -> Page:
        """Give the last page: the new cursor if everything was read, the old one and the reason if not."""
        moved = self.mark.moved(self._ids, self._items, self.began_at or self.now)
        return Page(
            cursor=moved.written() if self.complete else self.cursor,
            complete=self.complete,
            cost=Cost(0.0, "usd"),
            notes=tuple(dict.fromkeys(self.notes)),
        )
