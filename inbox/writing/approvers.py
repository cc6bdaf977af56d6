"""Who is told that a reply waits for approval: those nearest to the account, else everybody who may approve it.

A sweep asks, as who may see what takes questions for each person; the row says that somebody was asked, once a reply.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef

from accounts.models import User
from accounts.permissions import ALLOWED, Permission
from inbox import selectors
from inbox.models import HeadsUp, PendingReply
from inbox.telling import headsup
from inbox.writing import approvals


def ask(now: datetime) -> int:
    """Let whoever may approve be told of each reply that nobody was told of; give how many people are asked."""
    told = HeadsUp.objects.filter(pending=OuterRef("pk"))
    untold = approvals.waiting().filter(~Exists(told)).order_by("pk")
    channel = "conversation__channel"
    rows = untold.select_related("by", f"{channel}__owner", f"{channel}__deputy", f"{channel}__approver")
    kind = HeadsUp.Kind.APPROVAL
    return sum(
        len(headsup.ask(of(row), row.conversation, kind, by=row.by, now=now, pending=row)) for row in rows
    )  # fmt: skip


def of(pending: PendingReply) -> list[User]:
    """Give whom to ask. A few queries for each person."""
    channel = pending.conversation.channel
    nearest = [person for person in (channel.owner, channel.deputy, channel.approver) if person and person.is_active]
    roles = ALLOWED[Permission.APPROVE_REPLIES]
    return _able(nearest, pending) or _able(
        User.objects.filter(is_active=True, memberships__role__in=roles).distinct().order_by("pk"), pending
    )


def _able(people: Iterable[User], pending: PendingReply) -> list[User]:
    found = {person.pk: person for person in people if approvals.may_approve(person, pending)}
    return [
        person for person in found.values()
        if selectors.visible_to(person).filter(pk=pending.conversation_id).exists()
    ]  # fmt: skip
