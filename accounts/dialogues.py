"""Opening, changing and finding dialogues; what was written in them, and how they end, is `inbox.house.dialogues`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.models import Dialogue, User


def running(today: date) -> QuerySet[Dialogue]:
    return Dialogue.objects.filter(first_day__lte=today, last_day__gte=today, closed_at=None)


def clash(dialogue: Dialogue) -> Dialogue | None:
    """Give another dialogue on the account that has the same hashtag on some of the same days."""
    rows = Dialogue.objects.filter(channel=dialogue.channel_id, hashtag=dialogue.hashtag, closed_at=None)
    return (
        rows.filter(first_day__lte=dialogue.last_day, last_day__gte=dialogue.first_day).exclude(pk=dialogue.pk).first()
    )


@transaction.atomic
def save(dialogue: Dialogue, *, staff: Collection[User], by: User, now: datetime) -> None:
    is_new = dialogue.pk is None
    dialogue.save()
    dialogue.staff.set(staff)
    action = "dialogue.added" if is_new else "dialogue.changed"
    facts = {"channel": dialogue.channel_id, "hashtag": dialogue.hashtag, "until": str(dialogue.last_day)}
    audit.record(action, f"dialogue:{dialogue.pk}", by=by, now=now, staff=[user.pk for user in staff], **facts)
