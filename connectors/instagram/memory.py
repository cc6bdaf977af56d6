"""What the cursor tells of earlier polls, and what the next one will want to know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.base import Cursor
from connectors.instagram import mapping
from connectors.instagram.shape import LIMIT, Shape
from connectors.instagram.source import Source

AHEAD = timedelta(days=1)  # a time further ahead than this is nonsense, and no measure of what we have read
SKEW = timedelta(minutes=10)  # our clock against Instagram's
KEPT_MEDIA = 1500  # media whose count is remembered
KEPT_EDGE = 1000  # items just before the cursor's time, told by id from what came after
KEPT_PEOPLE = 500
KEPT_GONE = 500


class Memory:
    """`people`: lower-case username → id. `gone`: media and threads that are no longer there. `expands`: whether
    answers come inside comments, None until that was seen."""

    def __init__(self, cursor: Cursor, *, full: bool) -> None:
        self._cursor, self._full = cursor, full
        self.whole = full or mapping.time_of(cursor.get("at")) is None  # read everything to its end
        self._media: Mapping[str, Any] = cursor.get("media") or {}  # id → [count, seconds since 1970]
        self._edge = set(cursor.get("edge") or ())
        self.people: dict[str, str] = dict(cursor.get("people") or {})
        self.gone: set[str] = set() if full else set(cursor.get("gone") or ())
        self.expands: bool | None = cursor.get("expands")

    def shape(self) -> Shape:
        """Begin with what the last poll came down to; a full one tries everything again."""
        first = Shape(inside=LIMIT // 4) if self.whole else Shape()
        if self._full or not self._cursor:
            return first
        media, inside, comments, replies = self._cursor.get("sizes") or (first.media, first.inside, LIMIT, LIMIT)
        return Shape(media, min(inside, first.inside), comments, replies, frozenset(self._cursor.get("without") or ()))

    def last_time(self, media: str) -> tuple[int | None, datetime | None]:
        """Give a media's count when it was last read, and up to when it is read; None: it never was."""
        count, at = self._media.get(media) or (None, None)
        return count, None if self.whole else mapping.time_of(at)

    def looked_at(self, media: str) -> int:
        """Give when a media was last read, in seconds since 1970."""
        return int((self._media.get(media) or (0, 0))[1])

    def was_there(self, id: str) -> bool:
        """Tell whether an item from about the time of the cursor was shown before it."""
        return id in self._edge

    def meet(self, raw: Mapping[str, Any]) -> None:
        """Keep whose username it is, for when Graph withholds the id."""
        id, name = mapping.identified(raw.get("from")), mapping.username(raw).lower()
        if id and name:
            self.people.pop(name, None)
            self.people[name] = id

    def counts(self, sources: Iterable[Source], at: datetime) -> dict[str, Any]:
        """Give each media's count and when it was read, read last first."""
        seconds = int(at.timestamp())
        now = {source.id: [source.total, seconds] for source in sources if not source.failed}
        before = sorted(self._media.items(), key=lambda row: -int(row[1][1]))
        return {**now, **{id: row for id, row in before if id not in now}}

    def next_cursor(
        self, sources: Iterable[Source], given: Mapping[str, datetime], shape: Shape, now: datetime
    ) -> Cursor:
        """`given`: the items that were shown, with their times."""
        at = read_until(given, now)
        edge = [id for id, time in sorted(given.items(), key=lambda row: row[1], reverse=True) if time > at]
        edge += [id for id in self._cursor.get("edge") or () if id not in given]
        return {
            "at": at.isoformat(),
            "media": dict(list(self.counts(sources, at).items())[:KEPT_MEDIA]),
            "edge": edge[:KEPT_EDGE],
            "people": dict(list(self.people.items())[-KEPT_PEOPLE:]),
            "gone": sorted(self.gone)[-KEPT_GONE:],
            "expands": self.expands,
            "sizes": [shape.media, shape.inside, shape.comments, shape.replies],
            "without": sorted(shape.without),
        }


def read_until(given: Mapping[str, datetime], now: datetime) -> datetime:
    """Give the time up to which all that was shown is read."""
    newest = max(given.values(), default=now)
    return max(now, min(newest, now + AHEAD)) - SKEW
