"""Numbers of the figures, by week and channel: finished weeks from what was counted before, the rest from the rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from math import ceil

from django.db.models import BigAutoField, Case, Count, F, IntegerField, Q, QuerySet, Sum, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, TruncWeek

from inbox.models import Conversation, ReplyCycle
from insights import figures
from insights.definitions import FIGURES, PROMISE_KEPT_AT, Instants, Moment, may_count
from insights.figures import ZONE
from insights.finding import BY_LANE, HOUR, LEFT, hour_key, lane_key, redirect_key
from insights.models import StaleWeek, WeekCount
from insights.scope import WEEK, Scope, midnight
from sla import clock
from sla.clock import Policy

MINUTE = timedelta(minutes=1)
Week = tuple[date, int | None]  # a Monday and the id of a channel, None for all that were asked for
Counts = dict[Week, Counter[str]]
PROMISE = ("owed", "kept")  # all that is told of each channel
MINUTES = "minutes-"  # `minutes-weekday-115`: questions of working days answered within 115 minutes, and not 110
STEP = 5  # minutes that a length is rounded up to: nobody asks for less, and a year is summed at once


@dataclass
class Numbers:
    """What was counted of a scope and the weeks of its line; of the weeks compared with, only `by_week`."""

    by_week: dict[date, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    by_channel: dict[int, Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter)
    )  # PROMISE, of the scope alone
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
    line, own, known = set(scope.line().mondays), set(scope.mondays), known or figures.all_policies()
    wanted = line.union(*(other.mondays for other in compared))
    live = wanted if scope.topic else stale(wanted, now)  # a topic can be changed at any time
    found = Numbers()
    for (monday, _channel), counter in count(live, now, scope.narrow(), known, by_channel=False).items():
        found.by_week[monday].update({key: n for key, n in counter.items() if not is_spread(key)})
        found.spreads[monday].update({key: n for key, n in counter.items() if is_spread(key)})
    _add_counted(found, scope, wanted - live, line - live)
    for channel, counter in [*_promises(own & live, scope, Instants.at(now, known)), *_counted(own - live, scope)]:
        _add(found.by_channel[channel], +counter)
    return found


def _promises(mondays: set[date], scope: Scope, instants: Instants) -> list[tuple[int, Counter[str]]]:
    """Count by channel what was promised in some weeks. One query, none without weeks."""
    if not mondays:
        return []
    due = figures.within(figures.base().filter(scope.narrow()), Moment.DUE, _spans(mondays))
    due = due.filter(FIGURES["owed"].where(instants)).values_list("conversation__channel").order_by()
    counted = {key: Count("pk", filter=FIGURES[key].where(instants)) for key in PROMISE}
    return [(channel, Counter(owed=owed, kept=kept)) for channel, owed, kept in due.annotate(**counted)]


def _counted(mondays: set[date], scope: Scope) -> list[tuple[int, Counter[str]]]:
    """Sum by channel what was promised in the weeks that were counted before. One query."""
    sums = {key: Coalesce(Sum(Cast(KT(f"counts__{key}"), IntegerField())), 0) for key in PROMISE}
    weeks = _of(scope).filter(monday__in=mondays).values_list("channel").order_by()
    return [(channel, Counter(owed=owed, kept=kept)) for channel, owed, kept in weeks.annotate(**sums)]


def _of(scope: Scope) -> QuerySet[WeekCount]:
    """The weeks of each channel in a scope."""
    each = WeekCount.objects.filter(channel__isnull=False)
    if scope.channel:
        each = each.filter(channel=scope.channel)
    if scope.department:
        each = each.filter(channel__department=scope.department)
    return each


def _add_counted(found: Numbers, scope: Scope, weeks: set[date], line: set[date]) -> None:
    """Add the weeks that were counted before. One query.

    Weeks are read as their sum over all channels, unless only some channels are asked for.
    """
    whole = _of(scope) if scope.channel or scope.department else WeekCount.objects.filter(channel=None)
    of_line = Case(When(monday__in=line, then="spread"))
    for monday, counts, spread in whole.filter(monday__in=weeks).values_list("monday", "counts", of_line):
        _add(found.by_week[monday], counts)
        _add(found.spreads[monday], spread or {})


def _add(total: Counter[str], counts: Mapping[str, int]) -> None:
    if not total:
        total.update(counts)  # which copies, and most sums begin so
        return
    had = total.get
    for key, n in counts.items():  # thrice as fast as update, and a year has tens of thousands of them
        total[key] = had(key, 0) + n


def is_spread(key: str) -> bool:
    return key.startswith((MINUTES, HOUR))


def stale(mondays: set[date], now: datetime) -> set[date]:
    """Give the weeks that must be counted from the rows: those still running, and those with a mark. One query."""
    running = {monday for monday in mondays if now < midnight(monday + WEEK)}
    marked = StaleWeek.objects.filter(monday__in=mondays - running).values_list("monday", flat=True).distinct()
    return running | set(marked)


def count(
    mondays: set[date],
    now: datetime,
    narrow: Q | None = None,
    known: figures.Policies | None = None,
    *,
    by_channel: bool = True,
) -> Counts:
    """Count every figure of some weeks from the rows. Six queries, or five if `known` is.

    By week and channel, or by week alone, under None: then no conversation is read, unless `narrow` asks for it.
    """
    found: Counts = defaultdict(Counter)
    if not mondays:
        return found
    spans, known = _spans(mondays), known or figures.all_policies()
    instants = Instants.at(now, known)
    rows = _placed(figures.base().filter(narrow or Q()), by_channel=by_channel)
    _count_due(found, figures.within(rows, Moment.DUE, spans), instants)
    _count_ended(found, figures.within(rows, Moment.ENDED, spans), instants)
    _count_arrivals(found, figures.within(rows, Moment.STARTED, spans).filter(FIGURES["arrived"].where(instants)))
    answered = _answers(spans, rows.filter(FIGURES["first_answer"].where(instants)))
    _count_answers(found, answered, known)
    return found


def _placed(rows: QuerySet[ReplyCycle], *, by_channel: bool) -> QuerySet[ReplyCycle]:
    return rows.annotate(place=F("conversation__channel") if by_channel else Value(None, BigAutoField()))


def answers(spans: list[figures.Span], rows: QuerySet[ReplyCycle], known: figures.Policies) -> Counts:
    """Count and measure which of these questions were answered in the spans, by week. Two queries."""
    found: Counts = defaultdict(Counter)
    _count_answers(found, _answers(spans, _placed(rows, by_channel=False)), known)
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


def _count_due(found: Counts, rows: QuerySet[ReplyCycle], instants: Instants) -> None:
    keys = [figure.key for figure in FIGURES.values() if figure.moment is Moment.DUE]
    counted = {key: Count("pk", filter=FIGURES[key].where(instants)) for key in keys}
    grouped = rows.filter(may_count(instants)).annotate(week=TruncWeek("due_at", tzinfo=ZONE))
    for week, place, *counts in grouped.values_list("week", "place").annotate(**counted).order_by():
        found[week.date(), place].update({key: n for key, n in zip(keys, counts, strict=True) if n})


def _count_ended(found: Counts, rows: QuerySet[ReplyCycle], instants: Instants) -> None:
    """Count how waits ended, and of those that ended with a redirect where each pointed."""
    keys = [figure.key for figure in FIGURES.values() if figure.moment is Moment.ENDED]
    counted = {key: Count("pk", filter=FIGURES[key].where(instants)) for key in keys}
    target = Case(When(FIGURES["redirected"].where(instants), then=F("verdict__redirect")))
    grouped = rows.annotate(week=TruncWeek("ended_at", tzinfo=ZONE), target=target)
    for week, place, target_id, *counts in (
        grouped.values_list("week", "place", "target").annotate(**counted).order_by()
    ):
        counter = found[week.date(), place]
        counter.update({key: n for key, n in zip(keys, counts, strict=True) if n})
        if target_id:
            counter[redirect_key(target_id)] += counts[keys.index("redirected")]


def _count_arrivals(found: Counts, rows: QuerySet[ReplyCycle]) -> None:
    rows = rows.annotate(week=TruncWeek("started_at", tzinfo=ZONE), weekday=F("weekday"), hour=F("hour"))
    grouped = rows.values_list("week", "place", "weekday", "hour")
    for week, channel, weekday, hour, n in grouped.annotate(n=Count("pk")).order_by():
        found[week.date(), channel].update({"arrived": n, hour_key(weekday - 1, hour): n})


Answer = tuple[int | None, datetime, datetime, int | None]  # channel, asked, answered, policy


def _answers(spans: list[figures.Span], rows: QuerySet[ReplyCycle]) -> list[Answer]:
    """Read the answers given in the spans. Two queries."""
    at_once, as_promised = (found.order_by() for found in figures.answered_within(rows, spans))
    promised = as_promised.annotate(at=PROMISE_KEPT_AT).values_list("place", "started_at", "at", "policy")
    return [
        *at_once.values_list("place", "started_at", "ended_at", "policy"),
        # Looked at here: the database would look for the answer anew in each condition.
        *(row for row in promised if row[2] and any(start <= row[2] < end for start, end in spans)),
    ]


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
    """Count each wait once, as the first part that it is, and add the parts up: they are many and open all at once.

    Nothing else is asked of the conversations, so that their rows need not be read.
    """
    parts = (*LEFT, "open_promised_late", "open_promised")
    part = Case(*(When(FIGURES[key].where(instants), then=Value(key)) for key in parts))
    grouped = waiting.annotate(part=part).values_list("conversation__channel", "part").annotate(n=Count("pk"))
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for channel, key, n in grouped.order_by():
        found[channel][key] += n
    for counter in found.values():
        counter["open_first"] = sum(counter[key] for key in LEFT)
        counter["open_promised"] += counter["open_promised_late"]
    return found


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
