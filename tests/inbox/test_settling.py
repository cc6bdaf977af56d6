"""What was stored becomes clocks: who waits, since when, and what an answer written in the platform's app ends."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from accounts.models import Channel
from connectors.base import Author, Item, ItemKind, Page
from inbox import ingest, settling
from inbox.cycles import Ledger
from inbox.models import Conversation, DeadlineChange, Notice, Outgoing, ReplyCycle
from inbox.models import Item as StoredItem
from inbox.verdicts import HOLDING, NO_REPLY
from tests.factories import NOW, ChannelFactory, UserFactory
from tests.inbox.reading import JONAS, MAJA, at, comment, facts_of_cycles, only_conversation, ours, store

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def channel() -> Channel:
    return ChannelFactory()


def cycle_of(name: str) -> ReplyCycle:
    return ReplyCycle.objects.get(conversation__contact__name=name)


def rule(verdict: object, minutes: float, **changes: object) -> None:
    """Let somebody of ours decide about the only conversation."""
    ledger = Ledger.of([only_conversation()], at(minutes))
    ledger.end(ledger.conversations[only_conversation().pk], verdict, at=at(minutes), **changes)  # type: ignore[arg-type]
    ledger.save()


# Who waits, and since when


def test_several_comments_wait_since_the_oldest(channel: Channel) -> None:
    store(channel, comment("1"), comment("2", 5, parent="1"), comment("3", 9, parent="1"))
    cycle = ReplyCycle.objects.get()
    assert (cycle.started_at, cycle.due_at, cycle.items.count()) == (NOW, NOW + DAY, 3)


def test_an_older_comment_that_arrives_later_moves_the_start_back_and_it_is_told(channel: Channel) -> None:
    store(channel, comment("2", 30, parent="1"))
    store(channel, comment("1"), now=at(60))
    cycle = ReplyCycle.objects.get()
    assert (cycle.started_at, cycle.due_at) == (NOW, NOW + DAY)
    change = DeadlineChange.objects.get()
    assert (change.reason, change.old_due_at, change.new_due_at) == ("earlier_item", at(30) + DAY, NOW + DAY)


def test_a_comment_that_is_read_after_its_deadline_was_fetched_late(channel: Channel) -> None:
    store(channel, comment("1"), now=at(60 * 25))
    assert ReplyCycle.objects.get().fetched_late
    assert ReplyCycle.objects.get().due_at == NOW + DAY


def test_a_comment_that_waited_to_be_settled_was_not_fetched_late(channel: Channel) -> None:
    stored = store(channel, comment("1"), settle=False)
    ingest.settle(stored.thread_ids, at(60 * 30))
    assert not ReplyCycle.objects.get().fetched_late


def test_a_hashtag_hit_without_a_mention_has_no_clock(channel: Channel) -> None:
    store(channel, comment("1", kind=ItemKind.HASHTAG, addressed=False))
    assert (only_conversation().due_at, only_conversation().status) == (None, "open")


def test_it_gets_one_for_what_is_written_after_we_have_written_there(channel: Channel) -> None:
    store(channel, comment("1", kind=ItemKind.HASHTAG, addressed=False))
    store(channel, ours("2", 5, channel=channel, parent="1"))
    store(channel, comment("3", 9, parent="2", thread="1", addressed=False))
    cycle = ReplyCycle.objects.get()
    assert (cycle.started_at, cycle.ended_at) == (at(9), None)


def test_it_gets_one_though_our_own_words_are_read_after_it(channel: Channel) -> None:
    store(channel, comment("1", kind=ItemKind.HASHTAG, addressed=False))
    store(channel, comment("3", 9, parent="2", thread="1", addressed=False, author=MAJA))
    store(channel, ours("2", 5, channel=channel, parent="1"))
    assert ReplyCycle.objects.get().started_at == at(9)


def test_what_is_older_than_the_connection_has_no_clock_and_is_marked() -> None:
    channel = ChannelFactory(clock_from=at(3))
    store(channel, comment("1"))
    assert (only_conversation().before_connection, only_conversation().due_at) == (True, None)
    store(channel, comment("2", 5, parent="1"))
    assert (only_conversation().before_connection, ReplyCycle.objects.get().started_at) == (False, at(5))


def test_a_new_comment_in_a_closed_conversation_waits_anew(channel: Channel) -> None:
    store(channel, comment("1"))
    rule(NO_REPLY, 5)
    assert only_conversation().status == "closed"
    store(channel, comment("2", 9, parent="1"))
    assert (only_conversation().status, only_conversation().due_at) == ("open", at(9) + DAY)


def test_a_new_comment_waits_beside_a_promise(channel: Channel) -> None:
    store(channel, comment("1"))
    rule(HOLDING, 5, promised_at=at(60 * 72))
    store(channel, comment("2", 9, parent="1"))
    assert {c.kind for c in ReplyCycle.objects.filter(ended_at=None)} == {"first", "promised"}
    assert (only_conversation().status, only_conversation().due_at) == ("open", at(9) + DAY)


def test_settling_again_changes_nothing(channel: Channel) -> None:
    stored = store(channel, comment("1"), ours("2", 5, channel=channel, parent="1"), comment("3", 9, parent="1"))
    before, revision = facts_of_cycles(), only_conversation().revision
    StoredItem.objects.update(unsettled=True)
    settling.settle(stored.thread_ids, at(60))
    assert facts_of_cycles() == before
    settling.settle(stored.thread_ids, at(60))
    assert only_conversation().revision <= revision + 1


def test_only_conversations_in_which_something_happens_are_revised(channel: Channel) -> None:
    store(channel, comment("1"), comment("2", 1, author=MAJA, parent="1"))
    before = dict(Conversation.objects.values_list("contact__name", "revision"))
    store(channel, ours("3", 5, channel=channel, parent="2", thread="1"))
    after = dict(Conversation.objects.values_list("contact__name", "revision"))
    assert after["Jonas Berg"] == before["Jonas Berg"]
    assert after["Maja Lind"] > before["Maja Lind"]


# Whom an answer from the app answers


def test_it_answers_the_author_of_its_parent_at_the_platforms_time(channel: Channel) -> None:
    store(channel, comment("1"), comment("2", 1, author=MAJA, parent="1"))
    store(channel, ours("3", 7, channel=channel, parent="2", thread="1"), now=at(90))
    maja, jonas = cycle_of("Maja Lind"), cycle_of("Jonas Berg")
    assert (maja.ended_at, maja.outcome, maja.reply.external_id) == (at(7), "answered", "3")
    assert jonas.ended_at is None
    assert maja.conversation.status == "closed"


def test_an_answer_to_the_top_comment_answers_citizens_named_in_it_too(channel: Channel) -> None:
    store(channel, comment("1"), comment("2", 1, author=MAJA, parent="1"))
    store(channel, ours("3", 7, channel=channel, parent="1", mentions=("701",)))
    assert cycle_of("Jonas Berg").ended_at == cycle_of("Maja Lind").ended_at == at(7)


def test_names_are_recognised_by_handle_where_a_platform_has_them(channel: Channel) -> None:
    maja = Author("701", "Maja Lind", "MajaL")
    store(channel, comment("1"), comment("2", 1, author=maja, parent="1"))
    store(channel, ours("3", 7, channel=channel, parent="1", mentions=("majal",)))
    assert cycle_of("Maja Lind").ended_at == at(7)


def test_one_that_fits_nobody_who_waits_answers_the_only_one_who_does(channel: Channel) -> None:
    store(channel, comment("1"), ours("2", 1, channel=channel, parent="1"), comment("3", 2, author=MAJA, parent="1"))
    store(channel, ours("4", 7, channel=channel, parent="1"))
    assert cycle_of("Maja Lind").ended_at == at(7)


def test_one_that_fits_nobody_answers_none_if_several_wait(channel: Channel) -> None:
    liv = Author("702", "Liv Dahl")
    store(channel, comment("1"), ours("2", 1, channel=channel, parent="1"))
    store(channel, comment("3", 2, author=MAJA, parent="1"), comment("4", 3, author=liv, parent="1"))
    store(channel, ours("5", 7, channel=channel, parent="1"))
    assert ReplyCycle.objects.filter(ended_at=None).count() == 2


def test_a_message_of_ours_without_a_parent_answers_the_only_one_in_the_thread(channel: Channel) -> None:
    facts = {"kind": ItemKind.MESSAGE, "thread": "t_1", "post": None}
    store(channel, comment("m1", **facts), ours("m2", 4, channel=channel, parent=None, **facts))
    assert ReplyCycle.objects.get().ended_at == at(4)


def test_it_does_not_answer_what_was_written_after_it(channel: Channel) -> None:
    store(channel, comment("1"), ours("2", 5, channel=channel, parent="1"), comment("3", 9, parent="1"))
    first, second = ReplyCycle.objects.order_by("started_at")
    assert (first.ended_at, second.started_at, second.ended_at) == (at(5), at(9), None)
    assert only_conversation().status == "open"


def test_one_that_is_read_late_leaves_what_was_written_since_waiting(channel: Channel) -> None:
    store(channel, comment("1"), comment("3", 9, parent="1"))
    store(channel, ours("2", 5, channel=channel, parent="1"))
    first, second = ReplyCycle.objects.order_by("started_at")
    assert (first.ended_at, second.started_at, second.due_at) == (at(5), at(9), at(9) + DAY)


def test_a_comment_read_after_its_answer_was_answered_and_never_waited(channel: Channel) -> None:
    store(channel, comment("2", 2, parent="1"), ours("3", 5, channel=channel, parent="2", thread="1"))
    store(channel, comment("1"))
    assert not ReplyCycle.objects.filter(ended_at=None).exists()
    assert only_conversation().status == "closed"


def test_a_comment_whose_answer_was_read_first_was_answered_then(channel: Channel) -> None:
    store(channel, ours("2", 5, channel=channel, parent="1"))
    store(channel, comment("1"))
    cycle = ReplyCycle.objects.get()
    assert (cycle.started_at, cycle.ended_at, cycle.outcome, cycle.kept) == (NOW, at(5), "answered", True)
    assert StoredItem.objects.get(external_id="2").conversation == cycle.conversation


def test_an_answer_in_time_that_is_read_late_was_in_time(channel: Channel) -> None:
    store(channel, comment("1"))
    notice = Notice.objects.create(cycle=ReplyCycle.objects.get(), step="overdue", at=NOW + DAY)
    store(channel, ours("2", 24 * 60 - 10, channel=channel, parent="1"), now=at(24 * 60 + 5))
    notice.refresh_from_db()
    assert ReplyCycle.objects.get().kept
    assert notice.withdrawn_at == at(24 * 60 + 5)


def test_it_keeps_a_promise(channel: Channel) -> None:
    store(channel, comment("1"))
    rule(HOLDING, 5, promised_at=at(60 * 72))
    store(channel, ours("2", 60, channel=channel, parent="1"))
    assert ReplyCycle.objects.get(kind="promised").outcome == "answered"
    assert only_conversation().status == "closed"


def test_one_older_than_a_promise_does_not_keep_it(channel: Channel) -> None:
    store(channel, comment("1"))
    rule(HOLDING, 30, promised_at=at(60 * 72))
    store(channel, ours("2", 20, channel=channel, parent="1"), now=at(60))
    assert ReplyCycle.objects.get(kind="promised").ended_at is None


def test_a_conversation_without_a_clock_is_closed_by_it(channel: Channel) -> None:
    store(channel, comment("1", kind=ItemKind.HASHTAG, addressed=False), ours("2", 5, channel=channel, parent="1"))
    assert (only_conversation().status, ReplyCycle.objects.count()) == ("closed", 0)


def test_its_thread_says_that_we_have_written_there(channel: Channel) -> None:
    store(channel, comment("1"), ours("2", 5, channel=channel, parent="1"))
    assert only_conversation().thread.we_wrote


# Deletions


def test_the_wait_ends_as_withdrawn_when_the_citizen_deletes_all_that_waited(channel: Channel) -> None:
    store(channel, comment("1"), comment("2", 1, parent="1"))
    store(channel, deletions=("1",), now=at(30))
    assert ReplyCycle.objects.get().ended_at is None
    store(channel, deletions=("2",), now=at(60))
    cycle = ReplyCycle.objects.get()
    assert (cycle.ended_at, cycle.outcome) == (at(60), "withdrawn")
    assert (only_conversation().status, only_conversation().preview) == ("closed", "")


def test_what_came_in_the_same_poll_as_the_deletion_is_left_to_wait_for(channel: Channel) -> None:
    store(channel, comment("1"))
    store(channel, comment("2", 5, parent="1"), deletions=("1",), now=at(30))
    cycle = ReplyCycle.objects.get()
    assert (cycle.started_at, cycle.ended_at) == (NOW, None)


def test_a_withdrawal_leaves_a_promise_open(channel: Channel) -> None:
    store(channel, comment("1"))
    rule(HOLDING, 5, promised_at=at(60 * 72))
    store(channel, comment("2", 9, parent="1"))
    store(channel, deletions=("2",), now=at(60))
    assert (only_conversation().status, only_conversation().due_at) == ("waiting", at(60 * 72))


def test_what_our_deleted_answer_answered_waits_again_from_its_own_time(channel: Channel) -> None:
    store(channel, comment("1"), ours("2", 5, channel=channel, parent="1"))
    store(channel, deletions=("2",), now=at(60))
    again = ReplyCycle.objects.get(ended_at=None)
    assert (again.started_at, again.due_at, again.fetched_late) == (NOW, NOW + DAY, False)
    assert only_conversation().status == "open"


def test_it_does_not_wait_again_where_a_later_answer_stands(channel: Channel) -> None:
    answers = [ours("2", 5, channel=channel, parent="1"), ours("3", 6, channel=channel, parent="1")]
    store(channel, comment("1"), *answers)
    store(channel, deletions=("2",), now=at(60))
    assert not ReplyCycle.objects.filter(ended_at=None).exists()


def test_an_answer_that_was_only_absent_answers_again_when_it_is_seen(channel: Channel) -> None:
    answer = ours("2", 5, channel=channel, parent="1")
    store(channel, comment("1"), answer)
    for minutes in (60, 120):
        ingest.settle(ingest.note_missing(channel, ["2"], now=at(minutes)).thread_ids, at(minutes))
    assert ReplyCycle.objects.filter(ended_at=None).count() == 1
    store(channel, answer, now=at(180))
    assert not ReplyCycle.objects.filter(ended_at=None).exists()
    assert only_conversation().status == "closed"


# Our own replies, sent from here


def test_a_sent_reply_takes_the_platforms_time_when_it_is_first_read(channel: Channel) -> None:
    from connectors.base import Sent

    store(channel, comment("1"))
    outgoing = Outgoing.objects.create(
        conversation=only_conversation(), kind="answer", to=StoredItem.objects.get(), text="Klockan nio.", key="k",
        drawn_at=at(20), by=UserFactory(), created_at=at(20), not_before=at(20), status="sending", claimed_at=at(20),
    )  # fmt: skip
    from inbox.leaving.sending import accepted

    accepted(outgoing, Sent("2"), at(21))
    assert ReplyCycle.objects.get().ended_at == at(20)
    shown = ours("2", 19, channel=channel, parent="1", text="Klockan nio.", url="https://fb/2")
    assert store(channel, shown, now=at(30)).updated == 1
    assert ReplyCycle.objects.get().ended_at == at(19)
    item = StoredItem.objects.get(external_id="2")
    assert (item.native, item.url, item.versions.count(), item.edited_at) == (False, "https://fb/2", 0, None)
    assert store(channel, shown, now=at(31)).updated == 0


def test_an_own_comment_that_was_on_its_way_is_not_native(channel: Channel) -> None:
    store(channel, comment("1"))
    outgoing = Outgoing.objects.create(
        conversation=only_conversation(), kind="redirect", to=StoredItem.objects.get(), text="Se 1177.se", key="k",
        drawn_at=at(20), by=UserFactory(), created_at=at(20), not_before=at(20), status="unknown", claimed_at=at(20),
    )  # fmt: skip
    store(channel, ours("2", 21, channel=channel, parent="1", text="Se 1177.se"))
    outgoing.refresh_from_db()
    assert (outgoing.status, outgoing.external_id) == ("sent", "2")
    assert not StoredItem.objects.get(external_id="2").native
    assert ReplyCycle.objects.get().outcome == "redirected"


# In whatever order it is read


def debate(channel: Channel) -> list[Item]:
    liv = Author("702", "Liv Dahl")
    return [
        comment("1"),
        comment("2", 1, author=MAJA, parent="1"),
        ours("3", 2, channel=channel, parent="1"),
        comment("4", 3, parent="1"),
        comment("5", 4, author=liv, parent="1"),
        ours("6", 5, channel=channel, parent="2", thread="1"),
        comment("7", 6, author=MAJA, parent="1"),
        ours("8", 6, channel=channel, parent="4", thread="1", mentions=("702",)),
    ]


def test_the_order_of_a_polls_pages_does_not_matter(channel: Channel) -> None:
    items = debate(channel)
    store(channel, *items)
    expected = facts_of_cycles()
    assert len(expected) == 5
    for number, order in enumerate([items[::-1], items[1::2] + items[::2], items[4:] + items[:4]]):
        other = ChannelFactory(external_id=f"9{number}")
        renamed = {channel.external_id: other.external_id}
        ReplyCycle.objects.all().delete()
        threads: set[int] = set()
        for item in order:
            author = Author(renamed.get(item.author.external_id, item.author.external_id), item.author.name)  # type: ignore[union-attr]
            page = Page(items=(Item(**{**_fields(item), "author": author}),))
            threads |= ingest.store(other, "comments", page, now=at(30)).thread_ids
        ingest.settle(threads, at(30))
        assert facts_of_cycles() == expected


def _fields(item: Item) -> dict[str, object]:
    return {name: getattr(item, name) for name in Item.__slots__}


def test_three_readings_in_any_order_leave_the_same_waiting(channel: Channel) -> None:
    """Settled one by one, what is open in the end is the same."""
    for number, order in enumerate(permutations(range(3))):
        other = ChannelFactory(external_id=f"8{number}")
        items = [comment("1"), ours("2", 5, channel=other, parent="1"), comment("3", 9, parent="1")]
        for position in order:
            store(other, items[position], now=at(30))
        open_ones = ReplyCycle.objects.filter(conversation__channel=other, ended_at=None)
        assert [(c.started_at, c.due_at) for c in open_ones] == [(at(9), at(9) + DAY)]
        ended = ReplyCycle.objects.filter(conversation__channel=other).exclude(ended_at=None)
        assert [(c.started_at, c.ended_at) for c in ended] == [(NOW, at(5))]


def test_what_a_dead_worker_left_is_settled_by_the_sweep(channel: Channel) -> None:
    store(channel, comment("1"), settle=False, now=at(10))
    assert ingest.settle_left_over(at(12)) == 0  # its poll may still be under way
    assert ingest.settle_left_over(at(20)) == 1
    assert only_conversation().due_at == NOW + DAY
    assert ingest.settle_left_over(at(30)) == 0


def test_names_of_our_own_are_not_citizens(channel: Channel) -> None:
    store(channel, comment("1", author=JONAS), ours("2", 1, channel=channel, parent="1"))
    assert Conversation.objects.count() == 1
