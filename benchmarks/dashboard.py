"""What the page of the promise costs over twelve months, beside counting the same figures from the rows.

Run `python -m benchmarks.dashboard [ROWS]`. The numbers of both ways are compared; a difference is an error.
"""

from __future__ import annotations

import sys
from typing import Any

from benchmarks.inbox_list import asking
from benchmarks.million import NOW, large_database
from benchmarks.table import Row, against, lines, percentile, timed

TIMES, GOAL, FROM_ROWS = 40, 250.0, 2
PAGES = {
    "12 months": "veckor=52",
    "12 months, one account": "veckor=52&konto=3",
    "12 months, one department": "veckor=52&forvaltning=2",
    "12 months, one topic": "veckor=52&amne=Fr%C3%A5ga%203",
    "13 weeks": "veckor=13",
    "this week": "",
}


def main(rows: int = 1_000_000) -> list[Row]:
    with large_database(rows):
        return [first_count(rows), *(row for name, query in PAGES.items() for row in page(name, query, rows))]


def first_count(rows: int) -> Row:
    """How long it takes to count every week once; afterwards only those that changed are counted again."""
    from insights import rollup
    from insights.models import StaleWeek, WeekCount

    for monday in set(WeekCount.objects.values_list("monday", flat=True)):
        StaleWeek.objects.create(monday=monday)
    [length] = timed(lambda: rollup.refresh(NOW), 1)
    return Row(f"counting 12 months of {rows:,} conversations once", length / 1000, "–", None, "s", None)


def page(name: str, query: str, rows: int) -> list[Row]:
    from accounts.models import User

    ask = asking(User.objects.get(username="user7"), f"/uppfoljning/?{query}")
    ask()
    ours = percentile(timed(ask, TIMES), 95)
    what = f"dashboard, {name} of {rows:,} conversations, p95"
    found = [against(what, ours, "goal", GOAL, "ms")]
    if name == "12 months":
        found.append(against(what, ours, "the same figures from the rows", from_rows(query), "ms"))
    return found


def from_rows(query: str) -> float:
    """Count the same weeks from the rows, and hold both ways to the same numbers."""
    from django.http import QueryDict

    from insights import counting
    from insights.scope import Scope

    scope = Scope.of(QueryDict(query).dict(), NOW)
    remembered = counting.numbers(scope, NOW).of(scope)
    counted: list[Any] = []
    [*_, slowest] = timed(lambda: counted.append(counting.count(set(scope.mondays), NOW)), FROM_ROWS)
    plain = counting.sum_of(counted[-1].values())
    differ = {key for key in {*plain, *remembered} if not counting.is_spread(key) and plain[key] != remembered[key]}
    assert not differ, differ
    return slowest


if __name__ == "__main__":
    print("\n".join(lines(main(*map(int, sys.argv[1:])))))
