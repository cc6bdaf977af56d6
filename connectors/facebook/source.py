"""One post whose comments are being read, and how deep they must be.

A page that ends in known comments is an end only if as many new ones came as the platform's count has grown, or, where
it does not count, if it is older than the last reading that was finished: a poll that broke off has stored some and
left a hole below them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from connectors.facebook import mapping
from connectors.facebook.graph import Batch

LATE = timedelta(hours=24)  # how far back a count that has grown is searched for
SKEW = timedelta(minutes=10)  # our clock against Facebook's


@dataclass(slots=True)
class Source:
    """A post whose comments are being read."""

    id: str
    kind: str  # the surface whose posts are such: ours, a visitor's, an advertisement, one that tags us
    page: Any  # the comments that came inside the post, as they came; None if there were none
    total: int | None  # the platform's count
    before: int | None  # the same at the last reading
    read_until: datetime | None  # everything written before was read; None: nothing was
    wide: bool  # `page` is as large as a page of our own would be, so that its `next` is worth following
    new: set[str] = field(default_factory=set)  # ids that were not there at the last reading
    waiting: list[Mapping[str, Any]] = field(default_factory=list)  # their thread is not known yet
    answers: dict[str, int] = field(default_factory=dict)  # top-level comments with answers, and how many

    @property
    def grown(self) -> int | None:
        return None if self.total is None or self.before is None else self.total - self.before

    def note(self, raw: Mapping[str, Any], fresh: Collection[str]) -> None:
        """Remember a comment that was not there before. What we wrote ourselves may be stored already, and is new."""
        at = mapping.time_of(raw.get("created_time"))
        if mapping.identity(raw) in fresh or (self.read_until and at and at > self.read_until + SKEW):
            self.new.add(mapping.identity(raw))

    def goes_deeper(self, batch: Batch, fresh: Collection[str]) -> bool:
        """Tell whether there may be news below this page. `fresh`: ids that are not stored."""
        if not batch.more:
            return False
        times = times_of(batch.data)
        if self.read_until is None or not times or any(later < earlier for later, earlier in pairwise(times)):
            return True  # not newest first: the news may be anywhere
        if _is_any(batch.data[-1:], fresh) or (self.grown is None and _is_any(batch.data, fresh)):
            return True
        if self.grown is None:
            return times[-1] > self.read_until
        return len(self.new) < self.grown and times[-1] > self.read_until - LATE


def times_of(raws: Iterable[Any]) -> list[datetime]:
    found = [mapping.time_of(raw.get("created_time")) for raw in raws if isinstance(raw, Mapping)]
    return [time for time in found if time is not None]


def _is_any(raws: Iterable[Any], ids: Collection[str]) -> bool:
    return any(mapping.is_readable(raw) and mapping.identity(raw) in ids for raw in raws)
