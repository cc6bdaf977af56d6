"""When the clock starts and when it stops: reply cycles, opened by what citizens write and ended by what we do.

`settle` looks at what ingest has stored, thread by thread, in the order in which it was written; the verdicts of
`actions.py` and the confirmed replies of `outbox.py` use the same `Ledger`. Callers hold a transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from accounts.models import User
from inbox.models import Conversation, DeadlineChange, Item, Notice, ReplyCycle, Thread, VerdictEvent
from inbox.verdicts import ANSWER, Verdict
from sla import clock, policies

FIRST, PROMISED = ReplyCycle.Kind.FIRST, ReplyCycle.Kind.PROMISED
Outcome = ReplyCycle.Outcome
Status = Conversation.Status
UNANSWERED = (Outcome.NO_REPLY, Outcome.LIKED, Outcome.MODERATED, Outcome.HOLDING)
"""Outcomes after which the citizen has had no answer: reopening starts from the oldest of these items."""


@dataclass
class Ledger:
    """The open cycles of some locked conversations, changed in memory and written at once by `save`."""

    now: datetime
    conversations: dict[int, Conversation]
    open: dict[tuple[int, str], ReplyCycle] = field(default_factory=dict)
    waiting: dict[int, list[Item]] = field(default_factory=lambda: defaultdict(list))  # by conversation
    _new: list[ReplyCycle] = field(default_factory=list)
    _changed: dict[int, ReplyCycle] = field(default_factory=dict)
    _moves: list[DeadlineChange] = field(default_factory=list)
    _cycle_of: list[tuple[Item, ReplyCycle]] = field(default_factory=list)
    _ended: list[ReplyCycle] = field(default_factory=list)
    _past: dict[tuple[int, int], ReplyCycle] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._version = policies.current()
        self._policy = policies.pure(self._version)

    @classmethod
    def of(cls, conversations: Iterable[Conversation], now: datetime) -> Ledger:
        """Lock the conversations by id, and load their open cycles and the items that wait in them. Three queries."""
        ids = sorted({conversation.pk for conversation in conversations})
        locked = (
            Conversation.objects.select_for_update(of=("self",)).select_related("channel", "contact").order_by("pk")
        )
        ledger = cls(now, {row.pk: row for row in locked.filter(pk__in=ids)})
        for cycle in ReplyCycle.objects.filter(conversation__in=ids, ended_at=None):
            ledger.open[cycle.conversation_id, cycle.kind] = cycle
        first = [cycle.pk for cycle in ledger.open.values() if cycle.kind == FIRST]
        for item in Item.objects.filter(cycle__in=first, deleted_at=None).order_by("posted_at", "pk") if first else ():
            ledger.waiting[item.conversation_id].append(item)
        return ledger

    def first(self, conversation: Conversation) -> ReplyCycle | None:
        return self.open.get((conversation.pk, FIRST))

    def promised(self, conversation: Conversation) -> ReplyCycle | None:
        return self.open.get((conversation.pk, PROMISED))

    def wait(self, conversation: Conversation, items: Sequence[Item]) -> None:
        """Let items wait: open a *first* cycle from the oldest, or join the open one, moving its start back."""
        start = min(item.posted_at for item in items)
        cycle = self.first(conversation)
        if cycle is None:
            cycle = self._begin(conversation, FIRST, start)
        elif start < cycle.started_at:
            self._move(cycle, start)
        for item in items:
            self._cycle_of.append((item, cycle))
            self.waiting[conversation.pk].append(item)
        conversation.status = Status.OPEN
        conversation.snoozed_until = None

    def end(
        self,
        conversation: Conversation,
        verdict: Verdict,
        *,
        at: datetime,
        covered: Collection[Item] | None = None,
        reply: Item | None = None,
        promised_at: datetime | None = None,
        event: VerdictEvent | None = None,
    ) -> list[ReplyCycle]:
        """End what waits by a verdict at an instant; give the cycles that ended.

        `covered`: the waiting items that the verdict speaks of (None: all); the others wait on, in a cycle of their
        own. A verdict that promises opens a *promised* cycle due at `promised_at`, superseding an open one.
        """
        ended: list[ReplyCycle] = []
        waiting = self.waiting[conversation.pk]
        left = [] if covered is None else [item for item in waiting if item not in covered]
        cycle = self.first(conversation)
        if cycle and (len(left) < len(waiting) or not waiting):
            ended.append(self._finish(cycle, verdict.outcome, at, reply=reply, event=event))
            self.waiting[conversation.pk] = []
        promise = self.promised(conversation)
        if promise:
            outcome = Outcome.SUPERSEDED if verdict.promises else verdict.outcome
            ended.append(self._finish(promise, outcome, at, reply=reply, event=event))
        if verdict.promises and promised_at:
            self._begin(conversation, PROMISED, at, due_at=promised_at)
        conversation.status = verdict.status
        conversation.snoozed_until = None
        if left and not self.first(conversation):
            self.wait(conversation, left)
        elif left:
            conversation.status = Status.OPEN
        return ended

    def answered_before(self, conversation: Conversation, item: Item, reply: Item) -> None:
        """An item older than a native reply that was read before it: it was answered then, and never waited here."""
        key = (conversation.pk, reply.pk)
        known = (
            self._past.get(key) or ReplyCycle.objects.filter(conversation=conversation, reply=reply, kind=FIRST).first()
        )
        if known is None:
            start = item.posted_at
            known = ReplyCycle(
                conversation=conversation, kind=FIRST, started_at=start, due_at=clock.due_at(self._policy, start),
                due_soon_at=clock.due_soon_at(self._policy, start), policy=self._version, ended_at=reply.posted_at,
                outcome=Outcome.ANSWERED, reply=reply,
            )  # fmt: skip
            self._new.append(known)
        self._past[key] = known
        self._cycle_of.append((item, known))

    def withdraw(self, conversation: Conversation, at: datetime) -> None:
        """The citizen has deleted all that waited: the *first* cycle ends as withdrawn."""
        cycle = self.first(conversation)
        if cycle:
            self._finish(cycle, Outcome.WITHDRAWN, at)
            self.waiting[conversation.pk] = []
            conversation.status = Status.WAITING if self.promised(conversation) else Status.CLOSED

    def restore(self, cycles: Iterable[ReplyCycle]) -> None:
        """Take back the end of cycles: the only change that an ended one knows. One opened since is merged into it."""
        for cycle in cycles:
            conversation = self.conversations[cycle.conversation_id]
            newer = self.open.pop((conversation.pk, cycle.kind), None)
            cycle.ended_at, cycle.outcome, cycle.reply, cycle.verdict = None, "", None, None
            cycle.next_step_at = cycle.due_soon_at
            cycle.save()
            self.open[conversation.pk, cycle.kind] = cycle
            if newer:
                Item.objects.filter(cycle=newer).update(cycle=cycle)
                newer.delete()

    def adopt_late_time(self, reply: Item) -> None:
        """The platform has told when our reply was really posted: what it ended, ended then."""
        for cycle in ReplyCycle.objects.filter(reply=reply).exclude(ended_at=reply.posted_at):
            cycle.ended_at = max(reply.posted_at, cycle.started_at)
            self._changed[cycle.pk] = cycle
            self._ended.append(cycle)

    def save(self) -> None:
        """Write all that changed, in the order cycle, item, conversation. A handful of queries, however many rows."""
        ReplyCycle.objects.bulk_create(self._new)
        ReplyCycle.objects.bulk_update(
            sorted(self._changed.values(), key=lambda cycle: cycle.pk),
            ["started_at", "due_soon_at", "due_at", "ended_at", "outcome", "reply", "verdict", "next_step_at"],
        ) if self._changed else None
        for move in self._moves:
            move.cycle_id = move.cycle.pk
        DeadlineChange.objects.bulk_create(self._moves)
        self._save_items()
        self._withdraw_notices()
        self._save_conversations()

    def _begin(
        self, conversation: Conversation, kind: str, start: datetime, due_at: datetime | None = None
    ) -> ReplyCycle:
        due = due_at or clock.due_at(self._policy, start)
        if due_at is None:
            soon = clock.due_soon_at(self._policy, start)
        else:  # a promised time is warned of as long before, by the wall clock
            soon = max(start, due - self._policy.due_soon)
        cycle = ReplyCycle(
            conversation=conversation, kind=kind, started_at=start, due_at=due, due_soon_at=soon, policy=self._version,
            fetched_late=due <= self.now and kind == FIRST, next_step_at=soon,
        )  # fmt: skip
        self.open[conversation.pk, kind] = cycle
        self._new.append(cycle)
        return cycle

    def _move(self, cycle: ReplyCycle, start: datetime) -> None:
        old = cycle.due_at
        cycle.started_at = start
        cycle.due_at, cycle.due_soon_at = clock.due_at(self._policy, start), clock.due_soon_at(self._policy, start)
        cycle.next_step_at = cycle.due_soon_at
        if cycle.pk:
            self._changed[cycle.pk] = cycle
        if old != cycle.due_at:
            self._moves.append(
                DeadlineChange(cycle=cycle, at=self.now, reason="earlier_item", old_due_at=old, new_due_at=cycle.due_at)
            )

    def _finish(
        self,
        cycle: ReplyCycle,
        outcome: str,
        at: datetime,
        *,
        reply: Item | None = None,
        event: VerdictEvent | None = None,
    ) -> ReplyCycle:
        cycle.ended_at, cycle.outcome, cycle.reply, cycle.verdict = max(at, cycle.started_at), outcome, reply, event
        cycle.next_step_at = None
        del self.open[cycle.conversation_id, cycle.kind]
        if cycle.pk:
            self._changed[cycle.pk] = cycle
        self._ended.append(cycle)
        return cycle

    def _save_items(self) -> None:
        for item, cycle in self._cycle_of:
            item.cycle = cycle
        changed = {item.pk: item for item, _cycle in self._cycle_of}
        if changed:
            Item.objects.bulk_update(sorted(changed.values(), key=lambda item: item.pk), ["cycle"])

    def _withdraw_notices(self) -> None:
        """A notice given before we knew that the answer was in time proves wrong."""
        for cycle in self._ended:
            if cycle.ended_at and cycle.ended_at < self.now:
                Notice.objects.filter(cycle=cycle, at__gt=cycle.ended_at, withdrawn_at=None).update(
                    withdrawn_at=self.now
                )

    def _save_conversations(self) -> None:
        for conversation in self.conversations.values():
            cycles = [c for kind in (FIRST, PROMISED) if (c := self.open.get((conversation.pk, kind)))]
            next_due = min(cycles, key=lambda cycle: cycle.due_at, default=None)
            promise = self.promised(conversation)
            conversation.due_at = next_due.due_at if next_due else None
            conversation.due_soon_at = next_due.due_soon_at if next_due else None
            conversation.promised_at = promise.due_at if promise else None
            conversation.revision += 1
        if self.conversations:
            Conversation.objects.bulk_update(
                self.conversations.values(),
                ["status", "snoozed_until", "due_at", "due_soon_at", "promised_at", "revision"],
            )


def settle(thread_ids: Collection[int], now: datetime) -> None:
    """Start and stop clocks for what was stored in these threads since they were last settled. Locks them by id.

    Safe to run again and at the same time: what is settled is marked in the same transaction.
    """
    threads = {t.pk: t for t in Thread.objects.select_for_update().filter(pk__in=thread_ids).order_by("pk")}
    news = list(
        Item.objects.filter(thread__in=threads, unsettled=True)
        .select_related("channel", "conversation")
        .order_by("posted_at", "pk")
    )
    if not news:
        return
    ours = [item for item in news if item.from_us]
    touched = {item.conversation for item in news if item.conversation}
    if ours:
        waiting = Q(cycles__isnull=False, cycles__ended_at=None)
        spoken_to = Q(items__external_id__in=[item.parent_external_id for item in ours])
        touched |= set(Conversation.objects.filter(waiting | spoken_to, thread__in={item.thread_id for item in ours}))
    ledger = Ledger.of(touched, now)
    natives = _native_replies(touched)
    for item in news:
        if item.from_us:
            threads[item.thread_id].we_wrote = True
            if item.native and not item.deleted_at:
                _settle_native_reply(ledger, item)
        elif item.conversation_id:
            _settle_item(ledger, item, threads[item.thread_id], natives)
    ledger.save()
    Thread.objects.filter(pk__in={item.thread_id for item in ours}, we_wrote=False).update(we_wrote=True)
    Item.objects.filter(pk__in=[item.pk for item in news]).update(unsettled=False)


def _settle_item(ledger: Ledger, item: Item, thread: Thread, natives: dict[int, list[Item]]) -> None:
    conversation = ledger.conversations[item.conversation_id]
    if item.deleted_at or item.posted_at < item.channel.clock_from or not (item.addressed or thread.we_wrote):
        return
    answered_by = next((r for r in natives[conversation.pk] if r.posted_at >= item.posted_at and not r.unsettled), None)
    if answered_by:
        ledger.answered_before(conversation, item, answered_by)
    else:
        ledger.wait(conversation, [item])


def _settle_native_reply(ledger: Ledger, reply: Item) -> None:
    """A reply written in the platform's own app answers whom it speaks to, at the platform's time."""
    for conversation in _whom_it_answers(ledger, reply):
        if reply.conversation_id is None:
            reply.conversation = conversation
            reply.save(update_fields=["conversation"])
        covered = [
            item
            for item in ledger.waiting[conversation.pk]
            if item.posted_at <= reply.posted_at or item.external_id == reply.parent_external_id
        ]
        if covered or (ledger.promised(conversation) and not ledger.first(conversation)):
            ledger.end(conversation, ANSWER, at=reply.posted_at, reply=reply, covered=covered)


def _whom_it_answers(ledger: Ledger, reply: Item) -> list[Conversation]:
    """The author of its parent; if that is the top-level comment, also citizens named in it; else the only one waiting."""
    here = [row for row in ledger.conversations.values() if row.thread_id == reply.thread_id]
    waiting = [row for row in here if ledger.first(row) or ledger.promised(row)]
    if not reply.parent_external_id:
        return []
    parent = Item.objects.filter(channel=reply.channel, thread=reply.thread).filter(
        Q(external_id=reply.parent_external_id) | Q(earlier_ids__contains=[reply.parent_external_id])
    ).first()  # fmt: skip
    answered = [row for row in here if parent and row.pk == parent.conversation_id and not parent.from_us]
    if parent and parent.parent_external_id == "" and reply.mentions:
        answered += [row for row in waiting if _is_named(row, reply) and row not in answered]
    if not any(row in waiting for row in answered) and len(waiting) == 1:
        return waiting
    return answered


def _native_replies(conversations: Iterable[Conversation]) -> dict[int, list[Item]]:
    """Our replies that were written in the platform's own app, by conversation, oldest first."""
    found: dict[int, list[Item]] = defaultdict(list)
    ids = [conversation.pk for conversation in conversations]
    for item in Item.objects.filter(conversation__in=ids, native=True, deleted_at=None).order_by("posted_at", "pk"):
        found[item.conversation_id].append(item)
    return found


def _is_named(conversation: Conversation, reply: Item) -> bool:
    contact = conversation.contact
    return contact is not None and bool({contact.external_id, contact.handle.lower()} & set(reply.mentions))


def reopen(ledger: Ledger, conversation: Conversation) -> ReplyCycle | None:
    """Let the oldest unanswered item wait again from its own time, so that nobody gains 24 hours.

    If everything was answered, what was answered last waits again. None if there is nothing that ever had a clock.
    """
    if ledger.first(conversation):
        conversation.status = Status.OPEN
        return ledger.first(conversation)
    had_clock = Item.objects.filter(conversation=conversation, deleted_at=None, from_us=False, cycle__isnull=False)
    items = list(had_clock.filter(cycle__outcome__in=UNANSWERED).order_by("posted_at"))
    if not items:
        last = ReplyCycle.objects.filter(conversation=conversation, kind=FIRST).order_by("-ended_at").first()
        items = list(had_clock.filter(cycle=last).order_by("posted_at")) if last else []
    conversation.status = Status.OPEN
    if not items:
        return None
    ledger.wait(conversation, items)
    return ledger.first(conversation)


def reply_gone(ledger: Ledger, reply: Item) -> None:
    """Our reply has disappeared from the platform: what it answered waits again, from the oldest item now unanswered."""
    items = Item.objects.filter(cycle__reply=reply, deleted_at=None, from_us=False).order_by("posted_at")
    by_conversation: dict[int, list[Item]] = defaultdict(list)
    for item in items:
        by_conversation[item.conversation_id].append(item)
    for conversation_id, waiting in by_conversation.items():
        ledger.wait(ledger.conversations[conversation_id], waiting)


def recalculate_preview(conversation: Conversation) -> None:
    """Show the newest item that is still there."""
    newest = conversation.items.filter(from_us=False, deleted_at=None).order_by("-posted_at", "-pk").first()
    if newest:
        conversation.preview, conversation.last_item_at = newest.text[:400], newest.posted_at


def undo(ledger: Ledger, event: VerdictEvent, *, by: User) -> None:
    """Restore what a verdict ended, and the conversation's status before it."""
    conversation = ledger.conversations[event.conversation_id]
    ledger.restore(event.cycles.all())
    conversation.status = event.before.get("status", Status.OPEN)
    event.undone_at = ledger.now
    event.save(update_fields=["undone_at"])
