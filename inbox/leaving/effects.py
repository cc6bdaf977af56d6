"""What follows when a platform has liked, hidden, shown, deleted or edited something for us; and whether it has.

These actions set a state, so doing one twice does no harm, unlike a second reply. After an unknown outcome the item is
read: where the platform shows the state it is done; where it shows another, or does not tell (a like; on X whether an
answer is hidden), the action is sent again.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import audit
from connectors.base import Connector
from inbox import cycles, live, settling
from inbox.cycles import Ledger
from inbox.deciding import acting
from inbox.incoming import places
from inbox.models import Item, ItemVersion, Outgoing, ReplyCycle, Thread
from inbox.verdicts import LIKE, MODERATE

Kind, Status = Outgoing.Kind, Outgoing.Status
UNTOLD = (Kind.LIKE, Kind.UNHIDE)  # no reading proves these
MAY_BE_DONE = (Status.SENDING, Status.UNKNOWN)


def is_done(outgoing: Outgoing, connector: Connector) -> bool:
    """Ask the platform whether it shows what an action wanted. Raises a PlatformError where it cannot be asked."""
    if outgoing.kind in UNTOLD:
        return False
    id = outgoing.to.external_id
    page = connector.read([id])
    there = next((item for item in page.items if id in (item.external_id, *item.earlier_ids)), None)
    is_gone = there is None and id in (*page.missing, *page.deletions)
    if outgoing.kind == Kind.EDIT:
        return there is not None and there.text.strip() == outgoing.text.strip()
    if outgoing.kind == Kind.HIDE:
        return is_gone or (there is not None and there.hidden is True)
    return is_gone


@transaction.atomic
def done(outgoing: Outgoing, now: datetime) -> None:
    """Record that the platform has done it: SENT, what that changed, and the end of what it decided."""
    at = outgoing.claimed_at or now
    Thread.objects.select_for_update(no_key=True).get(pk=outgoing.to.thread_id)
    ledger = Ledger.of([outgoing.conversation], now)
    moved = Outgoing.objects.filter(pk=outgoing.pk, status__in=MAY_BE_DONE)
    if not moved.update(status=Status.SENT, posted_at=at, next_lookup_at=None, held=False, error="", error_code=""):
        return  # somebody has recorded it already, or something newer was decided
    item = Item.objects.select_related("cycle", "thread").get(pk=outgoing.to_id)
    _change(outgoing, item, at)
    _decide(outgoing, item, ledger, at)
    ledger.save()
    if item.from_us and outgoing.kind == Kind.DELETE:
        settling.settle([item.thread_id], now)  # what it answered waits again
    subject = f"conversation:{outgoing.conversation_id}"
    audit.record(f"{outgoing.kind}.done", subject, by=None, now=timezone.now(), outgoing=outgoing.pk)
    acting.after_commit(live.announce)


def _change(outgoing: Outgoing, item: Item, at: datetime) -> None:
    here = Item.objects.filter(pk=item.pk)
    match outgoing.kind:
        case Kind.HIDE | Kind.UNHIDE:
            here.update(hidden=outgoing.kind == Kind.HIDE)
            places.refresh_personal({item.conversation_id} if item.conversation_id and not item.from_us else ())
            here.exclude(held="").filter(hidden=False).update(held="", can_reply=True)
        case Kind.DELETE:
            here.filter(deleted_at=None).update(deleted_at=at, unsettled=item.from_us)
            places.refresh_previews({item.conversation_id} if item.conversation_id and not item.from_us else ())
        case Kind.EDIT if item.text != outgoing.text:
            ItemVersion.objects.create(item=item, text=item.text, replaced_at=at)
            here.update(text=outgoing.text, edited_at=at)


def _decide(outgoing: Outgoing, item: Item, ledger: Ledger, at: datetime) -> None:
    conversation = ledger.conversations[outgoing.conversation_id]
    facts = {"by": outgoing.by, "at": at, "outgoing": outgoing}
    if outgoing.kind == Kind.LIKE:
        waiting = ledger.waiting[conversation.pk]
        seen = [each for each in waiting if each.pk == item.pk or each.fetched_at <= outgoing.drawn_at]
        acting.rule(ledger, conversation, LIKE, covered=seen, **facts)
    elif outgoing.kind in MODERATE.acts and not item.from_us:
        ground = outgoing.evidence.ground if outgoing.evidence else ""
        spares = others_are_promised(item)
        acting.rule(ledger, conversation, MODERATE, reason=ground, covered=[item], spares_promise=spares, **facts)
    elif outgoing.kind == Kind.UNHIDE and _was_moderated(item):
        ledger.wait(conversation, [item])


def _was_moderated(item: Item) -> bool:
    return item.cycle is not None and item.cycle.outcome == ReplyCycle.Outcome.MODERATED and item.deleted_at is None


def others_are_promised(item: Item) -> bool:
    """Whether an open promise speaks of other things that the citizen wrote there than this one."""
    held = Item.objects.filter(conversation=item.conversation_id, from_us=False, deleted_at=None, hidden=False)
    return held.filter(cycle__outcome=cycles.Outcome.HOLDING).exclude(pk=item.pk).exists()
