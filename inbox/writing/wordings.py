"""Keeping the phrases in other languages, and what becomes of suggested wordings of templates."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from accounts import audit
from accounts.models import User
from accounts.permissions import Permission, require
from inbox.models import Phrase, ReplyTemplate, TemplateEdit
from inbox.writing import bank

KEEP_EDITS = timedelta(days=90)
MOST_EDITS = 5  # of one template


@transaction.atomic
def save(phrase: Phrase, *, by: User, now: datetime) -> Phrase:
    """Store a phrase; whoever does answers for that it says what it should."""
    require(by, Permission.MANAGE_TEXTS)
    action = "phrase.changed" if phrase.pk else "phrase.added"
    phrase.approved_by, phrase.approved_at = by, now
    phrase.save()
    audit.record(action, f"phrase:{phrase.pk}", by=by, now=now, language=phrase.language, name=phrase.name)
    return phrase


@transaction.atomic
def remove(phrase: Phrase, *, by: User, now: datetime) -> None:
    require(by, Permission.MANAGE_TEXTS)
    audit.record("phrase.removed", f"phrase:{phrase.pk}", by=by, now=now, language=phrase.language, name=phrase.name)
    phrase.delete()


def notice_edit(filled: bank.Filled, sent: str, *, by: User, now: datetime) -> TemplateEdit | None:
    """Remember in which wording a template was sent, with its variables put back; None if it was sent as it stands."""
    text = sent.strip()
    for variable, value in filled.values:
        if len(value) > 1:
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", lambda _match, name=variable: name, text, count=1)
    if not text or text in {
        filled.template.text.strip(),
        *(each.strip() for each in filled.template.variants.values()),
    }:
        return None
    made, is_new = TemplateEdit.objects.get_or_create(
        template=filled.template, text=text, defaults={"by": by, "at": now}
    )
    if not is_new:
        TemplateEdit.objects.filter(pk=made.pk).update(times=F("times") + 1, at=now)
    kept = TemplateEdit.objects.filter(template=filled.template).values_list("pk", flat=True)[:MOST_EDITS]
    TemplateEdit.objects.filter(template=filled.template).exclude(pk__in=[*kept, made.pk]).delete()
    return made


@transaction.atomic
def settle_edit(edit: TemplateEdit, *, is_used: bool, by: User, now: datetime) -> ReplyTemplate:
    """Take a suggested wording over into its template, or let it be."""
    require(by, Permission.MANAGE_TEXTS)
    template = edit.template
    if is_used:
        template.text = edit.text
        bank.save(template, by=by, now=now)
    edit.delete()
    return template


def purge(now: datetime) -> int:
    """Let go suggestions that nobody has looked at for months; give how many."""
    return TemplateEdit.objects.filter(at__lt=now - KEEP_EDITS).delete()[0]
