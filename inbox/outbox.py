r"""The way out: replies and actions that are never lost and never sent twice. Nothing else sends.

    QUEUED --claim--> SENDING --accepted-------> SENT        external_id set; only now does the cycle end
      ^  \               |  \--what went wrong--> QUEUED (not_before moved; FAILED after six) | FAILED | UNKNOWN
      |   \--undo--------+-> CANCELLED  \--worker died, sweep--> UNKNOWN
      \--------surely not there---- look_up_unknown: connector.find_sent --there--> SENT

No platform has an idempotency key, so a write is never repeated on a guess: what may have been done is UNKNOWN until
the platform has been asked. A look-up that fails is not an absence. A reply that is surely absent twice, 2 and 10
minutes after it became unknown, is sent again; but not where a platform hides comments: there a person has to look.

A like, hide, delete or edit goes the same way, but for UNKNOWN: doing one twice does no harm, so it is looked for once,
where the platform tells (`effects.is_done`), and sent again if it is not seen. No person has to look.

Calls are made outside of any transaction, under a lock that says which process speaks for the channel. It falls with
its database session, even at kill -9, so nobody takes what a living worker is sending for dead.

`now` judges which waits are over. What happens meanwhile is dated by the clock: a call may take half a minute.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import channels
from connectors.base import AuthExpired, Exhausted, OutcomeUnknown, Sent
from inbox.leaving import effects, sending
from inbox.leaving.confirmation import CLOCKS_DIFFER
from inbox.leaving.sending import accepted, connector_of, has_living_token, send, send_again, target_of
from inbox.models import Item, Outgoing

log = logging.getLogger(__name__)

Status = Outgoing.Status
LONGEST_CALL = timedelta(minutes=2)  # to connect and to answer take at most 35 s (connectors.http.TIMEOUT); with room
SPEAKS_FOR = 0x6F757462  # the family of our advisory locks ("outb"); the other half of a lock is the channel's id
SECOND_LOOKUP = timedelta(minutes=10)  # after it became unknown
LOOKUPS = 2
LEAST_PAUSE, LONGEST_PAUSE = timedelta(minutes=2), timedelta(hours=1)  # after a look-up that failed
HIDES_COMMENTS = frozenset({"youtube"})  # its filter holds comments for review, unseen by a look-up


def deliver(now: datetime) -> list[Outgoing]:
    """Run the outbox and its sweeps once; give the rows touched. Trouble of one channel does not stop another."""
    touched: set[int] = set()
    for channel_id in _with_something_to_do(now):
        with sole_speaker(channel_id) as alone:
            if not alone:  # somebody is at it
                continue
            for step in (sweep_dead, look_up_unknown, send_due):
                touched.update(step(channel_id, now))
    found = Outgoing.objects.filter(pk__in=touched).select_related("conversation", "to")
    return list(found.order_by("pk"))


def deliver_one(pk: int, now: datetime) -> None:
    """Send one reply if it is time, and if no other process speaks for its channel just now (a sweep comes soon)."""
    channel_id = Outgoing.objects.filter(pk=pk).values_list("conversation__channel", flat=True).first()
    if channel_id is not None:
        with sole_speaker(channel_id) as alone:
            if alone:
                send(pk, now)


@contextmanager
def sole_speaker(channel_id: int) -> Iterator[bool]:
    """Let one process at a time call for a channel: a platform that hangs holds up one worker, not all of them.

    Yields False at once if another has the lock. It belongs to the database session, so a pooler must keep sessions.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [SPEAKS_FOR, channel_id])
        alone: bool = cursor.fetchone()[0]
    try:
        yield alone
    finally:
        if alone:
            with suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:  # gone with its session
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [SPEAKS_FOR, channel_id])


def send_due(channel_id: int, now: datetime) -> list[int]:
    """Send the replies of a channel whose time has come, oldest first; give the ids of those looked at."""
    due = Outgoing.objects.filter(conversation__channel=channel_id, status=Status.QUEUED, not_before__lte=now)
    ids = list(due.order_by("not_before", "pk").values_list("pk", flat=True))
    for pk in ids:
        try:
            send(pk, now)
        except Exception:  # one odd reply must not stop the others; the sweep finds what could not be recorded
            log.exception("Outgoing %s could not be recorded", pk)
    return ids


def sweep_dead(channel_id: int, now: datetime) -> list[int]:
    """Find what a worker died over: SENDING for longer than any call takes. Nobody knows what became of it."""
    left = Outgoing.objects.filter(
        conversation__channel=channel_id, status=Status.SENDING, claimed_at__lte=now - LONGEST_CALL
    ).select_related("conversation")
    why = OutcomeUnknown(_("Gensvar avbröts medan det skickades. Det är oklart om det gick fram."), code="interrupted")
    rows = list(left.order_by("pk"))
    for outgoing in rows:
        sending.unknown(outgoing, why, timezone.now())
    return [outgoing.pk for outgoing in rows]


def look_up_unknown(channel_id: int, now: datetime) -> list[int]:
    """Look for the unknown replies of a channel whose time has come; give their ids."""
    if not has_living_token(channel_id):
        return []  # they wait for a new token, and are looked up as soon as there is one
    due = sending.rows().filter(conversation__channel=channel_id, status=Status.UNKNOWN, next_lookup_at__lte=now)
    rows = list(due.order_by("next_lookup_at", "pk"))
    for outgoing in rows:
        try:
            _look_up(outgoing, now)
        except Exception:  # found, but not to be recorded: never an absence, and no reason to ask every second
            log.exception("Outgoing %s could not be recorded", outgoing.pk)
            _next(outgoing, now + _pause(outgoing, now))
    return [outgoing.pk for outgoing in rows]


def _look_up(outgoing: Outgoing, now: datetime) -> None:
    try:
        found = _find(outgoing)
    except AuthExpired:
        channels.mark_dead(outgoing.conversation.channel_id, timezone.now())
    except Exhausted as error:
        _next(outgoing, error.until)
    except Exception as error:  # whatever it was, it is not an absence
        log.info("Outgoing %s could not be looked up: %s", outgoing.pk, type(error).__name__)
        _next(outgoing, now + _pause(outgoing, now))
    else:
        if isinstance(found, Sent):
            accepted(outgoing, found, timezone.now())
        elif found:
            effects.done(outgoing, timezone.now())
        else:
            _absent(outgoing, now)


def _find(outgoing: Outgoing) -> Sent | bool | None:
    connector = connector_of(outgoing)
    if not outgoing.is_reply:
        return effects.is_done(outgoing, connector)
    return connector.find_sent(
        target_of(outgoing.to), outgoing.text, since=_sent_at(outgoing), exclude=_ours_already(outgoing)
    )


def _absent(outgoing: Outgoing, now: datetime) -> None:
    if not outgoing.is_reply:
        send_again(outgoing, not_before=now)
    elif outgoing.lookups + 1 < LOOKUPS:
        _next(outgoing, _since(outgoing) + SECOND_LOOKUP, lookups=F("lookups") + 1)
    elif outgoing.conversation.channel.platform in HIDES_COMMENTS:
        error = _("Svaret syns inte på plattformen, men kan ligga där för granskning. Titta efter, och säg hur det är.")
        _next(outgoing, None, lookups=F("lookups") + 1, error=error, error_code="look_for_yourself")
    else:
        send_again(outgoing, not_before=now)


def _next(outgoing: Outgoing, at: datetime | None, **changes: object) -> None:
    as_it_was = Q(status=Status.UNKNOWN, lookups=outgoing.lookups)
    Outgoing.objects.filter(as_it_was, pk=outgoing.pk).update(next_lookup_at=at, **changes)


def _ours_already(outgoing: Outgoing) -> set[str]:
    """Give the ids of everything that we know to be ours in the thread, or written about then: it is not this reply."""
    ours = Item.objects.filter(channel=outgoing.conversation.channel_id, from_us=True)
    near = Q(thread=outgoing.to.thread_id) | Q(posted_at__gte=_sent_at(outgoing) - CLOCKS_DIFFER)
    ids: set[str] = set()
    for external_id, earlier_ids in ours.filter(near).values_list("external_id", "earlier_ids"):
        ids |= {external_id, *earlier_ids}
    return ids


def _pause(outgoing: Outgoing, now: datetime) -> timedelta:
    """Wait the longer, the longer it has been unknown."""
    return min(max((now - _since(outgoing)) / 2, LEAST_PAUSE), LONGEST_PAUSE)


def _sent_at(outgoing: Outgoing) -> datetime:
    return outgoing.claimed_at or outgoing.created_at


def _since(outgoing: Outgoing) -> datetime:
    return outgoing.unknown_since or _sent_at(outgoing)


def _with_something_to_do(now: datetime) -> list[int]:
    due = (
        Q(status=Status.QUEUED, not_before__lte=now)
        | Q(status=Status.SENDING, claimed_at__lte=now - LONGEST_CALL)
        | Q(status=Status.UNKNOWN, next_lookup_at__lte=now)
    )
    found = Outgoing.objects.filter(due).values_list("conversation__channel", flat=True)
    return sorted(set(found))
