"""What one deadline costs, beside a bare bisect in a precomputed table and other ways, on the same inputs.

Run `python -m benchmarks.deadline`. The other ways that are packages of their own lie in `requirements/bench.txt`;
those that are not installed are named and left out.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from importlib import import_module
from time import perf_counter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sla.calendar import NAMED_CALENDARS, holiday_names, moment
from sla.clock import Policy, due_at
from sla.policyfile import SE24, policy_from_json

STOCKHOLM = ZoneInfo("Europe/Stockholm")
YEARS = range(2024, 2033)
DAY = timedelta(days=1)
INPUTS = 20_000
SLOW_INPUTS = 500  # of the same, for what takes tens of microseconds
ROUNDS = 5


class Row(NamedTuple):
    """One measured figure beside a limit of the same run; `ratio` is ours divided by the limit."""

    what: str
    ours: float
    limit_name: str
    limit: float | None
    unit: str
    ratio: float | None


def main() -> list[Row]:
    """Measure. Each figure is the best of some rounds, the calling loop included on both sides."""
    policy, instants = policy_from_json(SE24), arrivals()
    ours = cost(partial(due_at, policy), instants)
    rows = [row("deadline of one item", ours, "bisect in a precomputed table", cost(table(policy), instants), "µs")]
    for name, make in OTHERS.items():
        try:
            other = make(policy)
        except ImportError:
            rows.append(row("deadline of one item", ours, f"{name} (not installed)", None, "µs"))
            continue
        some = instants if name.startswith("day walk") else instants[:SLOW_INPUTS]
        rows.append(row("deadline of one item", ours, name, cost(other, some), "µs"))
    return [*rows, row("a policy's table of nine years", building(), "goal", 50, "ms")]


def arrivals() -> list[datetime]:
    """Draw instants of nine years, to the microsecond, from a seed."""
    draw = random.Random(24)
    start, end = datetime(YEARS[0], 1, 1, tzinfo=UTC), datetime(YEARS[-1], 12, 31, tzinfo=UTC)
    length = (end - start) // timedelta(microseconds=1)
    return [start + timedelta(microseconds=draw.randrange(length)) for _ in range(INPUTS)]


def cost(ask: Callable[[datetime], object], instants: Sequence[datetime]) -> float:
    """Give the microseconds of one call."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = perf_counter()
        for instant in instants:
            ask(instant)
        best = min(best, perf_counter() - start)
    return best / len(instants) * 1e6


def building() -> float:
    """Give the milliseconds of a new policy's first deadline in each of nine years."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = perf_counter()
        policy = policy_from_json(SE24)
        for year in YEARS:
            due_at(policy, datetime(year, 1, 10, tzinfo=UTC))
        best = min(best, perf_counter() - start)
    return best * 1e3


def row(what: str, ours: float, limit_name: str, limit: float | None, unit: str) -> Row:
    return Row(what, ours, limit_name, limit, unit, None if limit is None else ours / limit)


def table(policy: Policy) -> Callable[[datetime], object]:
    """The least that any look-up needs: one bisect over the open spans of the nine years."""
    opens = [moment(us) for year in YEARS for us in policy.calendar.year(year).opens]
    return partial(bisect_right, opens)


def days_off() -> set[date]:
    return {day for year in (*YEARS, YEARS[-1] + 1) for name in NAMED_CALENDARS for day in holiday_names(name, year)}


def day_walk(policy: Policy) -> Callable[[datetime], datetime]:
    """Go from day to day and ask `holidays` about each, as one writes it first."""
    holidays = import_module("holidays")
    off = holidays.country_holidays("SE", categories=("public", "de_facto"), language="sv", years=YEARS)

    def walk(instant: datetime) -> datetime:
        local = instant.astimezone(STOCKHOLM)
        day, left = local.date(), timedelta(hours=24)
        begin = instant
        while True:
            end = datetime.combine(day + DAY, time(), STOCKHOLM).astimezone(UTC)
            if day.weekday() < 5 and day not in off:
                if end - begin >= left:
                    return begin + left
                left -= end - begin
            day, begin = day + DAY, end

    agree(policy, walk)
    return walk


def numpy_busday(policy: Policy) -> Callable[[datetime], object]:
    """The date alone, one working day on; the time of day would still have to be put back."""
    numpy = import_module("numpy")
    calendar = numpy.busdaycalendar(holidays=sorted(days_off()))
    return lambda instant: numpy.busday_offset(
        instant.astimezone(STOCKHOLM).date(), 1, roll="forward", busdaycal=calendar
    )


def pandas_hours(policy: Policy) -> Callable[[datetime], object]:
    """24 business hours on; its day cannot end at 24:00, so a minute a day is lost."""
    pandas = import_module("pandas")
    offset = pandas.offsets.CustomBusinessHour(n=24, start="00:00", end="23:59", holidays=sorted(days_off()))
    return lambda instant: pandas.Timestamp(instant).tz_convert(STOCKHOLM).tz_localize(None) + offset


def business_time(policy: Policy) -> Callable[[datetime], object]:
    """Rules of working days and holidays; its day ends a microsecond early too."""
    package = import_module("businesstimedelta")
    zone = import_module("pytz").timezone("Europe/Stockholm")
    working = package.WorkDayRule(start_time=time(0), end_time=time(23, 59, 59, 999999), working_days=[0, 1, 2, 3, 4])
    rules = package.Rules([working, package.HolidayRule(dict.fromkeys(days_off(), "off"), tz=zone)])
    length = package.BusinessTimeDelta(rules, hours=24)
    return lambda instant: instant.astimezone(zone) + length


def agree(policy: Policy, other: Callable[[datetime], datetime]) -> None:
    """A faster answer is worth nothing if it is another one."""
    for instant in arrivals()[:SLOW_INPUTS]:
        assert other(instant) == due_at(policy, instant), instant


OTHERS: dict[str, Callable[[Policy], Callable[[datetime], Any]]] = {
    "day walk over holidays": day_walk,
    "numpy.busday_offset": numpy_busday,
    "pandas CustomBusinessHour": pandas_hours,
    "businesstimedelta": business_time,
}


def shown(found: Row) -> str:
    limit = "–" if found.limit is None else f"{found.limit:10.2f} {found.unit}"
    ratio = "–" if found.ratio is None else f"{found.ratio:.3f}"
    return f"{found.what:32} {found.ours:8.2f} {found.unit}   {found.limit_name:40} {limit:>13}   {ratio:>6}"


if __name__ == "__main__":
    for each in main():
        print(shown(each))
