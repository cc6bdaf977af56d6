"""When the clock starts and when it stops: reply cycles, opened by what citizens write and ended by what we do.

One `Ledger` for all: `settling.py` (what ingest has stored), the verdicts of `actions.py`, the confirmed replies of
`outbox.py`. Callers hold a transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db.models import F, Max, Q

from accounts.models import User
from inbox.incoming import rows
from inbox.incoming.rows import among
from inbox.models import Conversation, DeadlineChange, ExpertQuestion, Item, Notice, ReplyCycle, VerdictEvent
from inbox.telling import ladder
from inbox.verdicts import Verdict
from sla import clock, policies

FIRST, PROMISED = ReplyCycle.Kind.FIRST, ReplyCycle.Kind.PROMISED
Outcome = ReplyCycle.Outcome
Status = Conversation.Status
UNANSWERED = (Outcome.NO_REPLY, Outcome.LIKED, Outcome.MODERATED, Outcome.HOLDING)
"""Outcomes after which the citizen has had no answer: reopening starts from the oldest of these items."""
ANSWERED = (Outcome.ANSWERED, Outcome.REDIRECTED)


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
    _touched: set[int] = field(default_factory=set)  # conversations in which something happened

    def __post_init__(self) -> None:
        self._before = {pk: _standing(row) for pk, row in self.conversations.items()}
        self._rules = policies.in_force()

    @classmethod
    def of(cls, conversations: Iterable[Conversation], now: datetime) -> Ledger:
        """Lock the conversations by id, and load their open cycles and the items that wait in them. Three queries."""
        return cls.of_ids({conversation.pk for conversation in conversations}, now)

    @classmethod
    def of_ids(cls, ids: Collection[int], now: datetime) -> Ledger:
        # NO KEY: whoever inserts a row that only refers to a conversation need not wait.
        locked = Conversation.objects.select_for_update(no_key=True).filter(among(Conversation, "id", ids))
        ledger = cls(now, {row.pk: row for row in locked.order_by("pk")})
        for cycle in ReplyCycle.objects.filter(among(ReplyCycle, "conversation", ids), ended_at=None):
            ledger.open[cycle.conversation_id, cycle.kind] = cycle
        first = [cycle.pk for cycle in ledger.open.values() if cycle.kind == FIRST]
        waiting = Item.objects.filter(among(Item, "cycle", first), deleted_at=None).defer("raw")
        for item in waiting.order_by("posted_at", "pk") if first else ():
            ledger.waiting[item.conversation_id].append(item)
        return ledger

    def first(self, conversation: Conversation) -> ReplyCycle | None:
        return self.open.get((conversation.pk, FIRST))

    def promised(self, conversation: Conversation) -> ReplyCycle | None:
        return self.open.get((conversation.pk, PROMISED))

    def wait(self, conversation: Conversation, items: Sequence[Item]) -> None:
        """Let items wait: open a *first* cycle from the oldest, or join the open one, moving its start back."""
        oldest = min(items, key=lambda item: item.posted_at)
        cycle = self.first(conversation)
        if cycle is None:
            cycle = self._begin(conversation, FIRST, oldest.posted_at)
            cycle.fetched_late = cycle.due_at <= oldest.fetched_at
        elif oldest.posted_at < cycle.started_at:
            self._move(cycle, oldest)
        self._touched.add(conversation.pk)
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
        spares_promise: bool = False,
        reply: Item | None = None,
        promised_at: datetime | None = None,
        event: VerdictEvent | None = None,
    ) -> list[ReplyCycle]:
        """End what waits by a verdict at an instant; give the cycles that ended.

        `covered`: the waiting items that the verdict speaks of (None: all); the others wait on, in a cycle of their
        own. A verdict that promises opens a *promised* cycle due at `promised_at`, superseding an open one.
        `spares_promise`: it does not speak of what has been promised, which stays open.
        """
        ended: list[ReplyCycle] = []
        waiting = self.waiting[conversation.pk]
        left = [] if covered is None else [item for item in waiting if item not in covered]
        cycle = self.first(conversation)
        if cycle and (len(left) < len(waiting) or not waiting):
            ended.append(self._finish(cycle, verdict.outcome, at, reply=reply, event=event))
            self.waiting[conversation.pk] = []
        promise = None if spares_promise else self.promised(conversation)
        if promise:
            outcome = Outcome.SUPERSEDED if verdict.promises else verdict.outcome
            ended.append(self._finish(promise, outcome, at, reply=reply, event=event))
        if verdict.promises and promised_at:
            newer = self._begin(conversation, PROMISED, at, due_at=promised_at)
            if promise:
                by = event.by if event else None
                moved = {"old_due_at": promise.due_at, "new_due_at": promised_at}
                self._moves.append(DeadlineChange(cycle=newer, at=self.now, by=by, reason="new_holding", **moved))
        conversation.status = Status.WAITING if self.promised(conversation) else verdict.status
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
            start, version = item.posted_at, self._rules.version(conversation.channel_id)
            policy = policies.pure(version)
            known = ReplyCycle(
                conversation=conversation, kind=FIRST, started_at=start, due_at=clock.due_at(policy, start),
                due_soon_at=clock.due_soon_at(policy, start), policy=version, ended_at=reply.posted_at,
                outcome=Outcome.ANSWERED, reply=reply,
            )  # fmt: skip
            self._new.append(known)
        self._past[key] = known
        self._touched.add(conversation.pk)
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
            if newer:  # before the older one opens: two cannot be open at once
                Item.objects.filter(cycle=newer).update(cycle=cycle)
                newer.delete()
            cycle.ended_at, cycle.outcome, cycle.reply, cycle.verdict = None, "", None, None
            cycle.next_step_at = ladder.first_step(cycle.due_soon_at, cycle.due_at, cycle.ladder)
            if newer and newer.started_at < cycle.started_at:
                self._move_to(cycle, newer.started_at)
            self._changed[cycle.pk] = cycle
            self._touched.add(conversation.pk)
            self.open[conversation.pk, cycle.kind] = cycle

    def adopt_late_time(self, reply: Item, cycles: Iterable[ReplyCycle]) -> None:
        """The platform has told when our reply was really posted: what it ended, ended then."""
        for cycle in cycles:
            if cycle.ended_at != max(reply.posted_at, cycle.started_at):
                cycle.ended_at = max(reply.posted_at, cycle.started_at)
                self._changed[cycle.pk] = cycle
                self._ended.append(cycle)

    def settled(self) -> set[int]:
        """Give the ids of the items that `save` marks as settled: those that have got a cycle."""
        return {item.pk for item, _cycle in self._cycle_of}

    def save(self) -> None:
        """Write all that changed, in the order cycle, item, conversation. A handful of queries, however many rows."""
        changed = sorted(self._changed.values(), key=lambda cycle: cycle.pk)
        rows.update(
            ReplyCycle, CYCLE_FACTS, [(c.pk, *(getattr(c, _attname(name)) for name in CYCLE_FACTS)) for c in changed]
        )
        rows.create(self._new, NEW_CYCLE)  # after the old ones have ended: two cannot be open at once
        for move in self._moves:
            move.cycle_id = move.cycle.pk
        DeadlineChange.objects.bulk_create(self._moves)
        self._save_items()
        self._withdraw_notices()
        self._save_conversations()

    def _begin(
        self, conversation: Conversation, kind: str, start: datetime, due_at: datetime | None = None
    ) -> ReplyCycle:
        version = self._rules.version(conversation.channel_id)
        policy = policies.pure(version)
        if due_at is None:
            due, soon = clock.due_at(policy, start), clock.due_soon_at(policy, start)
            rungs = ladder.of(policy, start, due)
        else:  # a promised time is near as long before, by the wall clock
            due, soon = due_at, max(start, due_at - policy.due_soon)
            rungs = ladder.of_promise(policy, start, due)
        cycle = ReplyCycle(
            conversation=conversation, kind=kind, started_at=start, due_at=due, due_soon_at=soon, policy=version,
            ladder=rungs, next_step_at=ladder.first_step(soon, due, rungs),
        )  # fmt: skip
        self.open[conversation.pk, kind] = cycle
        self._new.append(cycle)
        return cycle

    def _move(self, cycle: ReplyCycle, oldest: Item) -> None:
        self._move_to(cycle, oldest.posted_at)
        cycle.fetched_late = cycle.fetched_late or cycle.due_at <= oldest.fetched_at

    def _move_to(self, cycle: ReplyCycle, start: datetime) -> None:
        old = cycle.due_at
        cycle.started_at = start
        cycle.policy = self._rules.version(self.conversations[cycle.conversation_id].channel_id)
        policy = policies.pure(cycle.policy)
        cycle.due_at, cycle.due_soon_at = clock.due_at(policy, start), clock.due_soon_at(policy, start)
        cycle.ladder = ladder.of(policy, start, cycle.due_at)
        cycle.next_step_at = ladder.first_step(cycle.due_soon_at, cycle.due_at, cycle.ladder)
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
        self._touched.add(cycle.conversation_id)
        return cycle

    def _save_items(self) -> None:
        """An item that has got a cycle is settled."""
        changed = {item.pk: (item.pk, cycle.pk, False) for item, cycle in self._cycle_of}
        rows.update(Item, ("cycle", "unsettled"), sorted(changed.values()))

    def _withdraw_notices(self) -> None:
        """A notice given before we knew that the answer was in time proves wrong."""
        ended = [cycle.pk for cycle in self._ended if cycle.pk in self._changed and cycle.ended_at < self.now]
        if ended:
            Notice.objects.filter(cycle__in=ended, at__gte=F("cycle__ended_at"), withdrawn_at=None).update(
                withdrawn_at=self.now
            )

    def _save_conversations(self) -> None:
        changed = []
        for conversation in self.conversations.values():
            cycles = [c for kind in (FIRST, PROMISED) if (c := self.open.get((conversation.pk, kind)))]
            next_due = min(cycles, key=lambda cycle: cycle.due_at, default=None)
            promise = self.promised(conversation)
            conversation.due_at = next_due.due_at if next_due else None
            conversation.due_soon_at = next_due.due_soon_at if next_due else None
            conversation.promised_at = promise.due_at if promise else None
            standing = _standing(conversation)
            if conversation.pk in self._touched or standing != self._before[conversation.pk]:
                conversation.revision += 1
                changed.append((conversation.pk, *standing, conversation.revision))
        rows.update(
            Conversation, ("status", "snoozed_until", "due_at", "due_soon_at", "promised_at", "revision"), changed
        )
        if closed := [row[0] for row in changed if row[1] == Status.CLOSED]:  # nobody waits for an expert any more
            ExpertQuestion.objects.filter(among(ExpertQuestion, "conversation", closed), ended_at=None).update(
                ended_at=self.now
            )


CYCLE_FACTS = (
    "started_at", "due_soon_at", "due_at", "ended_at", "outcome", "reply", "verdict", "fetched_late", "next_step_at",
    "policy", "ladder",
)  # fmt: skip


NEW_CYCLE = ("conversation", "kind", *CYCLE_FACTS)


def _attname(name: str) -> str:
    return str(ReplyCycle._meta.get_field(name).attname)


def _standing(conversation: Conversation) -> tuple[object, ...]:
    """What a ledger may change in a conversation."""
    return (
        conversation.status, conversation.snoozed_until, conversation.due_at, conversation.due_soon_at,
        conversation.promised_at,
    )  # fmt: skip


def reopen(ledger: Ledger, conversation: Conversation) -> ReplyCycle | None:
    """Let the oldest unanswered item wait again from its own time, so that nobody gains 24 hours.

    If everything was answered, what was answered last waits again. None if there is nothing that ever had a clock.
    """
    if ledger.first(conversation):
        conversation.status = Status.OPEN
        return ledger.first(conversation)
    had_clock = Item.objects.filter(conversation=conversation, deleted_at=None, from_us=False, cycle__isnull=False)
    unanswered = had_clock.filter(cycle__outcome__in=UNANSWERED)
    items = list(unanswered.filter(posted_at__gt=_last_answer(conversation.pk)).order_by("posted_at"))
    if not items:
        last = ReplyCycle.objects.filter(conversation=conversation, kind=FIRST).order_by("-ended_at").first()
        items = list(had_clock.filter(cycle=last).order_by("posted_at")) if last else []
    conversation.status = Status.OPEN
    if not items:
        return None
    ledger.wait(conversation, items)
    return ledger.first(conversation)


def _last_answer(conversation_id: int) -> datetime:
    """Give when we last answered: it answered all that was written before it, whatever was ruled of that earlier."""
    answers = ReplyCycle.objects.filter(conversation=conversation_id, outcome__in=ANSWERED, reply__deleted_at=None)
    last: datetime | None = answers.aggregate(at=Max("ended_at"))["at"]
    return last or datetime.min.replace(tzinfo=UTC)


def reply_gone(ledger: Ledger, reply: Item) -> None:
    """Our reply has disappeared from the platform: what it answered waits again, unless a later reply stands there.

    If it kept a promise, what the holding reply spoke of waits again too.
    """
    kept = ReplyCycle.objects.filter(reply=reply, kind=PROMISED).exclude(outcome=Outcome.SUPERSEDED)
    held = Q(cycle__outcome=Outcome.HOLDING, conversation__in=kept.values("conversation"))
    answered = Item.objects.filter(Q(cycle__reply=reply) | held, deleted_at=None, from_us=False)
    by_conversation: dict[int, list[Item]] = defaultdict(list)
    for item in answered.select_related("cycle").order_by("posted_at"):
        by_conversation[item.conversation_id].append(item)
    standing = Item.objects.filter(
        conversation__in=by_conversation, from_us=True, deleted_at=None, posted_at__gt=reply.posted_at
    )
    later = set(standing.values_list("conversation", flat=True)) if by_conversation else set()
    for conversation_id, items in by_conversation.items():
        if conversation_id not in later:
            last_answer = _last_answer(conversation_id)
            if left := [item for item in items if item.posted_at > last_answer or item.cycle.reply_id == reply.pk]:
                ledger.wait(ledger.conversations[conversation_id], left)


def undo(ledger: Ledger, event: VerdictEvent, *, by: User) -> None:
    """Restore what a verdict ended, and the conversation's status before it."""
    conversation = ledger.conversations[event.conversation_id]
    ledger.restore(event.cycles.all())
    before = event.before.get("status", Status.OPEN)
    conversation.status = Status.OPEN if before == Status.WAITING and ledger.first(conversation) else before
    event.undone_at = ledger.now
    event.save(update_fields=["undone_at"])
