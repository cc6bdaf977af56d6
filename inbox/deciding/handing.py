"""Handing a conversation over to another department, with a reason that the receiver reads."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import Department, Membership, Role, User
from accounts.permissions import Permission, require
from inbox.deciding.acting import Refused, check_text, locked, record
from inbox.models import Conversation, HandOver, HeadsUp
from inbox.telling import headsup

MOST_BOUNCES = 1  # a conversation sent back once more is decided by the central unit (REQUIREMENTS 5.4)


def department_of(conversation: Conversation) -> Department:
    """Give whose a conversation is: its own department, else its channel's."""
    return conversation.department or conversation.channel.department


def departments_for(conversation: Conversation) -> list[Department]:
    """Give to whom it can be handed over, by name. One query."""
    others = Department.objects.exclude(pk=department_of(conversation).pk)
    return sorted(others, key=lambda each: each.name.casefold())


@transaction.atomic
def hand_over(conversation_id: int, *, to: Department, reason: str, by: User, now: datetime) -> HandOver:
    """Give a conversation to another department, which is told; nobody in it is responsible yet. Raises Refused.

    What has been sent back once goes to a department that has had it only by way of the central unit.
    """
    require(by, Permission.ANSWER)
    check_text(reason, _("Skriv varför ni lämnar över. Mottagaren läser det."))
    conversation = locked(conversation_id)
    was = department_of(conversation)
    if was.pk == to.pk:
        raise Refused(_("Konversationen ligger redan hos %s.") % to, "same_department")
    if not to.is_central and _bounces_too_often(conversation, to) and not _is_central(by):
        raise Refused(
            _("Den har redan skickats tillbaka en gång. Lämna den till den centrala enheten, som avgör."), "bounced"
        )
    made = HandOver.objects.create(
        conversation=conversation, from_department=was, to_department=to, reason=reason.strip(), by=by, at=now
    )
    Conversation.objects.filter(pk=conversation.pk).update(department=to, assignee=None, revision=F("revision") + 1)
    headsup.ask(_who_answers_in(to), conversation, HeadsUp.Kind.HAND_OVER, by=by, now=now)
    record(
        "conversation.handed_over", conversation, by=by, now=now, hand_over=made.pk, from_department=was.pk,
        to_department=to.pk,
    )  # fmt: skip
    return made


def _bounces_too_often(conversation: Conversation, to: Department) -> bool:
    """Whether it would go back to a department that has had it, having gone back so before."""
    had: set[int] = set()
    bounces = 0
    for was, then in conversation.hand_overs.values_list("from_department", "to_department"):
        had.add(was)
        bounces += then in had
    return to.pk in had and bounces >= MOST_BOUNCES


def _is_central(user: User) -> bool:
    """Whether somebody acts for the central unit."""
    found = Membership.objects.filter(user=user)
    return (
        found.filter(department__is_central=True).exists() or found.filter(role__in=(Role.CENTRAL, Role.ADMIN)).exists()
    )


def _who_answers_in(department: Department) -> list[User]:
    answering = (Role.DEPARTMENT, Role.COMMUNICATOR, Role.MANAGER)
    found = User.objects.filter(is_active=True, memberships__department=department, memberships__role__in=answering)
    return list(found.distinct().order_by("pk"))
