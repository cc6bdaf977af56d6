"""How fast pages become rows, beside the same statements run bare in the same database from the same state.

Run `python -m benchmarks.ingest [ROWS]`. A page is 100 comments as the Graph API gives them; mapping them, storing them
and letting the clocks start after each tenth page are all counted. Bare: the very SQL with its values written in,
executed, fetched and committed, nothing else.
"""

from __future__ import annotations

import random
import sys
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

from benchmarks.database import fill, scratch_database
from benchmarks.deadline import Row
from config import memory
from connectors.base import Page
from connectors.facebook import mapping

PAGE, PAGES, ROUNDS = 100, 50, 3
SETTLED_AFTER = 10  # pages of a poll
GOAL = 2_500.0  # items a second
PAGE_ID = "1000"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
Raw = tuple[dict[str, Any], mapping.Place]  # one comment as the Graph API gives it, and where it stands


def main(rows: int = 1_000_000) -> list[Row]:
    """Measure. Each figure is the best of some rounds, on other pages each."""
    with scratch_database():
        channel_id = fill(rows)
        memory.look_less()  # as every worker does
        ours, bare, again, written = [], [], [], 0
        for number in range(ROUNDS):
            pages, before = graph_pages(number, rows), mark()
            transactions = recorded(channel_id, pages)
            take_back(before)
            bare.append(replayed(transactions))
            take_back(before)
            ours.append(ingested(channel_id, pages))
            again.append(ingested(channel_id, pages))
            written += sum(is_writing(sql) for each in recorded(channel_id, pages) for sql in each)
    items = PAGE * PAGES
    first, limit, second = items / min(ours), items / min(bare), items / min(again)
    what = f"ingest into {rows:,} items"
    return [
        Row(what, first, "the same statements, bare", limit, "items/s", first / limit),
        Row(what, first, "goal", GOAL, "items/s", first / GOAL),
        Row("the same pages again", second, "the first time", first, "items/s", second / first),
        Row("the same pages again", float(written), "goal", 0.0, "statements that write", None),
    ]


def graph_pages(number: int, rows: int) -> list[list[Raw]]:
    """Make a debate: new threads, answers in new and old ones, new and known citizens, some of them answered by us."""
    draw, pages, tops = random.Random(number), [], []
    for index in range(PAGE * PAGES):
        id = f"1000_{index % 50}_{number}{index:06}"
        parent = None if index < 5 or draw.random() < 0.65 else draw.choice(tops[-40:])
        if parent is None:
            tops.append(id)
        who = PAGE_ID if parent and draw.random() < 0.2 else f"c{draw.randrange(rows // 2)}"
        raw = {
            "id": id,
            "message": f"När öppnar simhallen på lördag? Vi tänkte åka dit, fråga {index}",
            "created_time": (NOW + timedelta(seconds=index)).isoformat(),
            "from": {"id": who, "name": f"Invånare {who}"},
            "permalink_url": f"https://www.facebook.com/{id}",
            "is_hidden": False,
            "can_reply_privately": True,
            **({"parent": {"id": parent}} if parent else {}),
        }
        pages.append((raw, mapping.Place(f"1000_{index % 50}", False, parent or id, parent)))
    return [pages[start : start + PAGE] for start in range(0, len(pages), PAGE)]


def mapped(page: list[Raw]) -> Page:
    return Page(items=tuple(mapping.comment(raw, place, PAGE_ID) for raw, place in page))


def ingested(channel_id: int, pages: list[list[Raw]]) -> float:
    """Map, store and settle; give the seconds."""
    from accounts.models import Channel
    from inbox import ingest

    channel, threads, begin = Channel.objects.get(pk=channel_id), set(), perf_counter()
    for number, page in enumerate(pages, 1):
        threads |= ingest.store(channel, "comments", mapped(page), now=NOW).thread_ids
        if number % SETTLED_AFTER == 0:
            ingest.settle(threads, NOW)
            threads = set()
    return perf_counter() - begin


def recorded(channel_id: int, pages: list[list[Raw]]) -> list[list[bytes]]:
    """Do the same, and give the SQL of each transaction with its values written in."""
    from django.db import connection

    found: list[list[bytes]] = []

    def record(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not found or not connection.in_atomic_block or connection.connection.info.transaction_status == 0:
            found.append([])
        found[-1].append(context["cursor"].cursor.mogrify(sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        ingested(channel_id, pages)
    return found


def replayed(transactions: list[list[bytes]]) -> float:
    from django.db import connection

    raw = connection.connection
    raw.autocommit = False
    begin = perf_counter()
    with raw.cursor() as cursor:
        for statements in transactions:
            for sql in statements:
                cursor.execute(sql)
                if cursor.description:
                    cursor.fetchall()
            raw.commit()
    took = perf_counter() - begin
    raw.autocommit = True
    return took


def is_writing(sql: bytes) -> bool:
    return sql.startswith((b"INSERT", b"UPDATE", b"DELETE"))


TABLES = ("inbox_item", "inbox_replycycle", "inbox_conversation", "inbox_thread", "inbox_contact", "inbox_post")


def mark() -> dict[str, int]:
    """Remember where each table's sequence stands."""
    from django.db import connection

    with connection.cursor() as cursor:
        found = {}
        for table in TABLES:
            cursor.execute(f"SELECT last_value FROM {table}_id_seq")
            found[table] = cursor.fetchone()[0]
        return found


def take_back(before: dict[str, int]) -> None:
    """Remove all that was made since, so that the same ids are given out once more."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        for table, last in before.items():
            cursor.execute(f"DELETE FROM {table} WHERE id > %s", [last])
            cursor.execute(f"SELECT setval('{table}_id_seq', %s)", [last])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    for line in main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000):
        print(line)
