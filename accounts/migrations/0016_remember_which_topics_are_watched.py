from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def remember(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let what a save has watched already be so: what an admin took off since is not to come back."""
    events = apps.get_model("accounts", "AuditEvent").objects.filter(action="hashtag.watched").order_by("id")
    for tag, at in events.values_list("data__tag", "at"):
        apps.get_model("accounts", "Topic").objects.filter(tag=tag).update(watched_at=at)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0015_watch_the_topics_hashtags"),
    ]

    operations = [
        migrations.AddField(
            model_name="topic",
            name="watched_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunPython(remember, migrations.RunPython.noop),
    ]
