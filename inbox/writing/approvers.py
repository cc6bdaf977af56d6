"""Who is told that a reply waits for approval: those nearest to the account, else everybody who may approve it.

Who is away is stood in for by the deputy, if that one may approve it too; else the next person is asked, so that no
reply lies with somebody who cannot send it. A sweep asks, as who may see what takes questions for each person; the row
says that somebody was asked, once a reply.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import NoticeSettings, User
from accounts.permissions import ALLOWED, Permission
from inbox import selectors
from inbox.models import HeadsUp, PendingReply
from inbox.telling import headsup
from inbox.telling.staff import Staff
from inbox.writing import approvals

KIND = HeadsUp.Kind.APPROVAL


def ask(now: datetime) -> int:
    """Let whoever may approve be told of each reply that nobody was told of; give how many people are asked."""
    _let_go_of_who_is_away(now)
    told = HeadsUp.objects.filter(pending=OuterRef("pk"))
    untold = approvals.waiting().filter(~Exists(told)).order_by("pk")
    channel = "conversation__channel"
    rows = list(untold.select_related("by", f"{channel}__owner", f"{channel}__deputy", f"{channel}__approver"))
    if not rows:
        return 0
    staff = Staff(now)
    return sum(
        len(headsup.ask(of(row, staff), row.conversation, KIND, by=row.by, now=now, pending=row)) for row in rows
    )  # fmt: skip


def _let_go_of_who_is_away(now: datetime) -> None:
    """Ask anew instead of somebody who went away between being asked and being told, at night or in quiet hours."""
    today = timezone.localdate(now)
    away = NoticeSettings.objects.filter(Q(absent_until=None) | Q(absent_until__gte=today), absent_from__lte=today)
    waiting = HeadsUp.objects.filter(kind=KIND, told_at=None, tell_at__lte=now)  # not what is being told right now
    waiting.filter(person__in=away.values("user")).delete()


def of(pending: PendingReply, staff: Staff) -> list[User]:
    """Give whom to ask. A few queries for each person.

    Where nobody who may approve it is there, those who are away are asked all the same.
    """
    channel = pending.conversation.channel
    nearest = [person for person in (channel.owner, channel.deputy, channel.approver) if person and person.is_active]
    roles = ALLOWED[Permission.APPROVE_REPLIES]
    if found := _at_hand(_able(nearest, pending), pending, staff):
        return found
    everybody = User.objects.filter(is_active=True, memberships__role__in=roles).distinct().order_by("pk")
    able = _able(everybody, pending)
    return _at_hand(able, pending, staff) or able


def _at_hand(able: list[User], pending: PendingReply, staff: Staff) -> list[User]:
    """Give who is there of those who may approve it; for who is away the stand-in who may it too."""
    there = {person.pk: staff.stand_in(person.pk) for person in able}
    themselves = [person for person in able if there[person.pk] == person]
    others = [other for pk, other in there.items() if other and other.pk != pk and other not in themselves]
    return themselves + _able(others, pending)


def _able(people: Iterable[User], pending: PendingReply) -> list[User]:
    found = {person.pk: person for person in people if approvals.may_approve(person, pending)}
    return [
        person for person in found.values()
        if selectors.visible_to(person).filter(pk=pending.conversation_id).exists()
    ]  # fmt: skip
