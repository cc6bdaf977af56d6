"""The second clock: how often we have said that an answer comes, and when a manager has to agree to say it again.

A second holding reply is flagged, a third one needs a manager's word (R-017).
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Subquery, When
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import ALLOWED, Permission, may
from inbox.deciding.acting import Refused
from inbox.models import Conversation, Note, ReplyCycle

NEEDS_A_MANAGER = 3  # from the third holding reply in a row on
Kind, Outcome = ReplyCycle.Kind, ReplyCycle.Outcome


def in_a_row(conversation_id: int) -> int:
    """Count the holding replies since we last answered. One query."""
    return _unanswered().filter(conversation=conversation_id).count()


def _unanswered():  # type: ignore[no-untyped-def]
    """The promised cycles after which no answer has come: open, or superseded by one that is."""
    later = ReplyCycle.objects.filter(conversation=OuterRef("conversation"), kind=Kind.PROMISED, pk__gte=OuterRef("pk"))
    ended = later.filter(ended_at__isnull=False).exclude(outcome=Outcome.SUPERSEDED)
    return ReplyCycle.objects.filter(~Exists(ended), kind=Kind.PROMISED)


def counted() -> Case:
    """Give, for a query of conversations, how many holding replies have been given in a row; null where none stands."""
    number = _unanswered().filter(conversation=OuterRef("pk")).order_by().values("conversation")
    return Case(
        When(promised_at__isnull=False, then=Subquery(number.annotate(n=Count("pk")).values("n"))),
        output_field=IntegerField(),
    )


def words(number: int | None) -> str:
    """Flag the second and later ones: `2:a beskedet`, `3:e beskedet`."""
    if number is None or number < 2:
        return ""
    ordinal = f"{number}:a" if number % 10 in (1, 2) and number not in (11, 12) else f"{number}:e"
    return _("%s beskedet") % ordinal


def check(conversation: Conversation, *, by: User, note: str, now: datetime) -> None:
    """Let a third holding reply through only with a manager's word: his or her note, written now or since the last.

    Stores the note. Raises Refused. In the caller's transaction.
    """
    given = in_a_row(conversation.pk)
    if given + 1 < NEEDS_A_MANAGER:
        return
    is_manager = may(by, Permission.APPROVE)
    if is_manager and note.strip():
        Note.objects.create(conversation=conversation, by=by, at=now, text=note)
        return
    last = ReplyCycle.objects.filter(conversation=conversation, kind=Kind.PROMISED).latest("pk").started_at
    agreed = Note.objects.filter(
        conversation=conversation, at__gte=last, by__memberships__role__in=ALLOWED[Permission.APPROVE]
    )
    if agreed.exists():
        return
    which = f"{given + 1}:e"
    if is_manager:
        raise Refused(
            _("Det här blir det %s beskedet. Skriv i en anteckning varför det behövs.") % which, "note_needed"
        )
    raise Refused(
        _("Det här blir det %s beskedet. En chef behöver först skriva i en anteckning varför det behövs.") % which,
        "manager_needed",
    )
