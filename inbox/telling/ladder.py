"""When people are to be told of a cycle: the steps of its policy's ladder, or the reminders of a promise.

Times only. `escalation.py` makes the notices when they come, `staff.py` says whom they concern.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sla import clock
from sla.clock import Policy

MORNING = time(8)
LONGEST_CLOSURE = 14  # days to look back for a day on which somebody is there
Rungs = list[datetime | None]


def of(policy: Policy, start: datetime, due: datetime) -> Rungs | None:
    """Give the times of the warnings of a *first* cycle; None if there are none at all."""
    return _or_none(clock.ladder(policy, start, due))


def of_promise(policy: Policy, start: datetime, due: datetime) -> Rungs | None:
    """Give the times of the two reminders: the morning of the last staffed day before the promised one, and its own."""
    staffed = policy.staffed or policy.calendar
    zone = ZoneInfo(staffed.tz)
    # What is promised for midnight is promised for the day that ends there.
    promised = (due.astimezone(zone) - timedelta(microseconds=1)).date()
    before = (promised - timedelta(days=n) for n in range(1, LONGEST_CLOSURE + 1))
    eve = next((day for day in before if staffed.windows(day)), promised - timedelta(days=1))
    mornings = [datetime.combine(day, MORNING, zone).astimezone(UTC) for day in (eve, promised)]
    return _or_none([morning if start < morning < due else None for morning in mornings])


def first_step(due_soon_at: datetime, due_at: datetime, rungs: Sequence[datetime | None] | None) -> datetime:
    """Give the earliest of all the times at which a cycle has something to tell."""
    return min((due_soon_at, due_at, *(rung for rung in rungs or () if rung is not None)))


def _or_none(rungs: Rungs) -> Rungs | None:
    return rungs if any(rungs) else None
