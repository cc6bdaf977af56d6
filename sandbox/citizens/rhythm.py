"""When people write: the hours of the day, the days of the week, and how one comment brings others."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

STOCKHOLM = ZoneInfo("Europe/Stockholm")

# How much is written in each hour of a day, in Stockholm: breakfast, lunch and the evening.
HOURS = (4, 2, 1, 1, 1, 5, 22, 62, 40, 30, 30, 46, 64, 42, 30, 32, 40, 46, 50, 78, 86, 74, 34, 12)
SUNDAY_EVENING = 1.6  # from 18 on
WEEKDAYS = (1.0, 1.0, 1.05, 1.0, 0.95, 0.8, 1.1)
ORDINARY_DAY = 82  # comments in all channels; a day never has fewer than 40 nor more than 150
FEWEST, MOST = 45, 140
ECHO = 0.30  # comments that a comment brings about, on average
ECHO_MINUTES = 25  # after how long, on average


@dataclass(frozen=True)
class Moment:
    """When something is written; `echo_of` is the place in the list of what brought it about."""

    at: datetime
    echo_of: int | None = None


def moments(rng: random.Random, start: datetime, end: datetime) -> list[Moment]:
    """Give the times at which the town writes between two instants, oldest first."""
    found: list[Moment] = []
    for day in _days(start, end):
        found += _one_day(rng, day, offset=len(found))
    kept = [index for index, moment in enumerate(found) if start <= moment.at < end]
    ordered = sorted(kept, key=lambda index: found[index].at)
    place: dict[int | None, int] = {index: new for new, index in enumerate(ordered)}
    return [Moment(found[index].at, place.get(found[index].echo_of)) for index in ordered]


def intensity(at: datetime) -> float:
    """Tell how much is written at that time, 1 being an hour of an ordinary day."""
    local = at.astimezone(STOCKHOLM)
    evening = SUNDAY_EVENING if local.weekday() == 6 and local.hour >= 18 else 1
    return HOURS[local.hour] * evening * WEEKDAYS[local.weekday()] * len(HOURS) / sum(HOURS)


def _days(start: datetime, end: datetime) -> Iterator[date]:
    day = start.astimezone(STOCKHOLM).date()
    while day <= end.astimezone(STOCKHOLM).date():
        yield day
        day += timedelta(days=1)


def _one_day(rng: random.Random, day: date, *, offset: int) -> list[Moment]:
    """Give one day's times: some of themselves, the others as echoes of them, within minutes."""
    wanted = rng.gauss(ORDINARY_DAY, 16) * WEEKDAYS[day.weekday()]
    wanted = int(min(max(wanted, FEWEST), MOST))
    found = [Moment(_at_some_hour(rng, day)) for _ in range(round(wanted * (1 - ECHO)))]
    index = 0
    while index < len(found) and len(found) < wanted * 1.05:
        for _ in range(_poisson(rng, ECHO)):
            later = found[index].at + timedelta(minutes=rng.expovariate(1 / ECHO_MINUTES))
            found.append(Moment(later, offset + index))
        index += 1
    return found


def _at_some_hour(rng: random.Random, day: date) -> datetime:
    weights = [
        weight * (SUNDAY_EVENING if day.weekday() == 6 and hour >= 18 else 1) for hour, weight in enumerate(HOURS)
    ]
    hour = rng.choices(range(24), weights)[0]
    local = datetime.combine(day, time(hour, rng.randrange(60), rng.randrange(60), rng.randrange(10**6)), STOCKHOLM)
    return local.astimezone(UTC)


def _poisson(rng: random.Random, mean: float) -> int:
    """Draw a small count (Knuth's way)."""
    limit, count, product = 2.718281828459045**-mean, 0, rng.random()
    while product > limit:
        count, product = count + 1, product * rng.random()
    return count


def office_time(rng: random.Random, earliest: datetime) -> datetime:
    """Give the first moment from then on at which somebody sits in the office, and has come to it."""
    local = earliest.astimezone(STOCKHOLM)
    if local.weekday() < 5 and time(8) <= local.time() <= time(16, 45):
        return earliest
    day = local.date() + timedelta(days=1 if local.time() > time(8) or local.weekday() >= 5 else 0)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    opens = datetime.combine(day, time(8), STOCKHOLM).astimezone(UTC)
    return opens + timedelta(minutes=rng.expovariate(1 / 45))
