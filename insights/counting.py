"""Numbers of the figures, by week and channel: finished weeks from what was counted before, the rest from the rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from math import ceil

from django.db.models import Case, Count, F, Q, QuerySet, When
from django.db.models.functions import TruncWeek

from inbox.models import Conversation, ReplyCycle
from insights import figures
from insights.definitions import FIGURES, Instants, Moment, Outcome
from insights.figures import ZONE
from insights.finding import BY_LANE, HOUR, hour_key, lane_key, redirect_key
from insights.models import StaleWeek, WeekCount
from insights.scope import WEEK, Scope, midnight
from sla import clock
from sla.clock import Policy

MINUTE = timedelta(minutes=1)
Week = tuple[date, int]  # a Monday and the id of a channel
Counts = dict[Week, Counter[str]]
COUNTED = (Moment.DUE, Moment.ENDED)  # one query each
MINUTES = "minutes-"  # `minutes-weekday-115`: questions of working days answered within 115 minutes, and not 110
STEP = 5  # minutes that a length is rounded up to: nobody asks for less, and a year is summed at once


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
        _add(total, counter)
    return total


def numbers(
    scope: Scope, now: datetime, compared: Sequence[Scope] = (), known: figures.Policies | None = None
) -> Numbers:
    """Count a scope with its line, and by week also other weeks of the same channels. A fixed number of queries."""
    line, own = set(scope.line().mondays), set(scope.mondays)
    wanted = line.union(*(other.mondays for other in compared))
    live = wanted if scope.topic else stale(wanted, now)  # a topic can be changed at any time
    found = Numbers()
    for (monday, channel), counter in count(live, now, scope.narrow(), known).items():
        plain = {key: n for key, n in counter.items() if not is_spread(key)}
        found.by_week[monday].update(plain)
        found.spreads[monday].update({key: n for key, n in counter.items() if is_spread(key)})
        if monday in own:
            found.by_channel[channel].update(plain)
    _add_counted(found, scope, wanted - live, line - live)
    return found


def _add_counted(found: Numbers, scope: Scope, weeks: set[date], line: set[date]) -> None:
    """Add the weeks that were counted before. Two queries.

    Weeks are read as their sum over all channels, unless only some channels are asked for.
    """
    each = WeekCount.objects.filter(channel__isnull=False)
    if scope.channel:
        each = each.filter(channel=scope.channel)
    if scope.department:
        each = each.filter(channel__department=scope.department)
    for _monday, channel, counts in each.filter(monday__in=weeks.intersection(scope.mondays)).values_list(
        "monday", "channel", "counts"
    ):
        _add(found.by_channel[channel], counts)
    whole = each if scope.channel or scope.department else WeekCount.objects.filter(channel=None)
    of_line = Case(When(monday__in=line, then="spread"))
    for monday, counts, spread in whole.filter(monday__in=weeks).values_list("monday", "counts", of_line):
        _add(found.by_week[monday], counts)
        _add(found.spreads[monday], spread or {})


def _add(total: Counter[str], counts: Mapping[str, int]) -> None:
    for key, n in counts.items():  # twice as fast as update, and a year has a hundred thousand of them
        total[key] += n


def is_spread(key: str) -> bool:
    return key.startswith((MINUTES, HOUR))


def stale(mondays: set[date], now: datetime) -> set[date]:
    """Give the weeks that must be counted from the rows: those still running, and those with a mark. One query."""
    running = {monday for monday in mondays if now < midnight(monday + WEEK)}
    marked = StaleWeek.objects.filter(monday__in=mondays - running).values_list("monday", flat=True).distinct()
    return running | set(marked)


def count(mondays: set[date], now: datetime, narrow: Q | None = None, known: figures.Policies | None = None) -> Counts:
    """Count every figure of some weeks from the rows, by week and channel. Seven queries, or six if `known` is."""
    found: Counts = defaultdict(Counter)
    if not mondays:
        return found
    spans, known = _spans(mondays), known or figures.all_policies()
    instants = Instants.at(now, known)
    rows = figures.base().filter(narrow or Q())
    for moment in COUNTED:
        keys = [figure.key for figure in FIGURES.values() if figure.moment is moment]
        counted = {key: Count("pk", filter=FIGURES[key].where(instants)) for key in keys}
        grouped = figures.within(rows, moment, spans).annotate(week=TruncWeek(moment.value, tzinfo=ZONE))
        for row in grouped.values("week", "conversation__channel").annotate(**counted).order_by():
            found[row["week"].date(), row["conversation__channel"]].update({k: row[k] for k in keys if row[k]})
    _count_redirects(found, figures.within(rows, Moment.ENDED, spans).filter(outcome=Outcome.REDIRECTED))
    _count_arrivals(found, figures.within(rows, Moment.STARTED, spans).filter(FIGURES["arrived"].where(instants)))
    for week, counter in answers(spans, rows.filter(FIGURES["first_answer"].where(instants)), known).items():
        found[week].update(counter)
    return found


def answers(spans: list[figures.Span], rows: QuerySet[ReplyCycle], known: figures.Policies) -> Counts:
    """Count and measure which of these questions were answered in the spans, by week and channel. Two queries."""
    found: Counts = defaultdict(Counter)
    at_once, as_promised = figures.answered_within(rows, spans)
    as_promised = as_promised.annotate(at=F("answered_at")).filter(figures.in_spans("at", spans))
    _count_answers(found, [*_answers(at_once, "ended_at"), *_answers(as_promised, "at")], known)
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


def _count_redirects(found: Counts, rows: QuerySet[ReplyCycle]) -> None:
    grouped = rows.annotate(week=TruncWeek("ended_at", tzinfo=ZONE)).values_list(
        "week", "conversation__channel", "verdict__redirect"
    )
    for week, channel, target, n in grouped.annotate(n=Count("pk")).order_by():
        if target:
            found[week.date(), channel][redirect_key(target)] += n


def _count_arrivals(found: Counts, rows: QuerySet[ReplyCycle]) -> None:
    rows = rows.annotate(week=TruncWeek("started_at", tzinfo=ZONE), weekday=F("weekday"), hour=F("hour"))
    grouped = rows.values_list("week", "conversation__channel", "weekday", "hour")
    for week, channel, weekday, hour, n in grouped.annotate(n=Count("pk")).order_by():
        found[week.date(), channel].update({"arrived": n, hour_key(weekday - 1, hour): n})


Answer = tuple[int, datetime, datetime, int | None]  # channel, asked, answered, policy


def _answers(rows: QuerySet[ReplyCycle], answered: str) -> Iterable[Answer]:
    return rows.order_by().values_list("conversation__channel", "started_at", answered, "policy")


def _count_answers(found: Counts, answers: Iterable[Answer], known: figures.Policies) -> None:
    """Measure each answer on the clock of its own policy."""
    for channel, started, answered, version in answers:
        monday, kind, minutes = _measured(known[version], started, answered)
        week = found[monday, channel]
        for key in ("first_answer", f"first_answer_{kind}", f"{MINUTES}{kind}-{minutes}"):
            week[key] += 1


@lru_cache(maxsize=2**15)  # a stormy week's: what has been answered stays as it is, and the page is drawn again
def _measured(policy: Policy, started: datetime, answered: datetime) -> tuple[date, str, int]:
    """Give the week in which a question was answered, on what kind of day it was asked, and how long it took."""
    kind = "dayoff" if figures.is_day_off(policy, started.astimezone(ZONE).date()) else "weekday"
    day = answered.astimezone(ZONE).date()
    minutes = STEP * ceil(clock.elapsed(policy, started, answered) / (STEP * MINUTE))
    return day - timedelta(days=day.weekday()), kind, minutes


def open_now(scope: Scope, now: datetime, known: figures.Policies | None = None) -> dict[int, Counter[str]]:
    """Count what is open now, by channel. Three queries, and one for the policies if they are not known.

    An open cycle's conversation is not closed, and of those an index holds the channel; should one ever be, the total
    tells, and it is counted the long way.
    """
    instants = Instants.at(now, known or figures.all_policies())
    waiting = ReplyCycle.objects.filter(scope.of_topic(), ended_at=None)
    unclosed = waiting.filter(~Q(conversation__status=Conversation.Status.CLOSED))
    found = _open_by_channel(unclosed, instants)
    if sum(counter["open_first"] + counter["open_promised"] for counter in found.values()) != waiting.count():
        unclosed, found = waiting, _open_by_channel(waiting, instants)
    _count_lanes(found, unclosed, instants)
    channels = scope.channel_ids()
    return {channel: counter for channel, counter in found.items() if channels is None or channel in channels}


def _open_by_channel(waiting: QuerySet[ReplyCycle], instants: Instants) -> dict[int, Counter[str]]:
    """Ask nothing else of the conversations, so that their rows need not be read."""
    counted = {figure.key: Count("pk", filter=figure.where(instants)) for figure in FIGURES.values() if figure.of_open}
    grouped = waiting.values_list("conversation__channel").annotate(**counted).order_by()
    return {channel: Counter(dict(zip(counted, counts, strict=True))) for channel, *counts in grouped}


def _count_lanes(found: dict[int, Counter[str]], waiting: QuerySet[ReplyCycle], instants: Instants) -> None:
    """Count what is out of the ordinary, which has an index of its own; what is left of each figure is ordinary."""
    counted = {key: Count("pk", filter=FIGURES[key].where(instants)) for key in BY_LANE}
    for counter in found.values():
        counter.update({lane_key(key, Conversation.Lane.ORDINARY): counter[key] for key in BY_LANE})
    rare = waiting.filter(conversation__lane__lt=Conversation.Lane.ORDINARY)
    grouped = rare.values_list("conversation__channel", "conversation__lane").annotate(**counted).order_by()
    for channel, lane, *counts in grouped:
        for key, n in zip(counted, counts, strict=True):
            found[channel][lane_key(key, lane)] = n
            found[channel][lane_key(key, Conversation.Lane.ORDINARY)] -= n


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
