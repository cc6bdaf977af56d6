"""Protected mode: hateful text stays blurred until the person chooses to see it (R-045).

How much somebody has chosen to see is counted by day, for that person alone; it is let go after three months.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import F, Sum
from django.utils import timezone

from accounts.models import User
from inbox.lanes import lanes
from inbox.models import Conversation, Exposure, Item

KEEP = timedelta(days=90)
WEEK = timedelta(days=7)
REST_AFTER = 10  # of what somebody has chosen to see in a day: then somebody else may take the next


def switch(user: User, *, on: bool) -> None:
    """Work in protected mode, or no longer; remembered until it is switched again."""
    User.objects.filter(pk=user.pk).update(protected=on)
    user.protected = on


def blurs(user: User, text: str, *, by_rule: bool = False) -> bool:
    """Whether a text is blurred for somebody. Queries nothing."""
    return bool(getattr(user, "protected", False)) and (by_rule or lanes.is_hateful(text))


def mark(items: Iterable[Item], row: Conversation) -> None:
    """Let each item of a conversation that a rule blurs say so, for the templates."""
    for item in items:
        item.by_rule = row.blurred and item.conversation_id == row.pk  # type: ignore[attr-defined]


def mark_each(items: Iterable[Item]) -> None:
    """Mark items of several conversations, which were read with them."""
    for item in items:
        if item.conversation:
            mark([item], item.conversation)


def seen(user: User, now: datetime) -> int:
    """Count that somebody has chosen to see something blurred; give how much it is today."""
    day = timezone.localdate(now)
    row, is_new = Exposure.objects.get_or_create(user=user, day=day, defaults={"count": 1})
    if not is_new:
        Exposure.objects.filter(pk=row.pk).update(count=F("count") + 1)
        row.refresh_from_db(fields=["count"])
    return row.count


def counted(user: User, now: datetime) -> tuple[int, int]:
    """Give somebody's own numbers: today's, and those of the last seven days. One query."""
    today: date = timezone.localdate(now)
    of_week = Exposure.objects.filter(user=user, day__gt=today - WEEK)
    rows = dict(of_week.values_list("day").annotate(n=Sum("count")))
    return rows.get(today, 0), sum(rows.values())


def purge(now: datetime) -> int:
    gone, _details = Exposure.objects.filter(day__lt=timezone.localdate(now) - KEEP).delete()
    return gone
