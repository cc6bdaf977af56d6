"""The rosters of those who answer: written here, read by whoever asks who is at hand."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.models import Shift, User


def between(start: datetime, end: datetime) -> QuerySet[Shift]:
    """Give the shifts that touch a time, oldest first."""
    rows = Shift.objects.filter(starts_at__lt=end, ends_at__gt=start)
    return rows.select_related("user", "channel", "department").order_by("starts_at", "pk")


@transaction.atomic
def save(shift: Shift, *, by: User, now: datetime) -> None:
    action = "shift.changed" if shift.pk else "shift.added"
    shift.save()
    facts = {"user": shift.user_id, "kind": shift.kind, "from": str(shift.starts_at), "to": str(shift.ends_at)}
    audit.record(action, f"shift:{shift.pk}", by=by, now=now, **facts)


@transaction.atomic
def remove(shift: Shift, *, by: User, now: datetime) -> None:
    pk = shift.pk
    shift.delete()
    audit.record("shift.removed", f"shift:{pk}", by=by, now=now, user=shift.user_id)
