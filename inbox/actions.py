"""What people do: the one API that pages, commands and tests call.

Each action is one transaction: permission, change, what goes out, audit event. None calls a platform: a reply is queued
here, and `outbox.py` sends it. What cannot be done raises `Refused` with a sentence for the person who tried.

What acts on what stands on the platform already is written in `moderation.py`, what asks an expert in `experts.py`.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import CAN_BE_GIVEN, Permission, require, roles_of
from connectors.base import Sent
from inbox import cycles, tasks
from inbox.deciding import experts, guard, moderation
from inbox.deciding.acting import Refused, after_commit, ledger_of, locked, outgoing_of, record, rule
from inbox.deciding.experts import ask_expert, expert_has_answered
from inbox.deciding.moderation import delete_reply, edit_reply, like, moderate, unhide
from inbox.deciding.notes import add_note
from inbox.house import relaying
from inbox.leaving import sending
from inbox.models import Conversation, Item, Note, Outgoing, RedirectTarget, ReplyCycle, VerdictEvent
from inbox.promise import followups
from inbox.promise.resting import rest, wake
from inbox.verdicts import ASK_EXPERT, LIKE, VERDICTS, WATCH
from inbox.writing import neutrality, replying
from inbox.writing.pointing import remove_responsibility, save_redirect_target, save_responsibility
from inbox.writing.signing import signed

__all__ = [
    "Refused",
    "add_note",
    "ask_expert",
    "assign",
    "cancel",
    "close",
    "decide",
    "delete_reply",
    "edit_reply",
    "expert_has_answered",
    "like",
    "mark_seen",
    "moderate",
    "remove_responsibility",
    "reopen",
    "reply",
    "rest",
    "retry",
    "save_redirect_target",
    "save_responsibility",
    "settle_unknown",
    "signed",
    "undo",
    "unhide",
    "wake",
]

DECIDED = ("no_reply", "like", "watch")  # what `decide` carries out; the others need more, or send something
UNDO_WITHIN = timedelta(seconds=15)  # the pages offer 10 s; the rest is for the way here
AGAIN_AFTER = timedelta(seconds=10)  # a reply that a person sends anew can be taken back as long as any other
_ID_IN_LINK = (re.compile(r"[?&]lc=([\w.-]+)"), re.compile(r"/status/(\d+)"))  # YouTube, X


@transaction.atomic
def reply(
    conversation_id: int,
    *,
    kind: str,
    text: str,
    by: User,
    key: str,
    now: datetime,
    drawn_at: datetime | None = None,
    to: str | None = None,
    promised_at: datetime | None = None,
    delay: float = 0.0,
    sign: bool = False,
    note: str = "",
    redirect: RedirectTarget | None = None,
    approved_by: User | None = None,
) -> Outgoing:
    """Queue a reply; give its row. The same key gives the same row, whatever else differs.

    `to`: external id of the item answered, by default the newest that waits. `drawn_at`: when the form was drawn, by
    default now. `delay`: seconds in which it can be taken back. The conversation stays as it is until the platform has
    confirmed the reply. `note`: a manager's word, which a third holding reply needs. `redirect`: where a redirect
    points. `approved_by`: who sends what `by` has written (`approvals.py`). Raises Refused; PermissionDenied.
    """
    require(approved_by or by, Permission.ANSWER)
    if earlier := _with_key(key):
        return earlier
    conversation = locked(conversation_id)
    if earlier := _with_key(key):  # a double click that waited for the lock
        return earlier
    if approved_by is None:
        relaying.check(conversation, by=by, now=now)
        replying.check_leave(conversation, by=by, now=now)
    outgoing = replying.drawn(
        conversation, kind=kind, text=text, by=by, key=key, now=now, drawn_at=drawn_at or now, to=to,
        promised_at=promised_at, sign=sign, note=note, redirect=redirect, agreed_by=approved_by,
    )  # fmt: skip
    outgoing.not_before = now + timedelta(seconds=delay)
    if earlier := _unless_new(outgoing):
        return earlier
    facts = {"outgoing": outgoing.pk, "kind": kind, "to": outgoing.to.external_id}
    facts |= {"author": by.pk} if approved_by else {}
    record("reply.queued", conversation, by=approved_by or by, now=now, **facts)
    if not delay:
        after_commit(partial(tasks.deliver_one.apply_async, (outgoing.pk,), retry=False))
    return outgoing


@transaction.atomic
def cancel(outgoing_id: int, *, by: User, now: datetime) -> bool:
    """Take back what has not left; give whether this call did it. Raises Refused once it is being sent.

    An action that has failed can be let be in the same way.
    """
    require(by, Permission.ANSWER)
    outgoing = outgoing_of(outgoing_id)
    if not outgoing.is_reply:
        return moderation.cancel(outgoing, by=by, now=now)
    queued = Outgoing.objects.filter(pk=outgoing_id, status=Outgoing.Status.QUEUED)
    if not queued.update(status=Outgoing.Status.CANCELLED, held=False):
        if outgoing.status == Outgoing.Status.CANCELLED:
            return False
        if outgoing.status == Outgoing.Status.FAILED:
            raise Refused(_("Svaret gick inte fram. Det finns inget att ångra."), "failed")
        raise Refused(_("Hann skickas. Svaret går inte att ångra längre."), "too_late")
    helped = Outgoing.objects.filter(key=f"{outgoing.key}-like", status=Outgoing.Status.QUEUED)
    helped.update(status=Outgoing.Status.CANCELLED, held=False)
    record("reply.cancelled", outgoing.conversation, by=by, now=now, outgoing=outgoing.pk)
    return True


@transaction.atomic
def retry(outgoing_id: int, *, by: User, now: datetime) -> Outgoing:
    """Send what has failed again, as a new row: the failed one stays what it was. Twice gives the same new row."""
    require(by, Permission.ANSWER)
    failed = outgoing_of(outgoing_id)
    if failed.status != Outgoing.Status.FAILED:
        raise Refused(_("Bara ett svar som misslyckades kan skickas igen."), "not_failed")
    if not failed.is_reply:
        return moderation.again(failed, by=by, now=now)
    again = reply(
        failed.conversation_id,
        kind=failed.kind,
        text=failed.text,
        by=by,
        key=f"retry-{failed.pk}",
        now=now,
        to=failed.to.external_id,
        promised_at=failed.promised_at,
    )
    again.also.set(failed.also.all())
    return again


@transaction.atomic
def settle_unknown(
    outgoing_id: int, *, was_sent: bool, by: User, now: datetime, external_id: str | None = None
) -> Outgoing:
    """Say what a person saw on the platform: the reply stands there (its id or link is needed), or it is sent again."""
    require(by, Permission.ANSWER)
    outgoing = outgoing_of(outgoing_id, and_thread=was_sent)
    if outgoing.status != Outgoing.Status.UNKNOWN or not outgoing.is_reply:
        raise Refused(_("Det svaret är redan utrett."), "not_unknown")
    if was_sent:
        sending.accepted(outgoing, Sent(_id_of_ours(outgoing, external_id or "")), now)
    else:
        sending.send_again(outgoing, not_before=now + AGAIN_AFTER)
    record("reply.settled", outgoing.conversation, by=by, now=now, outgoing=outgoing.pk, was_sent=was_sent)
    outgoing.refresh_from_db()
    return outgoing


@transaction.atomic
def decide(
    conversation_id: int, verdict_key: str, *, by: User, now: datetime, reason: str = "", note: str = ""
) -> VerdictEvent:
    """Carry out a verdict that sends nothing; give its event, by which it can be undone. Raises Refused.

    *Like* is ruled so where the platform has none, or where a person has liked in its own app. The same verdict twice,
    as by a double click, gives the first event.
    """
    require(by, Permission.ANSWER)
    verdict = VERDICTS.get(verdict_key)
    if verdict is None or verdict_key not in DECIDED:
        raise Refused(_("Det finns inget sådant beslut."), "unknown_verdict")
    if verdict.reasons and reason not in dict(verdict.reasons):
        raise Refused(_("Välj varför."), "unknown_reason")
    ledger, conversation = ledger_of(conversation_id, now)
    if verdict is LIKE:
        neutrality.check_like(conversation, now)
    waits = ledger.first(conversation) or ledger.promised(conversation)
    if verdict is WATCH and waits:
        raise Refused(_("Någon väntar på svar här. Bevaka går bara när ingen gör det."), "somebody_waits")
    if conversation.status == verdict.status and not waits:
        if standing := _standing(conversation, verdict_key, reason):
            return standing
        if verdict is not WATCH:
            raise Refused(_("Konversationen är redan klar."), "already_closed")
    if whose := guard.reply_on_its_way(conversation):
        raise Refused(whose, "reply_on_its_way")
    if verdict.status == Conversation.Status.CLOSED:
        followups.check(conversation)
    event = rule(ledger, conversation, verdict, by=by, at=now, reason=reason)
    ledger.save()
    if note.strip():
        Note.objects.create(conversation=conversation, by=by, at=now, text=note)
    record(f"verdict.{verdict_key}", conversation, by=by, now=now, event=event.pk, reason=reason)
    return event


def close(conversation_id: int, *, reason: str, by: User, now: datetime, note: str = "") -> VerdictEvent:
    """Rule that no reply is needed."""
    return decide(conversation_id, "no_reply", reason=reason, by=by, now=now, note=note)


@transaction.atomic
def undo(event_id: int, *, by: User, now: datetime) -> Conversation:
    """Take back a verdict within seconds: its cycles are open again, as if it had not been."""
    require(by, Permission.ANSWER)
    event = VerdictEvent.objects.filter(pk=event_id).select_related("conversation").first()
    if event is None:
        raise Refused(_("Beslutet finns inte."), "unknown_verdict")
    ledger, conversation = ledger_of(event.conversation_id, now)
    event.refresh_from_db()
    if event.undone_at:
        return conversation
    verdict = VERDICTS.get(event.verdict)
    if now - event.at > UNDO_WITHIN or "outgoing" in event.before or (verdict and verdict.sends):
        raise Refused(_("Det går inte att ångra längre. Återöppna konversationen i stället."), "too_late")
    if _something_happened_since(event):
        raise Refused(_("Någon har hunnit göra något mer här. Återöppna konversationen i stället."), "too_late")
    if verdict is ASK_EXPERT and not experts.take_back(event, now):
        raise Refused(_("Frågan har redan skickats."), "too_late")
    cycles.undo(ledger, event, by=by)
    ledger.save()
    record("verdict.undone", conversation, by=by, now=now, event=event.pk)
    return conversation


@transaction.atomic
def reopen(conversation_id: int, *, by: User, now: datetime) -> Conversation:
    """Take up a closed conversation again; the oldest unanswered item waits from its own time."""
    require(by, Permission.ANSWER)
    ledger, conversation = ledger_of(conversation_id, now)
    if conversation.status == Conversation.Status.CLOSED:
        cycles.reopen(ledger, conversation)
        ledger.save()
        record("conversation.reopened", conversation, by=by, now=now)
    return conversation


@transaction.atomic
def assign(conversation_id: int, *, to_user: User | None, by: User, now: datetime) -> Conversation:
    """Say who answers, or that nobody is chosen."""
    require(by, Permission.ANSWER)
    conversation = locked(conversation_id)
    if to_user and not (to_user.is_active and roles_of(to_user) & CAN_BE_GIVEN):
        raise Refused(_("%s får inte svara, och kan därför inte vara ansvarig.") % to_user, "may_not_answer")
    if conversation.assignee_id != (to_user.pk if to_user else None):
        conversation.assignee = to_user
        Conversation.objects.filter(pk=conversation.pk).update(assignee=to_user, revision=F("revision") + 1)
        record("conversation.assigned", conversation, by=by, now=now, to=to_user.pk if to_user else None)
        if to_user and to_user != by:
            after_commit(partial(tasks.wake_person.apply_async, (to_user.pk,), retry=False))
    return conversation


def mark_seen(conversation_id: int, *, by: User, now: datetime) -> None:
    """Remember who first saw what the citizen wrote, and when. One query if all of it was seen before."""
    require(by, Permission.READ)
    unseen = Item.objects.filter(conversation=conversation_id, from_us=False, first_seen_at=None)
    if unseen.exists():
        with transaction.atomic():
            conversation = locked(conversation_id)  # before its items, as everybody does
            if unseen.update(first_seen_at=now, first_seen_by=by):
                record("conversation.seen", conversation, by=by, now=now)


def _with_key(key: str) -> Outgoing | None:
    return Outgoing.objects.filter(key=key).select_related("conversation", "to").first()


def _unless_new(outgoing: Outgoing) -> Outgoing | None:
    """Save a reply; give the one that had its key, in another conversation at the same instant."""
    try:
        with transaction.atomic():
            outgoing.save()
    except IntegrityError:
        if earlier := _with_key(outgoing.key):
            return earlier
        raise
    return None


def _standing(conversation: Conversation, verdict_key: str, reason: str) -> VerdictEvent | None:
    """Give the verdict that made the conversation what it is, if it was this one."""
    event = VerdictEvent.objects.filter(conversation=conversation, undone_at=None).last()
    return event if event and (event.verdict, event.reason) == (verdict_key, reason) else None


def _something_happened_since(event: VerdictEvent) -> bool:
    """Whether the conversation got another verdict, or an answer of ours, after this one."""
    later = VerdictEvent.objects.filter(conversation=event.conversation_id, pk__gt=event.pk, undone_at=None)
    ended = ReplyCycle.objects.filter(conversation=event.conversation_id, reply__fetched_at__gt=event.at)
    return later.exists() or ended.exists()


def _id_of_ours(outgoing: Outgoing, pasted: str) -> str:
    """Give the id that a person pasted for a reply; refuse one that is known to be something else."""
    found = _id_in(pasted)
    if not found:
        raise Refused(_("Klistra in länken till svaret på plattformen, så att vi vet vilket det är."), "no_id")
    channel = outgoing.conversation.channel_id
    item = Item.objects.filter(channel=channel, external_id=found).first()
    if item and not item.from_us:
        raise Refused(_("Länken går till något som andra har skrivit, inte till ert svar."), "not_ours")
    linked = Outgoing.objects.filter(conversation__channel=channel, external_id=found)
    if item and (item.thread_id != outgoing.to.thread_id or linked.exists()):
        raise Refused(_("Länken går till ett annat av era svar."), "another_reply")
    return found


def _id_in(pasted: str) -> str:
    """Give the id in what a person pasted: a link of the platform, or the bare id."""
    for pattern in _ID_IN_LINK:
        if found := pattern.search(pasted):
            return found[1]
    pasted = pasted.strip()
    return "" if re.search(r"[\s/]", pasted) else pasted
