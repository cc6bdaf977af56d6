"""How alive our accounts are: an account on which nothing happens had better end (R-107)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q

from accounts.models import Channel, Platform

WEEKS = 4
FEWEST = 3  # posts a week, on the platforms that hide accounts which post less
SILENT_AFTER = timedelta(days=182)
LIVELY = (Platform.FACEBOOK, Platform.TWITTER, Platform.INSTAGRAM)


@dataclass(frozen=True)
class Activity:
    channel: Channel
    a_week: float  # posts a week, over the last four
    last_at: datetime | None
    state: str  # silent, slow or fine


def activity(now: datetime) -> list[Activity]:
    """Give each account that is not closed, the most silent first. One query."""
    recent = Q(posts__posted_at__gt=now - timedelta(weeks=WEEKS), posts__posted_at__lte=now)
    rows = Channel.objects.exclude(status=Channel.Status.CLOSED).select_related("department", "owner")
    counted = rows.annotate(last_at=Max("posts__posted_at"), recent=Count("posts", filter=recent))
    order = ("silent", "slow", "fine")
    found = [_activity(channel, now) for channel in counted]
    return sorted(found, key=lambda row: (order.index(row.state), row.a_week, row.channel.name.casefold()))


def _activity(channel: Channel, now: datetime) -> Activity:
    a_week, last_at = channel.recent / WEEKS, channel.last_at  # type: ignore[attr-defined]
    began = channel.created_at
    state = "fine"
    if channel.platform in LIVELY and a_week < FEWEST:
        state = "slow"
    if (last_at or began) < now - SILENT_AFTER:
        state = "silent"
    return Activity(channel, a_week, last_at, state)
