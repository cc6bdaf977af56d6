"""A policy's deadlines as arrays, for a database that has a million of them to look up at once. Pure.

What the clock looks up for one instant (`clock.Steps`), written so that PostgreSQL can: `until` ascending; what comes
up to until[i] happens shift[i] microseconds later, or at `at[i]` where that is not infinite.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sla.calendar import MICROSECOND, Calendar, Span, merged, micros, without
from sla.clock import NOTHING, Draft, Policy, Steps, due_at, soon_steps, steps_of

SHIFTED, NEVER = "infinity", "-infinity"  # of `at`: use the shift; there is no such instant


@dataclass(frozen=True)
class Table:
    """Three arrays as PostgreSQL writes them."""

    until: str
    shift: str
    at: str


@dataclass(frozen=True)
class Tables:
    """How deadlines follow from arrivals, and warnings from deadlines. `soon_of` says what `soon` is looked up by."""

    due: Table
    soon: Table
    soon_of: str  # "start" or "due"
    rungs: tuple[Table, ...]  # by the deadline; not for a cycle that had not come in by then


def of(policy: Policy, first: datetime, last: datetime) -> Tables:
    """Give the tables for arrivals between two instants (aware UTC), and for what they can be due at."""
    arrivals = _joined(steps_of(policy, year) for year in range(first.year, last.year + 1))
    due = _cut(arrivals, first, last)
    start, end = due_at(policy, first), due_at(policy, last)  # deadlines keep the order of their arrivals
    soon_of = "start" if policy.working_days is None else "due"
    if policy.due_soon == NOTHING:
        soon, soon_of = _same(end), "due"
    elif policy.working_days is not None:
        soon = _behind(policy.calendar, start, end, policy.due_soon, latest=False)
    elif policy.due_soon >= policy.target:
        soon = _same(last)
    else:
        soon = _cut(_joined(soon_steps(policy, year) for year in range(first.year, last.year + 1)), first, last)
    staffed = policy.staffed or policy.calendar
    rungs = (_behind(staffed, start, end, timedelta(hours=hours), latest=True) for hours in policy.ladder)
    return Tables(_table(due), _table(soon), soon_of, tuple(_table(each) for each in rungs))


def difference(old: Policy, new: Policy, years: range) -> list[Span] | None:
    """List where the clocks of two policies differ, as microseconds since 1970; None if in more than their calendars.

    A cycle can only move if it came in before such a span ends, and was not due before it starts.
    """
    rules = [(each.reading, each.target, each.due_soon, each.ladder, each.calendar.tz) for each in (old, new)]
    if rules[0] != rules[1] or (old.staffed is None) != (new.staffed is None):
        return None
    pairs = [(old.calendar, new.calendar), (old.staffed or old.calendar, new.staffed or new.calendar)]
    found: list[Span] = []
    for before, after in pairs:
        one, other = _spans(before, years), _spans(after, years)
        found += [*without(one, other), *without(other, one)]
    return merged(found)


def _spans(calendar: Calendar, years: Iterable[int]) -> list[Span]:
    built = [calendar.year(year) for year in years]
    return [span for year in built for span in zip(year.opens, year.closes, strict=True)]


def _joined(years: Iterable[Steps]) -> Steps:
    parts = list(years)
    return (
        [each for part in parts for each in part[0]],
        [each for part in parts for each in part[1]],
        [each for part in parts for each in part[2]],
    )


def _cut(steps: Steps, first: datetime, last: datetime) -> Steps:
    until, later, at = steps
    start, end = bisect_left(until, first), bisect_left(until, last) + 1
    return until[start:end], later[start:end], at[start:end]


def _same(last: datetime) -> Steps:
    return [last + timedelta(days=1)], [NOTHING], [None]


def _behind(calendar: Calendar, start: datetime, end: datetime, amount: timedelta, *, latest: bool) -> Steps:
    """Write down, for each deadline, the instant with so much open time left: the earliest such, or the latest."""
    back, draft = amount // MICROSECOND, Draft()
    spans = _spans(calendar, range(start.year - 1, end.year + 1))
    before, total = [], 0
    for opens, closes in spans:
        before.append(total)
        total += closes - opens
    find = bisect_right if latest else bisect_left

    def instant(wanted: int) -> int | None:
        j = find(before, wanted) - 1
        if wanted < 0 or (wanted == 0 and not latest) or j < 0:
            return None
        return spans[j][0] + wanted - before[j]

    for (opens, closes), so_far in zip(spans, before, strict=True):
        draft.at(opens, instant(so_far - back))
        at = opens
        while at < closes:
            wanted = so_far + at - opens - back + 1
            if wanted <= 0:
                at = min(closes, opens - so_far + back)
                draft.at(at, None)
                continue
            j = find(before, wanted) - 1
            sum_at_end = before[j] + spans[j][1] - spans[j][0]
            at = min(closes, opens + sum_at_end + back - so_far - (1 if latest else 0))
            draft.later(at, spans[j][0] - before[j] - (opens - so_far) - back)
    draft.at(micros(end) + 1, instant(total - back))
    return _cut(draft.steps, start, end)


def _table(steps: Steps) -> Table:
    until, later, at = steps
    shift = [0 if each is None else each // MICROSECOND for each in later]
    when = [
        SHIFTED if later[i] is not None else NEVER if (moment := at[i]) is None else moment.isoformat()
        for i in range(len(until))
    ]
    return Table(_array(each.isoformat() for each in until), _array(map(str, shift)), _array(when))


def _array(values: Iterable[str]) -> str:
    return "{" + ",".join(f'"{value}"' for value in values) + "}"
