"""What people do: permission, change, what goes out and the audit trail in one; a clear sentence where it can't be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from accounts.models import AuditEvent, User
from inbox import actions
from inbox.actions import Refused
from inbox.models import Conversation, Outgoing, VerdictEvent
from tests.factories import NOW, ChannelFactory, ConversationFactory, ItemFactory, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def anna() -> User:
    return UserFactory(name="Anna Ek")


@pytest.fixture
def bo() -> User:
    return UserFactory(name="Bo Lind")


@pytest.fixture
def conversation() -> Conversation:
    return waiting_conversation()


def reply(conversation: Conversation, by: User, **given: Any) -> Outgoing:
    asked = {"kind": "answer", "text": "Klockan tio.", "key": "k1", "now": LATER, **given}
    return actions.reply(conversation.pk, by=by, **asked)


def refused(**asked: Any) -> str:
    with pytest.raises(Refused) as refusal:
        reply(**asked)
    return refusal.value.code


class TestReply:
    def test_is_queued_and_leaves_the_conversation_as_it_is(self, conversation: Conversation, anna: User) -> None:
        outgoing = reply(conversation, anna)
        conversation.refresh_from_db()
        assert (outgoing.status, outgoing.to, outgoing.text) == ("queued", conversation.items.get(), "Klockan tio.")
        assert (conversation.status, conversation.cycles.get().ended_at) == ("open", None)

    def test_is_in_the_audit_trail_without_its_text(self, conversation: Conversation, anna: User) -> None:
        reply(conversation, anna, text="Hemligt.")
        event = AuditEvent.objects.get()
        assert (event.action, event.actor, event.subject) == ("reply.queued", anna, f"conversation:{conversation.pk}")
        assert "Hemligt" not in str(event.data)

    def test_a_reader_may_not(self, conversation: Conversation) -> None:
        with pytest.raises(PermissionDenied):
            reply(conversation, UserFactory(role="reader"))

    def test_the_same_key_gives_the_same_row_whatever_else_differs(self, anna: User) -> None:
        first = reply(waiting_conversation(), anna)
        assert reply(waiting_conversation(), anna, text="", kind="holding") == first

    def test_waits_for_the_delay(self, conversation: Conversation, anna: User) -> None:
        assert reply(conversation, anna, delay=10).not_before == LATER + timedelta(seconds=10)

    @pytest.mark.parametrize("text", ["", "  \n ", "\u00a0"])
    def test_an_empty_text_is_refused(self, conversation: Conversation, anna: User, text: str) -> None:
        assert refused(conversation=conversation, by=anna, text=text) == "empty_text"

    @pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
    def test_a_text_that_cannot_be_sent_is_refused(self, conversation: Conversation, anna: User, text: str) -> None:
        assert refused(conversation=conversation, by=anna, text=text) == "bad_text"

    def test_a_very_long_text_is_left_to_the_platform(self, conversation: Conversation, anna: User) -> None:
        assert len(reply(conversation, anna, text="å" * 10_000).text) == 10_000

    def test_an_unknown_conversation_is_refused(self, anna: User) -> None:
        assert refused(conversation=Conversation(pk=999_999), by=anna) == "unknown_conversation"

    def test_an_unknown_kind_is_refused(self, conversation: Conversation, anna: User) -> None:
        assert refused(conversation=conversation, by=anna, kind="no_reply") == "unknown_kind"

    def test_a_holding_reply_demands_a_time_to_come(self, conversation: Conversation, anna: User) -> None:
        assert refused(conversation=conversation, by=anna, kind="holding") == "no_promise"
        assert refused(conversation=conversation, by=anna, kind="holding", promised_at=LATER) == "promise_in_the_past"

    def test_only_a_holding_reply_promises(self, conversation: Conversation, anna: User) -> None:
        assert reply(conversation, anna, promised_at=LATER + timedelta(days=1)).promised_at is None

    def test_a_reader_s_text_goes_out_byte_for_byte(self, conversation: Conversation, anna: User) -> None:
        text = "  Hej\r\n&amp; @jonas \u202e å\u0308 😀\n"
        assert reply(conversation, anna, text=text).text == text


class TestWhoIsAnswered:
    def test_the_newest_that_waits(self, conversation: Conversation, anna: User) -> None:
        newest = ItemFactory(conversation=conversation, posted_at=NOW + timedelta(minutes=1), external_id="n")
        newest.cycle = conversation.cycles.get()
        newest.save()
        assert reply(conversation, anna).to == newest

    def test_what_waits_before_what_is_newer_and_does_not(self, conversation: Conversation, anna: User) -> None:
        waiting = conversation.items.get()
        ItemFactory(conversation=conversation, posted_at=NOW + timedelta(minutes=1))
        assert reply(conversation, anna).to == waiting

    def test_the_newest_if_nothing_waits(self, anna: User) -> None:
        conversation = ConversationFactory()
        ItemFactory(conversation=conversation, posted_at=NOW - timedelta(hours=1))
        newest = ItemFactory(conversation=conversation)
        ItemFactory(conversation=conversation, posted_at=LATER, from_us=True)
        assert reply(conversation, anna).to == newest

    def test_a_deleted_one_never_unasked(self, conversation: Conversation, anna: User) -> None:
        conversation.items.update(deleted_at=NOW)
        assert refused(conversation=conversation, by=anna) == "gone"

    def test_a_deleted_one_not_even_if_named(self, conversation: Conversation, anna: User) -> None:
        ItemFactory(conversation=conversation, external_id="gone", deleted_at=NOW)
        assert refused(conversation=conversation, by=anna, to="gone") == "gone"

    def test_one_named_by_an_id_it_had_before_an_edit(self, conversation: Conversation, anna: User) -> None:
        edited = ItemFactory(conversation=conversation, external_id="new", earlier_ids=["old"])
        assert reply(conversation, anna, to="old").to == edited

    def test_never_one_of_another_conversation(self, conversation: Conversation, anna: User) -> None:
        other = waiting_conversation().items.get()
        assert refused(conversation=conversation, by=anna, to=other.external_id) == "unknown_item"


class TestGuard:
    def test_two_replies_to_one_person_at_once_are_refused_by_name(
        self, conversation: Conversation, anna: User, bo: User
    ) -> None:
        reply(conversation, anna)
        with pytest.raises(Refused, match="Anna har redan ett svar på väg"):
            reply(conversation, bo, key="k2")

    def test_an_answer_from_the_app_since_the_form_was_drawn(self, conversation: Conversation, bo: User) -> None:
        came = LATER - timedelta(seconds=40)
        ItemFactory(conversation=conversation, from_us=True, native=True, posted_at=came, fetched_at=came)
        with pytest.raises(Refused, match="svarade för 40 s sedan, från appen"):
            reply(conversation, bo, drawn_at=NOW)

    def test_an_older_answer_that_was_read_after_the_form_was_drawn(self, conversation: Conversation, bo: User) -> None:
        ItemFactory(conversation=conversation, from_us=True, native=True, posted_at=NOW, fetched_at=LATER)
        assert refused(conversation=conversation, by=bo, drawn_at=NOW + timedelta(seconds=1)) == "answered_meanwhile"

    def test_an_answer_that_stood_there_when_the_form_was_drawn_hinders_nobody(
        self, conversation: Conversation, bo: User
    ) -> None:
        ItemFactory(conversation=conversation, from_us=True, native=True, posted_at=NOW, fetched_at=NOW)
        assert reply(conversation, bo, drawn_at=NOW).status == "queued"

    def test_a_colleague_s_confirmed_answer_is_told_by_first_name(
        self, conversation: Conversation, anna: User, bo: User
    ) -> None:
        earlier = reply(conversation, anna)
        ItemFactory(conversation=conversation, from_us=True, external_id="r1", posted_at=LATER, fetched_at=LATER)
        Outgoing.objects.filter(pk=earlier.pk).update(status="sent", external_id="r1")
        with pytest.raises(Refused, match=r"^Anna svarade för 2 min sedan\. "):
            reply(conversation, bo, key="k2", drawn_at=NOW, now=LATER + timedelta(minutes=2))

    def test_the_database_lets_no_second_one_in_either(self, conversation: Conversation, anna: User) -> None:
        from django.db import IntegrityError

        first = reply(conversation, anna)
        first.pk, first.key = None, "k2"
        with pytest.raises(IntegrityError, match="one_reply_on_its_way"):
            first.save(force_insert=True)


class TestSignature:
    def test_is_put_after_the_text(self, conversation: Conversation, anna: User) -> None:
        assert reply(conversation, anna, text="Klockan tio.", sign=True).text == "Klockan tio. /Anna"

    def test_is_not_put_twice(self, conversation: Conversation, anna: User) -> None:
        assert reply(conversation, anna, text="Klockan tio.\n/Anna\n", sign=True).text == "Klockan tio.\n/Anna\n"

    def test_of_a_longer_name_is_another(self) -> None:
        assert actions.signed("Hej /Annabel", UserFactory(name="Anna"), ChannelFactory()) == "Hej /Annabel /Anna"

    def test_stands_on_a_line_of_its_own_if_the_text_ends_with_one(self, anna: User) -> None:
        assert actions.signed("Hej\n", anna, ChannelFactory()) == "Hej\n/Anna"


class TestCancel:
    def test_takes_back_what_has_not_left(self, conversation: Conversation, anna: User) -> None:
        outgoing = reply(conversation, anna, delay=10)
        assert actions.cancel(outgoing.pk, by=anna, now=LATER) is True
        outgoing.refresh_from_db()
        assert outgoing.status == "cancelled"

    def test_twice_changes_nothing(self, conversation: Conversation, anna: User) -> None:
        outgoing = reply(conversation, anna, delay=10)
        actions.cancel(outgoing.pk, by=anna, now=LATER)
        assert actions.cancel(outgoing.pk, by=anna, now=LATER) is False
        assert AuditEvent.objects.filter(action="reply.cancelled").count() == 1

    @pytest.mark.parametrize("status", ["sending", "unknown"])
    def test_comes_too_late_once_it_is_being_sent(self, conversation: Conversation, anna: User, status: str) -> None:
        outgoing = reply(conversation, anna)
        Outgoing.objects.filter(pk=outgoing.pk).update(status=status)
        with pytest.raises(Refused, match="Hann skickas"):
            actions.cancel(outgoing.pk, by=anna, now=LATER)

    def test_makes_room_for_another_reply(self, conversation: Conversation, anna: User) -> None:
        actions.cancel(reply(conversation, anna, delay=10).pk, by=anna, now=LATER)
        assert reply(conversation, anna, key="k2").status == "queued"


class TestVerdictsThatSendNothing:
    def test_no_reply_needed_ends_the_cycle_and_closes(self, conversation: Conversation, anna: User) -> None:
        actions.close(conversation.pk, reason="emoji", by=anna, now=LATER, note="Bara ett hjärta.")
        conversation.refresh_from_db()
        cycle = conversation.cycles.get()
        assert (conversation.status, conversation.due_at) == ("closed", None)
        assert (cycle.outcome, cycle.ended_at, cycle.verdict.reason) == ("no_reply", LATER, "emoji")
        assert conversation.notes.get().text == "Bara ett hjärta."

    @pytest.mark.parametrize("reason", ["", "because", "emoji "])
    def test_an_unknown_reason_is_refused(self, conversation: Conversation, anna: User, reason: str) -> None:
        with pytest.raises(Refused) as refusal:
            actions.close(conversation.pk, reason=reason, by=anna, now=LATER)
        assert refusal.value.code == "unknown_reason"

    @pytest.mark.parametrize("verdict", ["answer", "nonsense"])
    def test_a_verdict_that_speaks_is_not_decided_but_replied(
        self, conversation: Conversation, anna: User, verdict: str
    ) -> None:
        with pytest.raises(Refused):
            actions.decide(conversation.pk, verdict, by=anna, now=LATER)

    def test_a_double_click_gives_the_first_event(self, conversation: Conversation, anna: User) -> None:
        first = actions.close(conversation.pk, reason="emoji", by=anna, now=LATER)
        assert actions.close(conversation.pk, reason="emoji", by=anna, now=LATER) == first
        assert VerdictEvent.objects.count() == 1

    def test_another_verdict_on_what_is_done_is_refused(self, conversation: Conversation, anna: User) -> None:
        actions.close(conversation.pk, reason="emoji", by=anna, now=LATER)
        with pytest.raises(Refused, match="redan klar"):
            actions.close(conversation.pk, reason="other", by=anna, now=LATER)

    def test_waits_for_a_reply_that_is_on_its_way(self, conversation: Conversation, anna: User, bo: User) -> None:
        reply(conversation, anna)
        with pytest.raises(Refused, match="Anna har ett svar på väg"):
            actions.close(conversation.pk, reason="other", by=bo, now=LATER)

    def test_a_reader_may_not(self, conversation: Conversation) -> None:
        with pytest.raises(PermissionDenied):
            actions.close(conversation.pk, reason="emoji", by=UserFactory(role="reader"), now=LATER)


class TestUndo:
    def test_restores_the_cycle_with_its_deadline(self, conversation: Conversation, anna: User) -> None:
        event = actions.close(conversation.pk, reason="emoji", by=anna, now=LATER)
        due_at = conversation.due_at
        actions.undo(event.pk, by=anna, now=LATER + timedelta(seconds=10))
        conversation.refresh_from_db()
        assert (conversation.status, conversation.due_at, conversation.cycles.get().ended_at) == ("open", due_at, None)

    def test_twice_changes_nothing(self, conversation: Conversation, anna: User) -> None:
        event = actions.close(conversation.pk, reason="emoji", by=anna, now=LATER)
        actions.undo(event.pk, by=anna, now=LATER)
        actions.undo(event.pk, by=anna, now=LATER + timedelta(hours=1))
        assert AuditEvent.objects.filter(action="verdict.undone").count() == 1

    def test_is_over_after_a_while(self, conversation: Conversation, anna: User) -> None:
        event = actions.close(conversation.pk, reason="emoji", by=anna, now=LATER)
        with pytest.raises(Refused, match="Återöppna"):
            actions.undo(event.pk, by=anna, now=LATER + timedelta(seconds=16))

    def test_does_not_undo_what_somebody_did_after_it(self, conversation: Conversation, anna: User) -> None:
        first = actions.close(conversation.pk, reason="emoji", by=anna, now=LATER)
        actions.reopen(conversation.pk, by=anna, now=LATER)
        actions.close(conversation.pk, reason="other", by=anna, now=LATER)
        with pytest.raises(Refused):
            actions.undo(first.pk, by=anna, now=LATER)


class TestReopen:
    def test_counts_from_the_oldest_unanswered_item(self, conversation: Conversation, anna: User) -> None:
        due_at = conversation.due_at
        actions.close(conversation.pk, reason="emoji", by=anna, now=LATER)
        actions.reopen(conversation.pk, by=anna, now=LATER + timedelta(hours=3))
        conversation.refresh_from_db()
        assert (conversation.status, conversation.due_at) == ("open", due_at)

    def test_of_what_is_open_changes_nothing(self, conversation: Conversation, anna: User) -> None:
        actions.reopen(conversation.pk, by=anna, now=LATER)
        assert conversation.cycles.count() == 1
        assert not AuditEvent.objects.exists()


class TestTheRest:
    def test_assigning_is_remembered_and_told(self, conversation: Conversation, anna: User, bo: User) -> None:
        actions.assign(conversation.pk, to_user=bo, by=anna, now=LATER)
        conversation.refresh_from_db()
        assert conversation.assignee == bo
        assert AuditEvent.objects.get().data == {"to": bo.pk}

    def test_a_reader_cannot_be_made_responsible(self, conversation: Conversation, anna: User) -> None:
        with pytest.raises(Refused):
            actions.assign(conversation.pk, to_user=UserFactory(role="reader"), by=anna, now=LATER)

    def test_an_assignment_is_taken_away(self, conversation: Conversation, anna: User) -> None:
        actions.assign(conversation.pk, to_user=anna, by=anna, now=LATER)
        assert actions.assign(conversation.pk, to_user=None, by=anna, now=LATER).assignee is None

    def test_a_note_is_kept_and_an_empty_one_refused(self, conversation: Conversation, anna: User) -> None:
        actions.add_note(conversation.pk, text="Ring VA.", by=anna, now=LATER)
        with pytest.raises(Refused):
            actions.add_note(conversation.pk, text=" ", by=anna, now=LATER)
        assert [note.text for note in conversation.notes.all()] == ["Ring VA."]

    def test_the_first_to_see_an_item_is_remembered_once(
        self, conversation: Conversation, anna: User, bo: User, django_assert_num_queries: Any
    ) -> None:
        actions.mark_seen(conversation.pk, by=anna, now=LATER)
        with django_assert_num_queries(2):  # roles, and whether anything is unseen
            actions.mark_seen(conversation.pk, by=bo, now=LATER + timedelta(minutes=1))
        item = conversation.items.get()
        assert (item.first_seen_at, item.first_seen_by) == (LATER, anna)

    def test_a_failed_reply_is_sent_again_as_a_new_row(self, conversation: Conversation, anna: User) -> None:
        failed = reply(conversation, anna)
        Outgoing.objects.filter(pk=failed.pk).update(status="failed", error="Nej.")
        again = actions.retry(failed.pk, by=anna, now=LATER)
        assert (again.pk != failed.pk, again.text, again.to, again.status) == (True, failed.text, failed.to, "queued")
        assert actions.retry(failed.pk, by=anna, now=LATER) == again
        failed.refresh_from_db()
        assert (failed.status, failed.error) == ("failed", "Nej.")

    def test_only_a_failed_reply_is_sent_again(self, conversation: Conversation, anna: User) -> None:
        with pytest.raises(Refused):
            actions.retry(reply(conversation, anna).pk, by=anna, now=LATER)


class TestSettlingByHand:
    @pytest.fixture
    def unknown(self, conversation: Conversation, anna: User) -> Outgoing:
        outgoing = reply(conversation, anna)
        Outgoing.objects.filter(pk=outgoing.pk).update(status="unknown", claimed_at=LATER)
        return outgoing

    @pytest.mark.parametrize("pasted", ["Ugx1.9", " https://www.youtube.com/watch?v=abc&lc=Ugx1.9 "])
    def test_a_reply_that_stands_there_is_sent_with_its_id(self, unknown: Outgoing, anna: User, pasted: str) -> None:
        settled = actions.settle_unknown(unknown.pk, was_sent=True, external_id=pasted, by=anna, now=LATER)
        cycle = unknown.conversation.cycles.get()
        assert (settled.status, settled.external_id, settled.posted_at) == ("sent", "Ugx1.9", LATER)
        assert (cycle.outcome, cycle.ended_at, cycle.reply.external_id) == ("answered", LATER, "Ugx1.9")

    @pytest.mark.parametrize("pasted", [None, "", "https://www.youtube.com/watch?v=abc", "den finns där"])
    def test_which_one_it_is_must_be_said(self, unknown: Outgoing, anna: User, pasted: str | None) -> None:
        with pytest.raises(Refused, match="Klistra in länken"):
            actions.settle_unknown(unknown.pk, was_sent=True, external_id=pasted, by=anna, now=LATER)

    def test_the_citizen_s_own_comment_is_not_the_reply(self, unknown: Outgoing, anna: User) -> None:
        with pytest.raises(Refused, match="andra har skrivit"):
            self.settle(unknown, anna, unknown.to.external_id)

    def test_nor_is_another_reply_of_ours(self, unknown: Outgoing, anna: User) -> None:
        channel = unknown.conversation.channel
        ItemFactory(conversation__thread__channel=channel, from_us=True, external_id="other")
        with pytest.raises(Refused, match="ett annat av era svar"):
            self.settle(unknown, anna, "other")

    def test_one_that_a_poll_took_for_somebody_s_own_is_taken_over(self, unknown: Outgoing, anna: User) -> None:
        native = ItemFactory(conversation=unknown.conversation, from_us=True, native=True, external_id="r1")
        assert self.settle(unknown, anna, "r1").status == "sent"
        native.refresh_from_db()
        assert native.native is False

    def settle(self, unknown: Outgoing, anna: User, link: str) -> Outgoing:
        return actions.settle_unknown(unknown.pk, was_sent=True, external_id=link, by=anna, now=LATER)

    def test_a_reply_that_is_not_there_is_queued_and_can_be_taken_back(self, unknown: Outgoing, anna: User) -> None:
        settled = actions.settle_unknown(unknown.pk, was_sent=False, by=anna, now=LATER)
        assert (settled.status, settled.not_before) == ("queued", LATER + timedelta(seconds=10))
        assert actions.cancel(unknown.pk, by=anna, now=LATER) is True

    def test_what_is_known_is_not_settled(self, conversation: Conversation, anna: User) -> None:
        with pytest.raises(Refused):
            actions.settle_unknown(reply(conversation, anna).pk, was_sent=False, by=anna, now=LATER)


def test_no_action_leaves_anything_behind_when_it_is_refused(conversation: Conversation, anna: User) -> None:
    before = AuditEvent.objects.count()
    with pytest.raises(Refused):
        reply(conversation, anna, to="nobody")
    assert (Outgoing.objects.count(), AuditEvent.objects.count()) == (0, before)
    assert not connection.needs_rollback
