"""What a search costs in the server, for words of every frequency.

Run `python -m benchmarks.search [ROWS]`. The page is the whole one, as in `inbox_list`.
"""

from __future__ import annotations

import sys
from urllib.parse import urlencode

from benchmarks.inbox_list import asking
from benchmarks.million import large_database
from benchmarks.table import Row, against, lines, percentile, timed

TIMES, GOAL, MOST_QUERIES = 30, 200.0, 12
SEARCHES = {
    "one item in 1,000,000": "nummer 777777",
    "a word in 0.1 % of them": "vattenläcka",
    "a word in 2 % of them": "snöröjning",
    "a word in 2 % of them, one account, unanswered": 'snöröjning konto:"Konto 3" status:obesvarad',
    "a word in 2 % of them, last month": "snöröjning efter:2026-10-26",
    "two words": "snöröjning lördag",
    "a name": "från:invånare snöröjning",
    "the beginning of a word": "vattenl*",
    "a word in all of them": "simhallen",
    "no word: overdue, one platform": "konto:facebook status:försenad",
}


def main(rows: int = 1_000_000) -> list[Row]:
    """Measure every search."""
    with large_database(rows):
        return [row for name, text in SEARCHES.items() for row in search(name, text)]


def search(name: str, text: str) -> list[Row]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User

    ask = asking(User.objects.get(username="user7"), f"/?{urlencode({'sok': text})}")
    ask()
    with CaptureQueriesContext(connection) as captured:
        ask()
        queries = len(captured)
        queries = len(captured)
    what = f"search, {name}"
    return [
        against(f"{what}, p95", percentile(timed(ask, TIMES), 95), "goal", GOAL, "ms"),
        against(what, queries, "goal", MOST_QUERIES, "queries"),
    ]


if __name__ == "__main__":
    print("\n".join(lines(main(*map(int, sys.argv[1:])))))
