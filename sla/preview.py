"""What a policy means, laid out to be looked at: the readings side by side, one instant, the days off to come. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sla.calendar import ClockError, Closure, zone
from sla.clock import Policy, Reading, due_at, with_reading

ARRIVALS = (time(8), time(15), time(22))  # the working day begins, ends, and the evening
DAYS_SHOWN = 14


@dataclass(frozen=True)
class Arrival:
    """An arrival, and what each reading makes of it (aware UTC); None where the calendar has no such time."""

    at: datetime
    due: tuple[datetime | None, ...]  # in the order of `Reading`


@dataclass(frozen=True)
class DayOff:
    """A local date on which the clock stands still all day, or from a time on."""

    day: date
    closure: Closure | None
    closes: str = ""  # "12:00"


def side_by_side(policy: Policy, today: date) -> list[Arrival]:
    """Give what all readings make of arrivals on the coming days, three a day."""
    readings = [with_reading(policy, reading) for reading in Reading]
    tz = zone(policy.calendar.tz)
    days = (today + timedelta(days=n) for n in range(DAYS_SHOWN))
    arrivals = [datetime.combine(day, at, tz) for day in days for at in ARRIVALS]
    return [Arrival(at, tuple(_due(each, at) for each in readings)) for at in arrivals]


def _due(policy: Policy, at: datetime) -> datetime | None:
    try:
        return due_at(policy, at)
    except ClockError:
        return None


def days_off(policy: Policy, start: date, end: date) -> list[DayOff]:
    """List what is closed, or closes early, beyond the week's own rest, from `start` until before `end`."""
    calendar = policy.calendar
    found = []
    for n in range((end - start).days):
        day = start + timedelta(days=n)
        closure = calendar.closure(day)
        if closure and (calendar.weekly[day.weekday()] or closure.name):
            found.append(DayOff(day, closure))
        elif closure is None and day in calendar.short_days:
            closes = calendar.short_days[day]
            found.append(DayOff(day, None, f"{closes // 60:02}:{closes % 60:02}"))
    return found


def months(policy: Policy, today: date) -> Sequence[tuple[date, list[tuple[date, Closure | None]]]]:
    """Give the coming twelve months, each with its days and why a day is closed."""
    found = []
    first = today.replace(day=1)
    for _ in range(12):
        after = (first + timedelta(days=32)).replace(day=1)
        days = [first + timedelta(days=n) for n in range((after - first).days)]
        found.append((first, [(day, policy.calendar.closure(day)) for day in days]))
        first = after
    return found
