"""Neutrality between dates (R-036): what is marked political is not liked, nor answered by one person alone.

A like is a statement. What a topic is, the register says (`Topic.is_political`); that it is given to a conversation is
somebody's or a rule's doing, and everybody's words are treated alike, whoever wrote them.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import rules
from accounts.models import NeutralPeriod, User
from inbox.deciding.acting import Refused
from inbox.models import Conversation, ReplyTemplate

TEMPLATE = "Frågan avgörs av politikerna"
TEXT = (
    "Tack för att du hör av dig. Den frågan avgörs av politikerna, och som tjänstepersoner tar vi inte ställning. "
    "Partierna i kommunfullmäktige svarar gärna: så kontaktar du dem: {länk}"
)


def periods(today: date) -> QuerySet[NeutralPeriod]:
    return NeutralPeriod.objects.filter(first_day__lte=today, last_day__gte=today)


def held(now: datetime) -> Q:
    """Give the condition on conversations that are political while we are neutral."""
    return Q(Exists(periods(timezone.localdate(now)))) & Q(topic__is_political=True)


def check_like(conversation: Conversation, now: datetime) -> None:
    """Refuse a like of what is political while we are neutral. No query where no topic is given, else one."""
    if conversation.topic_id and Conversation.objects.filter(held(now), pk=conversation.pk).exists():
        raise Refused(
            _("Neutralitet gäller, och ämnet är politiskt: en gilla-markering är ett ställningstagande."), "neutral"
        )


@transaction.atomic
def save_period(period: NeutralPeriod, *, by: User, now: datetime) -> None:
    """Store a period, and see to it that the answer for it stands in the bank."""
    rules.save_period(period, by=by, now=now)
    facts = {"text": TEXT, "owner": by, "review_at": period.last_day + timedelta(days=30), "changed_at": now}
    ReplyTemplate.objects.get_or_create(name=TEMPLATE, defaults={**facts, "changed_by": by})
