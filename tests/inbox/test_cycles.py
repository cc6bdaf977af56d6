"""The ledger of cycles: what a verdict ends, what goes on waiting, what waits again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from inbox import cycles, settling
from inbox.cycles import Ledger
from inbox.models import Conversation, Item, Notice, ReplyCycle, VerdictEvent
from inbox.verdicts import ANSWER, HOLDING, NO_REPLY, REDIRECT, Verdict
from tests.factories import NOW, ItemFactory, UserFactory, waiting_conversation
from tests.inbox.scene import own_item

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def conversation() -> Conversation:
    return waiting_conversation()


def ledger_of(conversation: Conversation, now: Any = NOW) -> tuple[Ledger, Conversation]:
    ledger = Ledger.of([conversation], now)
    return ledger, ledger.conversations[conversation.pk]


def end(conversation: Conversation, verdict: Verdict, at: Any, **given: Any) -> Conversation:
    ledger, row = ledger_of(conversation, at)
    ledger.end(row, verdict, at=at, **given)
    ledger.save()
    return again(row)


def again(row: Any) -> Any:
    row.refresh_from_db()
    return row


def arrives(conversation: Conversation, at: Any) -> Item:
    item = ItemFactory(conversation=conversation, posted_at=at, fetched_at=at)
    settle(conversation, at)
    return again(item)


def settle(conversation: Conversation, now: Any) -> None:
    settling.settle([conversation.thread_id], now)


def facts(conversation: Conversation) -> list[tuple[str, str, Any]]:
    rows = ReplyCycle.objects.filter(conversation=conversation).order_by("pk")
    return [(row.kind, row.outcome, row.ended_at) for row in rows]


class TestEnding:
    def test_an_answer_ends_both_kinds_at_its_time(self, conversation: Conversation) -> None:
        end(conversation, HOLDING, NOW + HOUR, promised_at=NOW + 48 * HOUR)
        arrives(conversation, NOW + 2 * HOUR)
        row = end(conversation, ANSWER, NOW + 3 * HOUR)
        assert facts(conversation)[1:] == [
            ("promised", "answered", NOW + 3 * HOUR),
            ("first", "answered", NOW + 3 * HOUR),
        ]
        assert (row.status, row.due_at, row.promised_at) == ("closed", None, None)

    def test_a_redirect_ends_both_kinds(self, conversation: Conversation) -> None:
        end(conversation, HOLDING, NOW + HOUR, promised_at=NOW + 48 * HOUR)
        end(conversation, REDIRECT, NOW + 2 * HOUR)
        assert facts(conversation)[1] == ("promised", "redirected", NOW + 2 * HOUR)

    def test_a_holding_reply_is_due_at_what_was_promised(self, conversation: Conversation) -> None:
        promised = NOW + 48 * HOUR
        row = end(conversation, HOLDING, NOW + HOUR, promised_at=promised)
        assert (row.status, row.due_at, row.promised_at) == ("waiting", promised, promised)
        assert ReplyCycle.objects.get(kind="promised").due_soon_at == promised - 4 * HOUR

    def test_a_second_holding_reply_moves_the_promise_and_tells_who_moved_it(self, conversation: Conversation) -> None:
        anna = UserFactory()
        event = VerdictEvent.objects.create(conversation=conversation, verdict="holding", by=anna, at=NOW + 2 * HOUR)
        end(conversation, HOLDING, NOW + HOUR, promised_at=NOW + 24 * HOUR)
        end(conversation, HOLDING, NOW + 2 * HOUR, promised_at=NOW + 48 * HOUR, event=event)
        _first, old, new = ReplyCycle.objects.order_by("pk")
        assert (old.outcome, old.kept, new.due_at) == ("superseded", True, NOW + 48 * HOUR)
        change = new.deadline_changes.get()
        assert (change.reason, change.by, change.old_due_at) == ("new_holding", anna, NOW + 24 * HOUR)

    def test_a_second_holding_reply_after_the_promised_time_has_broken_it(self, conversation: Conversation) -> None:
        end(conversation, HOLDING, NOW + HOUR, promised_at=NOW + 2 * HOUR)
        end(conversation, HOLDING, NOW + 3 * HOUR, promised_at=NOW + 48 * HOUR)
        assert ReplyCycle.objects.get(outcome="superseded").kept is False

    def test_what_is_not_covered_waits_on_in_a_cycle_of_its_own(self, conversation: Conversation) -> None:
        covered, left = conversation.items.get(), arrives(conversation, NOW + HOUR)
        row = end(conversation, ANSWER, NOW + 2 * HOUR, covered=[covered])
        assert facts(conversation) == [("first", "answered", NOW + 2 * HOUR), ("first", "", None)]
        assert (again(left).cycle.started_at, row.status) == (NOW + HOUR, "open")

    def test_a_verdict_that_covers_nothing_of_what_waits_ends_nothing_of_it(self, conversation: Conversation) -> None:
        row = end(conversation, ANSWER, NOW + HOUR, covered=[])
        assert (facts(conversation), row.status) == ([("first", "", None)], "open")

    def test_nothing_ends_before_it_began(self, conversation: Conversation) -> None:
        end(conversation, ANSWER, NOW - HOUR)
        assert facts(conversation) == [("first", "answered", NOW)]

    def test_a_notice_given_before_we_knew_that_the_answer_was_in_time_is_withdrawn(
        self, conversation: Conversation
    ) -> None:
        cycle = conversation.cycles.get()
        soon = Notice.objects.create(cycle=cycle, step="due_soon", at=cycle.due_soon_at)
        late = Notice.objects.create(cycle=cycle, step="overdue", at=cycle.due_at)
        ledger, row = ledger_of(conversation, cycle.due_at + HOUR)
        ledger.end(row, ANSWER, at=cycle.due_at)  # to the second in time
        ledger.save()
        assert (again(soon).withdrawn_at, again(late).withdrawn_at) == (None, cycle.due_at + HOUR)

    def test_two_open_cycles_of_a_kind_cannot_be(self, conversation: Conversation) -> None:
        cycle = conversation.cycles.get()
        cycle.pk = None
        with pytest.raises(IntegrityError, match="one_open_cycle_of_a_kind"), transaction.atomic():
            cycle.save(force_insert=True)


class TestReopening:
    def test_starts_from_the_oldest_unanswered_so_that_nobody_gains_a_day(self, conversation: Conversation) -> None:
        due_at = conversation.due_at
        end(conversation, NO_REPLY, NOW + HOUR)
        arrives(conversation, NOW + 2 * HOUR)
        end(conversation, NO_REPLY, NOW + 3 * HOUR)
        assert self.reopened(conversation).due_at == due_at

    def test_what_an_answer_has_answered_since_does_not_count(self, conversation: Conversation) -> None:
        end(conversation, NO_REPLY, NOW + HOUR)
        arrives(conversation, NOW + 2 * HOUR)
        end(conversation, ANSWER, NOW + 3 * HOUR)
        arrives(conversation, NOW + 30 * HOUR)
        end(conversation, NO_REPLY, NOW + 31 * HOUR)
        self.reopened(conversation)
        assert ReplyCycle.objects.get(ended_at=None).started_at == NOW + 30 * HOUR

    def test_of_an_answered_one_counts_from_what_was_answered_last(self, conversation: Conversation) -> None:
        end(conversation, ANSWER, NOW + HOUR)
        arrives(conversation, NOW + 2 * HOUR)
        end(conversation, ANSWER, NOW + 3 * HOUR)
        self.reopened(conversation)
        assert ReplyCycle.objects.get(ended_at=None).started_at == NOW + 2 * HOUR

    def test_after_a_kept_promise_does_not_count_the_holding_reply_s_question_as_unanswered(
        self, conversation: Conversation
    ) -> None:
        end(conversation, HOLDING, NOW + HOUR, promised_at=NOW + 48 * HOUR)
        end(conversation, ANSWER, NOW + 2 * HOUR)
        arrives(conversation, NOW + 3 * HOUR)
        end(conversation, NO_REPLY, NOW + 4 * HOUR)
        self.reopened(conversation)
        assert ReplyCycle.objects.get(ended_at=None).started_at == NOW + 3 * HOUR

    def test_of_what_never_had_a_clock_opens_without_one(self, conversation: Conversation) -> None:
        ReplyCycle.objects.all().delete()
        Conversation.objects.update(status="closed")
        row = self.reopened(conversation)
        assert (row.status, row.due_at) == ("open", None)

    def reopened(self, conversation: Conversation) -> Conversation:
        ledger, row = ledger_of(conversation, NOW + 50 * HOUR)
        cycles.reopen(ledger, row)
        ledger.save()
        return again(row)


class TestAReplyThatDisappears:
    def test_lets_what_it_answered_wait_again_from_its_own_time(self, conversation: Conversation) -> None:
        reply = own_item(conversation, posted_at=NOW + HOUR)
        end(conversation, ANSWER, NOW + HOUR, reply=reply)
        row = self.gone(conversation, reply)
        assert (row.status, ReplyCycle.objects.get(ended_at=None).started_at) == ("open", NOW)

    def test_that_kept_a_promise_lets_the_question_wait_again(self, conversation: Conversation) -> None:
        end(conversation, HOLDING, NOW + HOUR, promised_at=NOW + 48 * HOUR)
        reply = own_item(conversation, posted_at=NOW + 2 * HOUR)
        end(conversation, ANSWER, NOW + 2 * HOUR, reply=reply)
        row = self.gone(conversation, reply)
        assert (row.status, ReplyCycle.objects.get(ended_at=None).started_at) == ("open", NOW)

    def test_that_kept_a_promise_leaves_older_questions_that_were_answered(self, conversation: Conversation) -> None:
        end(conversation, HOLDING, NOW + HOUR, promised_at=NOW + 48 * HOUR)
        end(conversation, ANSWER, NOW + 2 * HOUR, reply=own_item(conversation, posted_at=NOW + 2 * HOUR))
        arrives(conversation, NOW + 3 * HOUR)
        end(conversation, HOLDING, NOW + 4 * HOUR, promised_at=NOW + 48 * HOUR)
        reply = own_item(conversation, posted_at=NOW + 5 * HOUR)
        end(conversation, ANSWER, NOW + 5 * HOUR, reply=reply)
        self.gone(conversation, reply)
        assert ReplyCycle.objects.get(ended_at=None).started_at == NOW + 3 * HOUR

    def test_that_only_moved_a_promise_changes_nothing(self, conversation: Conversation) -> None:
        end(conversation, HOLDING, NOW + HOUR, promised_at=NOW + 24 * HOUR)
        second = own_item(conversation, posted_at=NOW + 2 * HOUR)
        end(conversation, HOLDING, NOW + 2 * HOUR, promised_at=NOW + 48 * HOUR, reply=second)
        self.gone(conversation, second)
        assert ReplyCycle.objects.filter(ended_at=None).get().kind == "promised"

    def gone(self, conversation: Conversation, reply: Item) -> Conversation:
        Item.objects.filter(pk=reply.pk).update(deleted_at=NOW + 6 * HOUR)
        ledger, row = ledger_of(conversation, NOW + 6 * HOUR)
        cycles.reply_gone(ledger, reply)
        ledger.save()
        return again(row)


class TestUndoing:
    def test_restores_the_cycle_as_it_was(self, conversation: Conversation) -> None:
        before = ReplyCycle.objects.values().get()
        self.undone(conversation, self.closed(conversation))
        assert ReplyCycle.objects.values().get() == before

    def test_merges_what_has_come_since(self, conversation: Conversation) -> None:
        event = self.closed(conversation)
        newer = arrives(conversation, NOW + 2 * HOUR)
        row = self.undone(conversation, event)
        cycle = ReplyCycle.objects.get()
        assert (cycle.ended_at, cycle.started_at, again(newer).cycle, row.status) == (None, NOW, cycle, "open")

    def test_merges_an_older_one_that_has_come_since_and_counts_from_it(self, conversation: Conversation) -> None:
        event = self.closed(conversation)
        arrives(conversation, NOW - HOUR)
        self.undone(conversation, event)
        cycle = ReplyCycle.objects.get()
        assert (cycle.started_at, cycle.due_at, cycle.ended_at) == (NOW - HOUR, NOW + 23 * HOUR, None)

    def test_of_a_ruling_on_a_promise_leaves_open_what_has_come_since(self, conversation: Conversation) -> None:
        end(conversation, HOLDING, NOW + HOUR, promised_at=NOW + 48 * HOUR)
        event = self.closed(conversation)
        arrives(conversation, NOW + 3 * HOUR)
        row = self.undone(conversation, event)
        assert (row.status, row.promised_at, row.due_at) == ("open", NOW + 48 * HOUR, NOW + 27 * HOUR)

    def closed(self, conversation: Conversation) -> VerdictEvent:
        status = Conversation.objects.get(pk=conversation.pk).status
        event = VerdictEvent.objects.create(
            conversation=conversation, verdict="no_reply", at=NOW + HOUR, before={"status": status}
        )
        end(conversation, NO_REPLY, NOW + HOUR, event=event)
        return event

    def undone(self, conversation: Conversation, event: VerdictEvent) -> Conversation:
        ledger, row = ledger_of(conversation, NOW + 4 * HOUR)
        cycles.undo(ledger, event, by=UserFactory())
        ledger.save()
        return again(row)
