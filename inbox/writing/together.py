"""Samlat svar: one public reply for several in a thread who wait for the same words (R-051).

It stands under the comment that it answers and greets the others by name; once the platform shows it, all of them are
answered. A person ticks whom it answers, and reads it before it goes. Who has to be answered alone, or wrote after the
form was drawn, is not offered and waits on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from inbox import selectors
from inbox.deciding import singly
from inbox.deciding.acting import Refused, record
from inbox.models import Conversation, Outgoing
from inbox.writing import replying, screening

NOBODY = "nobody_else"
MOST = 50  # people whom one reply answers
MOST_GREETED = 4  # by name; more are greeted as all who wonder


class Unread(Refused):
    """The collective reply as it would go out, which has to be read first; `rows`: who else is answered by it."""

    def __init__(self, text: str, rows: list[Conversation], acknowledged: Collection[str]) -> None:
        names = ", ".join(str(row.contact or _("Okänt namn")) for row in rows)
        super().__init__(_("Läs igenom det samlade svaret. Det besvarar också: %s.") % names, "unread")
        self.text, self.rows, self.kinds = text, rows, acknowledged


def offered(
    conversation: Conversation, *, kind: str, by: User, drawn_at: datetime, now: datetime
) -> list[Conversation]:
    """Give who else waits in the thread and may be answered with the same words, those who ask the same first.

    Nobody where the reply waits for approval. Seven queries.
    """
    if conversation.thread.is_private or replying.waits(by, conversation, now):
        return []
    here = selectors.visible_to(by).filter(thread=conversation.thread_id, due_at__isnull=False)
    here = here.filter(arrived_at__lte=drawn_at).exclude(pk=conversation.pk)
    if kind == Outgoing.Kind.HOLDING:
        here = here.filter(promised_at=None)  # a second promise is for that person alone
    rows = list(selectors.as_shown(here.order_by("pk"), by)[:MOST])
    alone = singly.reasons(rows, by=by, since=drawn_at, now=now)
    able = [row for row in rows if row.pk not in alone and row.lane > Conversation.Lane.LEGAL]
    return sorted(able, key=lambda row: not asks_the_same(conversation, row))


def asks_the_same(conversation: Conversation, other: Conversation) -> bool:
    return conversation.alike is not None and conversation.alike == other.alike


@transaction.atomic
def reply(
    conversation: Conversation,
    *,
    text: str,
    also: Collection[str],
    is_read: bool,
    acknowledged: Collection[str],
    **wanted: Any,
) -> Outgoing:
    """Queue one reply to all who are ticked, through the guards of any reply; the same key gives the first row.

    `also`: ids of the others; whoever may not be answered with them any longer is left out. Raises Unread with the text
    as it would go out, until `is_read`; Refused where nobody else is left, or the reply has to be approved first.
    """
    if (earlier := Outgoing.objects.filter(key=wanted["key"]).first()) is not None:
        return earlier
    ids = sorted({conversation.pk, *(int(pk) for pk in also if selectors.is_id(pk))})
    list(Conversation.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values("pk"))
    asked = {name: wanted[name] for name in ("kind", "by", "drawn_at", "now")}
    rows = [row for row in offered(conversation, **asked) if row.pk in ids]
    if not also:
        raise Refused(_("Kryssa för vilka fler som svaret gäller."), NOBODY)
    if not rows:
        raise Refused(_("Ingen annan som du har kryssat för väntar längre. Din text är kvar."), NOBODY)
    if not is_read:
        raise Unread(greeted(text, [conversation, *rows]), rows, acknowledged)
    outgoing = screening.reply(conversation, text=text, acknowledged=acknowledged, **wanted)
    if not isinstance(outgoing, Outgoing):
        raise Refused(_("Dina svar här behöver godkännas av någon annan innan de skickas."), "needs_approval")
    outgoing.also.set(rows)
    facts = {"outgoing": outgoing.pk, "conversations": [row.pk for row in rows]}
    record("reply.together", conversation, by=wanted["by"], now=wanted["now"], **facts)
    return outgoing


def greeted(text: str, rows: Sequence[Conversation]) -> str:
    """Let the reply greet all whom it answers, instead of one of them. Citizens read Swedish."""
    names = [str(row.contact) for row in rows if row.contact]
    if len(names) < len(rows) or len(names) > MOST_GREETED:
        who = "alla ni som undrar samma sak"
    else:
        who = f"{', '.join(names[:-1])} och {names[-1]}"
    said = _ungreeted(text, names)
    return f"Hej {who}! {said[:1].upper()}{said[1:]}"


def _ungreeted(text: str, names: Sequence[str]) -> str:
    known = "|".join(re.escape(each) for name in names for each in (name, name.split()[0]))
    greeting = rf"(?:hej|hejsan|hallå|tjena)(?:\s+@?(?:{known}))?\s*[!.,\n]\s*"
    return re.sub(rf"\A\s*{greeting}", "", text, count=1, flags=re.IGNORECASE)
