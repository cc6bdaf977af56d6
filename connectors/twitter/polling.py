"""One poll of one surface: walks its lists, knows when to stop, and says at the end where the next one begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from connectors.base import Cost, Cursor, Item, Known, Page
from connectors.twitter import snowflake
from connectors.twitter.errors import SinceTooOld
from connectors.twitter.mapping import Batch
from connectors.twitter.paging import REACH, Mark, walk

POST_READ = 0.005  # dollars for a tweet; docs.x.com/x-api/getting-started/pricing, 2026-11-22
PAGING = timedelta(minutes=5)  # the seven days move on while pages are read
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
    _times: dict[str, datetime] = field(default_factory=dict)  # by the id under which it was first posted

    def listing(self, ask: Ask, price: float, *, since_id: str | None = None) -> Iterator[Page]:
        """Walk one list, newest first, to the first page that the last complete poll had reached and that is known."""
        yield from self._walk(
            ask, price, since_id, lambda batch: self.mark.reaches(batch.ids) and self._is_known(batch)
        )

    def listing_oldest_first(self, ask: Ask, price: float) -> Iterator[Page]:
        """Walk one list to the first page that is wholly known, whoever read it, and only then give its pages.

        The oldest first: should we be stopped between them, what is left lies before the first page that is known.
        """
        yield from reversed(list(self._walk(ask, price, None, self._is_known)))

    def _walk(self, ask: Ask, price: float, since_id: str | None, is_enough: Callable[[Batch], bool]) -> Iterator[Page]:
        window: dict[str, Any] = {"since_id": None if self.full else since_id, "start_time": None}

        def fetch(token: str | None) -> Batch:
            try:
                batch = ask(token, **window)
            except SinceTooOld:
                if window["since_id"] is None:
                    raise
                self._note_gap()
                window.update(since_id=None, start_time=self.now - REACH + PAGING)
                batch = ask(token, **window)
            self.began_at = self.began_at or self.clock(self.now)
            return batch

        for step in walk(fetch):
            batch = step.batch
            newest = self.look_up(batch.newer) if batch.newer else Batch()
            items = (*batch.items, *newest.items)
            self._remember(batch, items)
            yield Page(
                posts=(*batch.posts, *newest.posts),
                items=items,
                unreadable=(*batch.unreadable, *newest.unreadable),
                cursor=self.cursor,
                cost=Cost(price * len(batch.ids) + POST_READ * len(newest.ids), "usd"),
            )
            if step.end in NOTES:
                self.fail(NOTES[step.end])
            if not self.full and batch.ids and is_enough(batch):
                return

    def fail(self, note: str) -> None:
        """Say that something was left unread, so that the cursor stays."""
        self.complete = False
        self.notes.append(note)

    def fell_short(self, reachable: int) -> bool:
        """Tell whether a list ended where X stops listing, before it reached what has been read or X's seven days."""
        if not self.complete or len(self._ids) < reachable or self.mark.reaches([self.oldest_id or ""]):
            return False
        return bool(self._times) and min(self._times.values()) > self.now - REACH

    @property
    def oldest_id(self) -> str | None:
        return min(self._ids, key=snowflake.order, default=None)

    def _remember(self, batch: Batch, items: Iterable[Item]) -> None:
        self._ids.update(batch.ids)
        self._times.update({(*item.earlier_ids, item.external_id)[0]: item.posted_at for item in items})
        self._times.update({post.external_id: post.posted_at for post in batch.posts if post.posted_at})

    def _is_known(self, batch: Batch) -> bool:
        ids = {item.external_id for item in batch.items}
        return not batch.newer and (not ids or set(self.known.item_ids(ids)) >= ids)

    def _note_gap(self) -> None:
        """Say what may be missing: X searches seven days back and no further."""
        since = f" sedan {self.mark.read_at:%Y-%m-%d}" if self.mark.read_at else ""
        self.notes.append(
            f"Lucka: flödet har inte lästs{since}, och X visar bara de senaste sju dagarna. Äldre kan saknas."
        )

    def closing(self) -> Page:
        """Give the last page: the new cursor if everything was read, the old one and the reason if not."""
        moved = self.mark.moved(self._ids, self._times, self.began_at or self.now)
        return Page(
            cursor=moved.written() if self.complete else self.cursor,
            complete=self.complete,
            cost=Cost(0.0, "usd"),
            notes=tuple(dict.fromkeys(self.notes)),
        )
