"""Working time as spans of UTC: what is open, what is closed and why.

An instant is open if the local clock of the calendar's zone stands within a window of the local date at that instant.
Read so, instant by instant, a clock change needs no rule of its own: a window that lies in the hour which spring skips
is empty, and one in the hour which autumn repeats is open both times.

The windows of a local date are those of its weekday, none if the day is closed (a holiday of a named calendar, or a
closed day of one's own), cut at the closing time of a short day, and together with the day's extra windows, which
neither closing nor cutting touches. Pauses are taken from all of it. What overlaps counts once.

All arithmetic is in whole microseconds since 1970 UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

import holidays

Window = tuple[int, int]  # minutes after local midnight, half-open; 1440 is 24:00
Span = tuple[int, int]  # microseconds since 1970 UTC, half-open

MIDNIGHT = 24 * 60
MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE_US = 60_000_000
DAY_US = MIDNIGHT * MINUTE_US

# A deadline may lie beyond 2060, but a search for open time ends somewhere.
LAST_YEAR_SEARCHED = 2160

# Which of the holidays package's categories each named calendar holds. Its other categories (optional, bank) mix half
# days with whole ones. Sundays are left to the weekly windows.
NAMED_CALENDARS: Mapping[str, str] = MappingProxyType({"se_public": "public", "se_eves": "de_facto"})


class ClockError(ValueError):
    """What the clock was asked has no answer; the message says why, `code` is its short name."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Why(StrEnum):
    """Why the clock stands still."""

    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    EVE = "eve"
    OWN = "own"  # a closed day of one's own
    BRIDGE = "bridge"  # the same, squeezed in between days off: a klämdag
    SHORT = "short"  # after the closing time of a short day
    HOURS = "hours"  # outside the opening hours
    PAUSE = "pause"


class Closure(NamedTuple):
    """A reason for being closed, with its own name where it has one (a holiday's name in Swedish)."""

    why: Why
    name: str = ""


class Year(NamedTuple):
    """The open spans of one UTC year, ascending and apart; `before[i]` is the year's open time up to `opens[i]`."""

    opens: list[int]
    closes: list[int]
    before: list[int]
    total: int


def micros(instant: datetime) -> int:
    """Give an aware datetime as microseconds since 1970 UTC."""
    return (instant - EPOCH) // MICROSECOND


def moment(us: int) -> datetime:
    """Give microseconds since 1970 UTC as aware UTC."""
    return EPOCH + timedelta(microseconds=us)


def zone(name: str) -> ZoneInfo:
    """Give the time zone of that name. Raises ClockError if there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ClockError(f"Unknown time zone {name!r}.", "unknown_zone") from error


def merged(spans: Iterable[Span]) -> list[Span]:
    """Join spans that overlap or touch; ascending."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def without(spans: list[Span], holes: list[Span]) -> list[Span]:
    """Cut the holes out of the spans; both ascending and apart."""
    cut: list[Span] = []
    first = 0
    for start, end in spans:
        while first < len(holes) and holes[first][1] <= start:
            first += 1
        for hole_start, hole_end in islice(holes, first, None):
            if end <= hole_start:
                break
            if start < hole_start:
                cut.append((start, hole_start))
            start = hole_end
        if start < end:
            cut.append((start, end))
    return cut


def _year_start(year: int) -> int:
    return micros(datetime(year, 1, 1, tzinfo=UTC))


@lru_cache(maxsize=1024)
def offsets(tz: str, year: int) -> list[tuple[int, int, int]]:
    """List the pieces (start, end, offset from UTC) of a UTC year between a zone's clock changes, in microseconds."""
    local = zone(tz)

    def offset(us: int) -> int:
        return (moment(us).astimezone(local).utcoffset() or timedelta()) // MICROSECOND

    start, end = _year_start(year), _year_start(year + 1)
    pieces: list[tuple[int, int, int]] = []
    known, before, current = start, start, offset(start)
    for probe in [*range(start + DAY_US, end, DAY_US), end - 1]:
        if offset(probe) != current:
            low, high = before, probe  # the change lies in (low, high]
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == current else (low, middle)
            pieces.append((known, high, current))
            known, current = high, offset(high)
        before = probe
    return [*pieces, (known, end, current)]


@lru_cache(maxsize=512)
def holiday_names(calendar: str, year: int) -> Mapping[date, str]:
    """Name the days off of a named calendar in a year, in Swedish."""
    found = holidays.country_holidays(
        "SE", years=year, categories=(NAMED_CALENDARS[calendar],), language="sv", include_sundays=False
    )
    return {day: name.replace("; ", " och ") for day, name in found.items()}


def _check_windows(windows: Iterable[Window], whose: str) -> None:
    for start, end in windows:
        if not 0 <= start < end <= MIDNIGHT:
            raise ClockError(f"A window of {whose} must start before it ends, within 00:00–24:00.", "bad_window")


@dataclass(frozen=True, eq=False)
class Calendar:
    """When the clock runs. Years are built when first asked for and kept.

    `weekly` holds seven tuples of windows, Monday first. `named` are names from NAMED_CALENDARS. `short_days` gives the
    minute at which a day closes. `closed` gives the name of each closed day of one's own ("" if it has none). `pauses`
    are pairs of aware datetimes. Raises ClockError for what cannot be meant.
    """

    tz: str
    weekly: tuple[tuple[Window, ...], ...]
    named: tuple[str, ...] = ()
    short_days: Mapping[date, int] = field(default_factory=dict)
    closed: Mapping[date, str] = field(default_factory=dict)
    extra_open: Mapping[date, tuple[Window, ...]] = field(default_factory=dict)
    pauses: tuple[tuple[datetime, datetime], ...] = ()
    _years: dict[int, Year] = field(default_factory=dict, init=False, repr=False)
    _pauses: list[Span] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        zone(self.tz)
        for name in self.named:
            if name not in NAMED_CALENDARS:
                known = ", ".join(NAMED_CALENDARS)
                raise ClockError(f"Unknown calendar {name!r}; known are {known}.", "unknown_calendar")
        if len(self.weekly) != 7:
            raise ClockError("A week has seven days of windows.", "bad_window")
        for windows in self.weekly:
            _check_windows(windows, "the week")
        for day, windows in self.extra_open.items():
            _check_windows(windows, f"{day}")
        if not any(self.weekly) and not any(self.extra_open.values()):
            raise ClockError("The calendar has no open time.", "no_open_time")
        for start, end in self.pauses:
            if start.utcoffset() is None or end.utcoffset() is None:
                raise ClockError("A pause needs times with an offset from UTC.", "naive_time")
            if micros(end) < micros(start):
                raise ClockError(f"The pause from {start.isoformat()} ends before it starts.", "bad_pause")
        self._pauses.extend(merged((micros(a), micros(b)) for a, b in self.pauses if micros(a) < micros(b)))

    def windows(self, day: date) -> list[Window]:
        """List the open windows of a local date, pauses aside."""
        own: list[Window] = []
        if self._holiday(day) is None and day not in self.closed:
            closing = self.short_days.get(day, MIDNIGHT)
            own = [(start, min(end, closing)) for start, end in self.weekly[day.weekday()] if start < closing]
        return merged([*own, *self.extra_open.get(day, ())])

    def closure(self, day: date) -> Closure | None:
        """Say why a local date is closed, None if it has open windows."""
        if self.windows(day):
            return None
        if holiday := self._holiday(day):
            return holiday
        if self.closed.get(day):
            return Closure(Why.OWN, self.closed[day])
        if day.weekday() >= 5 and not self.weekly[day.weekday()]:
            return Closure(Why.WEEKEND)
        if day in self.closed:
            return Closure(Why.BRIDGE if self._is_squeezed(day) else Why.OWN)
        return Closure(Why.SHORT if self.weekly[day.weekday()] else Why.HOURS)

    def closed_days(self, start: date, end: date) -> list[tuple[date, Closure]]:
        """List the closed local dates from `start` until before `end`, each with its reason."""
        days = (start + n * DAY for n in range((end - start).days))
        return [(day, reason) for day in days if (reason := self.closure(day))]

    def year(self, year: int) -> Year:
        """Give the open spans of a UTC year."""
        found = self._years.get(year)
        if found is None:
            found = self._years[year] = _with_sums(without(self.scheduled(year), self._pauses))
        return found

    def scheduled(self, year: int) -> list[Span]:
        """List the spans of a UTC year that would be open if no pause were."""
        spans: list[Span] = []
        for start, end, offset in offsets(self.tz, year):
            day = (moment(start) + timedelta(microseconds=offset)).date()
            midnight = micros(datetime(day.year, day.month, day.day, tzinfo=UTC)) - offset
            while midnight < end:
                spans += _clipped(self.windows(day), midnight, start, end)
                day += DAY
                midnight += DAY_US
        return merged(spans)

    def closing(self, day: date) -> int | None:
        """Give the end of a local date's open time, in microseconds; None if it has none, pauses taken off."""
        spans: list[Span] = []
        for year in sorted({(day - DAY).year, (day + DAY).year}):
            for start, end, offset in offsets(self.tz, year):
                midnight = micros(datetime(day.year, day.month, day.day, tzinfo=UTC)) - offset
                spans += _clipped(self.windows(day), midnight, start, end)
        opened = without(merged(spans), self._pauses)
        return opened[-1][1] if opened else None

    def spans_from(self, year: int) -> Iterator[Span]:
        """Yield the open spans from the start of a UTC year on, as far as there can be any."""
        for each in range(year, self.last_year + 1):
            found = self.year(each)
            yield from zip(found.opens, found.closes, strict=True)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Measure the open time from `start` to `end`, 0 if that is earlier."""
        # UTC before comparing: within one zone Python compares by the wall clock, which autumn repeats.
        first, last = start.astimezone(UTC), end.astimezone(UTC)
        if last <= first:
            return timedelta()
        whole = sum(self.year(year).total for year in range(first.year, last.year))
        return timedelta(microseconds=whole + self._into_year(last) - self._into_year(first))

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """Give the earliest instant (UTC) from `start` on at which that much open time has passed."""
        return start.astimezone(UTC) if amount <= timedelta() else self._reach(start, amount // MICROSECOND)

    def latest(self, start: datetime, amount: timedelta) -> datetime:
        """Give the latest instant (UTC) from `start` on at which no more than that much open time has passed."""
        return self._reach(start, amount // MICROSECOND + 1) - MICROSECOND

    def _reach(self, start: datetime, amount: int) -> datetime:
        first = start.astimezone(UTC)
        wanted = amount + self._into_year(first)
        for each in range(first.year, self.last_year + 1):
            year = self.year(each)
            if wanted <= year.total:
                # The span whose end is the first at or after the wanted sum: `before` of the next is that end's sum.
                i = _last_below(year.before, wanted)
                return moment(year.opens[i] + wanted - year.before[i])
            wanted -= year.total
        raise ClockError("The calendar has no open time left for this deadline.", "no_open_time")

    def _into_year(self, instant: datetime) -> int:
        year, us = self.year(instant.year), micros(instant)
        i = bisect_right(year.opens, us) - 1
        return year.before[i] + min(us, year.closes[i]) - year.opens[i] if i >= 0 else 0

    @property
    def last_year(self) -> int:
        """Give the last UTC year that can hold open time, as far as we search."""
        if any(self.weekly):
            return LAST_YEAR_SEARCHED
        # A local date may end in the next UTC year.
        return min(max(day.year for day in self.extra_open) + 1, LAST_YEAR_SEARCHED)

    def _holiday(self, day: date) -> Closure | None:
        for calendar in self.named:
            name = holiday_names(calendar, day.year).get(day)
            if name:
                return Closure(Why.EVE if calendar == "se_eves" else Why.HOLIDAY, name)
        return None

    def _is_squeezed(self, day: date) -> bool:
        return all(not self.weekly[near.weekday()] or self._holiday(near) for near in (day - DAY, day + DAY))


def _clipped(windows: list[Window], midnight: int, start: int, end: int) -> list[Span]:
    spans = [(max(start, midnight + a * MINUTE_US), min(end, midnight + b * MINUTE_US)) for a, b in windows]
    return [span for span in spans if span[0] < span[1]]


def _last_below(sums: list[int], wanted: int) -> int:
    return bisect_right(sums, wanted - 1) - 1


def _with_sums(spans: list[Span]) -> Year:
    before: list[int] = []
    total = 0
    for start, end in spans:
        before.append(total)
        total += end - start
    return Year([start for start, _ in spans], [end for _, end in spans], before, total)
