"""What could not be read, and when: the hours for which the figures say nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Channel, Surface
from insights.models import Gap

LONG = timedelta(hours=1)  # the least gap that is told of; the same as in migration 0001


@dataclass(frozen=True)
class Unread:
    """A surface was not read from `since` until `until`; None while it still is not."""

    surface: Surface
    since: datetime
    until: datetime | None

    def end(self, now: datetime) -> datetime:
        return self.until or now


def gaps(channels: Sequence[Channel], start: datetime, end: datetime, now: datetime) -> list[Unread]:
    """Give the gaps of some channels (their surfaces prefetched) that touch a time, oldest first. One query."""
    surfaces = {surface.pk: surface for channel in channels for surface in channel.surfaces.all()}
    past = Gap.objects.filter(surface__in=surfaces, until__gt=start, since__lt=end)
    found = [Unread(surfaces[gap.surface_id], gap.since, gap.until) for gap in past]
    latest = [gap for channel in channels for gap in going_on(channel, now)]
    found += [gap for gap in latest if gap.since < end and start < gap.end(now)]
    return sorted(found, key=lambda gap: (gap.since, gap.surface.pk))


def going_on(channel: Channel, now: datetime) -> list[Unread]:
    """Give what of a channel is not being read now; a channel that is paused or closed is not meant to be.

    What an admin has switched off went unread, if it did, until that was done.
    """
    if channel.status != Channel.Status.ACTIVE:
        return []
    surfaces = [(surface, surface.last_success_at or channel.created_at) for surface in channel.surfaces.all()]
    return [
        Unread(surface, since, surface.off_since) for surface, since in surfaces
        if (surface.off_since or now) - since > LONG
    ]  # fmt: skip
