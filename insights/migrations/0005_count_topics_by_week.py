import importlib

import django.db.models.deletion
from django.db import migrations, models

# An account or a topic that is changed in a conversation is changed in its cycles too (inbox.models.following).
earlier = importlib.import_module("insights.migrations.0004_mark_weeks_by_the_hour")
WITH_PLACE = earlier.BY_THE_HOUR.replace(earlier.FACTS, f"{earlier.FACTS}, channel_id, topic_id")
COUNT_AGAIN = "INSERT INTO insights_staleweek (monday) SELECT DISTINCT monday FROM insights_weekcount"


class Migration(migrations.Migration):
    dependencies = [
        ("insights", "0004_mark_weeks_by_the_hour"),
        ("inbox", "0027_let_cycles_tell_account_lane_and_topic"),
    ]

    operations = [
        migrations.RunSQL(WITH_PLACE, earlier.BY_THE_HOUR),
        migrations.RunSQL(COUNT_AGAIN, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="gap",
            name="surface",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="gaps", to="accounts.surface"
            ),
        ),
    ]
