"""What the platforms are asked to do beside replies; what is kept before; whom we ask. Seeds version 1 of the grounds."""

from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from inbox.deciding.grounds import BUILT_IN


def seed(apps, schema_editor):
    apps.get_model("inbox", "GroundList").objects.get_or_create(version=1, defaults={"grounds": BUILT_IN})


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0007_keep_some_texts_for_a_time_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ExpertQuestion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("email", models.EmailField(max_length=254)),
                ("text", models.TextField()),
                ("answer_by", models.DateTimeField()),
                ("at", models.DateTimeField()),
                ("mail_at", models.DateTimeField()),
                ("mailed_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.TextField(blank=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="GroundList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.IntegerField(unique=True)),
                ("grounds", models.JSONField()),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="ModerationEvidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("action", models.CharField(max_length=10)),
                ("ground", models.CharField(max_length=40)),
                ("reason", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
                ("key", models.CharField(max_length=80, unique=True)),
                ("record", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="outgoing",
            name="sent_has_external_id",
        ),
        migrations.RemoveConstraint(
            model_name="outgoing",
            name="one_reply_on_its_way",
        ),
        migrations.AlterField(
            model_name="outgoing",
            name="kind",
            field=models.CharField(
                choices=[
                    ("answer", "Svar"),
                    ("holding", "Besked"),
                    ("redirect", "Hänvisning"),
                    ("like", "Gilla"),
                    ("hide", "Dölj"),
                    ("unhide", "Visa igen"),
                    ("delete", "Ta bort"),
                    ("edit", "Redigera"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="outgoing",
            name="text",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="expertquestion",
            name="by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="expertquestion",
            name="conversation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="questions", to="inbox.conversation"
            ),
        ),
        migrations.AddField(
            model_name="expertquestion",
            name="event",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="question", to="inbox.verdictevent"
            ),
        ),
        migrations.AddField(
            model_name="expertquestion",
            name="person",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="groundlist",
            name="by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="moderationevidence",
            name="by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="moderationevidence",
            name="conversation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="evidence", to="inbox.conversation"
            ),
        ),
        migrations.AddField(
            model_name="moderationevidence",
            name="grounds",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inbox.groundlist"
            ),
        ),
        migrations.AddField(
            model_name="moderationevidence",
            name="item",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inbox.item"
            ),
        ),
        migrations.AddField(
            model_name="outgoing",
            name="evidence",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="outgoing",
                to="inbox.moderationevidence",
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "sent"), _negated=True),
                    models.Q(("external_id", ""), _negated=True),
                    models.Q(("kind__in", ("answer", "holding", "redirect")), _negated=True),
                    _connector="OR",
                ),
                name="sent_has_external_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoing",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("kind__in", ("answer", "holding", "redirect")), ("status__in", ["queued", "sending", "unknown"])
                ),
                fields=("conversation",),
                name="one_reply_on_its_way",
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoing",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("kind__in", ("hide", "unhide", "delete", "edit")), ("status__in", ["queued", "sending", "unknown"])
                ),
                fields=("to",),
                name="one_change_on_its_way",
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoing",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "like"), ("status__in", ["queued", "sending", "unknown"])),
                fields=("to",),
                name="one_like_on_its_way",
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "hide"), _negated=True), ("evidence__isnull", False), _connector="OR"
                ),
                name="hidden_only_with_evidence",
            ),
        ),
        migrations.AddIndex(
            model_name="expertquestion",
            index=models.Index(
                condition=models.Q(("ended_at", None), ("mailed_at", None)),
                fields=["mail_at", "id"],
                name="question_to_mail",
            ),
        ),
        migrations.AddIndex(
            model_name="expertquestion",
            index=models.Index(condition=models.Q(("ended_at", None)), fields=["conversation"], name="question_open"),
        ),
        migrations.AddConstraint(
            model_name="expertquestion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("conversation", "email"),
                name="one_question_to_one_person",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="groundlist",
            trigger=pgtrigger.compiler.Trigger(
                name="grounds_never_change",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="4f9e60855fbdcbbb5b494d1f8207b0b0b67da890",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_grounds_never_change_15f36",
                    table="inbox_groundlist",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="moderationevidence",
            trigger=pgtrigger.compiler.Trigger(
                name="evidence_never_changes",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="0d64a6ad023327e16cf5438c303c68384613366e",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_evidence_never_changes_c8404",
                    table="inbox_moderationevidence",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
