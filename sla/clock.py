"""The promise, to the second: how long we may take, counted on a calendar.

A policy's deadline is looked up, not searched: within one year it is a step function of the instant of arrival, either
"so much later" or "at this instant", so that one `bisect` and one addition give it (`Steps`). Years are compiled when
first asked for and kept with the policy, so keep policies, do not rebuild them.

Every time that comes in is aware and within 2000–2060 as it is written; every time that goes out is aware UTC.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from sla.calendar import DAY, MICROSECOND, Calendar, ClockError, micros, moment, offsets

FIRST_YEAR, LAST_YEAR = 2000, 2060
NOTHING = timedelta()
MOST_RUNGS, MOST_RUNG_HOURS = 6, 200
LONGEST_TARGET = timedelta(days=36525)  # a hundred years; more is a slip of the pen


class Reading(StrEnum):
    """What a policy's target means."""

    PAUSE = "pause"  # the clock stands still on days off
    PLAIN = "plain"  # it never does; for a crisis
    OFFICE_HOURS = "office_hours"  # so many working hours within the calendar's windows
    END_OF_NEXT_WORKING_DAY = "end_of_next_working_day"
    WORKING_DAYS = "working_days"  # the end of the nth working day after that of arrival, 86,400 s meaning one


class State(StrEnum):
    """Where an open cycle stands."""

    ON_TRACK = "on_track"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"


# One year of deadlines, as three lists `until`, `later`, `at`: an arrival after until[i - 1] and up to until[i] is due
# later[i] later, or at[i]; both are None where the calendar has no open time left. A plain tuple, as the interpreter
# unpacks no other as fast.
Steps = tuple[list[datetime], list[timedelta | None], list[datetime | None]]


@dataclass(frozen=True, eq=False)
class Policy:
    """The plain object the clock reads. `staffed` is the calendar of the ladder; the policy's own if there is none."""

    id: str
    calendar: Calendar
    target: timedelta
    due_soon: timedelta = timedelta(hours=4)
    reading: Reading = Reading.PAUSE
    staffed: Calendar | None = None
    name: str = ""
    ladder: tuple[float, ...] = (8, 4, 1)  # staffed hours left, most first; see `ladder`
    _due: dict[int, Steps] = field(default_factory=dict, init=False, repr=False)
    _soon: dict[int, Steps] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if not NOTHING < self.target <= LONGEST_TARGET:
            raise ClockError("The target must be more than 0 seconds and at most a hundred years.", "bad_target")
        if self.due_soon < NOTHING:
            raise ClockError("The threshold of due soon must not be negative.", "bad_target")
        if any(not 0 < hours <= MOST_RUNG_HOURS for hours in self.ladder) or len(self.ladder) > MOST_RUNGS:
            raise ClockError(
                "The ladder has at most six steps, each of more than 0 and at most 200 hours.", "bad_ladder"
            )
        if list(self.ladder) != sorted(set(self.ladder), reverse=True):
            raise ClockError("The steps of the ladder go from more hours left to fewer.", "bad_ladder")
        if self.reading is Reading.WORKING_DAYS and self.target % DAY:
            raise ClockError("A target in working days must be a whole number of days (86400 s each).", "bad_target")

    @property
    def working_days(self) -> int | None:
        """Give the number of working days of a reading that counts days, None for those that count time."""
        if self.reading is Reading.END_OF_NEXT_WORKING_DAY:
            return 1
        return self.target // DAY if self.reading is Reading.WORKING_DAYS else None


def due_at(policy: Policy, received: datetime) -> datetime:
    """Give the deadline of what was received: the earliest instant at which the target has passed. Aware UTC."""
    # The short way is for aware UTC of a year met before: SLA.md holds it to half a microsecond.
    if received.tzinfo is UTC:
        try:
            until, later, at = policy._due[received.year]
        except KeyError:
            pass
        else:
            i = bisect_left(until, received)
            shift, instant = later[i], at[i]
            if shift is not None:
                return received + shift
            if instant is not None:
                return instant
    arrival = checked(received)
    return _look_up(policy, steps_of(policy, arrival.year), arrival)


def due_soon_at(policy: Policy, received: datetime) -> datetime:
    """Give the instant at which the deadline comes near on the policy's own clock; `received` if it is near at once."""
    instant = checked(received)
    if policy.due_soon >= policy.target and policy.working_days is None:
        return instant
    if policy.due_soon == NOTHING:
        return due_at(policy, received)
    if policy.working_days is not None:
        return policy.calendar.add(instant, budget(policy, instant) - policy.due_soon)
    return _look_up(policy, soon_steps(policy, instant.year), instant)


def budget(policy: Policy, received: datetime) -> timedelta:
    """Give the time on the clock that the cycle has: the target, or what lies open until the end of the working day."""
    if policy.working_days is None:
        return policy.target
    return policy.calendar.between(received, due_at(policy, received))


def elapsed(policy: Policy, received: datetime, now: datetime) -> timedelta:
    """Measure the time on the clock since the arrival, 0 before it."""
    start, end = checked(received), checked(now)
    if policy.reading is Reading.PLAIN:
        return max(end - start, NOTHING)
    return policy.calendar.between(start, end)


def remaining(policy: Policy, received: datetime, now: datetime) -> timedelta:
    """Measure the time on the clock that is left, negative when late."""
    return budget(policy, received) - elapsed(policy, received, now)


def state(due_soon_at: datetime, due_at: datetime, now: datetime) -> State:
    """Say where an open cycle stands; each transition holds from its own instant on."""
    instant = utc(now)
    if instant >= utc(due_at):
        return State.OVERDUE
    return State.DUE_SOON if instant >= utc(due_soon_at) else State.ON_TRACK


def next_transition(due_soon_at: datetime, due_at: datetime, now: datetime) -> datetime | None:
    """Give the next instant at which the state changes, None when it is overdue."""
    return next((instant for instant in (utc(due_soon_at), utc(due_at)) if utc(now) < instant), None)


def was_kept(due_at: datetime, ended_at: datetime) -> bool:
    """Say whether a cycle that ended kept the promise. By instants: a clock at rest excuses nothing."""
    return utc(ended_at) <= utc(due_at)


def staffed_step(policy: Policy, received: datetime, due: datetime, hours: float) -> datetime | None:
    """Give the latest instant from the arrival on with so many staffed hours left until `due`.

    None if fewer are left on arrival: that step of the ladder is not for this cycle.
    """
    return _staffed_steps(policy, received, due, (hours,))[0]


def ladder(policy: Policy, received: datetime, due: datetime) -> list[datetime | None]:
    """Give the time of each step of the policy's ladder, None for a step that is not for this cycle."""
    return _staffed_steps(policy, received, due, policy.ladder)


def _staffed_steps(
    policy: Policy, received: datetime, due: datetime, steps: tuple[float, ...]
) -> list[datetime | None]:
    if not all(hours > 0 for hours in steps):
        raise ClockError("A step of the ladder needs more than 0 hours.", "bad_target")
    staffed, start = policy.staffed or policy.calendar, checked(received)
    left = staffed.between(start, utc(due))
    spare = [left - timedelta(hours=hours) for hours in steps]
    return [None if each < NOTHING else staffed.latest(start, each) for each in spare]


def with_reading(policy: Policy, reading: Reading) -> Policy:
    """Give the same policy read another way, to show beside it; office hours are then the staffed ones."""
    if reading is policy.reading:
        return policy
    if reading is Reading.OFFICE_HOURS and policy.staffed is not None:
        return replace(policy, reading=reading, calendar=policy.staffed)
    if reading is Reading.WORKING_DAYS:
        return replace(policy, reading=reading, target=max(policy.target // DAY, 1) * DAY)
    return replace(policy, reading=reading)


def checked(instant: datetime) -> datetime:
    """Give a time as UTC. Raises ClockError for one without offset, or outside 2000–2060 as it is written."""
    if instant.tzinfo is not None and not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise ClockError(f"{instant.isoformat()} lies outside {FIRST_YEAR}–{LAST_YEAR}.", "out_of_range")
    return utc(instant)


def utc(instant: datetime) -> datetime:
    """Give an aware time as UTC, before it is compared: within one zone Python compares by the wall clock."""
    if instant.tzinfo is UTC:
        return instant
    if instant.utcoffset() is None:
        raise ClockError(f"{instant.isoformat()} has no offset from UTC.", "naive_time")
    return instant.astimezone(UTC)


def _look_up(policy: Policy, steps: Steps, instant: datetime) -> datetime:
    until, later, at = steps
    i = bisect_left(until, instant)
    shift, due = later[i], at[i]
    if shift is not None:
        return instant + shift
    if due is None:
        raise ClockError(f"The calendar of {policy.id!r} has no open time left for this deadline.", "no_open_time")
    return due


def steps_of(policy: Policy, year: int) -> Steps:
    """Give the deadlines of a year's arrivals."""
    steps = policy._due.get(year)
    if steps is None:
        days = policy.working_days
        steps = _compile(policy, year, policy.target) if days is None else _compile_days(policy.calendar, year, days)
        # A time that is written in another zone may lie in 1999 or 2061; the short way must not know those years.
        if FIRST_YEAR <= year <= LAST_YEAR:
            policy._due[year] = steps
    return steps


def soon_steps(policy: Policy, year: int) -> Steps:
    """Give when the deadlines of a year's arrivals come near, where the policy counts time and warns at all."""
    steps = policy._soon.get(year)
    if steps is None:
        steps = policy._soon[year] = _compile(policy, year, policy.target - policy.due_soon)
    return steps


class Draft:
    """Steps being written, in microseconds."""

    def __init__(self) -> None:
        self.steps: Steps = ([], [], [])

    def later(self, until: int, shift: int) -> None:
        self._add(until, timedelta(microseconds=shift), None)

    def at(self, until: int, instant: int | None) -> None:
        self._add(until, None, None if instant is None else moment(instant))

    def _add(self, until: int, later: timedelta | None, at: datetime | None) -> None:
        self.steps[0].append(moment(until))
        self.steps[1].append(later)
        self.steps[2].append(at)


class _Ahead:
    """A finger that moves over the open spans from a year's start on, never back; sums count from there."""

    def __init__(self, calendar: Calendar, year: int) -> None:
        self._spans = calendar.spans_from(year)
        self.before = self.start = self.end = 0
        self.after = 0
        self.is_over = False

    def seek(self, wanted: int) -> bool:
        """Move to the span that holds a sum of open time, its end included."""
        while not self.is_over and self.after < wanted:
            span = next(self._spans, None)
            if span is None:
                self.is_over = True
                break
            self.start, self.end = span
            self.before, self.after = self.after, self.after + self.end - self.start
        return not self.is_over

    def instant(self, wanted: int) -> int | None:
        return self.start + wanted - self.before if self.seek(wanted) else None


def _compile(policy: Policy, year: int, target: timedelta) -> Steps:
    """Write down a year of deadlines for a target that counts open time."""
    amount, draft = target // MICROSECOND, Draft()
    start, end = (micros(datetime(each, 1, 1, tzinfo=UTC)) for each in (year, year + 1))
    if policy.reading is Reading.PLAIN:
        draft.later(end, amount)
        return draft.steps
    ahead, spans = _Ahead(policy.calendar, year), policy.calendar.year(year)
    draft.at(start, ahead.instant(amount))
    for opens, closes, before in zip(spans.opens, spans.closes, spans.before, strict=True):
        draft.at(opens, ahead.instant(before + amount))
        at = opens
        while at < closes:
            # Just after `at` the sum is a little more, which may lie in a later span than the sum itself.
            if not ahead.seek(before + at - opens + amount + 1):
                draft.at(closes, None)
                break
            at = min(closes, opens + ahead.after - amount - before)
            draft.later(at, (ahead.start - ahead.before) - (opens - before) + amount)
    draft.at(end, ahead.instant(spans.total + amount))
    return draft.steps


def _compile_days(calendar: Calendar, year: int, days: int) -> Steps:
    """Write down a year of deadlines at the end of the nth working day after the day of arrival."""
    draft, working = Draft(), _working_days(calendar, year, days)
    for start, end, offset in offsets(calendar.tz, year):
        local = timedelta(microseconds=offset)
        day, last = (moment(start) + local).date(), (moment(end - 1) + local).date()
        while day <= last:
            next_midnight = micros(datetime(day.year, day.month, day.day, tzinfo=UTC) + DAY - local)
            i = bisect_right(working, day, key=lambda each: each[0]) + days - 1
            # An arrival at midnight belongs to the day that starts.
            draft.at(min(end, next_midnight) - 1, working[i][1] if i < len(working) else None)
            day += DAY
    return draft.steps


def _working_days(calendar: Calendar, year: int, beyond: int) -> list[tuple[date, int]]:
    """List the working days of a year, and so many beyond it, each with the instant at which it closes."""
    found: list[tuple[date, int]] = []
    day, turn, missing = date(year, 1, 1) - DAY, date(year + 1, 1, 2), beyond
    while day.year <= calendar.last_year and missing:
        closes = calendar.closing(day)
        if closes is not None:
            found.append((day, closes))
            missing -= day >= turn
        day += DAY
    return found
