import importlib

from django.db import migrations

# A row that is in only one of the two tables differs; both sides are hashed together, once. The weeks are asked of the
# hours that the times lie in, not of each time: a moved thousand has six thousand times, in some fifty hours, and a week
# begins and ends with a whole hour of UTC (Sweden has differed from it by whole hours since 1879).
FACTS = "id, kind, outcome, started_at, due_at, ended_at, fetched_late, verdict_id, policy_id, conversation_id"
BY_THE_HOUR = f"""
CREATE OR REPLACE FUNCTION insights_mark_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO insights_staleweek (monday)
    SELECT DISTINCT date_trunc('week', hour AT TIME ZONE 'Europe/Stockholm')::date
    FROM (
        SELECT DISTINCT date_bin('1 hour', at, timestamptz '2000-01-01 00:00Z') AS hour
        FROM (
            SELECT started_at, due_at, ended_at
            FROM (SELECT {FACTS} FROM earlier UNION ALL SELECT {FACTS} FROM changed) AS sides
            GROUP BY {FACTS} HAVING count(*) = 1
        ) AS differing CROSS JOIN LATERAL (VALUES (started_at), (due_at), (ended_at)) AS times (at)
        WHERE at IS NOT NULL
    ) AS hours;
    RETURN NULL;
END $$;
"""
AT_ONCE = importlib.import_module("insights.migrations.0003_compare_a_whole_statement_at_once").AT_ONCE


class Migration(migrations.Migration):
    dependencies = [("insights", "0003_compare_a_whole_statement_at_once")]

    operations = [migrations.RunSQL(BY_THE_HOUR, AT_ONCE)]
