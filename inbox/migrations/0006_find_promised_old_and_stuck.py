import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0005_add_ladders_and_policy_changes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(fields=["channel", "-last_item_at", "-id"], name="by_channel_newest"),
        ),
        migrations.AlterField(
            model_name="conversation",
            name="channel",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="conversations",
                to="accounts.channel",
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(models.Q(("status", "closed"), _negated=True), ("promised_at__isnull", False)),
                fields=["due_at", "id"],
                name="open_promised",
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("before_connection", True)),
                fields=["-last_item_at", "-id"],
                name="before_by_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="outgoing",
            index=models.Index(
                condition=models.Q(("status__in", ["failed", "unknown", "queued"])),
                fields=["conversation"],
                name="outgoing_not_done",
            ),
        ),
    ]
