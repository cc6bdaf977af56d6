"""Gaps in the roster are filled at once: somebody is chosen for each, and shifts of just those hours are put in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from accounts import shifts
from accounts.models import Channel, Shift, User
from accounts.permissions import CAN_BE_GIVEN
from inbox.house.staffing import Gap, Roster


@dataclass(frozen=True)
class Filled:
    """How many gaps got somebody, and how many that were asked for did not."""

    done: int
    left: int


def offers(gaps: list[Gap], roster: Roster) -> list[tuple[Gap, list[User]]]:
    """Give each gap with who can take it: everybody who can be on duty and is not away that day. One query."""
    people = _people()
    return [(gap, [person for person in people if not roster.is_away(person.pk, gap.day)]) for gap in gaps]


@transaction.atomic
def fill(chosen: Mapping[str, int], *, by: User, now: datetime) -> Filled:
    """Put whoever was chosen, by the gaps' keys, into the gaps as they are now.

    A gap that is filled or looks otherwise by now is left as it is, and so is one whose person is away by now.
    """
    with connection.cursor() as cursor:  # two who plan at once would else both fill it
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('inbox.filling'))")
    roster = Roster(now)
    found = {gap.key: (gap, {person.pk: person for person in able}) for gap, able in offers(roster.gaps(), roster)}
    active = list(Channel.objects.filter(status=Channel.Status.ACTIVE))
    done = 0
    for key, pk in chosen.items():
        gap, able = found.get(key, (None, {}))
        if gap is None or pk not in able:
            continue
        done += 1
        for place in _places(gap, active):
            for start, end in gap.windows:
                shift = Shift(user=able[pk], kind=Shift.Kind.OFFICE, starts_at=start, ends_at=end, **place)
                shifts.save(shift, by=by, now=now)
    return Filled(done, len(chosen) - done)


def _people() -> list[User]:
    found = User.objects.filter(is_active=True, memberships__role__in=CAN_BE_GIVEN)
    return list(found.distinct().order_by("name", "pk"))


def _places(gap: Gap, active: list[Channel]) -> Iterator[dict[str, int]]:
    """Give what the shifts are for: all accounts, a department's, or each of them, so that the roster stays short."""
    bare = {channel.pk for channel in gap.channels}
    if bare == {channel.pk for channel in active}:
        yield {}
        return
    for department in dict.fromkeys(channel.department_id for channel in gap.channels):
        if bare >= {channel.pk for channel in active if channel.department_id == department}:
            yield {"department_id": department}
        else:
            yield from ({"channel_id": row.pk} for row in gap.channels if row.department_id == department)
