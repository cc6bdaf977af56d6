"""The send guard: nobody answers over somebody else's answer. Asked at queueing and at claim."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from inbox.models import REPLIES, Conversation, Item, Outgoing
from inbox.showing import chips

ON_ITS_WAY = (Outgoing.Status.QUEUED, Outgoing.Status.SENDING, Outgoing.Status.UNKNOWN)


def other_reply(conversation: Conversation, *, since: datetime, key: str, now: datetime) -> str | None:
    """Say who else has answered since the form was drawn, or is about to; None if nobody. Two or three queries.

    What counts is when we came to know of an answer: one that was written before, and read after, was not in sight.
    """
    on_its_way = on_their_way([conversation.pk]).exclude(key=key).first()
    if on_its_way:
        return _("%(name)s har redan ett svar på väg till samma person.") % {"name": on_its_way.by.get_short_name()}
    item = (
        Item.objects.filter(conversation=conversation, from_us=True, deleted_at=None, fetched_at__gt=since)
        .order_by("-posted_at")
        .first()
    )
    return _who_answered(item, now) if item else None


def reply_on_its_way(conversation: Conversation) -> str | None:
    """Say whose reply is on its way to the citizen, None if there is none. One query."""
    outgoing = _replies_on_their_way().filter(conversation=conversation).first()
    return _("%(name)s har ett svar på väg hit.") % {"name": outgoing.by.get_short_name()} if outgoing else None


def on_their_way(ids: Collection[int]) -> QuerySet[Outgoing]:
    """Replies on their way to these conversations; one that answers others too comes once for each, as `also_here`."""
    replies = _replies_on_their_way().annotate(also_here=F("also"))
    return replies.filter(Q(conversation__in=ids) | Q(also_here__in=ids))


def _replies_on_their_way() -> QuerySet[Outgoing]:
    """Replies only: whoever hides or likes something does not answer."""
    return Outgoing.objects.filter(status__in=ON_ITS_WAY, kind__in=REPLIES).select_related("by")


def _who_answered(item: Item, now: datetime) -> str:
    ours = Outgoing.objects.filter(conversation=item.conversation_id, external_id=item.external_id)
    outgoing = ours.select_related("by").first()
    age = _age(item.posted_at, now)
    if outgoing:
        return _("%(name)s svarade för %(age)s sedan.") % {"name": outgoing.by.get_short_name(), "age": age}
    name = item.author_name or str(item.channel)
    return _("%(name)s svarade för %(age)s sedan, från appen.") % {"name": name, "age": age}


def _age(instant: datetime, now: datetime) -> str:
    seconds = max(0, int((now - instant).total_seconds()))
    return f"{seconds} s" if seconds < 60 else chips.age(instant, now)
