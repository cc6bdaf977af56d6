"""Our accounts, and what could not be read of them, and when: the hours for which the figures say nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import FilteredRelation, Q

from accounts.models import Channel, Platform
from insights.scope import Scope

LONG = timedelta(hours=1)  # the least gap that is told of; the same as in migration 0001


@dataclass(frozen=True)
class Place:
    """An account of ours as it was."""

    pk: int
    name: str
    platform: str
    status: str
    department_id: int
    department_name: str

    def __str__(self) -> str:
        return f"{self.name} ({self.platform_name})"

    @property
    def platform_name(self) -> str:
        return str(Platform(self.platform).label)


@dataclass(frozen=True)
class Unread:
    """A surface of an account was not read from `since` until `until`; None while it still was not."""

    place: int
    surface: str
    since: datetime
    until: datetime | None

    def end(self, now: datetime) -> datetime:
        return self.until or now

    def touches(self, start: datetime, end: datetime, now: datetime) -> bool:
        return self.since < end and self.end(now) > start


def places(scope: Scope, now: datetime) -> tuple[list[Place], list[Unread]]:
    """Give every account by name, and of those in a scope what was not read in its weeks, oldest first. One query."""
    gap_within = Q(surfaces__gaps__until__gt=scope.start, surfaces__gaps__since__lt=scope.end)
    rows = Channel.objects.annotate(gap=FilteredRelation("surfaces__gaps", condition=gap_within)).values_list(
        "pk", "name", "platform", "status", "department", "department__name",
        "surfaces", "surfaces__name", "created_at", "surfaces__last_success_at", "surfaces__off_since",
        "gap__since", "gap__until",
    )  # fmt: skip
    found: set[Place] = set()
    unread: set[tuple[datetime, int, Unread]] = set()
    for *account, surface, name, created_at, read_at, off_since, since, until in rows.order_by():
        place = Place(*account)
        found.add(place)
        if surface is None or not scope.holds(place):
            continue
        gaps = [Unread(place.pk, name, since, until)] if since else []
        gaps += _going_on(place, name, read_at or created_at, off_since, now)
        unread |= {(gap.since, surface, gap) for gap in gaps if gap.touches(scope.start, scope.end, now)}
    in_order = sorted(unread, key=lambda each: each[:2])
    return sorted(found, key=lambda place: (place.name.casefold(), place.pk)), [gap for *_key, gap in in_order]


def _going_on(
    place: Place, surface: str, since: datetime, off_since: datetime | None, now: datetime
) -> Iterable[Unread]:
    """Give what of a surface is not being read now; an account that is paused or closed is not meant to be.

    What an admin has switched off went unread, if it did, until that was done.
    """
    if place.status == Channel.Status.ACTIVE and (off_since or now) - since > LONG:
        yield Unread(place.pk, surface, since, off_since)
