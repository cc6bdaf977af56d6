"""How much of the inbox somebody sees, as a filter. Asked by `selectors.visible_to` alone.

A department's communicator sees what is the department's: by the conversation's own department, else by the account's;
and on the main accounts, which all departments share, what nobody has yet. Whoever holds the baton of a relay account
sees what was written to it that week, and what of it is still open; and whoever held it before, for some hours, the new
comments on the posts of that week.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from accounts import relay
from accounts.models import Baton, Channel, User
from accounts.permissions import Scope
from inbox.models import Conversation


def of(scope: Scope, user: User, now: datetime) -> Q:
    """Give the filter of one who does not see everything; each part of it is a condition on the row that is read."""
    seen = Q(assignee=user) if scope.departments else Q(pk__in=())
    if scope.departments:
        own = Channel.objects.filter(department__in=scope.departments)
        shared = Channel.objects.filter(kind=Channel.Kind.MAIN)
        seen |= Q(department__in=scope.departments) | Q(department=None, channel__in=own.values("pk"))
        seen |= Q(department=None, assignee=None, channel__in=shared.values("pk"))
    return seen | _of_the_relay(user, now) if scope.batons else seen


def _of_the_relay(user: User, now: datetime) -> Q:
    baton = relay.held(user, now).filter(channel=OuterRef("channel"))
    since = relay.opens_at(relay.monday_of(now))
    this_week = Q(Exists(baton)) & (~Q(status=Conversation.Status.CLOSED) | Q(last_item_at__gte=since))
    earlier = Baton.objects.filter(user=user, returned_at=None, consented_at__isnull=False).exclude(manager="")
    held_once = Q(Exists(earlier.filter(channel=OuterRef("channel"), monday__lt=relay.monday_of(now))))
    return this_week | (held_once & Q(assignee=user, arrived_at__gt=now - relay.OLD_POST_FOR))
