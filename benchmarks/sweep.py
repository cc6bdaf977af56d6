"""What a tick of the notice sweep costs while a million cycles stand open, beside an index probe and a bare insert.

Run `python -m benchmarks.sweep [ROWS]`. Every cycle has its ladder of warnings; two of seven are overdue and noticed
long ago, each step of them. Everything is timed from Python, the way to the database and back included, on both sides.
At last two of seven fall due at one instant, the midnight after a weekend, and end in one message a person.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import perf_counter

from benchmarks.database import scratch_database
from benchmarks.deadline import Row, row

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NEWLY_DUE, AT_ONCE, ROUNDS, TICKS = 5_000, 8, 3, 50
MIDNIGHT = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)  # after a Monday: due is what came in over the weekend
MORNING = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)  # when somebody is there
TOLD = 3  # people of the central unit, who are told of what is overdue


def main(rows: int = 1_000_000) -> list[Row]:
    """Measure. Each figure is the best of some rounds; raises AssertionError if a notice is missing or made twice."""
    with scratch_database():
        fill(rows)
        return [*quiet_tick(rows), *newly_due(rows), *herd(rows)]


def quiet_tick(rows: int) -> list[Row]:
    from inbox import escalation

    ours = best(lambda: escalation.sweep(NOW), TICKS)
    probe = best(lambda: execute(PROBE), TICKS)
    what = f"sweep, {rows:,} open cycles, none newly due"
    return [row(what, ours, "an index probe", probe, "ms"), row(what, ours, "goal", 5.0, "ms")]


def newly_due(rows: int) -> list[Row]:
    from inbox import escalation

    bare, alone, together = [], [], []
    for _ in range(ROUNDS):
        make_due()
        bare.append(best(lambda: execute(BARE), 1))
        make_due()
        alone.append(best(lambda: counted(escalation.sweep(NOW)), 1))
        make_due()
        together.append(best(at_once, 1))
    what = f"sweep, {NEWLY_DUE:,} newly due of {rows:,}"
    eight = f"{what}, {AT_ONCE} at once"
    return [
        row(what, min(alone), "one INSERT … SELECT of the same rows", min(bare), "ms"),
        row(what, min(alone), "goal", 2_000.0, "ms"),
        row(eight, min(together), "one INSERT … SELECT of the same rows", min(bare), "ms"),
        row(eight, min(together), "goal", 2_000.0, "ms"),
    ]


def at_once() -> None:
    """Let eight sweeps start together; a last one finds what they left to each other."""
    from django.db import connections

    from inbox import escalation

    made: list[dict[str, int]] = []

    def sweep() -> None:
        made.append(escalation.sweep(NOW))
        connections.close_all()

    threads = [threading.Thread(target=sweep) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made.append(escalation.sweep(NOW))
    counted({"due_soon": sum(each["due_soon"] for each in made), "overdue": sum(each["overdue"] for each in made)})


def counted(made: dict[str, int]) -> None:
    """Hold that each of the two steps that have come was noticed, once."""
    assert made == {"due_soon": NEWLY_DUE, "overdue": 0}, made
    assert execute("SELECT count(*) FROM inbox_notice WHERE at > %(now)s - interval '1 minute'") == 2 * NEWLY_DUE


def herd(rows: int) -> list[Row]:
    """Let two of seven fall due at one instant, and tell people of it when they are there."""
    from django.core import mail
    from django.test.utils import override_settings

    from inbox import escalation
    from inbox.telling import digests

    count = execute(HERD)
    start = perf_counter()
    made = escalation.sweep(MIDNIGHT)
    swept = perf_counter() - start
    assert made["overdue"] == count, made
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        mail.outbox = []
        assert digests.send(MIDNIGHT) == 0
        start = perf_counter()
        told = digests.send(MORNING)
        sent = perf_counter() - start
        people = {message.to[0] for message in mail.outbox}
        assert told == len(mail.outbox) == len(people) == TOLD, (told, len(mail.outbox))
        assert digests.send(MORNING + timedelta(hours=1)) == 0
    what = f"{count:,} due at one instant"
    return [
        Row(f"{what}, noticed", swept, "–", None, "s", None),
        Row(f"{what}, {TOLD} people told", sent, "–", None, "s", None),
        row(f"{what}, messages a person", len(mail.outbox) / TOLD, "goal", 1.0, ""),
    ]


def make_due() -> None:
    """Take back the last round, and let so many cycles come near their deadlines within this minute."""
    for statement in MAKE_DUE:
        execute(statement)


def fill(rows: int) -> None:
    """Fill the database with open cycles, two of seven of them overdue with both their notices."""
    from django.db import connection

    from accounts.models import Channel, Department, Membership, User
    from inbox.models import Thread

    central = Department.objects.create(name="Kommunikation", is_central=True)
    for user in User.objects.bulk_create(
        User(username=f"u{n}", name=f"Anna{n} Ek", email=f"u{n}@example.org") for n in range(TOLD)
    ):
        Membership.objects.create(user=user, department=central, role="communicator")
    channel = Channel.objects.create(
        platform="facebook", kind="main", name="Exempelby kommun", external_id="1000", purpose="Information",
        focus="Vardag", department=Department.objects.create(name="Kansli"), clock_from=NOW - timedelta(days=365),
    )  # fmt: skip
    thread = Thread.objects.create(channel=channel, external_id="t", last_activity_at=NOW)
    given = {"rows": rows, "late": rows * 2 // 7, "channel": channel.pk, "thread": thread.pk, "now": NOW}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # a million foreign keys that are known to hold
        for statement in FILL:
            cursor.execute(statement, given)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")


def best(job: Callable[[], object], times: int) -> float:
    """Give the milliseconds of the fastest run."""
    fastest = float("inf")
    for _ in range(times):
        start = perf_counter()
        job()
        fastest = min(fastest, perf_counter() - start)
    return fastest * 1000


def execute(statement: str) -> int:
    """Run one statement; give the number it selects, or how many rows it wrote."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, {"now": NOW, "newly_due": NEWLY_DUE, "midnight": MIDNIGHT})
        found = cursor.fetchone() if cursor.description else None
        return found[0] if found else cursor.rowcount


OPEN = "ended_at IS NULL AND next_step_at IS NOT NULL AND next_step_at <= %(now)s"
PROBE = f"SELECT id FROM inbox_replycycle WHERE {OPEN} ORDER BY next_step_at, id LIMIT 1"
BARE = f"""
INSERT INTO inbox_notice (cycle_id, step, at, mailed_to)
SELECT id, step, due_soon_at, '{{}}' FROM inbox_replycycle, unnest(ARRAY['due_soon', 'rung_2']) step WHERE {OPEN}
"""
MAKE_DUE = (
    "DELETE FROM inbox_notice WHERE at > %(now)s - interval '1 minute'",
    """UPDATE inbox_replycycle SET next_step_at = came, due_soon_at = came,
       ladder = ARRAY[came - interval '4 hours', came, came + interval '3 hours']
       FROM (SELECT n, %(now)s - interval '1 second' * (n %% 50) AS came FROM generate_series(0, 49) n) moments
       WHERE id %% 50 = n AND id > (SELECT max(id) - %(newly_due)s FROM inbox_replycycle)""",
    "VACUUM inbox_notice",
    "VACUUM inbox_replycycle",
)
FILL = (
    """INSERT INTO inbox_conversation (id, channel_id, thread_id, root_external_id, status, last_item_at, arrived_at,
       preview, item_count, before_connection, revision)
       SELECT n, %(channel)s, %(thread)s, 'c' || n, 'open', %(now)s, %(now)s, '', 1, false, 1
       FROM generate_series(1, %(rows)s) n""",
    """INSERT INTO inbox_replycycle (id, conversation_id, kind, started_at, due_soon_at, due_at, outcome, fetched_late,
       channel_id, next_step_at, ladder)
       SELECT n, n, 'first', due - interval '24 hours', due - interval '4 hours', due, '', false,
       %(channel)s, CASE WHEN n > %(late)s THEN due - interval '4 hours' END,
       ARRAY[due - interval '16 hours', due - interval '8 hours', due - interval '1 hour']
       FROM generate_series(1, %(rows)s) n,
       LATERAL (SELECT %(now)s + (n - %(late)s) * interval '1 second'
                + CASE WHEN n > %(late)s THEN interval '5 hours' ELSE interval '-5 minutes' END AS due)""",
    """INSERT INTO inbox_notice (cycle_id, step, at, mailed_to, mailed_at)
       SELECT id, step, CASE step WHEN 'overdue' THEN due_at ELSE due_soon_at END, '{}', %(now)s
       FROM inbox_replycycle, unnest(ARRAY['due_soon', 'rung_1', 'rung_2', 'rung_3', 'overdue']) step
       WHERE due_at <= %(now)s""",
)
HERD = """
UPDATE inbox_replycycle SET started_at = %(midnight)s - interval '60 hours', due_at = %(midnight)s,
  due_soon_at = %(midnight)s - interval '4 hours', next_step_at = %(midnight)s, ladder = ARRAY[
    %(midnight)s - interval '15 hours', %(midnight)s - interval '11 hours', %(midnight)s - interval '8 hours']
WHERE next_step_at > %(now)s AND id <= 2 * (SELECT count(*) FROM inbox_replycycle WHERE next_step_at IS NULL)
"""


if __name__ == "__main__":
    for measured in main(*map(int, sys.argv[1:])):
        limit = "–" if measured.limit is None else f"{measured.limit:,.2f}"
        ratio = "–" if measured.ratio is None else f"{measured.ratio:.2f}"
        print(f"{measured.what}: {measured.ours:,.2f} {measured.unit}; {measured.limit_name} {limit}; ratio {ratio}")
