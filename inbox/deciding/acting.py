"""What every action of a person has in common: the lock, the refusal, the verdict that ends what waits, the history."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from inbox import live
from inbox.cycles import Ledger
from inbox.models import Conversation, Item, Outgoing, Thread, VerdictEvent
from inbox.verdicts import Verdict


class Refused(Exception):
    """What was asked cannot be done; `str()` says why to a communicator, `code` is short and stable."""

    def __init__(self, message: str, code: str = "refused") -> None:
        super().__init__(message)
        self.code = code


def locked(conversation_id: int) -> Conversation:
    """Give a conversation, and let nobody else act in it until the transaction ends. Raises Refused."""
    conversation = Conversation.objects.select_for_update(no_key=True).filter(pk=conversation_id).first()
    if conversation is None:
        raise Refused(_("Konversationen finns inte."), "unknown_conversation")
    return conversation


def ledger_of(conversation_id: int, now: datetime) -> tuple[Ledger, Conversation]:
    """Give a locked conversation with its open cycles."""
    locked(conversation_id)
    ledger = Ledger.of([Conversation(pk=conversation_id)], now)
    return ledger, ledger.conversations[conversation_id]


def outgoing_of(outgoing_id: int, *, and_thread: bool = False) -> Outgoing:
    """Give what is on its way, with its conversation locked. Raises Refused.

    `and_thread`: the thread is locked before, as everybody does who writes in both.
    """
    places = Outgoing.objects.filter(pk=outgoing_id).values_list("conversation_id", "conversation__thread_id")
    found = places.first()
    if found is None:
        raise Refused(_("Svaret finns inte."), "unknown_reply")
    conversation_id, thread_id = found
    if and_thread:
        Thread.objects.select_for_update(no_key=True).get(pk=thread_id)
    locked(conversation_id)
    return Outgoing.objects.select_related("conversation__channel", "to", "by").get(pk=outgoing_id)


def item_in(conversation: Conversation, external_id: str) -> Item:
    """Give the citizen's item with this id, or with this id before an edit. Raises Refused."""
    items = Item.objects.filter(conversation=conversation, from_us=False)
    item = items.filter(external_id=external_id).first() or items.filter(earlier_ids__contains=[external_id]).first()
    if item is None:
        raise Refused(_("Det finns ingen sådan kommentar i konversationen."), "unknown_item")
    return item


def check_text(text: str, if_empty: str) -> None:
    """Refuse a text that is empty, or that cannot be stored and sent."""
    if not text.strip():
        raise Refused(if_empty, "empty_text")
    with suppress(UnicodeEncodeError):
        text.encode()
        if "\0" not in text:
            return
    raise Refused(_("Texten innehåller tecken som inte går att skicka."), "bad_text")


def rule(
    ledger: Ledger,
    conversation: Conversation,
    verdict: Verdict,
    *,
    by: User,
    at: datetime,
    reason: str = "",
    covered: Collection[Item] | None = None,
    spares_promise: bool = False,
    outgoing: Outgoing | None = None,
) -> VerdictEvent:
    """Write a verdict down and end what waits by it; the caller saves the ledger.

    `covered` and `spares_promise` as in `Ledger.end`. `outgoing`: what has carried it out on the platform; that cannot
    be undone here.
    """
    event = VerdictEvent.objects.create(
        conversation=conversation,
        verdict=verdict.key,
        reason=reason,
        by=by,
        at=at,
        before={"status": conversation.status} | ({"outgoing": outgoing.pk} if outgoing else {}),
    )
    ledger.end(conversation, verdict, at=at, covered=covered, spares_promise=spares_promise, event=event)
    return event


def newest_waiting(conversation: Conversation) -> Item | None:
    """Give the citizen's newest item that waits for us, else the newest that is still there. One query."""
    there = Item.objects.filter(conversation=conversation, from_us=False, deleted_at=None)
    waits = ExpressionWrapper(Q(cycle__isnull=False, cycle__ended_at=None), BooleanField())
    return there.alias(waits=waits).order_by("-waits", "-posted_at", "-pk").first()


def record(action: str, conversation: Conversation, *, by: User, now: datetime, **data: object) -> None:
    """Write an action into the history, in its transaction, and tell the open pages afterwards.

    What is done in a topic stands with it: by that, all that was done in politics while we were neutral is found.
    """
    if conversation.topic_id:
        data["topic"] = conversation.topic_id
    audit.record(action, f"conversation:{conversation.pk}", by=by, now=now, **data)
    after_commit(live.announce)


def after_commit(nudge: Callable[[], object]) -> None:
    # The row is the truth and this only a nudge: a broker that is away must not make the action look failed.
    transaction.on_commit(nudge, robust=True)
