"""Replies that wait for approval (R-054): written by one person, sent by another, who may mend them first.

What waits is no outgoing yet: the citizen sees nothing, the outbox knows nothing, and the clock goes on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts import rules
from accounts.models import User
from accounts.permissions import Permission, may, require
from inbox import actions, selectors
from inbox.deciding.acting import Refused, check_text, locked, record
from inbox.house import relaying
from inbox.models import HeadsUp, Outgoing, PendingReply, RedirectTarget
from inbox.verdicts import of_reply
from inbox.writing import drafts, replying
from inbox.writing.signing import unsigned

SHOWN_FOR = timedelta(days=14)  # so long an author finds what became of a reply
_WORDS = re.compile(r"\s+|[^\s]+")


@transaction.atomic
def submit(
    conversation_id: int,
    *,
    kind: str,
    text: str,
    by: User,
    key: str,
    now: datetime,
    drawn_at: datetime | None = None,
    promised_at: datetime | None = None,
    sign: bool = False,
    note: str = "",
    redirect: RedirectTarget | None = None,
) -> PendingReply:
    """Let a reply wait. The same key gives the same row. Raises Refused, as `actions.reply` would."""
    require(by, Permission.ANSWER)
    conversation = locked(conversation_id)
    if earlier := PendingReply.objects.filter(key=key).first():
        return earlier
    relaying.check(conversation, by=by, now=now)
    drawn_at = drawn_at or now
    draft = replying.drawn(
        conversation, kind=kind, text=text, by=by, key=key, now=now, drawn_at=drawn_at, promised_at=promised_at,
        sign=sign, note=note, redirect=redirect,
    )  # fmt: skip
    if other := waiting().filter(conversation=conversation).select_related("by").first():
        words = _("%s har redan ett svar här som väntar på godkännande. Din text är kvar.")
        raise Refused(words % other.by.get_short_name(), "answered_meanwhile")
    pending = PendingReply.objects.create(
        conversation=conversation, kind=kind, to=draft.to, text=draft.text, promised_at=draft.promised_at, key=key,
        redirect=draft.redirect, drawn_at=drawn_at, by=by, created_at=now,
    )  # fmt: skip
    record("approval.asked", conversation, by=by, now=now, pending=pending.pk, kind=kind)
    return pending


def waiting() -> QuerySet[PendingReply]:
    return PendingReply.objects.filter(decided_at=None)


def may_approve(user: User, pending: PendingReply) -> bool:
    """Whether somebody may decide: never one's own, and nobody whose own replies wait by his or her role."""
    if user.pk == pending.by_id or not may(user, Permission.APPROVE_REPLIES):
        return False
    return may(user, Permission.APPROVE) or not rules.is_new(user)


@transaction.atomic
def approve(pending_id: int, *, text: str, by: User, now: datetime, drawn_at: datetime, delay: float) -> Outgoing:
    """Send a reply that waits, as it is or with the approver's words; its author stays its author.

    Raises Refused: when it is decided already, and for all that a reply can be refused for.
    """
    pending = _open(pending_id, by)
    check_text(text, _("Skriv ett svar först."))
    outgoing = actions.reply(
        pending.conversation_id,
        kind=pending.kind,
        text=text,
        by=pending.by,
        approved_by=by,
        key=f"approved-{pending.pk}",
        now=now,
        drawn_at=drawn_at,
        to=pending.to.external_id,
        promised_at=pending.promised_at,
        redirect=pending.redirect,
        delay=delay,
    )
    _decide(pending, PendingReply.Outcome.APPROVED, by=by, now=now, final_text=text, outgoing=outgoing)
    changed = text != pending.text
    record("approval.given", pending.conversation, by=by, now=now, pending=pending.pk, changed=changed)
    return outgoing


@transaction.atomic
def give_back(pending_id: int, *, comment: str, by: User, now: datetime) -> PendingReply:
    """Let a reply go back to its author, with a word of why."""
    pending = _open(pending_id, by)
    check_text(comment, _("Skriv varför, så att den som skrev vet vad som ska ändras."))
    _decide(pending, PendingReply.Outcome.GIVEN_BACK, by=by, now=now, comment=comment)
    _back_to_its_form(pending, now)
    record("approval.refused", pending.conversation, by=by, now=now, pending=pending.pk)
    return pending


@transaction.atomic
def withdraw(pending_id: int, *, by: User, now: datetime) -> PendingReply:
    """Take one's own reply back before anybody has decided."""
    pending = _found(pending_id)
    if pending.by_id != by.pk:
        raise Refused(_("Bara den som skrev svaret kan ta tillbaka det."), "not_yours")
    _decide(pending, PendingReply.Outcome.WITHDRAWN, by=by, now=now)
    _back_to_its_form(pending, now)
    record("approval.withdrawn", pending.conversation, by=by, now=now, pending=pending.pk)
    return pending


def _open(pending_id: int, by: User) -> PendingReply:
    pending = _found(pending_id)
    require(by, Permission.APPROVE_REPLIES)
    if not may_approve(by, pending):
        raise Refused(_("Någon annan än den som skrev behöver godkänna svaret."), "four_eyes")
    return pending


def _found(pending_id: int) -> PendingReply:
    """Give a reply that waits, with its conversation locked. Raises Refused once it is decided."""
    found = PendingReply.objects.filter(pk=pending_id).values_list("conversation", flat=True).first()
    if found is None:
        raise Refused(_("Svaret finns inte."), "unknown_reply")
    locked(found)
    pending = PendingReply.objects.select_related("conversation", "by", "to", "decided_by").get(pk=pending_id)
    if pending.decided_at:
        words = _("%(name)s hann före: svaret är %(what)s.")
        what = {"name": pending.decided_by, "what": pending.get_outcome_display()}
        raise Refused(words % what, "decided_already")
    return pending


def _decide(pending: PendingReply, outcome: str, *, by: User, now: datetime, **facts: object) -> None:
    for name, value in {"outcome": outcome, "decided_by": by, "decided_at": now, **facts}.items():
        setattr(pending, name, value)
    pending.save()
    HeadsUp.objects.filter(pending=pending, told_at=None).delete()  # nobody is asked for what is decided


def _back_to_its_form(pending: PendingReply, now: datetime) -> None:
    """Let the author find the words where they were written."""
    slot = of_reply(pending.kind).key + (f"-{pending.redirect_id}" if pending.redirect_id else "")
    text = unsigned(pending.text, pending.by, pending.conversation.channel)
    drafts.save(pending.conversation, slot, text, by=pending.by, now=now, promised_at=pending.promised_at)


def to_decide(user: User) -> QuerySet[PendingReply]:
    """The replies that wait in what somebody sees, oldest first."""
    seen = waiting().filter(conversation__in=selectors.visible_to(user))
    return seen.select_related("by", "conversation__channel", "conversation__contact").order_by("created_at")


def of_author(user: User, now: datetime) -> QuerySet[PendingReply]:
    """One's own: what waits, and what became of the newest others."""
    newest = Q(decided_at=None) | Q(decided_at__gt=now - SHOWN_FOR)
    rows = PendingReply.objects.filter(newest, by=user).exclude(outcome=PendingReply.Outcome.WITHDRAWN)
    return rows.select_related("decided_by", "conversation__channel").order_by("-pk")


@dataclass(frozen=True)
class Piece:
    """A run of words: `same`, `out` (taken away) or `in` (put in)."""

    kind: str
    text: str


def difference(before: str, after: str) -> list[Piece]:
    """Say word by word what somebody has changed in a text."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    pieces = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(old[a:b])))
            continue
        if b > a:
            pieces.append(Piece("out", "".join(old[a:b])))
        if d > c:
            pieces.append(Piece("in", "".join(new[c:d])))
    return pieces
