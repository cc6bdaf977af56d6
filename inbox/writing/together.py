"""Samlat svar: one public reply for everybody in a thread who waits for the same words (R-051).

It stands under the comment that it answers and greets the others by name; once the platform shows it, all of them are
answered. Who has to be answered alone, or wrote after the form was drawn, is not among them and waits on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
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

TOGETHER = "together"  # acknowledged beside the warning of the third same reply
MOST = 50  # people whom one reply answers
MOST_GREETED = 4  # by name; more are greeted as all who wonder


@dataclass(frozen=True)
class Others:
    """Who else would be answered; `text`: the reply with all of them greeted."""

    rows: list[Conversation]
    text: str


def offered(
    conversation: Conversation, text: str, *, kind: str, by: User, drawn_at: datetime, now: datetime
) -> Others | None:
    """Give what a collective reply would be; None where nobody else waits, or the reply waits for approval."""
    if conversation.thread.is_private or replying.waits(by, conversation, now):
        return None
    rows = _others(conversation, kind=kind, by=by, drawn_at=drawn_at, now=now)
    return Others(rows, greeted(text, [conversation, *rows])) if rows else None


@transaction.atomic
def reply(conversation: Conversation, *, text: str, acknowledged: Collection[str], **wanted: Any) -> Outgoing:
    """Queue one reply to all of them, through the guards of any reply; the same key gives the first row.

    Raises Refused where nobody else waits any longer, or the reply has to be approved first.
    """
    if (earlier := Outgoing.objects.filter(key=wanted["key"]).first()) is not None:
        return earlier
    asked = {name: wanted[name] for name in ("kind", "by", "drawn_at", "now")}
    ids = [conversation.pk, *(row.pk for row in _others(conversation, **asked))]
    list(Conversation.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values("pk"))
    found = offered(conversation, text, **asked)  # with a fresh look, now that nobody else can change them
    if found is None:
        raise Refused(_("Ingen annan i tråden väntar på samma svar längre. Din text är kvar."), "nobody_else")
    outgoing = screening.reply(conversation, text=found.text, acknowledged=acknowledged, **wanted)
    if not isinstance(outgoing, Outgoing):
        raise Refused(_("Dina svar här behöver godkännas av någon annan innan de skickas."), "needs_approval")
    outgoing.also.set(found.rows)
    facts = {"outgoing": outgoing.pk, "conversations": [row.pk for row in found.rows]}
    record("reply.together", conversation, by=wanted["by"], now=wanted["now"], **facts)
    return outgoing


def _others(
    conversation: Conversation, *, kind: str, by: User, drawn_at: datetime, now: datetime
) -> list[Conversation]:
    here = selectors.visible_to(by).filter(
        thread=conversation.thread_id, due_at__isnull=False, arrived_at__lte=drawn_at
    )
    if kind == Outgoing.Kind.HOLDING:
        here = here.filter(promised_at=None)  # a second promise is for that person alone
    rows = list(selectors.as_shown(here.exclude(pk=conversation.pk).order_by("pk"), by)[:MOST])
    alone = singly.reasons(rows, by=by, since=drawn_at, now=now)
    return [row for row in rows if row.pk not in alone and row.lane > Conversation.Lane.LEGAL]


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
