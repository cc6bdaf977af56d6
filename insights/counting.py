"""Numbers of the figures, by week and channel: finished weeks from what was counted before, the rest from the rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from math import ceil

from django.db.models import Count, F, Q
from django.db.models.functions import TruncWeek

from insights import figures
from insights.definitions import FIGURES, HOUR, Instants, Moment, hour_key
from insights.figures import ZONE
from insights.models import StaleWeek, WeekCount
from insights.scope import WEEK, Scope, midnight
from sla import clock, policies

MINUTE = timedelta(minutes=1)
Week = tuple[date, int]  # a Monday and the id of a channel
Counts = dict[Week, Counter[str]]
COUNTED = (Moment.DUE, Moment.ENDED)  # one query each
MINUTES = "minutes-"  # `minutes-weekday-112`: questions of working days answered in the 112th minute


@dataclass
class Numbers:
    """What was counted of a scope and the weeks of its line; of the weeks compared with, only `by_week`."""

    by_week: dict[date, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    by_channel: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))  # of the scope alone
    spreads: dict[date, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))  # hours and minutes

    def of(self, scope: Scope) -> Counter[str]:
        """Sum the weeks of a scope that lies within what was counted."""
        return sum_of(self.by_week[monday] for monday in scope.mondays if monday in self.by_week)

    def spread_of(self, scope: Scope) -> Counter[str]:
        return sum_of(self.spreads[monday] for monday in scope.mondays if monday in self.spreads)


def sum_of(counters: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for counter in counters:
        total.update(counter)
    return total


def numbers(scope: Scope, now: datetime, compared: Sequence[Scope] = ()) -> Numbers:
    """Count a scope with its line, and by week also other weeks of the same channels. A fixed number of queries."""
    line, own = set(scope.line().mondays), set(scope.mondays)
    wanted = line.union(*(other.mondays for other in compared))
    live = stale(wanted, now)
    found = Numbers()
    for (monday, channel), counter in count(live, now, scope.narrow()).items():
        plain = {key: n for key, n in counter.items() if not is_spread(key)}
        found.by_week[monday].update(plain)
        found.spreads[monday].update({key: n for key, n in counter.items() if is_spread(key)})
        if monday in own:
            found.by_channel[channel].update(plain)
    _add_counted(found, scope, wanted - live, line - live)
    return found


def _add_counted(found: Numbers, scope: Scope, weeks: set[date], line: set[date]) -> None:
    """Add the weeks that were counted before. Two queries."""
    known = WeekCount.objects.filter(channel__isnull=False)
    if scope.channel:
        known = known.filter(channel=scope.channel)
    if scope.department:
        known = known.filter(channel__department=scope.department)
    own = set(scope.mondays)
    for monday, channel, counts in known.filter(monday__in=weeks).values_list("monday", "channel", "counts"):
        found.by_week[monday].update(counts)
        if monday in own:
            found.by_channel[channel].update(counts)
    if not (scope.channel or scope.department):
        known = WeekCount.objects.filter(channel=None)
    for monday, spread in known.filter(monday__in=line).values_list("monday", "spread"):
        found.spreads[monday].update(spread)


def is_spread(key: str) -> bool:
    return key.startswith((MINUTES, HOUR))


def stale(mondays: set[date], now: datetime) -> set[date]:
    """Give the weeks that must be counted from the rows: those still running, and those with a mark. One query."""
    running = {monday for monday in mondays if now < midnight(monday + WEEK)}
    marked = StaleWeek.objects.filter(monday__in=mondays - running).values_list("monday", flat=True).distinct()
    return running | set(marked)


def count(mondays: set[date], now: datetime, narrow: Q | None = None) -> Counts:
    """Count every figure of some weeks from the rows, by week and channel. Four queries, and one for the policies."""
    found: Counts = defaultdict(Counter)
    if not mondays:
        return found
    spans = _spans(mondays)
    instants = Instants.at(now, policies.policy())
    rows = figures.base().filter(narrow or Q())
    for moment in COUNTED:
        keys = [figure.key for figure in FIGURES.values() if figure.moment is moment]
        counted = {key: Count("pk", filter=FIGURES[key].where(instants)) for key in keys}
        grouped = figures.within(rows, moment, spans).annotate(week=TruncWeek(moment.value, tzinfo=ZONE))
        for row in grouped.values("week", "conversation__channel").annotate(**counted).order_by():
            found[row["week"].date(), row["conversation__channel"]].update({k: row[k] for k in keys if row[k]})
    _count_arrivals(found, figures.within(rows, Moment.STARTED, spans).filter(FIGURES["arrived"].where(instants)))
    _count_answers(found, figures.within(rows, Moment.ANSWERED, spans).filter(FIGURES["first_answer"].where(instants)))
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


def _count_arrivals(found: Counts, rows: figures.QuerySet[figures.ReplyCycle]) -> None:
    rows = rows.annotate(week=TruncWeek("started_at", tzinfo=ZONE), weekday=F("weekday"), hour=F("hour"))
    grouped = rows.values_list("week", "conversation__channel", "weekday", "hour")
    for week, channel, weekday, hour, n in grouped.annotate(n=Count("pk")).order_by():
        found[week.date(), channel].update({"arrived": n, hour_key(weekday - 1, hour): n})


def _count_answers(found: Counts, rows: figures.QuerySet[figures.ReplyCycle]) -> None:
    """Measure each answer on the clock of its own policy."""
    known = figures.all_policies()
    is_off = cache(lambda version, day: figures.is_day_off(known[version], day))
    monday = cache(lambda day: day - timedelta(days=day.weekday()))
    fields = rows.annotate(answered_at=F("answered_at")).values_list(
        "conversation__channel", "started_at", "answered_at", "policy"
    )
    for channel, started, answered, version in fields.order_by().iterator():
        kind = "dayoff" if is_off(version, started.astimezone(ZONE).date()) else "weekday"
        minutes = ceil(clock.elapsed(known[version], started, answered) / MINUTE)
        week = found[monday(answered.astimezone(ZONE).date()), channel]
        week.update(("first_answer", f"first_answer_{kind}", f"{MINUTES}{kind}-{minutes}"))


def open_now(scope: Scope, now: datetime) -> dict[int, Counter[str]]:
    """Count what is open now, by channel. One query."""
    instants = Instants.at(now, policies.policy())
    keys = [figure.key for figure in FIGURES.values() if figure.of_open]
    counted = {key: Count("pk", filter=FIGURES[key].where(instants)) for key in keys}
    rows = figures.base().filter(scope.narrow(), ended_at=None).values("conversation__channel")
    return {
        row["conversation__channel"]: Counter({key: row[key] for key in keys})
        for row in rows.annotate(**counted).order_by()
    }


def within_minutes(spread: Counter[str], kind: str, percent: int) -> int | None:
    """Give the shortest time in minutes within which so many per cent were answered; None if nothing was.

    `kind`: weekday, dayoff, or "" for both.
    """
    lengths: Counter[int] = Counter()
    for key, n in spread.items():
        if key.startswith(f"{MINUTES}{kind}"):
            lengths[int(key.rpartition("-")[2])] += n
    needed, so_far = lengths.total() * percent, 0
    for minutes in sorted(lengths):
        so_far += lengths[minutes]
        if so_far * 100 >= needed:
            return minutes
    return None
