"""What people do with what stands on a platform: like, hide, delete, show again; edit and delete replies of ours.

Queued here like a reply, in one table and by one state machine (`outbox.py`); `effects.py` says what follows once the
platform has done it. What is hidden or deleted is kept first, in the same transaction (`evidence.py`). What is decided
last of an item holds: a newer action takes back an older one that has not left, or that nobody knows of.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission, require
from connectors.base import Capability
from inbox import tasks
from inbox.deciding import abilities, evidence, grounds, guard
from inbox.deciding.acting import (
    Refused,
    after_commit,
    check_text,
    item_in,
    ledger_of,
    locked,
    newest_waiting,
    record,
    rule,
)
from inbox.leaving import effects
from inbox.models import CHANGES, Conversation, Item, ModerationEvidence, Outgoing
from inbox.verdicts import MODERATE
from inbox.writing import neutrality, replying

Kind, Status = Outgoing.Kind, Outgoing.Status
ELSEWHERE = "elsewhere"  # done by a person in the platform's own app
MODERATES = (Kind.HIDE.value, Kind.DELETE.value, ELSEWHERE)


@transaction.atomic
def like(
    conversation_id: int,
    *,
    by: User,
    key: str,
    now: datetime,
    to: str | None = None,
    drawn_at: datetime | None = None,
    delay: float = 0.0,
) -> Outgoing:
    """Queue a like of the citizen's newest item that waits, or of `to`: no more is needed. Raises Refused.

    What waits ends as liked once the platform has it. `no_like`: the platform has none there; `already_liked`: it has
    ours. In both cases `decide(…, "like")` rules without sending.
    """
    require(by, Permission.ANSWER)
    conversation = locked(conversation_id)
    if earlier := _with_key(key):
        return earlier
    item = item_in(conversation, to) if to is not None else newest_waiting(conversation)
    if item is None or item.deleted_at:
        raise Refused(_("Kommentaren är borttagen och kan inte gillas."), "gone")
    neutrality.check_like(conversation, now)
    if Capability.LIKE not in abilities.of(item, conversation):
        raise Refused(_("Det går inte att gilla här från Gensvar."), "no_like")
    if Outgoing.objects.filter(to=item, kind=Kind.LIKE, status=Status.SENT).exists():
        raise Refused(_("Kommentaren är redan gillad."), "already_liked")
    if whose := guard.reply_on_its_way(conversation):
        raise Refused(whose, "reply_on_its_way")
    return _queue(conversation, item, Kind.LIKE, by=by, key=key, now=now, drawn_at=drawn_at, delay=delay)


@transaction.atomic
def moderate(
    conversation_id: int,
    action: str,
    *,
    to: str,
    ground: str,
    by: User,
    key: str,
    now: datetime,
    reason: str = "",
    delay: float = 0.0,
) -> ModerationEvidence:
    """Keep evidence of an item, then queue that it is hidden or deleted; give the evidence. Raises Refused.

    `action`: hide, delete, or elsewhere where a person does it in the platform's own app: then it ends what waits at
    once. `ground`: a key of the list that holds. `reason`: why hiding is not enough, demanded for deleting what could
    be hidden. The same key gives the same evidence.
    """
    require(by, Permission.MODERATE)
    conversation = locked(conversation_id)
    if earlier := ModerationEvidence.objects.filter(key=key).first():
        return earlier
    item = item_in(conversation, to)
    _check_moderation(conversation, item, action, reason)
    version = grounds.current()
    chosen = grounds.of(version).get(ground)
    if chosen is None:
        raise Refused(_("Välj på vilken grund."), "no_ground")
    kept = evidence.keep(
        item, action=action, ground=chosen, grounds=version, reason=reason.strip(), by=by, at=now, key=key
    )
    record("evidence.kept", conversation, by=by, now=now, evidence=kept.pk, ground=ground, sha256=kept.sha256)
    if action != ELSEWHERE:
        _queue(conversation, item, Kind(action), by=by, key=key, now=now, delay=delay, evidence=kept)
        return kept
    ledger, conversation = ledger_of(conversation_id, now)
    spares = effects.others_are_promised(item)
    rule(ledger, conversation, MODERATE, by=by, at=now, reason=ground, covered=[item], spares_promise=spares)
    ledger.save()
    record("verdict.moderate", conversation, by=by, now=now, evidence=kept.pk, ground=ground)
    return kept


@transaction.atomic
def unhide(conversation_id: int, *, to: str, by: User, key: str, now: datetime) -> Outgoing:
    """Queue that a hidden item is shown again; what was moderated waits again then, from its own time."""
    require(by, Permission.MODERATE)
    conversation = locked(conversation_id)
    if earlier := _with_key(key):
        return earlier
    item = item_in(conversation, to)
    _need(Capability.UNHIDE, item, conversation)
    return _queue(conversation, item, Kind.UNHIDE, by=by, key=key, now=now)


@transaction.atomic
def edit_reply(
    conversation_id: int, *, to: str, text: str, by: User, key: str, now: datetime, delay: float = 0.0
) -> Outgoing:
    """Queue a new wording of a reply of ours, byte for byte; the old one is kept as a version (R-009)."""
    require(by, Permission.MODERATE)
    conversation = locked(conversation_id)
    if earlier := _with_key(key):
        return earlier
    item = _ours(conversation, to)
    check_text(text, _("Skriv hur svaret ska lyda."))
    if text == item.text:
        raise Refused(_("Texten är oförändrad."), "unchanged")
    replying.check_leave(conversation, by=by, now=now)
    _need(Capability.EDIT, item, conversation)
    return _queue(conversation, item, Kind.EDIT, by=by, key=key, now=now, delay=delay, text=text)


@transaction.atomic
def delete_reply(conversation_id: int, *, to: str, by: User, key: str, now: datetime, delay: float = 0.0) -> Outgoing:
    """Queue that a reply of ours goes; once it has gone, what it answered waits again from its own time."""
    require(by, Permission.MODERATE)
    conversation = locked(conversation_id)
    if earlier := _with_key(key):
        return earlier
    item = _ours(conversation, to)
    _need(Capability.DELETE, item, conversation)
    return _queue(conversation, item, Kind.DELETE, by=by, key=key, now=now, delay=delay)


def cancel(outgoing: Outgoing, *, by: User, now: datetime) -> bool:
    """Take back an action that has not left, or let one be that failed; give whether this call did it."""
    left = Outgoing.objects.filter(pk=outgoing.pk, status__in=(Status.QUEUED, Status.FAILED))
    if left.update(status=Status.CANCELLED, held=False):
        record(f"{outgoing.kind}.cancelled", outgoing.conversation, by=by, now=now, outgoing=outgoing.pk)
        return True
    if outgoing.status == Status.CANCELLED:
        return False
    raise Refused(_("Hann skickas. Det går inte att ångra längre."), "too_late")


def again(failed: Outgoing, *, by: User, now: datetime) -> Outgoing:
    """Queue a failed action again, as a new row; what was kept as evidence stands."""
    key = f"retry-{failed.pk}"
    if earlier := _with_key(key):
        return earlier
    if failed.to.deleted_at:
        raise Refused(_("Den finns inte längre på plattformen."), "gone")
    kind, text, kept = Kind(failed.kind), failed.text, failed.evidence
    return _queue(failed.conversation, failed.to, kind, by=by, key=key, now=now, text=text, evidence=kept)


def _queue(
    conversation: Conversation,
    item: Item,
    kind: Outgoing.Kind,
    *,
    by: User,
    key: str,
    now: datetime,
    delay: float = 0.0,
    drawn_at: datetime | None = None,
    text: str = "",
    evidence: ModerationEvidence | None = None,
) -> Outgoing:
    """Put an action on its way, in place of an older one of the same item. The conversation is locked."""
    _take_back_older(item, kind)
    outgoing = Outgoing(
        conversation=conversation,
        kind=kind,
        to=item,
        text=text,
        evidence=evidence,
        key=key,
        drawn_at=drawn_at or now,
        by=by,
        created_at=now,
        not_before=now + timedelta(seconds=delay),
    )
    try:
        with transaction.atomic():
            outgoing.save()
    except IntegrityError as error:  # a reply of ours that stands in two conversations, in both at this instant
        raise Refused(_("Någon annan ändrar det just nu. Försök igen om en stund."), "on_its_way") from error
    record(f"{kind}.queued", conversation, by=by, now=now, outgoing=outgoing.pk, to=item.external_id)
    if not delay:
        after_commit(partial(tasks.deliver_one.apply_async, (outgoing.pk,), retry=False))
    return outgoing


def _take_back_older(item: Item, kind: Outgoing.Kind) -> None:
    family = CHANGES if kind in CHANGES else (Kind.LIKE.value,)
    older = Outgoing.objects.filter(to=item, kind__in=family, status__in=guard.ON_ITS_WAY).select_related("by").first()
    if older is None:
        return
    if older.kind == kind != Kind.EDIT:
        words = {"name": older.by.get_short_name(), "what": older.get_kind_display().lower()}
        raise Refused(_("%(name)s har redan valt %(what)s här. Det är på väg till plattformen.") % words, "on_its_way")
    taken_back = Outgoing.objects.filter(pk=older.pk, status__in=(Status.QUEUED, Status.UNKNOWN))
    if not taken_back.update(status=Status.CANCELLED, held=False, next_lookup_at=None):
        raise Refused(_("Någon annan ändrar det just nu. Försök igen om en stund."), "on_its_way")


def _check_moderation(conversation: Conversation, item: Item, action: str, reason: str) -> None:
    if action not in MODERATES:
        raise Refused(_("Välj om kommentaren ska döljas eller tas bort."), "unknown_action")
    if item.deleted_at:
        raise Refused(_("Kommentaren finns inte längre på plattformen."), "gone")
    if action == ELSEWHERE:
        return
    able = abilities.of(item, conversation)
    if Capability(action) not in able:
        raise Refused(_("Det går inte att göra här från Gensvar. Gör det på plattformen."), "not_possible")
    if action == Kind.DELETE and Capability.HIDE in able:
        check_text(reason, _("Skriv varför det inte räcker att dölja kommentaren."))


def _need(action: Capability, item: Item, conversation: Conversation) -> None:
    if action not in abilities.of(item, conversation):
        raise Refused(_("Det går inte att göra här från Gensvar. Gör det på plattformen."), "not_possible")


def _ours(conversation: Conversation, external_id: str) -> Item:
    ours = Item.objects.filter(thread=conversation.thread_id, from_us=True)
    item = ours.filter(external_id=external_id).first()
    if item is None:
        raise Refused(_("Det finns inget sådant svar i tråden."), "unknown_item")
    if item.deleted_at:
        raise Refused(_("Svaret finns inte längre på plattformen."), "gone")
    return item


def _with_key(key: str) -> Outgoing | None:
    return Outgoing.objects.filter(key=key).select_related("conversation", "to").first()
