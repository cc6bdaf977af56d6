"""Numbers of the figures, by week and channel: finished weeks from what was counted before, the rest from the rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from math import ceil
from typing import Any

from django.db.models import (
    BigAutoField,
    BooleanField,
    Case,
    Count,
    DateField,
    DateTimeField,
    F,
    Field,
    Func,
    IntegerField,
    JSONField,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, TruncHour, TruncWeek
from django.utils import timezone

from inbox.models import ReplyCycle
from insights import alike, figures, spreads
from insights.definitions import FIGURES, IN_TIME, PROMISE_KEPT_AT, Instants, Moment, may_count
from insights.figures import ZONE
from insights.finding import HOUR, hour_key, redirect_key, topic_key
from insights.models import StaleWeek, WeekCount
from insights.scope import WEEK, Scope, midnight, monday_of
from insights.spreads import MINUTES, STEP, Packed, minutes_key
from sla import clock
from sla.clock import Policy

MINUTE = timedelta(minutes=1)
Week = tuple[date, int | None]  # a Monday and the id of a channel, None for all that were asked for
Counts = dict[Week, Counter[str]]
PROMISE = ("owed", "kept")  # all that is told of each channel


@dataclass
class Numbers:
    """What was counted of a scope and the weeks of its line; of the weeks compared with, only `by_week`."""

    by_week: dict[date, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    by_channel: dict[int, Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter)
    )  # PROMISE, of the scope alone
    spreads: dict[date, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))  # hours and minutes
    packed: dict[date, list[Packed]] = field(default_factory=lambda: defaultdict(list))  # and those counted before

    def of(self, scope: Scope) -> Counter[str]:
        """Sum the weeks of a scope that lies within what was counted."""
        return sum_of(self.by_week[monday] for monday in scope.mondays if monday in self.by_week)

    def spread_of(self, scope: Scope) -> Counter[str]:
        total = spreads.sum_of(week for monday in scope.mondays for week in self.packed.get(monday, ()))
        return sum_of([total, *(self.spreads[monday] for monday in scope.mondays if monday in self.spreads)])

    def each_spread(self) -> dict[date, Counter[str]]:
        """Give the spread of each week."""
        every = {monday: spreads.sum_of(weeks) for monday, weeks in self.packed.items()}
        return every | {monday: sum_of([every.get(monday, Counter()), one]) for monday, one in self.spreads.items()}


def sum_of(counters: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for counter in counters:
        _add(total, counter)
    return total


def numbers(
    scope: Scope, now: datetime, compared: Sequence[Scope] = (), known: figures.Policies | None = None
) -> Numbers:
    """Count a scope with its line, and by week also other weeks of the same channels. A fixed number of queries."""
    line, own, known = set(scope.line().mondays), set(scope.mondays), known or figures.all_policies()
    wanted = line.union(*(other.mondays for other in compared))
    running = {monday for monday in wanted if now < midnight(monday + WEEK)}
    found, live = Numbers(), wanted
    if not scope.topic:  # of a topic no week is counted before
        live = running | _add_counted(found, scope, wanted - running, line)
    for (monday, channel), counter in count(live, now, scope.narrow(), known, by_channel=False).items():
        _add(found.by_week[monday], {key: n for key, n in counter.items() if not is_spread(key)})
        _add(found.spreads[monday], {key: n for key, n in counter.items() if is_spread(key)})
        if channel and counter["owed"] and monday in own:
            _add(found.by_channel[channel], +Counter({key: counter[key] for key in PROMISE}))
    return found


def _add_counted(found: Numbers, scope: Scope, weeks: set[date], line: set[date]) -> set[date]:
    """Add the weeks that were counted before; give those that must be counted from the rows. One query.

    Weeks are read as the sum over all channels, unless only some are asked for; what was promised by channel is summed
    there and then. The marks are read in the same instant as the counts.
    """
    marks = StaleWeek.objects.filter(monday__in=weeks)
    counted = WeekCount.objects.filter(scope.narrow(), monday__in=weeks).exclude(monday__in=marks.values("monday"))
    of_line = Case(When(monday__in=line, then="spread"))
    by_week = counted.filter(channel__isnull=not (scope.channel or scope.department)).annotate(of_line=of_line)
    sums = {key: Sum(Cast(KT(f"counts__{key}"), IntegerField())) for key in PROMISE}
    by_channel = counted.filter(channel__isnull=False, monday__in=scope.mondays).values("channel").annotate(**sums)
    columns = (DateField(), JSONField(), JSONField(), BigAutoField(), IntegerField(), IntegerField())
    nought = [Cast(Value(None), column) for column in columns]
    stale = set()
    for monday, counts, spread, channel, owed, kept in by_week.values_list(
        "monday", "counts", "of_line", *nought[3:]
    ).union(
        by_channel.values_list(*nought[:3], "channel", *PROMISE), marks.values_list("monday", *nought[1:]), all=True
    ):
        if counts is not None:
            _add(found.by_week[monday], counts)
            if spread:
                found.packed[monday].append(spread)
        elif channel:
            _add(found.by_channel[channel], +Counter(owed=owed or 0, kept=kept or 0))
        else:
            stale.add(monday)
    return stale


def _add(total: Counter[str], counts: Mapping[str, int]) -> None:
    if not total:
        total.update(counts)  # which copies, and most sums begin so
        return
    had = total.get
    for key, n in counts.items():  # thrice as fast as update, and a year has tens of thousands of them
        total[key] = had(key, 0) + n


def is_spread(key: str) -> bool:
    return key.startswith((MINUTES, HOUR))


def count(
    mondays: set[date],
    now: datetime,
    narrow: Q | None = None,
    known: figures.Policies | None = None,
    *,
    by_channel: bool = True,
) -> Counts:
    """Count every figure of some weeks from the rows. Five queries, and one more if `known` is not given.

    By week and channel; or, what did not fall due, by week alone, under None.
    """
    found: Counts = defaultdict(Counter)
    if not mondays:
        return found
    spans, known = _spans(mondays), known or figures.all_policies()
    instants, rows = Instants.at(now, known), figures.base().filter(narrow or Q())
    of_channel, of_week = rows.annotate(place=F("channel")), rows.annotate(place=NOWHERE)
    placed = of_channel if by_channel else of_week
    _count_due(found, figures.within(of_channel, Moment.DUE, spans), mondays, instants)
    _count_ended(found, figures.within(placed, Moment.ENDED, spans), mondays)
    arrived = figures.within(placed, Moment.STARTED, spans).filter(FIGURES["arrived"].where(instants))
    _count_arrivals(found, arrived)
    _count_answers(found, _answers(spans, placed.filter(FIGURES["first_answer"].where(instants))), known)
    return found


NOWHERE = Value(None, BigAutoField())


def answers(spans: list[figures.Span], rows: QuerySet[ReplyCycle], known: figures.Policies) -> Counts:
    """Count and measure which of these questions were answered in the spans, by week. One query."""
    found: Counts = defaultdict(Counter)
    _count_answers(found, _answers(spans, rows.annotate(place=NOWHERE)), known)
    return found


def _spans(mondays: set[date]) -> list[figures.Span]:
    """Join weeks that follow each other."""
    spans: list[figures.Span] = []
    for monday in sorted(mondays):
        start, end = midnight(monday), midnight(monday + WEEK)
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def _week(field: str, mondays: set[date]) -> Combinable:
    """The Monday of a time; of a single week it is known, and most often there is but one to be counted."""
    if len(mondays) == 1:
        return Value(midnight(*mondays), DateTimeField())
    return TruncWeek(field, tzinfo=ZONE)


def _count_due(found: Counts, rows: QuerySet[ReplyCycle], mondays: set[date], instants: Instants) -> None:
    """Count what fell due: the rows by what they are alike in, and each kind by the figures that count it."""
    grouped = rows.filter(may_count(instants)).annotate(
        week=_week("due_at", mondays),
        is_due=Case(When(due_at__lte=instants.now, then=True), default=False),
        in_time=Case(When(IN_TIME, then=True), When(ended_at__isnull=False, then=False), output_field=BooleanField()),
        **{key: Case(When(FIGURES[key].where(instants), then=True), default=False) for key in alike.ASK_MORE},
    )
    facts = ("kind", "outcome", "fetched_late", "is_due", "in_time", *alike.ASK_MORE)
    for week, place, kind, outcome, fetched_late, is_due, in_time, *more, n in (
        grouped.values_list("week", "place", *facts).annotate(n=Count("pk")).order_by()
    ):
        keys = alike.figures_of_due(kind, outcome, fetched_late=fetched_late, is_due=is_due, in_time=in_time)
        counter = found[monday_of(timezone.localdate(week)), place]
        for key in (*keys, *(key for key, counts in zip(alike.ASK_MORE, more, strict=True) if counts)):
            counter[key] += n


def _count_ended(found: Counts, rows: QuerySet[ReplyCycle], mondays: set[date]) -> None:
    """Count how waits ended, and of those that ended with a redirect where each pointed."""
    grouped = rows.annotate(week=_week("ended_at", mondays))
    facts = ("kind", "outcome", "verdict__reason", "verdict__redirect")
    for week, place, kind, outcome, reason, target, n in (
        grouped.values_list("week", "place", *facts).annotate(n=Count("pk")).order_by()
    ):
        counter, keys = found[monday_of(timezone.localdate(week)), place], alike.figures_of_ended(kind, outcome, reason)
        for key in keys:
            counter[key] += n
        if target and "redirected" in keys:
            counter[redirect_key(target)] += n


def _count_arrivals(found: Counts, rows: QuerySet[ReplyCycle]) -> None:
    """Count by hour and topic; our hours begin and end with those of UTC, which the database tells much faster."""
    grouped = rows.annotate(at=TruncHour("started_at", tzinfo=UTC)).values_list("at", "place", "topic")
    for at, place, topic, n in grouped.annotate(n=Count("pk")).order_by():
        monday, hour = _hour(at)
        counter = found[monday, place]
        counter["arrived"] += n
        counter[hour] += n
        if topic:
            counter[topic_key(topic)] += n


@lru_cache(maxsize=2**12)
def _hour(at: datetime) -> tuple[date, str]:
    local = at.astimezone(ZONE)
    return monday_of(local.date()), hour_key(local.weekday(), local.hour)


Answer = tuple[int | None, float, float, int | None]  # channel; asked and answered as seconds since 1970; policy


def _answers(spans: list[figures.Span], rows: QuerySet[ReplyCycle]) -> list[Answer]:
    """Read the answers given in the spans. One query."""
    at_once, as_promised = figures.answered_within(rows, spans)
    read = _asked_and_answered(at_once, F("ended_at")).union(
        _asked_and_answered(as_promised, PROMISE_KEPT_AT), all=True
    )
    within = [(start.timestamp(), end.timestamp()) for start, end in spans]
    # Looked at here: the database would look for what was promised anew in each condition.
    return [row for row in read if row[2] and any(start <= row[2] < end for start, end in within)]


def _asked_and_answered(rows: QuerySet[ReplyCycle], answered: Combinable) -> Any:
    """Times as numbers: of thousands of them, few are new and must be made into datetimes."""
    seconds = {"asked": _Seconds("started_at"), "answered": _Seconds(answered)}
    return rows.annotate(**seconds).values_list("place", "asked", "answered", "policy").order_by()


class _Seconds(Func):
    """A time as seconds since 1970; the fraction is exact to the microsecond.

    A field of no kind: of a FloatField, each would be made a float again.
    """

    template, output_field = "DATE_PART('epoch', %(expressions)s)", Field()


def _count_answers(found: Counts, answers: Iterable[Answer], known: figures.Policies) -> None:
    """Measure each answer on the clock of its own policy."""
    for (channel, monday, kind, minutes), n in Counter(
        (channel, *_measured(known[version], asked, answered)) for channel, asked, answered, version in answers
    ).items():
        week = found[monday, channel]
        for key in ("first_answer", f"first_answer_{kind}", minutes_key(kind, minutes)):
            week[key] += n


@lru_cache(maxsize=2**15)  # a stormy week's: what has been answered stays as it is, and the page is drawn again
def _measured(policy: Policy, asked: float, answered: float) -> tuple[date, str, int]:
    """Give the week in which a question was answered, on what kind of day it was asked, and how long it took."""
    start, end = (datetime.fromtimestamp(seconds, UTC) for seconds in (asked, answered))
    kind = "dayoff" if figures.is_day_off(policy, start.astimezone(ZONE).date()) else "weekday"
    minutes = STEP * ceil(clock.elapsed(policy, start, end) / (STEP * MINUTE))
    return monday_of(end.astimezone(ZONE).date()), kind, minutes


def lengths(spread: Counter[str]) -> dict[str, Counter[int]]:
    """Give how many were answered in which minute, by kind of day: weekday, dayoff, and "" for all of them."""
    found: dict[str, Counter[int]] = {"weekday": Counter(), "dayoff": Counter(), "": Counter()}
    for key, n in spread.items():
        if key.startswith(MINUTES):
            _minutes, kind, minute = key.split("-")
            found[kind][int(minute)] += n
            found[""][int(minute)] += n
    return found


def within_minutes(lengths: Counter[int], percent: int) -> int | None:
    """Give the shortest time in minutes within which so many per cent were answered; None if nothing was."""
    needed, so_far = lengths.total() * percent, 0
    for minutes in sorted(lengths):
        so_far += lengths[minutes]
        if so_far * 100 >= needed:
            return minutes
    return None
