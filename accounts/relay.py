"""The relay (R-110 to R-115): whose week it is on an account that staff take turns to speak for.

Nothing opens or closes it but the time: a week begins and ends on Sunday at 23.59, and what somebody may see and do is
computed from the roster and the time of the question.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit, people
from accounts.models import Baton, Channel, Membership, Role, User

BEFORE_MONDAY = timedelta(minutes=1)  # a week changes on Sunday at 23.59
WEEKS_AHEAD = 4  # an empty week is seen so long before
OLD_POST_FOR = timedelta(hours=4)  # so long a comment on an older post is with whoever held the baton then


def monday_of(moment: datetime) -> date:
    """Give the Monday of the week whose baton is held at a moment."""
    day = timezone.localdate(moment + BEFORE_MONDAY)
    return day - timedelta(days=day.weekday())


def opens_at(monday: date) -> datetime:
    """Give when the baton of a week is taken over: on the Sunday before it, at 23.59."""
    return timezone.make_aware(datetime.combine(monday, time.min)) - BEFORE_MONDAY


def closes_at(monday: date) -> datetime:
    return opens_at(monday + timedelta(days=7))


def cleared() -> QuerySet[Baton]:
    """The weeks that open when their time comes: the manager has said yes, the person too, none is handed back."""
    return Baton.objects.exclude(manager="").filter(consented_at__isnull=False, returned_at=None)


def held(user: User, now: datetime) -> QuerySet[Baton]:
    """The batons that somebody holds now."""
    return cleared().filter(user=user, monday=monday_of(now))


def weeks(channels: Iterable[Channel], today: date) -> list[tuple[Channel, list[tuple[date, Baton | None]]]]:
    """Give the weeks of some accounts from this one on, each with its baton or none. One query."""
    mondays = _mondays(today, 0, WEEKS_AHEAD + 1)
    rows = Baton.objects.filter(channel__in=channels, monday__in=mondays).select_related("user")
    found = {(baton.channel_id, baton.monday): baton for baton in rows}
    return [(channel, [(monday, found.get((channel.pk, monday))) for monday in mondays]) for channel in channels]


def _mondays(today: date, first: int, last: int) -> list[date]:
    this_week = today - timedelta(days=today.weekday())
    return [this_week + timedelta(weeks=week) for week in range(first, last + 1)]


def empty_weeks(channels: Iterable[Channel], today: date) -> list[tuple[Channel, date]]:
    """Give the weeks within the next four that nobody has taken, or that somebody has handed back. One query."""
    mondays = _mondays(today, 1, WEEKS_AHEAD)
    rows = Baton.objects.filter(channel__in=channels, monday__in=mondays, returned_at=None)
    taken = set(rows.values_list("channel", "monday"))
    return [(channel, monday) for channel in channels for monday in mondays if (channel.pk, monday) not in taken]


@transaction.atomic
def save(baton: Baton, *, by: User, now: datetime) -> Baton:
    """Give somebody a week, or change what is known of it; whoever has no role yet becomes one of the relay.

    Whoever else gets the week has not consented to anything, and has not seen the card.
    """
    before = Baton.objects.filter(pk=baton.pk).values_list("user", flat=True).first() if baton.pk else None
    if before != baton.user_id:
        baton.consented_at = baton.card_opened_at = baton.reminded_at = None
    baton.returned_at = None
    baton.save()
    if not Membership.objects.filter(user=baton.user).exists():
        people.give_role(baton.user, role=Role.RELAY, department=None, by=by, now=now)
    _record("baton.given", baton, by, now, user=baton.user_id, manager=bool(baton.manager))
    return baton


@transaction.atomic
def consent(baton: Baton, *, now: datetime) -> bool:
    """Note that the person agrees to be named as the voice of the account. False if that was done before."""
    if Baton.objects.filter(pk=baton.pk, consented_at=None).update(consented_at=now) != 1:
        return False
    _record("baton.consented", baton, baton.user, now)
    return True


@transaction.atomic
def open_card(baton: Baton, *, now: datetime) -> bool:
    """Note that the hand-over card has been read. False if that was done before."""
    if Baton.objects.filter(pk=baton.pk, card_opened_at=None).update(card_opened_at=now) != 1:
        return False
    _record("baton.card_opened", baton, baton.user, now)
    return True


@transaction.atomic
def hand_back(baton: Baton, *, by: User, now: datetime) -> bool:
    """End a week before its time, or give it up before it begins: the access is gone at once. False the second time."""
    if Baton.objects.filter(pk=baton.pk, returned_at=None).update(returned_at=now) != 1:
        return False
    _record("baton.returned", baton, by, now)
    return True


def _record(action: str, baton: Baton, by: User | None, now: datetime, **data: object) -> None:
    audit.record(action, f"channel:{baton.channel_id}", by=by, now=now, baton=baton.pk, week=str(baton.monday), **data)
