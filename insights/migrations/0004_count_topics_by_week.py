import django.db.models.deletion
from django.db import migrations, models

# What a week's counts are made of; an account or a topic that is changed in a conversation is changed in its cycles too
# (inbox.models.following).
OF_A_CYCLE = "id, kind, outcome, started_at, due_at, ended_at, fetched_late, verdict_id, policy_id, conversation_id"
WITH_PLACE = f"{OF_A_CYCLE}, channel_id, topic_id"
MARKING = """
CREATE OR REPLACE FUNCTION insights_mark_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO insights_staleweek (monday)
    SELECT DISTINCT date_trunc('week', at AT TIME ZONE 'Europe/Stockholm')::date
    FROM (
        (SELECT {facts} FROM earlier EXCEPT SELECT {facts} FROM changed)
        UNION ALL
        (SELECT {facts} FROM changed EXCEPT SELECT {facts} FROM earlier)
    ) AS differing CROSS JOIN LATERAL (VALUES (started_at), (due_at), (ended_at)) AS times (at)
    WHERE at IS NOT NULL;
    RETURN NULL;
END $$;
"""
COUNT_AGAIN = "INSERT INTO insights_staleweek (monday) SELECT DISTINCT monday FROM insights_weekcount"


class Migration(migrations.Migration):
    dependencies = [
        ("insights", "0003_compare_a_whole_statement_at_once"),
        ("inbox", "0027_let_cycles_tell_account_lane_and_topic"),
    ]

    operations = [
        migrations.RunSQL(MARKING.format(facts=WITH_PLACE), MARKING.format(facts=OF_A_CYCLE)),
        migrations.RunSQL(COUNT_AGAIN, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="gap",
            name="surface",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="gaps", to="accounts.surface"
            ),
        ),
    ]
