"""One reply or action to its platform and back: claimed, called once, recorded. `outbox.py` says when, and draws the
states.

Each move of a row names the state it leaves; zero rows moved means that somebody else was faster, and that is fine.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, channels
from accounts.models import Credential
from connectors.base import (
    AuthExpired,
    Author,
    Capability,
    Connector,
    Exhausted,
    Gone,
    ItemKind,
    OutcomeUnknown,
    Permanent,
    PlatformError,
    Sent,
    Target,
    Temporary,
)
from inbox import ingest, live
from inbox.deciding import guard
from inbox.leaving import effects
from inbox.leaving.confirmation import confirm, ledger_for
from inbox.models import Conversation, Item, Outgoing

log = logging.getLogger(__name__)

Status = Outgoing.Status
MOST_ATTEMPTS = 6
FIRST_PAUSE = timedelta(seconds=30)  # then twice as long each time: 30 s, 1, 2, 4, 8 min
LONGEST_RETRY_AFTER = 86_400.0  # seconds; a platform that asks for more is tried once a day
FIRST_LOOKUP = timedelta(minutes=2)  # after it became unknown: platforms show what they took a moment later


def send(pk: int, now: datetime) -> None:
    """Claim a row and make its one call; record what came of it. Nothing happens if it is not to be sent now."""
    outgoing = claim(pk, now=now, holder=uuid4().hex)
    if outgoing is None:
        return
    try:
        connector = connector_of(outgoing)
    except PlatformError as error:
        went_wrong(outgoing, error)
        return
    try:
        sent = _call(connector, outgoing)
    except PlatformError as error:
        went_wrong(outgoing, error)
    except Exception as error:
        log.exception("Outgoing %s: %s", pk, type(error).__name__)
        went_wrong(outgoing, OutcomeUnknown(_("Något oväntat hände. Det är oklart om det gick fram.")))
    else:
        accepted(outgoing, sent, timezone.now()) if sent else effects.done(outgoing, timezone.now())


def _call(connector: Connector, outgoing: Outgoing) -> Sent | None:
    """Make the one call; give what a reply has become, None for an action. Raises a PlatformError."""
    target = target_of(outgoing.to)
    if not outgoing.is_reply:
        connector.moderate(target, Capability(outgoing.kind), outgoing.text)
        return None
    sent = connector.reply(target, outgoing.text)
    if not sent.external_id:
        raise OutcomeUnknown(_("Plattformen sade inte vilket svaret blev. Det är oklart om det gick fram."))
    return sent


@transaction.atomic
def claim(pk: int, *, now: datetime, holder: str) -> Outgoing | None:
    """Take a reply to send it: QUEUED → SENDING, by one of those who try. None if there is nothing to send now.

    If somebody else has answered since its form was drawn it FAILED instead; if the channel has no living token it is
    held. `holder` names this claim; who records the outcome names it again.
    """
    outgoing = rows().filter(pk=pk, status=Status.QUEUED, not_before__lte=now).first()
    if outgoing is None:
        return None
    conversation = Conversation.objects.select_for_update(no_key=True).get(pk=outgoing.conversation_id)
    at = timezone.now()
    if not has_living_token(conversation.channel_id):
        _hold(Outgoing.objects.filter(pk=pk, status=Status.QUEUED, held=False), AuthExpired(_reconnect()))
        return None
    if outgoing.is_reply and (
        other := guard.other_reply(conversation, since=outgoing.drawn_at, key=outgoing.key, now=at)
    ):
        why = Permanent(_("%s Ditt svar skickades inte.") % other, code="answered_meanwhile")
        _fail(outgoing, why, leaves=Q(status=Status.QUEUED))
        return None
    taken = Outgoing.objects.filter(pk=pk, status=Status.QUEUED, not_before__lte=now).update(
        status=Status.SENDING, claimed_at=at, claimed_by=holder, held=False, lookups=0, unknown_since=None
    )
    outgoing.status, outgoing.claimed_at, outgoing.claimed_by = Status.SENDING, at, holder
    return outgoing if taken else None


@transaction.atomic
def accepted(outgoing: Outgoing, sent: Sent, now: datetime) -> None:
    """Record that the platform has the reply: our item, SENT, and the end of what it answers.

    Where the platform gives no time, that of sending stands until a poll brings theirs.
    """
    dated = replace(sent, posted_at=sent.posted_at or outgoing.claimed_at)
    item = ingest.store_sent(outgoing, dated, now=now)  # locks the thread
    ledger = ledger_for(outgoing, now)
    if confirm(outgoing, item, ledger):
        ledger.save()
    else:  # a poll has linked it already; of its id the platform's own answer knows best
        Outgoing.objects.filter(pk=outgoing.pk).update(external_id=item.external_id)
    _announce()


def went_wrong(outgoing: Outgoing, error: PlatformError) -> None:
    """Record what became of a claimed reply that was not accepted: DESIGN's table of errors."""
    at = timezone.now()
    log.info("Outgoing %s: %s", outgoing.pk, error.code)
    match error:
        case Exhausted():
            _back(outgoing, error, not_before=error.until, held=True)
            waiting = _queued(outgoing.conversation.channel_id).filter(not_before__lt=error.until)
            _hold(waiting, error, not_before=error.until)  # the quota is the channel's, so theirs is used up too
        case AuthExpired():
            channels.mark_dead(outgoing.conversation.channel_id, at)
            _back(outgoing, error, held=True)
            _hold(_queued(outgoing.conversation.channel_id), error)
        case Gone() if outgoing.kind == Outgoing.Kind.DELETE:
            unknown(outgoing, error, at)  # it may be gone, as we want it, or only out of our sight: it is read
        case Permanent():
            _fail(outgoing, error, leaves=_claimed(outgoing))
        case Temporary() if outgoing.attempts + 1 >= MOST_ATTEMPTS:
            _fail(outgoing, error, leaves=_claimed(outgoing), attempts=F("attempts") + 1)
        case Temporary():
            pause = max(
                FIRST_PAUSE * 2**outgoing.attempts, timedelta(seconds=min(error.retry_after or 0, LONGEST_RETRY_AFTER))
            )
            _back(outgoing, error, not_before=at + pause, attempts=F("attempts") + 1)
        case _:
            unknown(outgoing, error, at)


def send_again(outgoing: Outgoing, *, not_before: datetime) -> None:
    """Queue anew what surely is not on the platform; after six attempts it FAILED."""
    attempts = outgoing.attempts + 1
    leaves = Q(status=Status.UNKNOWN, lookups=outgoing.lookups)
    if outgoing.error_code == "duplicate":
        why = Permanent(_("X tar inte emot samma text två gånger. Ändra något i texten."), code="duplicate")
        _fail(outgoing, why, leaves=leaves)
    elif outgoing.error_code == Gone.code:
        _fail(outgoing, Permanent(outgoing.error, code=Gone.code), leaves=leaves)
    elif attempts >= MOST_ATTEMPTS:
        why = Permanent(_("Det har inte gått fram på %s försök.") % attempts, code="gave_up")
        _fail(outgoing, why, leaves=leaves, attempts=attempts)
    else:
        changes = {
            "attempts": attempts,
            "not_before": not_before,
            "next_lookup_at": None,
            "error": "",
            "error_code": "",
        }
        _move(outgoing, leaves, "requeued", status=Status.QUEUED, **changes)


def connector_of(outgoing: Outgoing) -> Connector:
    """Build the connector of a reply's channel. Raises a PlatformError; nothing has been sent then."""
    try:
        return channels.connector_for(outgoing.conversation.channel)
    except PlatformError:
        raise
    except Exception as error:
        log.exception("Channel %s has no connector", outgoing.conversation.channel_id)
        raise Temporary(_("Kontots koppling gick inte att starta."), code="no_connector") from error


def target_of(item: Item) -> Target:
    """Give what a reply answers, as a connector wants it. Queries for what was not fetched with the item."""
    contact, post = item.contact, item.thread.post
    return Target(
        external_id=item.external_id,
        thread=item.thread.external_id,
        post=post.external_id if post else None,
        author=Author(contact.external_id, contact.name, contact.handle) if contact else None,
        kind=ItemKind(item.kind),
        posted_at=item.posted_at,
        from_us=item.from_us,
    )


def rows() -> QuerySet[Outgoing]:
    """Give outgoing replies with all that sending them needs."""
    return Outgoing.objects.select_related("conversation__channel", "to__contact", "to__thread__post", "by")


def _queued(channel_id: int) -> QuerySet[Outgoing]:
    return Outgoing.objects.filter(conversation__channel=channel_id, status=Status.QUEUED)


def has_living_token(channel_id: int) -> bool:
    """Whether the platform took the channel's token when it was last used."""
    return Credential.objects.filter(channel=channel_id, dead_since=None).exists()


def _reconnect() -> str:
    return _("Kontot behöver anslutas igen av en administratör. Det här skickas så snart det är gjort.")


def _claimed(outgoing: Outgoing) -> Q:
    return Q(status=Status.SENDING, claimed_by=outgoing.claimed_by)


def _back(outgoing: Outgoing, error: PlatformError, **changes: object) -> None:
    told = {"error": str(error), "error_code": error.code}
    _move(outgoing, _claimed(outgoing), None, status=Status.QUEUED, **told, **changes)


def _fail(outgoing: Outgoing, error: PlatformError, *, leaves: Q, **changes: object) -> None:
    told = {"error": str(error), "error_code": error.code, "held": False, "next_lookup_at": None}
    _move(outgoing, leaves, "failed", status=Status.FAILED, **told, **changes)


def unknown(outgoing: Outgoing, error: PlatformError, at: datetime) -> None:
    """Record that a claimed reply may have been done, or not: it is looked for on the platform."""
    waits = {"unknown_since": at, "next_lookup_at": at + FIRST_LOOKUP, "lookups": 0}
    told = {"error": str(error), "error_code": error.code}
    _move(outgoing, _claimed(outgoing), "unknown", status=Status.UNKNOWN, **told, **waits)


@transaction.atomic
def _move(outgoing: Outgoing, leaves: Q, action: str | None, **changes: object) -> bool:
    """Move a row if it is still where it is thought to be; if not, somebody else has moved it, and that is fine."""
    moved = Outgoing.objects.filter(leaves, pk=outgoing.pk).update(**changes) == 1
    if moved and action:
        subject = f"conversation:{outgoing.conversation_id}"
        code = str(changes.get("error_code", ""))
        what = "reply" if outgoing.is_reply else outgoing.kind
        audit.record(f"{what}.{action}", subject, by=None, now=timezone.now(), outgoing=outgoing.pk, code=code)
    if moved:
        _announce()
    return moved


def _hold(waiting: QuerySet[Outgoing], error: PlatformError, **changes: object) -> None:
    if waiting.update(held=True, error=str(error), error_code=error.code, **changes):
        _announce()


def _announce() -> None:
    transaction.on_commit(partial(live.announce), robust=True)
