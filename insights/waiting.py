"""What is open now, by account, time left and lane: counted from an index that holds all that is asked for."""

from __future__ import annotations

from collections import Counter, defaultdict

from django.db.models import Case, Count, Value, When

from inbox.models import ReplyCycle
from insights.definitions import FIGURES, Instants
from insights.finding import BY_LANE, LEFT, lane_key
from insights.scope import Scope

PARTS = (*LEFT, "open_promised_late", "open_promised")  # the first one that holds
SUMS = {**dict.fromkeys(LEFT, ("open_first",)), "open_promised_late": ("open_promised",)}


def open_now(scope: Scope, instants: Instants) -> dict[int, Counter[str]]:
    """Count what is open now, by channel. One query.

    They are many and open all at once, so each is counted once, as the part that it is, and the parts are added up.
    """
    waiting = ReplyCycle.objects.filter(scope.narrow(), ended_at=None)
    part = Case(*(When(FIGURES[key].where(instants), then=Value(key)) for key in PARTS))
    grouped = waiting.annotate(part=part).values_list("channel", "lane", "part").annotate(n=Count("pk"))
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for channel, lane, key, n in grouped.order_by():
        for each in (key, *SUMS.get(key, ())):
            found[channel][each] += n
            if each in BY_LANE:
                found[channel][lane_key(each, lane)] += n
    return found
