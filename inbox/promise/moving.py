"""A changed policy → the open cycles whose deadlines it moves: shown before, then moved batch by batch.

Each batch is a transaction of its own, short enough that no page waits for it; a `PolicyChange` row remembers how far
it has come, so work that was cut off goes on from there. A large change goes in two halves, each of which a process can
take. The new deadlines are looked up by PostgreSQL in the tables
that the clock has made (`sla.tables`): a million rows never pass through Python. Ended cycles never change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Min, Q

from accounts.models import User
from inbox import live
from inbox.models import PolicyChange, ReplyCycle
from sla import policies, tables
from sla.calendar import moment
from sla.clock import Policy
from sla.models import PolicyVersion
from sla.policyfile import policy_from_json
from sla.tables import Table, Tables

BATCH = 600  # conversations: a fiftieth of a second. By more of them pages wait longer, and little is won
HALVED_FROM = 20_000  # open cycles: a second of work
TELLING = 200  # cycles of a sample: enough to find their middle within a tenth
MOST_SHOWN = 50
MOST_SPANS = 40  # more, and only the first and the last instant are asked for
YEARS_AHEAD = 2  # a deadline that lies further away is not looked at for differences


@dataclass(frozen=True)
class Move:
    """A deadline that a change would move."""

    conversation: int
    old: datetime
    new: datetime


@dataclass(frozen=True)
class Preview:
    """What a change would move: how many deadlines, and the first of them by their old deadline."""

    count: int
    first: list[Move]


def preview(definition: Mapping[str, Any]) -> Preview:
    """Tell which open deadlines a new version of a policy would move. Three queries. Raises ClockError."""
    policy = policy_from_json(dict(definition))
    older = list(PolicyVersion.objects.filter(key=policy.id))
    plan = _plan(policy, older, _spans(older, policy))
    if plan is None:
        return Preview(0, [])
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {plan.fresh(everywhere=True)} {PREVIEW}", plan.params)
        rows = cursor.fetchall()
    return Preview(rows[0][0] if rows else 0, [Move(*row[1:]) for row in rows])


@transaction.atomic
def change(definition: Mapping[str, Any], *, expected: int, by: User, now: datetime) -> PolicyVersion:
    """Store the next version of a policy, and queue the move of its open cycles. Raises as `policies.add_version`."""
    from inbox import tasks

    policy = policy_from_json(dict(definition))
    older = list(PolicyVersion.objects.filter(key=policy.id))
    spans = _spans(older, policy)
    version = policies.add_version(definition, expected=expected, by=by, now=now)
    if expected:
        ends = [_middle(_concerned(policy, older, spans)), None] if _is_much() else [None]
        for after, until in zip([0, *ends], ends, strict=False):
            PolicyChange.objects.create(version=version, by=by, at=now, spans=spans, after=after, until=until)
            transaction.on_commit(tasks.move_deadlines.delay, robust=True)
    return version


def _is_much() -> bool:
    waiting = ReplyCycle.objects.filter(ended_at=None, kind=ReplyCycle.Kind.FIRST)
    return waiting.order_by("conversation").values("pk")[HALVED_FROM:].exists()


def _middle(concerned: _Concerned) -> int:
    """The id of the conversation up to which about half of what is concerned lies; read of a sample where that tells.

    Half of all that is open would not do: a closed day concerns the newest.
    """
    with connection.cursor() as cursor:
        for source in ("inbox_replycycle TABLESAMPLE SYSTEM (2)", "inbox_replycycle"):
            cursor.execute(MIDDLE.format(source=source, concerned=concerned.where), concerned.params)
            count, found = cursor.fetchone()
            if count >= TELLING:
                break
    return int(found or 0)


def go_on(now: datetime, *, for_seconds: float = 60.0) -> int:
    """Move what is left of the changes that are under way; give how many deadlines moved.

    Ends when all is done or the time is over. Any number of processes may try; each half of a change has one at a time.
    """
    end, total = monotonic() + for_seconds, 0
    for change_id in list(PolicyChange.objects.filter(done_at=None).order_by("pk").values_list("pk", flat=True)):
        work = _Work(change_id)
        while monotonic() < end:
            moved = work.batch(now)
            if moved is None:
                break
            total += moved
    if total:
        live.announce()
    return total


@dataclass(frozen=True)
class _Concerned:
    """The condition in SQL of what a change may move, and its parameters."""

    where: str
    params: dict[str, Any]


class _Work:
    """One change, with its tables made once."""

    def __init__(self, change_id: int) -> None:
        self._id = change_id
        change = PolicyChange.objects.select_related("version").get(pk=change_id)
        older = list(PolicyVersion.objects.filter(key=change.version.key, version__lt=change.version.version))
        self._plan = _plan(policies.pure(change.version), older, change.spans, version=change.version)
        if self._plan is not None:
            self._locking, self._moving = LOCK.format(concerned=self._plan.concerned), self._plan.move()

    @transaction.atomic
    def batch(self, now: datetime) -> int | None:
        """Move the next conversations' deadlines; None if there are none, or somebody else is at it."""
        change = PolicyChange.objects.select_for_update(skip_locked=True).filter(pk=self._id, done_at=None).first()
        if change is None:
            return None
        with connection.cursor() as cursor:
            cursor.execute(LOCALLY)
            params = {**(self._plan.params if self._plan else {}), "after": change.after, "batch": BATCH}
            params["until"] = LAST_ID if change.until is None else change.until
            locked, last, ids = self._lock(cursor, params)
            moved = self._move(cursor, {**params, "ids": ids, "now": now, "by": change.by_id}) if locked else 0
        change.moved += moved
        if locked < BATCH:
            change.done_at = now
        if locked:
            change.after = last
        change.save(update_fields=["after", "moved", "done_at"])
        return moved if locked else None

    def _lock(self, cursor: Any, params: dict[str, Any]) -> tuple[int, int, str]:
        """Lock the next conversations; give how many, the last of their ids, and all as PostgreSQL writes them."""
        if self._plan is None:
            return 0, 0, "{}"
        cursor.execute(self._locking, params)
        count, last, ids = cursor.fetchone()
        return count, last, ids

    def _move(self, cursor: Any, params: dict[str, Any]) -> int:
        if self._plan is None:
            return 0
        # With a fresh snapshot, now that nobody else can change what is locked.
        cursor.execute(self._moving, params)
        return int(cursor.fetchone()[0])


@dataclass(frozen=True)
class _Plan:
    """The parts of the statements that depend on the policy, and their parameters."""

    tables: Tables
    concerned: str
    params: dict[str, Any]

    def fresh(self, *, everywhere: bool) -> str:
        """Give the tables `arrived` to `fresh`: the open cycles concerned, with their old and new times."""
        rungs = [f"rung_{i}" for i in range(len(self.tables.rungs))]
        by_due = [*(["soon"] if self.tables.soon_of == "due" else []), *rungs]
        by_start = ["due", *(["soon"] if self.tables.soon_of == "start" else [])]
        kept = "".join(f", CASE WHEN {name} >= start THEN {name} END AS {name}" for name in rungs)
        return FRESH.format(
            concerned=self.concerned,
            here="TRUE" if everywhere else "conversation_id = ANY(ARRAY(SELECT unnest(%(ids)s::bigint[])))",
            places_by_start="".join(_place(name, "start") for name in by_start),
            places_by_due="".join(_place(name, "due") for name in by_due),
            by_start="".join(_instant(name, "start") for name in by_start),
            by_due="".join(_instant(name, "due") for name in by_due),
            kept=kept,
            ladder=f"CASE WHEN COALESCE({', '.join(rungs)}) IS NOT NULL THEN ARRAY[{', '.join(rungs)}] END"
            if rungs
            else "NULL::timestamptz[]",
        )

    def move(self) -> str:
        """Give the statement that writes them."""
        coming = "".join(
            f", CASE WHEN rung_{i} > LEAST(old_step, %(now)s) THEN rung_{i} END" for i in range(len(self.tables.rungs))
        )
        return f"WITH {self.fresh(everywhere=False)} {MOVE.format(coming=coming)}"


def _place(name: str, by: str) -> str:
    """Say where in a table an instant stands."""
    return f", width_bucket({by} - interval '1 microsecond', %({name}_until)s::timestamptz[]) + 1 AS {name}_place"


def _instant(name: str, by: str) -> str:
    """Give the instant that a table has at that place for another: `clock.Steps` in SQL."""
    found = f"(%({name}_at)s::timestamptz[])[{name}_place]"
    later = f"{by} + interval '1 microsecond' * (%({name}_shift)s::bigint[])[{name}_place]"
    return f", CASE {found} WHEN 'infinity' THEN {later} WHEN '-infinity' THEN NULL ELSE {found} END AS {name}"


def _plan(
    policy: Policy, older: list[PolicyVersion], spans: list[list[str]] | None, version: PolicyVersion | None = None
) -> _Plan | None:
    """Make the tables for the open cycles that there are; None if there are none."""
    unnamed = Q(policy=None) if policy.id == policies.DEFAULT else Q(pk=None)
    waiting = ReplyCycle.objects.filter(Q(policy__in=older) | unnamed, ended_at=None, kind=ReplyCycle.Kind.FIRST)
    found = waiting.aggregate(first=Min("started_at"), last=Max("started_at"))
    if found["first"] is None:
        return None
    made = tables.of(policy, found["first"], found["last"])
    concerned = _concerned(policy, older, spans)
    params: dict[str, Any] = {**concerned.params, "version": version.pk if version else None}
    for name, table in (("due", made.due), ("soon", made.soon), *((f"rung_{i}", t) for i, t in enumerate(made.rungs))):
        params |= _of_table(name, table)
    return _Plan(made, concerned.where, params)


def _concerned(policy: Policy, older: list[PolicyVersion], spans: list[list[str]] | None) -> _Concerned:
    params: dict[str, Any] = {"older": [row.pk for row in older]}
    parts = [f"policy_id = ANY(%(older)s){' OR policy_id IS NULL' if policy.id == policies.DEFAULT else ''}"]
    if spans is not None:
        touched = []
        for i, (start, end) in enumerate(spans):
            params |= {f"opens_{i}": start, f"closes_{i}": end}
            touched.append(f"started_at < %(closes_{i})s AND due_at >= %(opens_{i})s")
        parts.append(" OR ".join(touched) or "FALSE")
    return _Concerned(" AND ".join(f"({part})" for part in parts), params)


def _of_table(name: str, table: Table) -> dict[str, str]:
    return {f"{name}_until": table.until, f"{name}_shift": table.shift, f"{name}_at": table.at}


def _spans(older: list[PolicyVersion], policy: Policy) -> list[list[str]] | None:
    """Where a policy's clock differs from the version before, as far as open cycles reach; None if that is no help."""
    if not older:
        return None
    before = policies.pure(max(older, key=lambda row: row.version))
    reach = ReplyCycle.objects.filter(ended_at=None).aggregate(first=Min("started_at"), last=Max("due_at"))
    if reach["first"] is None:
        return None
    found = tables.difference(before, policy, range(reach["first"].year, reach["last"].year + YEARS_AHEAD + 1))
    if found is None:
        return None
    if len(found) > MOST_SPANS:
        found = [(found[0][0], found[-1][1])]
    return [[moment(start).isoformat(), moment(end).isoformat()] for start, end in found]


LAST_ID = 2**63 - 1
# Nobody waits for the disk: what a loss of power would undo is done again, with how far it had come. And no row is
# looked up twice, so that there is nothing to remember.
LOCALLY = "SET LOCAL synchronous_commit = off; SET LOCAL enable_memoize = off"
MIDDLE = """
SELECT count(*), percentile_disc(0.5) WITHIN GROUP (ORDER BY conversation_id) FROM {source}
WHERE ended_at IS NULL AND kind = 'first' AND {concerned}
"""
# By the index one_open_cycle_of_a_kind. Conversations are locked first, in the order of their ids, as everybody does.
LOCK = """
SELECT count(*), max(id), array_agg(id)::text FROM (
    SELECT id FROM inbox_conversation WHERE id = ANY(ARRAY(
        SELECT conversation_id FROM inbox_replycycle
        WHERE ended_at IS NULL AND kind = 'first' AND conversation_id > %(after)s
          AND conversation_id <= %(until)s AND {concerned}
        ORDER BY conversation_id LIMIT %(batch)s
    )) ORDER BY id FOR NO KEY UPDATE
) locked
"""
# Each step is a table of its own, so that no instant is looked up twice.
FRESH = """
arrived AS MATERIALIZED (
    SELECT id, conversation_id, start, due_at AS old_due, due_soon_at AS old_soon, ladder AS old_ladder,
           next_step_at AS old_step{places_by_start}
    FROM (SELECT *, started_at AS start FROM inbox_replycycle) cycle
    WHERE ended_at IS NULL AND kind = 'first' AND {here} AND {concerned}
), owed AS MATERIALIZED (SELECT *{by_start} FROM arrived),
placed AS MATERIALIZED (SELECT *{places_by_due} FROM owed),
warned AS MATERIALIZED (SELECT *{by_due} FROM placed),
kept AS MATERIALIZED (
    SELECT id, conversation_id, old_due, old_soon, old_ladder, old_step, due, GREATEST(start, soon) AS soon{kept}
    FROM warned
), fresh AS MATERIALIZED (SELECT *, {ladder} AS ladder FROM kept)
"""
PREVIEW = f"""
SELECT count(*) OVER (), conversation_id, old_due, due FROM fresh WHERE due <> old_due
ORDER BY old_due, conversation_id LIMIT {MOST_SHOWN}
"""
# The next step: the first one to come; also one that was still to come and is past by the new deadline.
MOVE = """
, moved AS (
    UPDATE inbox_replycycle cycle SET due_at = due, due_soon_at = soon, ladder = fresh.ladder, policy_id = %(version)s,
        next_step_at = LEAST(
            CASE WHEN due > LEAST(old_step, %(now)s) OR old_due > %(now)s THEN due END,
            CASE WHEN soon > LEAST(old_step, %(now)s) OR old_soon > %(now)s THEN soon END{coming}
        )
    FROM fresh
    WHERE cycle.id = fresh.id AND (due, soon, fresh.ladder) IS DISTINCT FROM (old_due, old_soon, old_ladder)
    RETURNING cycle.id, cycle.conversation_id, old_due, due, soon
), told AS (
    INSERT INTO inbox_deadlinechange (cycle_id, at, by_id, reason, old_due_at, new_due_at)
    SELECT id, %(now)s, %(by)s, 'policy', old_due, due FROM moved WHERE due <> old_due
), wrong AS (
    UPDATE inbox_notice notice SET withdrawn_at = %(now)s FROM moved
    WHERE notice.cycle_id = moved.id AND old_due <= %(now)s AND due > %(now)s AND step = 'overdue'
      AND withdrawn_at IS NULL
), shown AS (
    UPDATE inbox_conversation row SET
        due_at = LEAST(due, promised_at),
        due_soon_at = CASE WHEN promised_at < due THEN (
            SELECT due_soon_at FROM inbox_replycycle promise
            WHERE promise.conversation_id = row.id AND kind = 'promised' AND ended_at IS NULL
        ) ELSE soon END,
        revision = revision + 1
    FROM moved WHERE row.id = moved.conversation_id
)
SELECT count(*) FILTER (WHERE due <> old_due) FROM moved
"""
