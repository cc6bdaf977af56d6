"""Keeping the list of redirects, and of who answers for what."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from accounts.permissions import Permission, require
from inbox.models import RedirectTarget, Responsibility


@transaction.atomic
def save_redirect_target(target: RedirectTarget, *, by: User, now: datetime) -> RedirectTarget:
    """Add or change an ordinary channel in the list of redirects."""
    require(by, Permission.MANAGE_TEXTS)
    action = "redirect.changed" if target.pk else "redirect.added"
    target.save()
    audit.record(action, f"redirect:{target.pk}", by=by, now=now, name=target.name, is_active=target.is_active)
    return target


@transaction.atomic
def save_responsibility(row: Responsibility, *, by: User, now: datetime) -> Responsibility:
    """Say who answers for a subject in a place."""
    require(by, Permission.MANAGE_TEXTS)
    action = "responsibility.changed" if row.pk else "responsibility.added"
    row.save()
    audit.record(action, f"responsibility:{row.pk}", by=by, now=now, name=str(row), redirect=row.target_id)
    return row


@transaction.atomic
def remove_responsibility(row: Responsibility, *, by: User, now: datetime) -> None:
    """Say no longer who answers for it."""
    require(by, Permission.MANAGE_TEXTS)
    audit.record("responsibility.removed", f"responsibility:{row.pk}", by=by, now=now, name=str(row))
    row.delete()
