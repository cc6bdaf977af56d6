"""X's ids: they rise with time, and the modern ones tell it. Never trusted unless it is plausible."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH_MS = 1_288_834_974_657  # 4 November 2010, where X began to count; docs.x.com/fundamentals/x-ids, 2026-11-22
TIME_SHIFT = 22  # the bits of machine and sequence below the milliseconds
FIRST_MODERN = 10**15  # ids of the first days after the epoch are not told from small ones


def order(id: str) -> tuple[int, str]:
    """Give a key by which ids sort as numbers, whatever their length."""
    return len(id), id


def time_of(id: str) -> datetime | None:
    """Give the time in an id (aware UTC), None if it is not a modern one."""
    if not (id.isascii() and id.isdigit()) or len(id) > 19 or int(id) < FIRST_MODERN:
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=(int(id) >> TIME_SHIFT) + EPOCH_MS)


def id_at(moment: datetime) -> str:
    """Give the lowest id that a tweet of that instant could have."""
    milliseconds = (moment - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
    return str(max(0, milliseconds - EPOCH_MS) << TIME_SHIFT)


def tells_time(id: str, moment: datetime) -> bool:
    """Tell whether an id and a time said beside it agree; X gives its times in whole seconds."""
    found = time_of(id)
    return found is not None and abs(found - moment) < timedelta(seconds=2)
