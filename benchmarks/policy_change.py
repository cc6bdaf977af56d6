"""What a new closed day costs that moves half of a million open deadlines, and what the list costs meanwhile.

Run `python -m benchmarks.policy_change [ROWS]`. Half of the cycles are due after the day, half before it. The list is
the page that everybody opens, read again and again by another connection.
"""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime, timedelta
from time import perf_counter

from benchmarks.database import scratch_database
from benchmarks.deadline import Row, row

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday
CLOSED = "2026-11-25"
CALM_READS = 200


def main(rows: int = 1_000_000) -> list[Row]:
    """Measure. Raises AssertionError if the wrong deadlines moved, or anything of an ended cycle changed."""
    with scratch_database():
        by = fill(rows)
        calm = [read_list(by) for _ in range(CALM_READS)]
        ended = fingerprint_of_ended()
        total, batches, meanwhile = move(by)
        assert moved() == rows // 2, moved()
        assert fingerprint_of_ended() == ended
        ratio = p95(meanwhile) / p95(calm)
        what = f"a closed day that moves {rows // 2:,} of {rows:,} open deadlines"
        return [
            row(what, total, "goal", 15_000.0, "ms"),
            row(f"{what}, slowest batch", max(batches), "goal", 150.0, "ms"),
            row("list, p95 meanwhile", p95(meanwhile), "twice the calm p95", 2 * p95(calm), "ms"),
            row("list, p95 meanwhile / calm", ratio, "goal", 2.0, "×"),
        ]


def move(by: object) -> tuple[float, list[float], list[float]]:
    """Give the milliseconds of all of it, of each batch, and of each reading of the list meanwhile."""
    from django.db import connections

    from inbox.models import PolicyChange
    from inbox.promise import moving
    from sla.policyfile import SE24

    meanwhile: list[float] = []
    batches: list[float] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            meanwhile.append(read_list(by))
            done.wait(0.02)
        connections.close_all()

    def work(change: int) -> None:
        half = moving._Work(change)
        while True:
            begun = perf_counter()
            if half.batch(NOW) is None:
                break
            batches.append((perf_counter() - begun) * 1000)
        connections.close_all()

    reader = threading.Thread(target=read)
    reader.start()
    start = perf_counter()
    moving.change({**SE24, "extra_closed": [CLOSED]}, expected=1, by=by, now=NOW)
    workers = [threading.Thread(target=work, args=[each.pk]) for each in PolicyChange.objects.all()]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    total = (perf_counter() - start) * 1000
    done.set()
    reader.join()
    return total, batches, meanwhile


def read_list(by: object) -> float:
    from inbox import selectors

    start = perf_counter()
    selectors.page(by, selectors.Filters(), NOW)
    return (perf_counter() - start) * 1000


def p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def moved() -> int:
    from inbox.models import DeadlineChange

    return DeadlineChange.objects.filter(reason="policy").count()


def fingerprint_of_ended() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT md5(string_agg(c::text, '|' ORDER BY id)) FROM inbox_replycycle c WHERE ended_at IS NOT NULL"
        )
        return str(cursor.fetchone()[0])


def fill(rows: int) -> object:
    """Fill the database with open cycles, half of them due after the day, and a tenth as many ended ones."""
    from django.db import connection

    from accounts.models import Channel, Department, Membership, User
    from sla import policies

    by = User.objects.create(username="lars", name="Lars Öman")
    Membership.objects.create(user=by, role="admin")
    channel = Channel.objects.create(
        platform="facebook", kind="main", name="Exempelby kommun", external_id="1000", purpose="Information",
        focus="Vardag", department=Department.objects.create(name="Kansli"), clock_from=NOW - timedelta(days=365),
    )  # fmt: skip
    given = {
        "rows": rows, "ended": rows // 10, "channel": channel.pk, "now": NOW,
        "policy": policies.current().pk, "day": datetime(2026, 11, 24, 23, 0, tzinfo=UTC),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # a million foreign keys that are known to hold
        for statement in FILL:
            cursor.execute(statement, given)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
    return by


# Even numbers came in on Tuesday and are due on the day that will be closed; odd ones were due before it.
FILL = (
    """INSERT INTO inbox_contact (id, platform, external_id, name, handle)
       SELECT n, 'facebook', 'c' || n, 'Invånare ' || n, '' FROM generate_series(0, %(rows)s / 4) n""",
    """INSERT INTO inbox_thread (id, channel_id, external_id, last_activity_at, item_count, we_wrote)
       SELECT n, %(channel)s, 't' || n, %(now)s, 1, false FROM generate_series(1, %(rows)s) n""",
    """INSERT INTO inbox_conversation (id, channel_id, thread_id, contact_id, root_external_id, status, last_item_at,
       arrived_at, preview, item_count, before_connection, revision, due_at, due_soon_at)
       SELECT n, %(channel)s, n, n / 4, '', 'open', %(now)s, %(now)s, '', 1, false, 1, due, due - interval '4 hours'
       FROM generate_series(1, %(rows)s) n, LATERAL (SELECT %(day)s + (n / 2) * interval '100 milliseconds'
            - CASE WHEN n %% 2 = 0 THEN interval '0' ELSE interval '24 hours' END AS due)""",
    """INSERT INTO inbox_replycycle (conversation_id, kind, started_at, due_soon_at, due_at, outcome, fetched_late,
       next_step_at, policy_id, channel_id, ladder)
       SELECT n, 'first', due - interval '24 hours', due - interval '4 hours', due, '', false, due - interval '4 hours',
              %(policy)s, %(channel)s,
              ARRAY[due - interval '20 hours', due - interval '16 hours', due - interval '1 hour']
       FROM generate_series(1, %(rows)s) n, LATERAL (SELECT %(day)s + (n / 2) * interval '100 milliseconds'
            - CASE WHEN n %% 2 = 0 THEN interval '0' ELSE interval '24 hours' END AS due)""",
    """INSERT INTO inbox_replycycle (conversation_id, kind, started_at, due_soon_at, due_at, ended_at, outcome,
       fetched_late, policy_id, channel_id)
       SELECT n, 'first', %(day)s, %(day)s + interval '20 hours', %(day)s + interval '24 hours',
              %(day)s + interval '1 hour', 'answered', false, %(policy)s, %(channel)s
       FROM generate_series(1, %(ended)s) n""",
)


if __name__ == "__main__":
    for measured in main(*map(int, sys.argv[1:])):
        limit = "–" if measured.limit is None else f"{measured.limit:,.2f}"
        ratio = "–" if measured.ratio is None else f"{measured.ratio:.2f}"
        print(f"{measured.what}: {measured.ours:,.2f} {measured.unit}; {measured.limit_name} {limit}; ratio {ratio}")
