"""What people have typed and not sent: kept in the database, there on every device, gone when it is sent or too old."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import DateTimeField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest

from accounts import audit
from accounts.models import User
from accounts.permissions import Permission, require
from inbox.deciding import notes
from inbox.models import REPLIES, Conversation, Draft, Outgoing, ReplyCycle, VerdictEvent
from inbox.showing import presence

KEEP_AFTER_CLOSING = timedelta(days=7)
LONGEST = 20_000  # characters: twice what any platform takes
_SLOT = re.compile(r"[a-z_]{1,20}(-\d{1,17})?", re.ASCII)


@transaction.atomic
def save(
    conversation: Conversation,
    slot: str,
    text: str,
    *,
    by: User,
    now: datetime,
    key: str = "",
    promised_at: datetime | None = None,
) -> Draft | None:
    """Keep what is typed in a form, in place of what was; an empty text lets it go. Give the draft, None if it is gone.

    `key`: the form's. What a slow line brings after the form was sent is not kept: the answer is on its way.
    """
    require(by, Permission.ANSWER)
    if not _SLOT.fullmatch(slot):
        return None
    # Lines up with `actions.reply`, which deletes the draft in the transaction that takes the key.
    Conversation.objects.select_for_update(no_key=True).get(pk=conversation.pk)
    if not text.strip() or (key and Outgoing.objects.filter(key=key).exists()):
        Draft.objects.filter(conversation=conversation, user=by, slot=slot).delete()
        if _is_reply(slot):
            presence.stop_writing(conversation.pk, by=by)
        return None
    if _is_reply(slot):
        presence.write(conversation, by=by, now=now)
    return _put(conversation, slot, text, by=by, now=now, promised_at=promised_at)


@transaction.atomic
def add(conversation: Conversation, slot: str, text: str, *, by: User, now: datetime) -> Draft:
    """Keep words typed elsewhere for the form where they belong, below what is typed there already."""
    Conversation.objects.select_for_update(no_key=True).get(pk=conversation.pk)
    there = Draft.objects.filter(conversation=conversation, user=by, slot=slot).first()
    if there and text in there.text:
        return there
    return _put(
        conversation, slot, f"{there.text}\n\n{text}" if there else text, by=by, now=now,
        promised_at=there.promised_at if there else None,
    )  # fmt: skip


def _put(
    conversation: Conversation, slot: str, text: str, *, by: User, now: datetime, promised_at: datetime | None
) -> Draft:
    values = {"text": text[:LONGEST].replace("\0", "\ufffd"), "saved_at": now, "promised_at": promised_at}
    draft, _is_new = Draft.objects.update_or_create(conversation=conversation, user=by, slot=slot, defaults=values)
    return draft


def _is_reply(slot: str) -> bool:
    return slot.partition("-")[0] in REPLIES


@transaction.atomic
def share(conversation: Conversation, slot: str, *, is_shared: bool, by: User, now: datetime) -> bool:
    """Let the others see a draft of one's own, or no longer; give whether there was one."""
    require(by, Permission.ANSWER)
    found = Draft.objects.filter(conversation=conversation, user=by, slot=slot).exclude(shared=is_shared)
    # A note that somebody took over would stand in a form that publishes it.
    if not _is_reply(slot) or not found.update(shared=is_shared):
        return False
    action = "draft.shared" if is_shared else "draft.unshared"
    audit.record(action, f"conversation:{conversation.pk}", by=by, now=now, slot=slot)
    return True


def sent(conversation_id: int, *, by: User) -> None:
    """Let go what a person had typed in a conversation, in the transaction that queues the reply."""
    Draft.objects.filter(conversation=conversation_id, user=by).exclude(slot=notes.SLOT).delete()
    presence.stop_writing(conversation_id, by=by)


def of(conversation: Conversation) -> list[Draft]:
    """Give everybody's drafts in a conversation, newest first. One query."""
    return list(Draft.objects.filter(conversation=conversation).select_related("user").order_by("-saved_at", "-pk"))


def seen_by(user: User, found: list[Draft]) -> tuple[list[Draft], list[Draft]]:
    """Of everybody's drafts, give the user's own, and those that others share."""
    return [each for each in found if each.user_id == user.pk], [
        each for each in found if each.user_id != user.pk and each.shared
    ]


@transaction.atomic
def purge(now: datetime) -> int:
    """Delete the drafts of what has been closed for a week; give how many. The trail holds ids, never the text."""
    old = list(_expired(now).select_for_update(of=("self",)).values_list("pk", "conversation", "slot", "user"))
    for pk, conversation, slot, user in old:
        audit.record("draft.purged", f"conversation:{conversation}", by=None, now=now, draft=pk, slot=slot, user=user)
    Draft.objects.filter(pk__in=[pk for pk, *_rest in old]).delete()
    return len(old)


def _expired(now: datetime) -> QuerySet[Draft]:
    """A conversation is closed by a verdict or by the reply that ended its cycle; the draft itself may be newer."""
    here = OuterRef("conversation")

    def latest(rows: QuerySet[ReplyCycle] | QuerySet[VerdictEvent] | QuerySet[Outgoing], name: str) -> Coalesce:
        newest = rows.filter(conversation=here).order_by(f"-{name}").values(name)[:1]
        return Coalesce(Subquery(newest, output_field=DateTimeField()), "saved_at")

    closed_at = Greatest(
        "saved_at",
        latest(ReplyCycle.objects.filter(ended_at__isnull=False), "ended_at"),
        latest(VerdictEvent.objects.all(), "at"),
        latest(Outgoing.objects.all(), "created_at"),
    )
    in_closed = Draft.objects.filter(conversation__status=Conversation.Status.CLOSED)
    return in_closed.annotate(closed_at=closed_at).filter(closed_at__lte=now - KEEP_AFTER_CLOSING)
