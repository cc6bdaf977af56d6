"""What is open now, by account, time left and lane: counted from an index that holds all that is asked for."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from functools import cache

from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, DateTimeField, F, Func, IntegerField, Min, Value

from inbox.models import ReplyCycle
from insights import alike
from insights.definitions import FIGURES, Instants
from insights.finding import BY_LANE, lane_key
from insights.scope import Scope

INSTANT = timedelta(microseconds=1)  # the least that the database tells apart


def open_now(scope: Scope, instants: Instants) -> dict[int, Counter[str]]:
    """Count what is open now, by channel. One query.

    They are many and open all at once: the database counts those between the same two instants together, and of each
    such kind the one that is due first tells for all which figures count it.
    """
    limits = Value(sorted(_limits(instants)), ArrayField(DateTimeField()))
    span = Func(F("due_at"), limits, function="WIDTH_BUCKET", output_field=IntegerField())
    waiting = ReplyCycle.objects.filter(scope.narrow(), ended_at=None).annotate(span=span)
    # Count("*"): a count of ids would have each row read.
    grouped = waiting.values_list("channel", "lane", "kind", "policy", "span").annotate(Min("due_at"), n=Count("*"))

    conditions = {key: FIGURES[key].where(instants) for key in alike.OPEN}

    @cache
    def counting(kind: str, policy: int | None, due_at: datetime) -> list[str]:
        return alike.figures_of_open({"kind": kind, "policy": policy, "due_at": due_at, "ended_at": None}, conditions)

    found: dict[int, Counter[str]] = defaultdict(Counter)
    for channel, lane, kind, policy, _span, due_at, n in grouped.order_by():
        for key in counting(kind, policy, due_at):
            found[channel][key] += n
            if key in BY_LANE:
                found[channel][lane_key(key, lane)] += n
    return found


def _limits(instants: Instants) -> set[datetime]:
    """The first instants at which anything is another figure's. What is due now is late."""
    lefts = [instants.left, *(left for left, _versions in instants.others)]
    return {instants.now + INSTANT, *(limit for left in lefts for limit in (left.in_4, left.in_12))}
