"""What a page of the inbox costs in the server, beside its one query run bare.

Run `python -m benchmarks.inbox_list [ROWS]`. Each request is the whole page through every middleware, signed in, over
the connection that its thread keeps to the database, looked at first as the web process does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from benchmarks.million import NOW, large_database
from benchmarks.table import Row, against, lines, percentile, timed

TIMES, GOAL, MOST_QUERIES = 40, 60.0, 12
LATE_PAGE = 200
VIEWS = {
    "all that waits": {},
    "all that waits, one account": {"konto": "3"},
    "all that waits, overdue": {"lage": "overdue"},
    "all that waits, in good time, one account": {"konto": "3", "lage": "on_track"},
    "due today": {"vy": "today"},
    "the department's": {"vy": "department"},
    "mine": {"vy": "mine"},
    "unassigned": {"vy": "unassigned"},
    "promised": {"vy": "promised"},
    "resting": {"vy": "snoozed"},
    "to check": {"vy": "check"},
    "all open": {"vy": "open"},
    "before connection": {"vy": "before"},
    "done": {"vy": "done"},
    "done, one account": {"vy": "done", "konto": "3"},
}


def main(rows: int = 1_000_000) -> list[Row]:
    """Measure every view, first and late page."""
    with large_database(rows):
        return [row for name, query in VIEWS.items() for row in view(name, query)]


def view(name: str, query: dict[str, str]) -> list[Row]:
    from accounts.models import User
    from inbox.selectors import Filters

    user = User.objects.get(username="user7")
    filters, found = Filters.of(query), []
    for which, number in (("first page", 1), (f"page {LATE_PAGE}", LATE_PAGE)):
        late = at_page(user, filters, number)
        if late is not None:
            found += page(f"inbox list, {name}, {which}", user, late)
    return found


def at_page(user: Any, filters: Any, number: int) -> Any:
    """Give the filters of a page, None if there are not so many."""
    from inbox import selectors
    from inbox.showing import ordering

    if number == 1:
        return filters
    rows = ordering.in_its_order(selectors.matching(user, filters, NOW), filters)
    last = rows[(number - 1) * selectors.PAGE - 1 : (number - 1) * selectors.PAGE].first()
    return replace(filters, after=ordering.key_of(last, filters)) if last else None


def page(what: str, user: Any, filters: Any) -> list[Row]:
    """The page beside its goal and its query, and how many queries it takes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from inbox import selectors

    ask = asking(user, f"/?{filters.query()}")
    ask()
    with CaptureQueriesContext(connection) as captured:
        ask()
        queries = len(captured)
    ours = percentile(timed(ask, TIMES), 95)
    with CaptureQueriesContext(connection) as one:
        selectors.page(user, filters, NOW)
    bare = percentile(timed(running(one[-1]["sql"]), TIMES), 95)
    return [
        against(f"{what}, p95", ours, "its one query, run bare", bare, "ms"),
        against(f"{what}, p95", ours, "goal", GOAL, "ms"),
        against(what, queries, "goal", MOST_QUERIES, "queries"),
    ]


def asking(user: Any, path: str, headers: dict[str, str] | None = None) -> Callable[[], None]:
    """Give a request of a signed-in user."""
    import time_machine
    from django.db import close_old_connections
    from django.test import Client

    import config.asgi  # noqa: F401  # what the web process does as it starts

    client = Client(raise_request_exception=True)
    with time_machine.travel(NOW, tick=False):
        client.force_login(user, backend="accounts.backends.Users")

    def ask() -> None:
        with time_machine.travel(NOW, tick=False):
            close_old_connections()
            assert client.get(path, headers=headers).status_code == 200

    return ask


def running(sql: str) -> Callable[[], object]:
    from django.db import connection

    def run() -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    return run


if __name__ == "__main__":
    print("\n".join(lines(main(*map(int, sys.argv[1:])))))
