"""A reply of ours stands on the platform: what that ends. For the outbox, which sent it, and for ingest, which saw it.

Only here does an outgoing reply become SENT, and only with that do its cycles end.
"""

from __future__ import annotations

import html
import re
import unicodedata
from datetime import datetime, timedelta

from accounts import audit
from inbox.cycles import Ledger
from inbox.models import REPLIES, Conversation, Item, Outgoing, VerdictEvent
from inbox.promise import followups
from inbox.verdicts import of_reply

MAY_HAVE_LEFT = (Outgoing.Status.SENDING, Outgoing.Status.UNKNOWN, Outgoing.Status.QUEUED)
CLOCKS_DIFFER = timedelta(minutes=10)  # a platform's time may lie so much before ours; find_sent looks back as far

_LEADING_NAMES = re.compile(r"^(?:@[\w.-]+\s+)+")
_SHORT_LINK = re.compile(r"https?://t\.co/\w+")


def confirm(outgoing: Outgoing, item: Item, ledger: Ledger) -> bool:
    """Make a reply SENT as `item`, and end what it answers at the item's time; False if it was SENT before.

    Wants the item's thread and the ledger's conversation locked. The caller saves the ledger.
    """
    moved = Outgoing.objects.filter(pk=outgoing.pk).exclude(status=Outgoing.Status.SENT)
    if not moved.update(
        status=Outgoing.Status.SENT,
        external_id=item.external_id,
        posted_at=item.posted_at,
        next_lookup_at=None,
        held=False,
        error="",
        error_code="",
    ):
        return False
    for pk in _answered(outgoing):
        _end(ledger.conversations[pk], outgoing, item, ledger)
    subject = f"conversation:{outgoing.conversation_id}"
    audit.record("reply.sent", subject, by=None, now=ledger.now, outgoing=outgoing.pk, external_id=item.external_id)
    return True


def ledger_for(outgoing: Outgoing, now: datetime) -> Ledger:
    """Lock all that a reply ends."""
    return Ledger.of_ids(set(_answered(outgoing)), now)


def _answered(outgoing: Outgoing) -> list[int]:
    return [outgoing.conversation_id, *outgoing.also.values_list("pk", flat=True)]


def _end(conversation: Conversation, outgoing: Outgoing, item: Item, ledger: Ledger) -> None:
    verdict = of_reply(outgoing.kind)
    covered = [waiting for waiting in ledger.waiting[conversation.pk] if answers(outgoing, item, waiting)]
    if conversation.pk != outgoing.conversation_id and not (covered or ledger.promised(conversation)):
        return  # answered by somebody else meanwhile
    event = VerdictEvent.objects.create(
        conversation=conversation,
        verdict=verdict.key,
        by=outgoing.by,
        at=item.posted_at,
        redirect_id=outgoing.redirect_id,
        before={"status": conversation.status},
    )
    ledger.end(
        conversation,
        verdict,
        at=item.posted_at,
        covered=covered,
        reply=item,
        promised_at=outgoing.promised_at,
        event=event,
    )
    followups.begin(conversation, outgoing, ledger.now)


def answers(outgoing: Outgoing, reply: Item, waiting: Item) -> bool:
    """A reply answers what was posted up to it, except what nobody could see when its form was drawn."""
    return waiting.pk == outgoing.to_id or (
        waiting.posted_at <= reply.posted_at and waiting.fetched_at <= outgoing.drawn_at
    )


def link_own(item: Item, now: datetime) -> bool:
    """Recognise an own comment that a poll found as a reply of ours that is on its way; False if it is none of those.

    Called in the transaction that stores the item, with its thread locked, before the item is called native.
    """
    outgoing = _reply_behind(item)
    if outgoing is None:
        return False
    ledger = ledger_for(outgoing, now)
    item.conversation = ledger.conversations[outgoing.conversation_id]
    item.native = False
    item.save(update_fields=["conversation", "native"])
    confirm(outgoing, item, ledger)
    ledger.save()
    return True


def _reply_behind(item: Item) -> Outgoing | None:
    """Find the reply that may have become this comment: one to the same item first, else one in the same thread."""
    may_have_left = Outgoing.objects.filter(
        conversation__thread=item.thread_id,
        kind__in=REPLIES,
        status__in=MAY_HAVE_LEFT,
        claimed_at__lte=item.posted_at + CLOCKS_DIFFER,  # one that was never claimed has no such time
    ).select_related("conversation", "to", "by")
    same = [outgoing for outgoing in may_have_left.order_by("pk") if same_text(outgoing.text, item.text)]
    to_parent = [o for o in same if item.parent_external_id in (o.to.external_id, *o.to.earlier_ids)]
    return next(iter(to_parent or same), None)


def same_text(ours: str, theirs: str) -> bool:
    """Compare what we sent with what a platform shows.

    Unescaped, without outer white space and leading @names, and with any link where the platform shows a short one.
    """
    pattern = r"\S+".join(re.escape(part) for part in _SHORT_LINK.split(_bare(theirs)))
    return re.fullmatch(pattern, _bare(ours)) is not None


def _bare(text: str) -> str:
    text = unicodedata.normalize("NFC", html.unescape(text)).replace("\r\n", "\n").strip()
    return _LEADING_NAMES.sub("", text)
