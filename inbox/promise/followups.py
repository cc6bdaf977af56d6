"""*Fick personen hjälp?*: who was redirected in need is not forgotten (R-039).

The working day after, at nine, the conversation is back in the list, and it closes by *Ja* or *Nej* alone. It is a
question about what we did; nothing is remembered of the person.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission, require
from inbox import live
from inbox.deciding.acting import Refused, locked, record
from inbox.models import Conversation, FollowUp, Outgoing
from sla import policies
from sla.clock import Policy

ASKED_AT = time(9)
LONGEST_CLOSURE = 14  # days
UNKNOWN = "unknown"
Status, Lane, Answer = Conversation.Status, Conversation.Lane, FollowUp.Answer


def next_working_day(policy: Policy, now: datetime) -> datetime:
    """Give nine o'clock of the next day on which somebody is there."""
    staffed, today = policy.staffed or policy.calendar, timezone.localdate(now)
    ahead = next((n for n in range(1, LONGEST_CLOSURE + 1) if staffed.windows(today + timedelta(days=n))), 1)
    return timezone.make_aware(datetime.combine(today + timedelta(days=ahead), ASKED_AT))


def begin(conversation: Conversation, outgoing: Outgoing, now: datetime) -> None:
    """Remember to ask, where a redirect has reached somebody in the lane *Individ*. In the caller's transaction."""
    if conversation.lane != Lane.PERSON or outgoing.kind != Outgoing.Kind.REDIRECT:
        return
    policy = policies.in_force().policy(conversation.channel_id)
    ask_at = next_working_day(policy, now)
    is_open = FollowUp.objects.filter(conversation=conversation, answered_at=None)
    if not is_open.update(ask_at=ask_at, asked=False):
        FollowUp.objects.create(conversation=conversation, ask_at=ask_at, made_at=now)


@transaction.atomic
def ask_due(now: datetime) -> int:
    """Bring the conversations back whose question is due; give how many."""
    due = FollowUp.objects.select_for_update(skip_locked=True).filter(answered_at=None, asked=False, ask_at__lte=now)
    rows = list(due.order_by("conversation"))
    for row in rows:
        conversation = locked(row.conversation_id)
        back = Conversation.objects.filter(pk=conversation.pk)
        back.update(lane=Lane.PERSON, revision=F("revision") + 1)
        back.filter(status=Status.CLOSED).update(status=Status.OPEN)
    FollowUp.objects.filter(pk__in=[row.pk for row in rows]).update(asked=True)
    if rows:
        transaction.on_commit(live.announce, robust=True)
    return len(rows)


def check(conversation: Conversation) -> None:
    """Refuse to close a conversation otherwise than by the answer."""
    if conversation.lane == Lane.PERSON and of(conversation):
        raise Refused(_("Svara först på om personen fick hjälp."), "follow_up_first")


def of(conversation: Conversation) -> FollowUp | None:
    """Give the question that is open in a conversation. One query."""
    return FollowUp.objects.filter(conversation=conversation, answered_at=None).first()


@transaction.atomic
def answer(conversation_id: int, said: str, *, by: User, now: datetime) -> Conversation:
    """Say whether the person got help. *Vet ej* asks again the next working day; after *Nej* it stays in the list."""
    require(by, Permission.ANSWER)
    row = locked(conversation_id)
    follow_up = of(row)
    if follow_up is None:
        raise Refused(_("Frågan är redan besvarad."), "no_follow_up")
    if said not in (*Answer.values, UNKNOWN):
        raise Refused(_("Svara ja, nej eller vet ej."), "unknown_answer")
    if said == UNKNOWN:
        policy = policies.in_force().policy(row.channel_id)
        follow_up.ask_at, follow_up.asked = next_working_day(policy, now), False
    else:
        follow_up.answer, follow_up.answered_at, follow_up.by = said, now, by
    follow_up.save()
    _stand(row, is_open=said == Answer.NO)
    record("conversation.followed_up", row, by=by, now=now, answer=said)
    row.refresh_from_db()
    return row


def _stand(row: Conversation, *, is_open: bool) -> None:
    """Close what nobody waits in, or leave it in the list for another try."""
    here = Conversation.objects.filter(pk=row.pk, due_at=None)
    here.update(status=Status.OPEN if is_open else Status.CLOSED, revision=F("revision") + 1)
