"""What a reply is before it is on its way: checked, signed, and pointed at what it answers."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import rules
from accounts.models import User
from inbox.deciding import guard
from inbox.deciding.acting import Refused, check_text, item_in, newest_waiting
from inbox.models import REPLIES, Conversation, Item, Outgoing, RedirectTarget
from inbox.promise import promises
from inbox.writing import neutrality
from inbox.writing.signing import signed


def drawn(
    conversation: Conversation,
    *,
    kind: str,
    text: str,
    by: User,
    key: str,
    now: datetime,
    drawn_at: datetime,
    to: str | None = None,
    promised_at: datetime | None = None,
    sign: bool = False,
    note: str = "",
    redirect: RedirectTarget | None = None,
    agreed_by: User | None = None,
) -> Outgoing:
    """Give a reply that could leave now, unsaved; the conversation is locked. Raises Refused.

    `agreed_by`: who answers for a third holding reply, by default its author.
    """
    check(kind, text, promised_at, now)
    if kind == Outgoing.Kind.ANSWER and conversation.thread.is_private:
        raise Refused(_("I meddelanden hänvisar vi, eller ger besked. Handlägg inte här."), "private")
    if other := guard.other_reply(conversation, since=drawn_at, key=key, now=now):
        raise Refused(_("%s Din text är kvar.") % other, "answered_meanwhile")
    if kind == Outgoing.Kind.HOLDING:
        promises.check(conversation, by=agreed_by or by, note=note, now=now)
    return Outgoing(
        conversation=conversation,
        kind=kind,
        to=_target(conversation, to),
        text=signed(text, by, conversation.channel) if sign else text,
        promised_at=promised_at if kind == Outgoing.Kind.HOLDING else None,
        redirect=redirect if kind == Outgoing.Kind.REDIRECT else None,
        key=key,
        drawn_at=drawn_at,
        by=by,
        created_at=now,
        not_before=now,
    )


def check_leave(conversation: Conversation, *, by: User, now: datetime) -> None:
    """Refuse what has to be approved by somebody else first. One query."""
    if waits(by, conversation, now):
        raise Refused(_("Dina svar här behöver godkännas av någon annan innan de skickas."), "needs_approval")


def waits(user: User, conversation: Conversation, now: datetime) -> bool:
    """Whether this person's replies here wait for somebody else. One query."""
    return Conversation.objects.filter(waiting(user, now), pk=conversation.pk).exists()


def waiting(user: User, now: datetime) -> Q:
    """Give the condition on conversations in which this person's replies wait: by a rule, or while we are neutral."""
    return rules.waiting(user, "channel") | neutrality.held(now)


def check(kind: str, text: str, promised_at: datetime | None, now: datetime) -> None:
    if kind not in REPLIES:
        raise Refused(_("Välj svar, besked eller hänvisning."), "unknown_kind")
    check_text(text, _("Skriv ett svar först."))
    if kind == Outgoing.Kind.HOLDING:
        if promised_at is None:
            raise Refused(_("Ett besked behöver en utlovad tid för svaret."), "no_promise")
        if promised_at <= now:
            raise Refused(_("Den utlovade tiden har redan passerat. Lova en senare."), "promise_in_the_past")


def _target(conversation: Conversation, external_id: str | None) -> Item:
    """Give the item to answer: the one named, else the newest that waits, else the newest that is still there."""
    if external_id is not None:
        item = item_in(conversation, external_id)
        if item.deleted_at:
            raise Refused(_("Kommentaren är borttagen och kan inte besvaras. Din text är kvar."), "gone")
        return item
    target = newest_waiting(conversation)
    if target is None:
        raise Refused(_("Allt som avsändaren skrev är borttaget och kan inte besvaras. Din text är kvar."), "gone")
    return target
