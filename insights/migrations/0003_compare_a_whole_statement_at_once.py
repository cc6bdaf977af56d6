from django.db import migrations

# What differs is found by sorting or hashing both sides, never by looking each row up in the other: PostgreSQL keeps
# the plan that a session made for its first small statements, and a lookup in a quarter of a million rows, for each of
# them, would not end.
FACTS = "id, kind, outcome, started_at, due_at, ended_at, fetched_late, verdict_id, policy_id, conversation_id"
AT_ONCE = f"""
CREATE OR REPLACE FUNCTION insights_mark_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO insights_staleweek (monday)
    SELECT DISTINCT date_trunc('week', at AT TIME ZONE 'Europe/Stockholm')::date
    FROM (
        (SELECT {FACTS} FROM earlier EXCEPT SELECT {FACTS} FROM changed)
        UNION ALL
        (SELECT {FACTS} FROM changed EXCEPT SELECT {FACTS} FROM earlier)
    ) AS differing CROSS JOIN LATERAL (VALUES (started_at), (due_at), (ended_at)) AS times (at)
    WHERE at IS NOT NULL;
    RETURN NULL;
END $$;
"""
ONE_BY_ONE = """
CREATE OR REPLACE FUNCTION insights_mark_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO insights_staleweek (monday)
    SELECT DISTINCT date_trunc('week', at AT TIME ZONE 'Europe/Stockholm')::date
    FROM earlier JOIN changed USING (id) CROSS JOIN LATERAL (VALUES
        (earlier.started_at), (earlier.due_at), (earlier.ended_at),
        (changed.started_at), (changed.due_at), (changed.ended_at)
    ) AS times (at)
    WHERE at IS NOT NULL AND (
        earlier.kind, earlier.outcome, earlier.started_at, earlier.due_at, earlier.ended_at,
        earlier.fetched_late, earlier.verdict_id, earlier.policy_id, earlier.conversation_id
    ) IS DISTINCT FROM (
        changed.kind, changed.outcome, changed.started_at, changed.due_at, changed.ended_at,
        changed.fetched_late, changed.verdict_id, changed.policy_id, changed.conversation_id
    );
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("insights", "0002_keep_reports_and_who_wants_them")]

    operations = [migrations.RunSQL(AT_ONCE, ONE_BY_ONE)]
