"""A reply may answer several others of its thread, not one only."""

from typing import Any

from django.db import migrations, models


def take_over(apps: Any, schema_editor: Any) -> None:
    outgoing = apps.get_model("inbox", "Outgoing")
    pairs = outgoing.objects.exclude(also_one=None).values_list("pk", "also_one")
    through = outgoing.also.through
    through.objects.bulk_create(through(outgoing_id=pk, conversation_id=also) for pk, also in pairs)


class Migration(migrations.Migration):
    dependencies = [("inbox", "0027_let_cycles_tell_account_lane_and_topic")]

    operations = [
        migrations.RenameField("outgoing", "also", "also_one"),
        migrations.AddField(
            "outgoing",
            "also",
            models.ManyToManyField(blank=True, related_name="answered_too", to="inbox.conversation"),
        ),
        migrations.RunPython(take_over, migrations.RunPython.noop),
        migrations.RemoveField("outgoing", "also_one"),
    ]
