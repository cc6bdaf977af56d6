"""One decision about many conversations. Each is its own action, with its own guard; all are taken back together.

A conversation in which somebody has written since the list was drawn is left out: nobody decides about words that he or
she has not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission, require
from inbox import actions, selectors
from inbox.deciding import singly
from inbox.deciding.acting import Refused
from inbox.models import Batch, Conversation, Outgoing
from inbox.promise.resting import rest, wake
from inbox.selectors import Filters
from inbox.writing import approvals, drafts, links, screening

MOST = 200  # at once: what somebody can read through before deciding
UNDO_WITHIN = timedelta(seconds=15)  # the pages offer 10 s
Act = Callable[[Conversation], dict[str, Any]]


@dataclass(frozen=True)
class Left:
    """A conversation that was left out, and why in plain Swedish. `alone`: it has to be answered by itself."""

    row: Conversation
    why: str
    alone: bool = False


@dataclass
class Outcome:
    """What became of it."""

    batch: Batch
    skipped: list[Left] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.batch.done)

    @property
    def waiting(self) -> int:
        """How many of them somebody else approves first."""
        return sum("pending" in done for done in self.batch.done)


def chosen(user: User, ids: Collection[str]) -> list[Conversation]:
    """The conversations with these ids that the user may see, in the list's order. One query."""
    wanted = {int(pk) for pk in ids if selectors.is_id(pk)}
    rows = selectors.as_shown(selectors.visible_to(user).filter(pk__in=sorted(wanted)[:MOST]), user)
    return sorted(rows, key=lambda row: (row.due_at is None, row.due_at or row.last_item_at, row.pk))


def all_in(user: User, filters: Filters, *, drawn_at: datetime, now: datetime) -> list[Conversation]:
    """All conversations of a view that were there when its list was drawn, at most MOST, in the list's order."""
    rows = selectors.matching(user, filters, now).filter(arrived_at__lte=drawn_at)
    return selectors.first_rows(user, rows, filters, MOST)


def close(
    rows: Sequence[Conversation], *, reason: str, by: User, key: str, drawn_at: datetime, now: datetime
) -> Outcome:
    """Rule that none of them needs a reply."""

    def act(row: Conversation) -> dict[str, Any]:
        return {"event": actions.close(row.pk, reason=reason, by=by, now=now).pk}

    return _each("no_reply", rows, act, by=by, key=key, drawn_at=drawn_at, now=now)


def like(rows: Sequence[Conversation], *, by: User, key: str, drawn_at: datetime, now: datetime) -> Outcome:
    """Like all of them, where the platform lets us."""

    def act(row: Conversation) -> dict[str, Any]:
        sent = actions.like(row.pk, by=by, key=f"{key}-{row.pk}", now=now, drawn_at=drawn_at, delay=10.0)
        return {"outgoing": sent.pk} if isinstance(sent, Outgoing) else {"pending": sent.pk}

    return _each("like", rows, act, by=by, key=key, drawn_at=drawn_at, now=now)


def assign(
    rows: Sequence[Conversation], *, to_user: User | None, by: User, key: str, drawn_at: datetime, now: datetime
) -> Outcome:
    def act(row: Conversation) -> dict[str, Any]:
        actions.assign(row.pk, to_user=to_user, by=by, now=now)
        return {"assignee": row.assignee_id}

    return _each("assign", rows, act, by=by, key=key, drawn_at=now, now=now)


def let_rest(
    rows: Sequence[Conversation], *, until: datetime | None, by: User, key: str, drawn_at: datetime, now: datetime
) -> Outcome:
    def act(row: Conversation) -> dict[str, Any]:
        rest(row.pk, until=until, by=by, now=now)
        return {"rests": True}

    return _each("rest", rows, act, by=by, key=key, drawn_at=drawn_at, now=now)


def to_answer_alone(rows: Sequence[Conversation], *, by: User, since: datetime, now: datetime) -> list[Left]:
    """Give those that have to be answered one by one, each with why. Three queries."""
    why = singly.reasons(rows, by=by, since=since, now=now)
    return [Left(row, why[row.pk], alone=True) for row in rows if row.pk in why]


def reply(
    texts: Sequence[tuple[Conversation, str]],
    *,
    by: User,
    key: str,
    drawn_at: datetime,
    now: datetime,
    delay: float = 10.0,
) -> Outcome:
    """Queue each its own text, through the same guards as any reply.

    What the form of a single reply would ask about is left out, with its text as a draft there.
    """
    words, rows = {row.pk: text for row, text in texts}, [row for row, _text in texts]
    alone = singly.reasons(rows, by=by, since=drawn_at, now=now)
    dead = links.dead_in(words, now)

    def act(row: Conversation) -> dict[str, Any]:
        if row.pk in alone:
            raise Refused(alone[row.pk], "alone")
        if row.pk in dead:
            raise Refused(dead[row.pk], "dead_link")
        sent = screening.reply(
            row, acknowledged=(), kind="answer", text=words[row.pk], by=by, key=f"{key}-{row.pk}", now=now,
            drawn_at=drawn_at, delay=delay, sign=True,
        )  # fmt: skip
        return {"outgoing": sent.pk} if isinstance(sent, Outgoing) else {"pending": sent.pk}

    outcome = _each("answer", rows, act, by=by, key=key, drawn_at=drawn_at, now=now)
    for left in outcome.skipped:
        if left.alone:
            drafts.add(left.row, "answer", words[left.row.pk], by=by, now=now)
    return outcome


def _each(
    name: str, rows: Sequence[Conversation], act: Act, *, by: User, key: str, drawn_at: datetime, now: datetime
) -> Outcome:
    """Act on each by itself, in the order of ids; what one refuses stops no other. The same form acts once."""
    require(by, Permission.ANSWER)
    # A page that the browser kept has its old key: what differs otherwise is another act.
    form = sha256(f"{key} {name} {sorted(row.pk for row in rows)}".encode()).hexdigest()[:40]
    try:
        with transaction.atomic():
            outcome = Outcome(Batch.objects.create(key=form, by=by, at=now, act=name))
    except IntegrityError:
        return Outcome(Batch.objects.get(key=form))
    for row in sorted(rows, key=lambda row: row.pk):
        try:
            if row.arrived_at > drawn_at:
                raise Refused(_("Har skrivit något nytt sedan listan visades."), "news")
            with transaction.atomic():
                outcome.batch.done.append({"conversation": row.pk, **act(row)})
        except Refused as refused:
            alone = refused.code == "alone" or refused.code in singly.ASKS
            outcome.skipped.append(Left(row, str(refused), alone))
    outcome.batch.skipped = len(outcome.skipped)
    outcome.batch.save(update_fields=["done", "skipped"])
    return outcome


def undo(batch_id: int, *, by: User, now: datetime) -> tuple[int, int]:
    """Take all of it back; give how many were, and how many it was too late for. Raises Refused."""
    require(by, Permission.ANSWER)
    batch = Batch.objects.filter(pk=batch_id, by=by).first()
    if batch is None:
        raise Refused(_("Beslutet finns inte."), "unknown_batch")
    if now - batch.at > UNDO_WITHIN:
        raise Refused(_("Det går inte att ångra längre."), "too_late")
    if not Batch.objects.filter(pk=batch.pk, undone_at=None).update(undone_at=now):
        return len(batch.done), 0
    back = 0
    for done in batch.done:
        try:
            with transaction.atomic():
                _take_back(done, by=by, now=now)
            back += 1
        except Refused:
            continue  # somebody else was faster, or it has left: counted below
    return back, len(batch.done) - back


def _take_back(done: dict[str, Any], *, by: User, now: datetime) -> None:
    if "event" in done:
        actions.undo(done["event"], by=by, now=now)
    elif "outgoing" in done:
        actions.cancel(done["outgoing"], by=by, now=now)
    elif "pending" in done:
        approvals.withdraw(done["pending"], by=by, now=now)
    elif "rests" in done:
        wake(done["conversation"], by=by, now=now)
    else:
        before = User.objects.filter(pk=done["assignee"], is_active=True).first() if done["assignee"] else None
        actions.assign(done["conversation"], to_user=before, by=by, now=now)
