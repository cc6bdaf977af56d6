from django.db import migrations
from django.utils import timezone

NEW = {"facebook": ("ads", "tagged", "messages"), "twitter": ("quotes",), "youtube": ("review",)}


def add_surfaces(apps, schema_editor):
    """Give channels that are read already the surfaces that their platform has got; due at once. May run again."""
    Channel, Surface = apps.get_model("accounts", "Channel"), apps.get_model("accounts", "Surface")
    read = Channel.objects.filter(platform__in=NEW, surfaces__isnull=False).distinct()
    now = timezone.now()
    rows = [Surface(channel=channel, name=name, next_poll_at=now) for channel in read for name in NEW[channel.platform]]
    Surface.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_topics_without_hashtags_protection_and_duty"),
    ]

    operations = [
        migrations.RunPython(add_surfaces, migrations.RunPython.noop),
    ]
