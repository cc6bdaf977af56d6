"""Leaving a part of a channel unread, because its key lacks the permission or nobody wants it; and reading it again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.models import Surface, User

NOT_FAILING: dict[str, Any] = {"failing_since": None, "error_code": "", "error": "", "silent_told_at": None}


@transaction.atomic
def set_off(surface: Surface, off: bool, *, by: User, now: datetime) -> bool:
    """Stop reading a surface, or go on. False if that is so already, or the channel is nothing without it.

    What has been read stays. Where it was left is kept too, so that what came meanwhile is found afterwards.
    """
    if off and not surface.is_optional:
        return False
    facts = {"off_since": now, "off_by": by, **NOT_FAILING} if off else {"off_since": None, "off_by": None}
    rows = Surface.objects.filter(pk=surface.pk, off_since__isnull=off)
    if rows.update(next_poll_at=None if off else now, **facts) != 1:
        return False
    action = "surface.off" if off else "surface.on"
    audit.record(action, f"channel:{surface.channel_id}", by=by, now=now, surface=surface.name)
    return True
