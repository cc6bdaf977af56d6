"""The relay in the inbox: who gets what is written, and the card that is read before the first reply."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Prefetch
from django.utils.translation import gettext as _

from accounts import audit, relay
from accounts.models import Baton, Channel, Role, User
from accounts.permissions import ALLOWED, Permission, roles_of
from inbox.deciding.acting import Refused
from inbox.incoming.rows import among
from inbox.models import Conversation


def speaks_by_baton(user: User) -> bool:
    """Whether somebody answers by the relay's roster alone."""
    return roles_of(user) & ALLOWED[Permission.ANSWER] == {Role.RELAY}


def check(conversation: Conversation, *, by: User, now: datetime) -> None:
    """Let who answers by the roster alone do so where the baton is his or hers, with the card read. Raises Refused."""
    if not speaks_by_baton(by):
        return
    old_post = conversation.assignee_id == by.pk and conversation.arrived_at > now - relay.OLD_POST_FOR
    baton = relay.held(by, now).filter(channel=conversation.channel_id).first()
    if baton is None and not old_post:
        raise Refused(_("Stafettpinnen är inte din just nu. Din text är kvar."), "no_baton")
    if baton and baton.card_opened_at is None:
        raise Refused(_("Öppna överlämningskortet först. Din text är kvar."), "card_unread")


@dataclass(frozen=True)
class Standing:
    """What the inbox says on top of the relay: who holds the baton of an account, or what one's own is waiting for."""

    channel: Channel
    baton: Baton | None  # None: nobody holds it this week
    until: datetime
    is_mine: bool = False

    @property
    def needs(self) -> str:
        """What the holder has to do first: `consent`, `card` or nothing."""
        if not self.is_mine or self.baton is None:
            return ""
        if self.baton.consented_at is None:
            return "consent"
        return "card" if self.baton.card_opened_at is None else ""


def standing(user: User, channel_id: int | None, now: datetime) -> list[Standing]:
    """Say whose the baton is: on the account that is shown, and for one of the relay on all that are or were theirs.

    No query for others where no account is chosen, else one; two for one of the relay.
    """
    if speaks_by_baton(user):
        ours = Channel.objects.filter(batons__user=user).distinct()
    elif channel_id is not None:
        ours = Channel.objects.filter(pk=channel_id, kind=Channel.Kind.RELAY)
    else:
        return []
    monday = relay.monday_of(now)
    this_week = Baton.objects.filter(monday=monday, returned_at=None).select_related("user")
    found = []
    for channel in ours.prefetch_related(Prefetch("batons", this_week, to_attr="now")):
        baton = next(iter(channel.now), None)
        is_mine = baton is not None and baton.user_id == user.pk and bool(baton.manager)
        is_held = baton is not None and (baton.is_cleared or is_mine)
        found.append(Standing(channel, baton if is_held else None, relay.closes_at(monday), is_mine))
    return found


def assign(thread_ids: Collection[int], now: datetime) -> int:
    """Give what is new and nobody's on a relay account to whoever has, or had, the baton; say how many.

    A comment under a post goes to who held the baton when the post was made; everything else to who holds it now.
    Two queries where a relay account is among them, else one.
    """
    rows = Conversation.objects.filter(among(Conversation, "thread", thread_ids), channel__kind=Channel.Kind.RELAY)
    rows = rows.filter(items__unsettled=True, items__from_us=False, assignee=None).distinct()
    found = list(rows.values_list("pk", "channel", "thread__post__posted_at"))
    if not found:
        return 0
    batons = {(baton.channel_id, baton.monday): baton for baton in _batons({channel for _pk, channel, _at in found})}
    this_week = relay.monday_of(now)
    given = 0
    for pk, channel, posted_at in sorted(found):
        post_week = relay.monday_of(posted_at) if posted_at else this_week
        baton = batons.get((channel, post_week)) or batons.get((channel, this_week))
        if baton is not None:
            given += _give(pk, baton.user_id, now, was=None, baton=baton.pk)
    return given


def _batons(channels: Collection[int]) -> list[Baton]:
    return list(relay.cleared().filter(channel__in=channels, user__is_active=True))


def to_owners(now: datetime) -> int:
    """Give what whoever held the baton once has not answered in time to the account's owner (R-112); say how many."""
    late = Conversation.objects.filter(
        channel__kind=Channel.Kind.RELAY, channel__owner__isnull=False, assignee__isnull=False,
        due_at__isnull=False, arrived_at__lte=now - relay.OLD_POST_FOR,
    ).exclude(status=Conversation.Status.CLOSED).exclude(assignee=F("channel__owner"))  # fmt: skip
    held_now = relay.cleared().filter(monday=relay.monday_of(now)).values("user")
    once = Baton.objects.filter(monday__lt=relay.monday_of(now)).values("user")
    late = late.filter(assignee__in=once, assignee__memberships__role=Role.RELAY).exclude(assignee__in=held_now)
    found = sorted(set(late.values_list("pk", "assignee", "channel__owner")))
    return sum(_give(pk, owner, now, was=assignee) for pk, assignee, owner in found)


@transaction.atomic
def _give(pk: int, user_id: int, now: datetime, *, was: int | None, **why: object) -> int:
    rows = Conversation.objects.filter(pk=pk, assignee=was)
    if rows.update(assignee=user_id, revision=F("revision") + 1) != 1:
        return 0
    audit.record("conversation.assigned", f"conversation:{pk}", by=None, now=now, to=user_id, relay=True, **why)
    return 1
