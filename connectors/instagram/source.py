"""One media whose comments are being read, and how deep they must be.

Instagram shows top-level comments newest first, the answers inside them, and counts both together. So news is a count
that has grown, and it is all found when as many have come as it grew by; a new answer may hang under an old comment,
which no order tells.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from connectors.facebook.graph import Batch
from connectors.instagram import mapping

IDLE = 4  # pages without news that are read in search of what a grown count promises; the rest is left to a full poll


@dataclass(slots=True)
class Source:
    """A media whose comments are being read."""

    id: str
    url: str
    page: Any  # the comments that came inside the media, as they came; None if there were none
    total: int | None  # the platform's count
    before: int | None  # the same when it was last read
    read_until: datetime | None  # what was written before was read then; None: it never was
    wide: bool = False  # `page` is as large as a page of its own would be
    shown: set[str] = field(default_factory=set)  # ids of everything that was shown under it
    tops: set[str] = field(default_factory=set)  # top-level comments among them
    new: set[str] = field(default_factory=set)  # ids among them that were not there when it was last read
    unfinished: set[str] = field(default_factory=set)  # comments with more answers than were shown
    failed: bool = False  # refused, while others were not
    idle: int = 0

    @property
    def grown(self) -> int | None:
        return None if self.total is None or self.before is None else self.total - self.before

    @property
    def lacks(self) -> bool:
        """Tell whether the platform's count says that news is still to be found."""
        if self.read_until is None:
            return self.total is not None and len(self.shown) < self.total
        return self.grown is not None and len(self.new) < self.grown

    @property
    def is_unread(self) -> bool:
        return self.read_until is None

    @property
    def is_accounted_for(self) -> bool:
        """Tell whether all that the platform counts was shown."""
        return not self.failed and self.total is not None and len(self.shown) >= self.total

    def goes_deeper(self, batch: Batch, fresh: Collection[str], *, news: int) -> bool:
        """Tell whether there may be news below this page, which brought `news`. `fresh`: ids that are not stored."""
        self.idle = 0 if news else self.idle + 1
        if not batch.more:
            return False
        rows = [raw for raw in batch.data if isinstance(raw, Mapping) and mapping.identified(raw)]
        times = [time for raw in rows if (time := mapping.time_of(raw.get("timestamp")))]
        if self.read_until is None or not times or any(later < earlier for later, earlier in pairwise(times)):
            return True  # not newest first: the news may be anywhere
        if rows and mapping.identity(rows[-1]) in fresh:
            return True
        if self.grown is None:
            return times[-1] > self.read_until or any(mapping.identity(raw) in fresh for raw in rows)
        return self.lacks and self.idle < IDLE
