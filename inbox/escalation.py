"""Time → notices: each step of a cycle once, when its time has come.

The moment of being overdue is the cycle's due_at, never the tick that noticed it. A notice is made once per cycle and
step, by any number of sweeps at once. `digests.py` tells people of them.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection

BATCH = 500  # larger, and the planner reads dead index entries by bitmap (SLA.md)

# `due` is read by the index cycle_next_step. A cycle that somebody else has locked is theirs, or comes next time.
# Where people are told by a ladder, due_soon is a fact for the figures and for the pages; nobody is mailed for it.
SWEEP = f"""
WITH due AS (
    SELECT id, kind, due_soon_at, due_at, next_step_at, ladder FROM inbox_replycycle
    WHERE ended_at IS NULL AND next_step_at IS NOT NULL AND next_step_at <= %(now)s
    ORDER BY next_step_at, id LIMIT {BATCH} FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE inbox_replycycle AS cycle SET next_step_at = LEAST(
        CASE WHEN due.due_soon_at > %(now)s THEN due.due_soon_at END,
        CASE WHEN due.due_at > %(now)s THEN due.due_at END,
        (SELECT min(rung) FROM unnest(due.ladder) rung WHERE rung > %(now)s)
    )
    FROM due WHERE cycle.id = due.id
), made AS (
    INSERT INTO inbox_notice (cycle_id, step, at, mailed_to, mailed_at)
    SELECT id, 'due_soon', due_soon_at, '{{}}'::bigint[], CASE WHEN ladder IS NOT NULL THEN %(now)s END
    FROM due WHERE due_soon_at BETWEEN next_step_at AND %(now)s
    UNION ALL
    SELECT id, 'overdue', due_at, '{{}}'::bigint[], NULL FROM due WHERE due_at <= %(now)s
    UNION ALL
    SELECT id, CASE kind WHEN 'promised' THEN 'promise_' ELSE 'rung_' END || n, rung, '{{}}'::bigint[], NULL
    FROM due, unnest(ladder) WITH ORDINALITY AS rungs (rung, n) WHERE rung BETWEEN next_step_at AND %(now)s
    ON CONFLICT DO NOTHING
    RETURNING step
)
SELECT (SELECT count(*) FROM due),
       count(*) FILTER (WHERE step = 'due_soon'),
       count(*) FILTER (WHERE step = 'overdue')
FROM made
"""


def sweep(now: datetime) -> dict[str, int]:
    """Make the notices that are due; count those newly made near and past the deadline, the ladder's steps aside.

    What is overdue on arrival counts in both.

    One statement for every 500 cycles, each its own transaction; nothing is locked from one to the next.
    """
    made = {"due_soon": 0, "overdue": 0}
    with connection.cursor() as cursor:
        taken = BATCH
        while taken == BATCH:
            cursor.execute(SWEEP, {"now": now})
            taken, due_soon, overdue = cursor.fetchone()
            made["due_soon"] += due_soon
            made["overdue"] += overdue
    return made
