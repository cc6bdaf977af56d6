"""The audit trail: who did what, when. This module alone writes it; the database refuses every change of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import AuditEvent, User


def record(action: str, subject: str, *, by: User | None, now: datetime, **data: Any) -> AuditEvent:
    """Write one event, in the caller's transaction. `subject` is `kind:id`; `data` holds ids and facts, no texts."""
    return AuditEvent.objects.create(at=now, actor=by, action=action, subject=subject, data=data)


def history_of(subject: str) -> QuerySet[AuditEvent]:
    """Give what happened to one thing, oldest first."""
    return AuditEvent.objects.filter(subject=subject).select_related("actor").order_by("id")
