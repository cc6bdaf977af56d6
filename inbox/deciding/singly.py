"""What is answered one by one, not with others: where the form of a single reply would tell or ask something first.

A warning that wants a reason, somebody else's answer, the four steps to somebody in need: who answers many at once sees
none of it, so the row is left out and says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from inbox.deciding import guard
from inbox.models import Conversation, Item
from inbox.showing import presence

ASKS = frozenset({"secrecy_warning", "repeated", "answered_meanwhile", "private"})
"""The refusals that the form of a single reply goes on from: it asks for a reason, or shows what has come."""


def reasons(rows: Sequence[Conversation], *, by: User, since: datetime, now: datetime) -> dict[int, str]:
    """Say of each row that has to be answered by itself why; `since`: when its list was drawn. Three queries.

    `rows` come from `selectors.as_shown`.
    """
    ids = [row.pk for row in rows]
    found = {row.pk: why for row in rows if (why := _of_itself(row))}
    for pk, name in presence.writers(ids, but=by, now=now).items():
        found[pk] = _("%(name)s skriver ett svar här.") % {"name": name}
    answered = Item.objects.filter(conversation__in=ids, from_us=True, deleted_at=None, fetched_at__gt=since)
    for pk in answered.values_list("conversation", flat=True):
        found[pk] = _("Har fått ett svar sedan listan visades.")
    for outgoing in guard.on_their_way(ids):
        name = {"name": outgoing.by.get_short_name()}
        for pk in (outgoing.conversation_id, outgoing.also_here):  # type: ignore[attr-defined]
            found[pk] = _("%(name)s har redan ett svar på väg till samma person.") % name
    return found


def _of_itself(row: Conversation) -> str:
    if row.thread.is_private:
        return _("I meddelanden hänvisar vi, eller ger besked. Handlägg inte här.")
    if row.lane == Conversation.Lane.PERSON:
        return _("Gäller någons egen situation: ta det i fyra steg.")
    if row.reply_pending:  # type: ignore[attr-defined]
        return _("Ett svar väntar redan på godkännande.")
    return ""
