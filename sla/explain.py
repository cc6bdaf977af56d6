"""A deadline's derivation: when it came in, each stretch that counted and each that did not, the sum, the deadline."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from sla.calendar import DAY, Calendar, Closure, Span, Why, micros, moment, zone
from sla.clock import Policy, Reading, checked, due_at
from sla.words import MONTHS, WEEKDAYS, Language, closure_words, exact_words, is_midnight, time_words


@dataclass(frozen=True)
class Stretch:
    """Time on end (aware UTC) in which the clock went, or stood still for one reason."""

    start: datetime
    end: datetime
    closure: Closure | None  # None where the clock went

    @property
    def counts(self) -> bool:
        return self.closure is None

    @property
    def length(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True)
class Explanation:
    """How a deadline comes about, as stretches from arrival to deadline and as sentences."""

    received: datetime
    due_at: datetime
    stretches: tuple[Stretch, ...]
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def counted(self) -> timedelta:
        return sum((each.length for each in self.stretches if each.counts), timedelta())


def explain(policy: Policy, received: datetime, language: Language = "sv") -> Explanation:
    """Derive the deadline of what was received, in words."""
    start, due = checked(received), due_at(policy, received)
    found = [Stretch(start, due, None)] if policy.reading is Reading.PLAIN else stretches(policy.calendar, start, due)
    writer = _Writer(policy.calendar, language)
    counted = sum((each.length for each in found if each.counts), timedelta())
    lines = [
        writer.arrival(start),
        *(writer.stretch(each) for each in found),
        writer.sum(counted) if policy.working_days is None else writer.working_days(policy.working_days),
        writer.deadline(due),
    ]
    return Explanation(start, due, tuple(found), tuple(lines))


def stretches(calendar: Calendar, start: datetime, end: datetime) -> list[Stretch]:
    """Cut the time between two instants (UTC) where the clock starts, stops, or stands still for another reason."""
    first, last = micros(start), micros(end)
    years = range(start.year, end.year + 1)
    scheduled = [span for year in years for span in calendar.scheduled(year)]
    going = [span for year in years for span in zip(calendar.year(year).opens, calendar.year(year).closes, strict=True)]
    edges = {edge for span in [*scheduled, *going] for edge in span} | set(_midnights(calendar, start, end))
    cuts = [first, *sorted(edge for edge in edges if first < edge < last), last]
    found: list[Stretch] = []
    for here, there in pairwise(cuts):
        closure = None if _holds(going, here) else _reason(calendar, here, is_paused=_holds(scheduled, here))
        if found and found[-1].closure == closure:
            found[-1] = Stretch(found[-1].start, moment(there), closure)
        else:
            found.append(Stretch(moment(here), moment(there), closure))
    return found


def _midnights(calendar: Calendar, start: datetime, end: datetime) -> list[int]:
    tz = zone(calendar.tz)
    day, last = (instant.astimezone(tz).date() for instant in (start, end))
    days = (day + n * DAY for n in range(1, (last - day).days + 1))
    return [micros(datetime(day.year, day.month, day.day, tzinfo=tz).astimezone(UTC)) for day in days]


def _holds(spans: list[Span], us: int) -> bool:
    i = bisect_right(spans, us, key=lambda span: span[0]) - 1
    return i >= 0 and us < spans[i][1]


def _reason(calendar: Calendar, us: int, *, is_paused: bool) -> Closure:
    if is_paused:
        return Closure(Why.PAUSE)
    local = moment(us).astimezone(zone(calendar.tz))
    day, minute = local.date(), local.hour * 60 + local.minute
    if closure := calendar.closure(day):
        return closure
    return Closure(Why.SHORT if _is_cut_off(calendar, day, minute) else Why.HOURS)


def _is_cut_off(calendar: Calendar, day: date, minute: int) -> bool:
    """Say whether a minute comes after the last one open of a day that closes earlier than its week says."""
    closing = calendar.short_days.get(day)
    if closing is None or day in calendar.closed:
        return False
    return any(end > closing for _, end in calendar.weekly[day.weekday()]) and minute >= calendar.windows(day)[-1][1]


class _Writer:
    """The sentences, in the local time of one calendar and in one language."""

    def __init__(self, calendar: Calendar, language: Language) -> None:
        self._tz = zone(calendar.tz)
        self._language = language

    def arrival(self, received: datetime) -> str:
        local = received.astimezone(self._tz)
        day, time = self._day(local.date(), with_year=True), time_words(local, self._language, exact=True)
        return self._pick(f"Kom in {day} kl. {time}.", f"Came in on {day} at {time}.")

    def stretch(self, stretch: Stretch) -> str:
        when = self._when(stretch.start.astimezone(self._tz), stretch.end.astimezone(self._tz))
        if stretch.closure:
            reason = closure_words(stretch.closure, self._language)
            return self._pick(f"{when}: klockan står still ({reason}).", f"{when}: the clock stands still ({reason}).")
        length = exact_words(stretch.length, self._language) + self._clock_change(stretch)
        return self._pick(f"{when}: klockan går, {length}.", f"{when}: the clock runs, {length}.")

    def sum(self, counted: timedelta) -> str:
        length = exact_words(counted, self._language)
        return self._pick(f"Tillsammans {length}.", f"Together {length}.")

    def working_days(self, days: int) -> str:
        return self._pick(
            f"Det är slutet av arbetsdag {days} efter ankomstdagen.",
            f"That is the end of working day {days} after the day of arrival.",
        )

    def deadline(self, due: datetime) -> str:
        local = due.astimezone(self._tz)
        if is_midnight(local):
            day = local.date() - DAY
            weekday, rest = WEEKDAYS[self._language][day.weekday()], self._date(day, with_year=True)
            return self._pick(f"Svara senast under {weekday}en den {rest}.", f"Answer by the end of {weekday} {rest}.")
        day, time = local.date(), time_words(local, self._language, exact=True)
        when = self._day(day, with_year=True)
        return self._pick(f"Svara senast {when} kl. {time}.", f"Answer by {when} at {time}.")

    def _when(self, start: datetime, end: datetime) -> str:
        """Say from when to when; whole days by their dates alone."""
        ends_day = is_midnight(end)
        first, last = start.date(), end.date() - DAY if ends_day else end.date()
        if is_midnight(start) and ends_day:
            words = self._day(first) if first == last else f"{self._day(first)} – {self._day(last)}"
        else:
            opens = time_words(start, self._language, exact=True)
            closes = self._pick("24.00", "24:00") if ends_day else time_words(end, self._language, exact=True)
            same = first == last
            words = f"{self._day(first)} {opens}" + (f"–{closes}" if same else f" – {self._day(last)} {closes}")
        return words[0].upper() + words[1:]

    def _clock_change(self, stretch: Stretch) -> str:
        before, after = (each.astimezone(self._tz).utcoffset() for each in (stretch.start, stretch.end))
        if before == after or before is None or after is None:
            return ""
        if after > before:
            return self._pick(" (sommartid börjar)", " (summer time starts)")
        return self._pick(" (sommartid slutar)", " (summer time ends)")

    def _day(self, day: date, *, with_year: bool = False) -> str:
        return f"{WEEKDAYS[self._language][day.weekday()]} {self._date(day, with_year=with_year)}"

    def _date(self, day: date, *, with_year: bool = False) -> str:
        words = f"{day.day} {MONTHS[self._language][day.month - 1]}"
        return f"{words} {day.year}" if with_year else words

    def _pick(self, swedish: str, english: str) -> str:
        return swedish if self._language == "sv" else english
