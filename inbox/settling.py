"""What was stored becomes clocks: news is looked at thread by thread, in the order in which it was written.

Ingest marks what it stores, changes or finds gone as `unsettled` and decides nothing; here the consequences are drawn,
once a poll's last page is in, so that it does not matter in which order a platform gave its pages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db.models import Min, Q

from accounts.models import Channel
from inbox import cycles
from inbox.cycles import PROMISED, Ledger, Outcome, Status
from inbox.incoming import rows
from inbox.incoming.rows import among, overlapping
from inbox.leaving.confirmation import answers
from inbox.models import Conversation, Item, Outgoing, ReplyCycle, Thread
from inbox.verdicts import ANSWER, of_reply


def settle(thread_ids: Collection[int], now: datetime) -> None:
    """Start and stop clocks for what was stored in these threads since they were last settled. Locks them by id.

    Callers hold a transaction. Safe to run again and at the same time: what is settled is marked in it. A fixed number
    of queries, but for replies of ours that have gone or come back.
    """
    locked = Thread.objects.select_for_update(no_key=True).filter(among(Thread, "id", thread_ids)).order_by("pk")
    we_wrote = dict(locked.values_list("pk", "we_wrote"))
    news = list(_unsettled(we_wrote))
    if not news:
        return
    around = Surroundings.of(we_wrote, news)
    ledger = Ledger.of_ids(around.conversations, now)
    around.find_neighbours(ledger)
    for item in sorted([*news, *around.now_with_us], key=_in_order):
        if item.deleted_at is None:
            _settle_reply(ledger, item, around) if item.from_us else _settle_item(ledger, item, around)
    for item in news:
        if item.deleted_at is not None:
            _settle_deletion(ledger, item, around)
    ledger.save()
    wrote = {item.thread_id for item in news if item.from_us and not we_wrote[item.thread_id]}
    Thread.objects.filter(among(Thread, "id", wrote)).update(we_wrote=True) if wrote else None
    settled = ledger.settled()
    rest = {item.pk: item for item in [*news, *around.placed] if item.pk not in settled}
    rows.update(Item, ("conversation", "unsettled"), [(pk, rest[pk].conversation_id, False) for pk in sorted(rest)])


def _unsettled(thread_ids: Collection[int]) -> Iterable[Item]:
    news = Item.objects.filter(among(Item, "thread", thread_ids), unsettled=True)
    return news.order_by("posted_at", "pk")


def _in_order(item: Item) -> tuple[datetime, bool, int]:
    """As written; where the platform tells no more than the second, the citizen came first."""
    return item.posted_at, item.from_us, item.pk


@dataclass
class Surroundings:
    """What has to be known of the threads to understand the news in them, read with a query each."""

    conversations: set[int]  # ids of all that the news may concern
    clock_from: dict[int, datetime]  # by channel
    first_words: dict[int, datetime]  # by thread: when we first wrote there
    now_with_us: list[Item]  # settled without a clock, but written after what now shows itself to be our first words
    natives: dict[int, list[Item]]  # by thread: settled replies from the platform's own app, oldest first
    parents: dict[tuple[int, str], Item]  # by thread and any id: what those and new replies answer
    withdrawn: set[int]  # ids of cycles that ended so
    ended: dict[int, list[ReplyCycle]]  # by reply: what it has ended before
    placed: list[Item] = field(default_factory=list)  # replies whose conversation has been found
    here: dict[int, list[Conversation]] = field(default_factory=lambda: defaultdict(list))  # locked, by thread

    @classmethod
    def of(cls, we_wrote: Mapping[int, bool], news: list[Item]) -> Surroundings:
        """Read them. `we_wrote`: by thread, whether we had written there before this news."""
        ours = [item for item in news if item.from_us]
        ours_in = {item.thread_id for item in ours}
        first_words = _first_words([pk for pk, wrote in we_wrote.items() if wrote or pk in ours_in])
        now_with_us = _written_since(first_words, ours_in)
        natives = _natives({item.thread_id for item in news if not item.from_us})
        parents = _parents([*ours, *(reply for replies in natives.values() for reply in replies)])
        ended = _ended_by(ours)
        concerned = {item.conversation_id for item in [*news, *now_with_us] if item.conversation_id}
        concerned |= {parent.conversation_id for parent in parents.values() if parent.conversation_id}
        concerned |= {cycle.conversation_id for cycles in ended.values() for cycle in cycles}
        clocks = Channel.objects.filter(pk__in={item.channel_id for item in news}).values_list("pk", "clock_from")
        return cls(
            conversations=concerned | _waiting_in(ours_in), clock_from=dict(clocks), first_words=first_words,
            now_with_us=now_with_us, natives=natives, parents=parents, withdrawn=_withdrawn(news), ended=ended,
        )  # fmt: skip

    def find_neighbours(self, ledger: Ledger) -> None:
        for conversation in ledger.conversations.values():
            self.here[conversation.thread_id].append(conversation)

    def parent_of(self, reply: Item) -> Item | None:
        return self.parents.get((reply.thread_id, reply.parent_external_id))


def _first_words(thread_ids: list[int]) -> dict[int, datetime]:
    ours = Item.objects.filter(among(Item, "thread", thread_ids), from_us=True).order_by()
    return dict(ours.values_list("thread").annotate(Min("posted_at"))) if thread_ids else {}


def _written_since(first_words: dict[int, datetime], ours_in: set[int]) -> list[Item]:
    if not ours_in:
        return []
    without = Item.objects.filter(
        thread__in=ours_in, from_us=False, addressed=False, cycle=None, deleted_at=None, unsettled=False
    )
    return [item for item in without if item.posted_at >= first_words[item.thread_id]]


def _natives(thread_ids: set[int]) -> dict[int, list[Item]]:
    found: dict[int, list[Item]] = defaultdict(list)
    natives = Item.objects.filter(
        among(Item, "thread", thread_ids), from_us=True, native=True, deleted_at=None, unsettled=False
    )
    for item in natives.order_by("posted_at", "pk") if thread_ids else ():
        found[item.thread_id].append(item)
    return found


def _parents(replies: list[Item]) -> dict[tuple[int, str], Item]:
    ids = {reply.parent_external_id for reply in replies if reply.parent_external_id}
    if not ids:
        return {}
    found = Item.objects.filter(among(Item, "thread", {reply.thread_id for reply in replies})).filter(
        Q(among(Item, "external_id", ids)) | Q(overlapping(Item, "earlier_ids", ids))
    )
    return {(item.thread_id, id): item for item in found for id in (*item.earlier_ids, item.external_id)}


def _ended_by(ours: list[Item]) -> dict[int, list[ReplyCycle]]:
    found: dict[int, list[ReplyCycle]] = defaultdict(list)
    for cycle in ReplyCycle.objects.filter(reply__in=ours, ended_at__isnull=False) if ours else ():
        found[cycle.reply_id].append(cycle)
    return found


def _withdrawn(news: list[Item]) -> set[int]:
    ids = {item.cycle_id for item in news if item.cycle_id}
    ended = ReplyCycle.objects.filter(pk__in=ids, outcome=Outcome.WITHDRAWN)
    return set(ended.values_list("pk", flat=True)) if ids else set()


def _waiting_in(thread_ids: set[int]) -> set[int]:
    waiting = Conversation.objects.filter(among(Conversation, "thread", thread_ids), due_at__isnull=False)
    return set(waiting.values_list("pk", flat=True)) if thread_ids else set()


def _settle_item(ledger: Ledger, item: Item, around: Surroundings) -> None:
    """Let a citizen's item wait, unless it has no clock or was answered before we read it."""
    conversation = ledger.conversations[item.conversation_id]
    if item.cycle_id and item.cycle_id not in around.withdrawn:
        return
    first_words = around.first_words.get(item.thread_id)
    with_us = item.addressed or (first_words is not None and first_words <= item.posted_at)
    if item.posted_at < around.clock_from[item.channel_id] or not with_us:
        if item.unsettled and conversation.status == Status.SNOOZED:  # it rested until somebody would write
            conversation.status, conversation.snoozed_until = Status.OPEN, None
        return
    reply = next((reply for reply in around.natives[item.thread_id] if _answers(reply, item, around)), None)
    if reply is None:
        ledger.wait(conversation, [item])
        return
    ledger.answered_before(conversation, item, reply)
    _stands_in(reply, conversation, around)


def _answers(reply: Item, item: Item, around: Surroundings) -> bool:
    """Whether a native reply that was read earlier is the answer to an item that is read only now."""
    if reply.posted_at < item.posted_at:
        return False
    if reply.conversation_id is not None:
        return reply.conversation_id == item.conversation_id
    return reply.parent_external_id in (item.external_id, *item.earlier_ids)


def _settle_reply(ledger: Ledger, reply: Item, around: Surroundings) -> None:
    ledger.adopt_late_time(reply, around.ended.get(reply.pk, ()))
    if reply.native:
        _settle_native_reply(ledger, reply, around)
    elif reply.conversation_id:
        _settle_sent_reply(ledger, reply)


def _settle_native_reply(ledger: Ledger, reply: Item, around: Surroundings) -> None:
    """A reply written in the platform's own app answers whom it speaks to, at the platform's time."""
    for conversation in _whom_it_answers(ledger, reply, around):
        _stands_in(reply, conversation, around)
        covered = [
            item
            for item in ledger.waiting[conversation.pk]
            if item.posted_at <= reply.posted_at or reply.parent_external_id in (item.external_id, *item.earlier_ids)
        ]
        promise = ledger.promised(conversation)
        keeps = promise is not None and promise.started_at <= reply.posted_at and not ledger.first(conversation)
        if covered or keeps:
            ledger.end(conversation, ANSWER, at=reply.posted_at, reply=reply, covered=covered)
        elif not (promise or ledger.first(conversation)) and conversation.last_item_at <= reply.posted_at:
            conversation.status = Status.CLOSED  # it had no clock, and nobody has written since


def _whom_it_answers(ledger: Ledger, reply: Item, around: Surroundings) -> list[Conversation]:
    """The author of its parent; if that is the top-level comment, also those named in it; else the only one waiting."""
    here = around.here[reply.thread_id]
    waiting = [row for row in here if _waits_since(ledger, row) <= reply.posted_at]
    parent = around.parent_of(reply)
    answered = [row for row in here if parent and row.pk == parent.conversation_id and not parent.from_us]
    if parent and parent.parent_external_id == "" and reply.mentions:
        answered += [row for row in waiting if _is_named(row, reply) and row not in answered]
    if not any(row in waiting for row in answered) and len(waiting) == 1:
        return waiting
    return answered


def _waits_since(ledger: Ledger, conversation: Conversation) -> datetime:
    open_ones = [cycle for cycle in (ledger.first(conversation), ledger.promised(conversation)) if cycle]
    return min((cycle.started_at for cycle in open_ones), default=NEVER)


NEVER = datetime.max.replace(tzinfo=UTC)


def _is_named(conversation: Conversation, reply: Item) -> bool:
    contact = conversation.contact
    return contact is not None and bool({contact.external_id, contact.handle.lower()} & set(reply.mentions))


def _stands_in(reply: Item, conversation: Conversation, around: Surroundings) -> None:
    if reply.conversation_id is None:
        reply.conversation = conversation
        around.placed.append(reply)


def _settle_sent_reply(ledger: Ledger, reply: Item) -> None:
    """A reply of ours that had gone and is there again answers what it answered."""
    conversation = ledger.conversations[reply.conversation_id]
    waiting = ledger.waiting[conversation.pk]
    if not waiting:
        return
    outgoing = Outgoing.objects.filter(conversation=conversation, external_id=reply.external_id).first()
    if outgoing and (covered := [item for item in waiting if answers(outgoing, reply, item)]):
        promise = ledger.open.get((conversation.pk, PROMISED))
        ledger.end(
            conversation, of_reply(outgoing.kind), at=reply.posted_at, reply=reply, covered=covered,
            promised_at=promise.due_at if promise else outgoing.promised_at,
        )  # fmt: skip


def _settle_deletion(ledger: Ledger, item: Item, around: Surroundings) -> None:
    """Looked at last: a deletion ends the wait only if nothing else, new or old, is left to wait for."""
    if item.from_us:
        if around.ended.get(item.pk):
            cycles.reply_gone(ledger, item)
        return
    conversation = ledger.conversations[item.conversation_id]
    if not ledger.waiting[conversation.pk] and not _we_are_deleting(item):
        ledger.withdraw(conversation, item.deleted_at)
    if conversation.preview == "" and not (ledger.first(conversation) or ledger.promised(conversation)):
        conversation.status = Status.CLOSED  # nothing is left to read in it


def _we_are_deleting(item: Item) -> bool:
    """It is we who take it away, and our own record of that comes in a moment: it is no withdrawal of the author."""
    ours = Outgoing.objects.filter(to=item, kind=Outgoing.Kind.DELETE)
    return ours.filter(status__in=(Outgoing.Status.SENDING, Outgoing.Status.UNKNOWN)).exists()
