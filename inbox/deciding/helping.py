"""Invånaren svarade rätt: a neighbour gave the right answer. A like and a word of thanks, and both are done (R-055)."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission, require
from inbox import actions
from inbox.deciding import guard
from inbox.deciding.acting import Refused
from inbox.models import Conversation, Item, Outgoing

THANKS = "Stämmer, tack för hjälpen!"  # citizens read Swedish


@transaction.atomic
def confirm_helper(
    asker_id: int, item_id: int, *, by: User, key: str, now: datetime, drawn_at: datetime, delay: float = 0.0
) -> Outgoing:
    """Like what a neighbour answered and say that it is right; once that stands there, whoever asked is answered too.

    Raises Refused. Twice with the same key gives the first reply.
    """
    require(by, Permission.ANSWER)
    item = Item.objects.filter(pk=item_id, from_us=False, deleted_at=None).select_related("conversation").first()
    asker = Conversation.objects.filter(pk=asker_id).first()
    if item is None or asker is None or item.conversation is None or item.thread_id != asker.thread_id:
        raise Refused(_("Kommentaren finns inte längre."), "gone")
    if item.conversation_id == asker.pk:
        raise Refused(_("Den som frågade kan inte ha svarat sig själv."), "same_person")
    pair = [asker.pk, item.conversation_id]
    list(Conversation.objects.select_for_update(no_key=True).filter(pk__in=pair).order_by("pk"))
    if (earlier := Outgoing.objects.filter(key=key).first()) is not None:
        return earlier
    if other := guard.other_reply(asker, since=drawn_at, key=key, now=now):
        raise Refused(other, "answered_meanwhile")
    with suppress(Refused):  # no likes there, or liked already: the words are enough
        actions.like(
            item.conversation_id, to=item.external_id, by=by, key=f"{key}-like", now=now, drawn_at=drawn_at, delay=delay
        )
    reply = actions.reply(
        item.conversation_id, kind=Outgoing.Kind.ANSWER, text=THANKS, to=item.external_id, by=by, key=key, now=now,
        drawn_at=drawn_at, delay=delay, sign=True,
    )  # fmt: skip
    reply.also.add(asker)
    return reply
