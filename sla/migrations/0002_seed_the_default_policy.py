"""The promise of a new installation: version 1 of `se24`. What a policy says later is a new version, never a change."""

from __future__ import annotations

from django.db import migrations

from sla.policyfile import SE24


def seed(apps, schema_editor):
    apps.get_model("sla", "PolicyVersion").objects.get_or_create(
        key=SE24["id"], version=1, defaults={"definition": SE24}
    )


class Migration(migrations.Migration):
    dependencies = [("sla", "0001_initial")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
