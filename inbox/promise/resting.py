"""Rest: a conversation leaves the list until a time, or until somebody writes; never past a deadline (R-025)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.permissions import Permission, require
from inbox import live
from inbox.deciding.acting import Refused, ledger_of, record
from inbox.models import Conversation
from inbox.showing import chips
from sla.clock import Policy

AFTERNOON, MORNING = time(15), time(8)
LONGEST_CLOSURE = 14  # days
Status = Conversation.Status


@dataclass(frozen=True)
class Choice:
    """A way to rest. `until` is None for *när någon svarar*."""

    key: str
    label: str | Promise
    until: datetime | None


def choices(policy: Policy, now: datetime) -> list[Choice]:
    """Give the ways that make sense at an instant."""
    local, staffed = timezone.localtime(now), policy.staffed or policy.calendar
    today = local.date()
    found = []
    if local.time() < time(AFTERNOON.hour - 1):
        found.append(Choice("afternoon", gettext_lazy("I eftermiddag 15.00"), _at(local, 0, AFTERNOON)))
    found.append(Choice("tomorrow", gettext_lazy("I morgon 08.00"), _at(local, 1, MORNING)))
    ahead = next((n for n in range(1, LONGEST_CLOSURE + 1) if staffed.windows(today + timedelta(days=n))), 1)
    if ahead > 1:
        found.append(Choice("workday", gettext_lazy("Nästa arbetsdag 08.00"), _at(local, ahead, MORNING)))
    found.append(Choice("answer", gettext_lazy("När någon svarar"), None))
    return found


def _at(local: datetime, days: int, at: time) -> datetime:
    return timezone.make_aware(datetime.combine(local.date() + timedelta(days=days), at))


@transaction.atomic
def rest(conversation_id: int, *, until: datetime | None, by: User, now: datetime) -> Conversation:
    """Let a conversation rest until an instant, or until somebody writes. Raises Refused past a deadline."""
    require(by, Permission.ANSWER)
    ledger, row = ledger_of(conversation_id, now)
    if row.status == Status.CLOSED:
        raise Refused(_("Konversationen är klar. Det finns inget att vila."), "closed")
    if until is not None and until <= now:
        raise Refused(_("Den tiden har redan passerat. Välj en senare."), "past")
    first = ledger.first(row)
    if first and (until is None or until > first.due_at):
        if first.due_at <= now:
            raise Refused(_("Skicka besked först. Fristen har redan gått ut."), "holding_first")
        due = chips.when(first.due_at, now)
        raise Refused(_("Skicka besked först. Fristen går ut %s, och den väntar inte.") % due, "holding_first")
    promise = ledger.promised(row)
    if promise and until is None:
        until = promise.due_soon_at  # whoever has been promised an answer is not forgotten
    if promise and until is not None and (until > promise.due_at or until <= now):
        raise Refused(
            _("Svar är lovat %s. Vilan kan inte gå längre än så.") % chips.when(promise.due_at, now), "promised"
        )
    Conversation.objects.filter(pk=row.pk).update(status=Status.SNOOZED, snoozed_until=until, revision=row.revision + 1)
    record("conversation.rests", row, by=by, now=now, until=until.isoformat() if until else None)
    row.refresh_from_db()
    return row


@transaction.atomic
def wake(conversation_id: int, *, by: User, now: datetime) -> Conversation:
    """Take a conversation back into the list."""
    require(by, Permission.ANSWER)
    _ledger, row = ledger_of(conversation_id, now)
    if row.status == Status.SNOOZED:
        _wake([row.pk])
        record("conversation.woken", row, by=by, now=now)
    row.refresh_from_db()
    return row


@transaction.atomic
def wake_due(now: datetime) -> int:
    """Wake what has rested long enough, or has come to a deadline that was moved; give how many."""
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"now": now})
        ids = [pk for (pk,) in cursor.fetchall()]
    if ids:
        _wake(ids)
        live.announce()
    return len(ids)


def _wake(ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(WAKE, {"ids": ids})


DUE = """
SELECT id FROM inbox_conversation
WHERE status = 'snoozed' AND (snoozed_until <= %(now)s OR due_at <= %(now)s)
ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
"""
# Whoever has been promised an answer and has not written since waits; everybody else is open.
WAKE = """
UPDATE inbox_conversation row SET snoozed_until = NULL, revision = revision + 1,
    status = CASE WHEN promised_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM inbox_replycycle cycle
        WHERE cycle.conversation_id = row.id AND cycle.kind = 'first' AND cycle.ended_at IS NULL
    ) THEN 'waiting' ELSE 'open' END
WHERE id = ANY(%(ids)s) AND status = 'snoozed'
"""
