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

BATCH = 1_000  # conversations: a twentieth of a second, and while pages are drawn beside it three times that
HALVED_FROM = 20_000  # open cycles: a second of work
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
    spans = _spans(list(PolicyVersion.objects.filter(key=policy.id)), policy)
    version = policies.add_version(definition, expected=expected, by=by, now=now)
    if expected:
        ends = [_middle(), None] if _is_much() else [None]
        for after, until in zip([0, *ends], ends, strict=False):
            PolicyChange.objects.create(version=version, by=by, at=now, spans=spans, after=after, until=until)
            transaction.on_commit(tasks.move_deadlines.delay, robust=True)
    return version


def _is_much() -> bool:
    waiting = ReplyCycle.objects.filter(ended_at=None, kind=ReplyCycle.Kind.FIRST)
    return waiting.order_by("conversation").values("pk")[HALVED_FROM:].exists()


def _middle() -> int:
    """The id of the conversation up to which half of the open cycles lie. Reads an index of them."""
    with connection.cursor() as cursor:
        cursor.execute(MIDDLE)
        return int(cursor.fetchone()[0])


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


class _Work:
    """One change, with its tables made once."""

    def __init__(self, change_id: int) -> None:
        self._id = change_id
        change = PolicyChange.objects.select_related("version").get(pk=change_id)
        older = list(PolicyVersion.objects.filter(key=change.version.key, version__lt=change.version.version))
        self._plan = _plan(policies.pure(change.version), older, change.spans, version=change.version)

    @transaction.atomic
    def batch(self, now: datetime) -> int | None:
        """Move the next conversations' deadlines; None if there are none, or somebody else is at it."""
        change = PolicyChange.objects.select_for_update(skip_locked=True).filter(pk=self._id, done_at=None).first()
        if change is None:
            return None
        with connection.cursor() as cursor:
            # Nobody waits for the disk: what a loss of power would undo is done again, with how far it had come.
            cursor.execute("SET LOCAL synchronous_commit = off")
            params = {**(self._plan.params if self._plan else {}), "after": change.after, "batch": BATCH}
            params["until"] = LAST_ID if change.until is None else change.until
            ids = self._lock(cursor, params)
            moved = self._move(cursor, {**params, "ids": ids, "now": now, "by": change.by_id}) if ids else 0
        change.moved += moved
        if len(ids) < BATCH:
            change.done_at = now
        if ids:
            change.after = ids[-1]
        change.save(update_fields=["after", "moved", "done_at"])
        return moved if ids else None

    def _lock(self, cursor: Any, params: dict[str, Any]) -> list[int]:
        if self._plan is None:
            return []
        cursor.execute(LOCK.format(concerned=self._plan.concerned), params)
        return [pk for (pk,) in cursor.fetchall()]

    def _move(self, cursor: Any, params: dict[str, Any]) -> int:
        if self._plan is None:
            return 0
        # With a fresh snapshot, now that nobody else can change what is locked.
        cursor.execute(f"WITH {self._plan.fresh(everywhere=False)} {MOVE}", params)
        return int(cursor.fetchone()[0])


@dataclass(frozen=True)
class _Plan:
    """The parts of the statements that depend on the policy, and their parameters."""

    tables: Tables
    concerned: str
    params: dict[str, Any]

    def fresh(self, *, everywhere: bool) -> str:
        """Give the tables `computed` and `fresh`: the open cycles concerned, with their old and new times."""
        rungs = ", ".join(_looked_up(f"rung_{i}", "due") for i in range(len(self.tables.rungs)))
        kept = ", ".join(f"CASE WHEN rung_{i} >= start THEN rung_{i} END" for i in range(len(self.tables.rungs)))
        soon = _looked_up("soon", self.tables.soon_of)
        return FRESH.format(
            concerned=self.concerned,
            here="TRUE" if everywhere else "conversation_id = ANY(%(ids)s)",
            due=_looked_up("due", "start"),
            soon=f"GREATEST(start, {soon})",
            rungs="".join(f", {_looked_up(f'rung_{i}', 'due')} AS rung_{i}" for i in range(len(self.tables.rungs))),
            ladder=f"NULLIF(ARRAY[{kept}], array_fill(NULL::timestamptz, ARRAY[{len(self.tables.rungs)}]))"
            if rungs
            else "NULL::timestamptz[]",
        )


def _looked_up(name: str, by: str) -> str:
    """The instant that a table gives for another: `clock.Steps` in SQL."""
    at = f"(width_bucket({by} - interval '1 microsecond', %({name}_until)s::timestamptz[]) + 1)"
    return (
        f"(SELECT CASE found WHEN 'infinity' THEN {by} + interval '1 microsecond' * (%({name}_shift)s::bigint[])[i]"
        f" WHEN '-infinity' THEN NULL ELSE found END"
        f" FROM (SELECT i, (%({name}_at)s::timestamptz[])[i] AS found FROM (SELECT {at} AS i) place) step)"
    )


def _plan(
    policy: Policy, older: list[PolicyVersion], spans: list[list[str]] | None, version: PolicyVersion | None = None
) -> _Plan | None:
    """Make the tables for the open cycles that there are; None if there are none."""
    unnamed = Q(policy=None) if policy.id == policies.DEFAULT else Q(pk=None)
    concerned = ReplyCycle.objects.filter(Q(policy__in=older) | unnamed, ended_at=None, kind=ReplyCycle.Kind.FIRST)
    found = concerned.aggregate(first=Min("started_at"), last=Max("started_at"))
    if found["first"] is None:
        return None
    made = tables.of(policy, found["first"], found["last"])
    params: dict[str, Any] = {"older": [row.pk for row in older], "version": version.pk if version else None}
    for name, table in (("due", made.due), ("soon", made.soon), *((f"rung_{i}", t) for i, t in enumerate(made.rungs))):
        params |= _of_table(name, table)
    parts = [f"policy_id = ANY(%(older)s){' OR policy_id IS NULL' if policy.id == policies.DEFAULT else ''}"]
    if spans is not None:
        touched = []
        for i, (start, end) in enumerate(spans):
            params |= {f"opens_{i}": start, f"closes_{i}": end}
            touched.append(f"started_at < %(closes_{i})s AND due_at >= %(opens_{i})s")
        parts.append(" OR ".join(touched) or "FALSE")
    return _Plan(made, " AND ".join(f"({part})" for part in parts), params)


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
MIDDLE = """
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY conversation_id) FROM inbox_replycycle
WHERE ended_at IS NULL AND kind = 'first'
"""
# By the index one_open_cycle_of_a_kind. Conversations are locked first, in the order of their ids, as everybody does.
LOCK = """
SELECT id FROM inbox_conversation WHERE id = ANY(ARRAY(
    SELECT conversation_id FROM inbox_replycycle
    WHERE ended_at IS NULL AND kind = 'first' AND conversation_id > %(after)s
      AND conversation_id <= %(until)s AND {concerned}
    ORDER BY conversation_id LIMIT %(batch)s
)) ORDER BY id FOR NO KEY UPDATE
"""
FRESH = """
arrived AS MATERIALIZED (
    SELECT id, conversation_id, started_at AS start, due_at AS old_due, due_soon_at AS old_soon, ladder AS old_ladder,
           next_step_at AS old_step
    FROM inbox_replycycle WHERE ended_at IS NULL AND kind = 'first' AND {here} AND {concerned}
), owed AS MATERIALIZED (SELECT *, {due} AS due FROM arrived),
warned AS MATERIALIZED (SELECT *, {soon} AS soon{rungs} FROM owed),
fresh AS MATERIALIZED (
    SELECT id, conversation_id, old_due, old_soon, old_ladder, old_step, due, soon, {ladder} AS ladder FROM warned
)
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
            CASE WHEN soon > LEAST(old_step, %(now)s) OR old_soon > %(now)s THEN soon END,
            (SELECT min(rung) FROM unnest(fresh.ladder) rung WHERE rung > LEAST(old_step, %(now)s))
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
