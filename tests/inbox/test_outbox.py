"""The state machine of what goes out: one test for each of its arrows, one for each row of the table of errors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts import channels
from accounts.models import AuditEvent, User
from connectors.base import AuthExpired, Exhausted, Gone, OutcomeUnknown, Permanent, PlatformError, Sent, Temporary
from inbox import actions, outbox
from inbox.leaving import sending
from inbox.models import Conversation, Outgoing
from tests.factories import ChannelFactory, ItemFactory, UserFactory, waiting_conversation
from tests.inbox.scene import FakeConnector, fake, own_item

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday, 10.00 in Stockholm
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Any:
    time_machine.move_to(START, tick=False)
    return time_machine


@pytest.fixture
def anna() -> User:
    return UserFactory(name="Anna Ek")


@pytest.fixture
def conversation() -> Conversation:
    return waiting_conversation(posted_at=START - timedelta(hours=1))


@pytest.fixture
def queued(conversation: Conversation, anna: User) -> Outgoing:
    return actions.reply(conversation.pk, kind="answer", text="Klockan tio.", key="k1", by=anna, now=START)


def at(clock: Any, instant: datetime) -> list[Outgoing]:
    clock.move_to(instant, tick=False)
    return outbox.deliver(instant)


def again(outgoing: Outgoing) -> Outgoing:
    outgoing.refresh_from_db()
    return outgoing


def unknown(monkeypatch: Any, queued: Outgoing, platform: str = "facebook", found: Any = None) -> type[FakeConnector]:
    """Bring a reply to where nobody knows what became of it, at START."""
    connector = fake(monkeypatch, OutcomeUnknown("Oklart."), found)
    monkeypatch.setitem(__import__("connectors.registry").registry.PATHS, platform, "tests.inbox.scene:FakeConnector")
    queued.conversation.channel.__class__.objects.filter(pk=queued.conversation.channel_id).update(platform=platform)
    outbox.deliver(START)
    return connector


class TestClaim:
    def test_is_won_by_one(self, queued: Outgoing) -> None:
        assert sending.claim(queued.pk, now=START, holder="a") == queued
        assert sending.claim(queued.pk, now=START, holder="b") is None
        assert (again(queued).status, queued.claimed_by, queued.claimed_at) == ("sending", "a", START)

    def test_waits_for_not_before(self, queued: Outgoing) -> None:
        Outgoing.objects.update(not_before=START + SECOND)
        assert sending.claim(queued.pk, now=START, holder="a") is None
        assert sending.claim(queued.pk, now=START + SECOND, holder="a")

    def test_does_not_find_what_was_cancelled(self, monkeypatch: Any, queued: Outgoing, anna: User) -> None:
        connector = fake(monkeypatch)
        actions.cancel(queued.pk, by=anna, now=START)
        assert (outbox.deliver(START), connector.sent) == ([], [])

    def test_after_somebody_else_has_answered_fails_with_a_sentence(self, monkeypatch: Any, queued: Outgoing) -> None:
        connector = fake(monkeypatch)
        own_item(queued.conversation, posted_at=START, fetched_at=START + SECOND, author_name="Exempelby kommun")
        outbox.deliver(START)
        assert (again(queued).status, queued.error_code, connector.sent) == ("failed", "answered_meanwhile", [])
        assert queued.error == "Exempelby kommun svarade för 0 s sedan, från appen. Ditt svar skickades inte."


class TestAccepted:
    def test_is_sent_with_the_platform_s_id_and_time(self, monkeypatch: Any, queued: Outgoing) -> None:
        fake(monkeypatch, Sent("r9", START + SECOND))
        assert outbox.deliver(START) == [queued]
        assert (again(queued).status, queued.external_id, queued.posted_at) == ("sent", "r9", START + SECOND)

    def test_ends_the_cycle_at_the_platform_s_time_and_closes(self, monkeypatch: Any, queued: Outgoing) -> None:
        fake(monkeypatch, Sent("r9", START + SECOND))
        outbox.deliver(START)
        cycle, conversation = queued.conversation.cycles.get(), Conversation.objects.get()
        assert (cycle.outcome, cycle.ended_at, cycle.reply.external_id) == ("answered", START + SECOND, "r9")
        assert (conversation.status, conversation.due_at) == ("closed", None)

    def test_stands_in_the_thread_at_once_as_ours(self, monkeypatch: Any, queued: Outgoing) -> None:
        fake(monkeypatch, Sent("r9"))
        outbox.deliver(START)
        item = queued.conversation.items.get(external_id="r9")
        assert (item.text, item.from_us, item.native, item.posted_at) == ("Klockan tio.", True, False, START)
        assert item.thread.we_wrote

    def test_is_told_in_the_history(self, monkeypatch: Any, queued: Outgoing) -> None:
        fake(monkeypatch)
        outbox.deliver(START)
        assert [event.action for event in AuditEvent.objects.order_by("pk")] == ["reply.queued", "reply.sent"]

    def test_a_holding_reply_stops_the_first_clock_and_starts_the_promised_one(
        self, monkeypatch: Any, conversation: Conversation, anna: User
    ) -> None:
        fake(monkeypatch, Sent("r9", START))
        promised = START + timedelta(days=2)
        actions.reply(
            conversation.pk, kind="holding", text="Vi återkommer.", promised_at=promised, key="h", by=anna, now=START
        )
        outbox.deliver(START)
        first, second = conversation.cycles.order_by("pk")
        assert (first.outcome, second.kind, second.started_at, second.due_at) == (
            "holding",
            "promised",
            START,
            promised,
        )
        assert Conversation.objects.get().status == "waiting"

    def test_a_redirect_is_a_redirect(self, monkeypatch: Any, conversation: Conversation, anna: User) -> None:
        fake(monkeypatch)
        actions.reply(conversation.pk, kind="redirect", text="Ring 0555-100 00.", key="h", by=anna, now=START)
        outbox.deliver(START)
        assert conversation.cycles.get().outcome == "redirected"

    def test_does_not_answer_what_nobody_could_see_when_the_form_was_drawn(
        self, monkeypatch: Any, queued: Outgoing
    ) -> None:
        fake(monkeypatch, Sent("r9", START + MINUTE))
        late = ItemFactory(
            conversation=queued.conversation,
            posted_at=START - MINUTE,
            fetched_at=START + SECOND,
            cycle=queued.conversation.cycles.get(),
        )
        outbox.deliver(START)
        late.refresh_from_db()
        assert (late.cycle.ended_at, late.cycle.started_at) == (None, late.posted_at)
        assert Conversation.objects.get().status == "open"

    def test_after_a_poll_was_faster_keeps_the_one_row(self, monkeypatch: Any, queued: Outgoing) -> None:
        fake(monkeypatch, Sent("r9", START))
        own_item(queued.conversation, external_id="r9", text="Klockan tio.", posted_at=START, fetched_at=START - SECOND)
        outbox.deliver(START)
        assert queued.conversation.items.get(external_id="r9").native is False
        assert again(queued).status == "sent"


class TestWhatGoesWrong:
    @pytest.mark.parametrize(
        ("error", "status"),
        [
            (Temporary("Facebook gick inte att nå."), "queued"),
            (Exhausted("Kvoten är slut.", until=START + timedelta(hours=1)), "queued"),
            (AuthExpired("Nyckeln gäller inte längre."), "queued"),
            (Permanent("Texten är för lång."), "failed"),
            (Gone("Kommentaren finns inte längre."), "failed"),
            (OutcomeUnknown("Facebook svarade inte."), "unknown"),
            (PlatformError("Något annat."), "unknown"),
            (KeyError("id"), "unknown"),
            (TimeoutError(), "unknown"),
        ],
        ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
    )
    def test_becomes_what_the_table_says(
        self, monkeypatch: Any, queued: Outgoing, error: Exception, status: str
    ) -> None:
        connector = fake(monkeypatch, error)
        outbox.deliver(START)
        assert (again(queued).status, len(connector.sent)) == (status, 1)
        assert queued.error == str(error) or not isinstance(error, PlatformError)
        assert queued.conversation.cycles.get().ended_at is None

    def test_an_answer_without_an_id_is_unknown(self, monkeypatch: Any, queued: Outgoing) -> None:
        fake(monkeypatch, Sent(""))
        outbox.deliver(START)
        assert again(queued).status == "unknown"

    def test_temporary_waits_twice_as_long_each_time_and_fails_after_six(
        self, monkeypatch: Any, clock: Any, queued: Outgoing
    ) -> None:
        connector, pauses = fake(monkeypatch, Temporary("Nej.")), []
        while again(queued).status == "queued":
            instant = queued.not_before
            assert at(clock, instant - SECOND) == [] if pauses else True
            at(clock, instant)
            pauses.append((again(queued).not_before - instant).total_seconds())
        assert pauses[:5] == [30, 60, 120, 240, 480]
        assert (queued.status, queued.attempts, len(connector.sent)) == ("failed", 6, 6)

    def test_temporary_waits_as_long_as_the_platform_asks(self, monkeypatch: Any, queued: Outgoing) -> None:
        fake(monkeypatch, Temporary("Nej.", retry_after=300))
        outbox.deliver(START)
        assert again(queued).not_before == START + timedelta(seconds=300)

    def test_exhausted_holds_the_channel_s_replies_until_then_without_counting(
        self, monkeypatch: Any, queued: Outgoing, anna: User
    ) -> None:
        until = START + timedelta(hours=1)
        connector = fake(monkeypatch, Exhausted("Kvoten är slut.", until=until))
        other = waiting_conversation(thread__channel=queued.conversation.channel, posted_at=START - MINUTE)
        second = actions.reply(other.pk, kind="answer", text="Hej.", key="k2", by=anna, now=START)
        outbox.deliver(START)
        for outgoing in (again(queued), again(second)):
            assert (outgoing.held, outgoing.not_before, outgoing.attempts) == (True, until, 0)
        assert len(connector.sent) == 1

    def test_a_dead_token_holds_the_channel_until_a_new_one_is_saved(
        self, monkeypatch: Any, queued: Outgoing, anna: User
    ) -> None:
        connector = fake(monkeypatch, AuthExpired("Nyckeln gäller inte längre."))
        outbox.deliver(START)
        other = waiting_conversation(thread__channel=queued.conversation.channel, posted_at=START - MINUTE)
        second = actions.reply(other.pk, kind="answer", text="Hej.", key="k2", by=anna, now=START)
        outbox.deliver(START + timedelta(days=3))
        assert [(o.status, o.held, o.attempts) for o in (again(queued), again(second))] == [("queued", True, 0)] * 2
        assert len(connector.sent) == 1
        FakeConnector.outcome = lambda: Sent(f"r{len(connector.sent)}")
        channels.save_token(queued.conversation.channel_id, {"access_token": "new"})
        outbox.deliver(START)
        assert [again(queued).status, again(second).status] == ["sent", "sent"]

    def test_no_token_at_all_holds_too(self, queued: Outgoing) -> None:
        queued.conversation.channel.credential.delete()
        assert outbox.deliver(START) == [queued]
        assert (again(queued).status, queued.held, queued.error_code) == ("queued", True, "auth_expired")

    def test_a_token_that_no_key_opens_holds_the_channel(self, queued: Outgoing, settings: Any) -> None:
        settings.TOKEN_KEYS = ["another key"]
        outbox.deliver(START)
        assert (again(queued).status, queued.held, queued.error_code) == ("queued", True, "unreadable_token")

    def test_a_sandbox_that_is_not_running_was_never_reached(
        self, queued: Outgoing, settings: Any, tmp_path: Any
    ) -> None:
        settings.VAR_DIR = tmp_path
        queued.conversation.channel.__class__.objects.update(is_sandbox=True)
        outbox.deliver(START)
        assert (again(queued).status, queued.error_code, queued.attempts) == ("queued", "no_sandbox", 1)

    def test_trouble_of_one_channel_does_not_stop_another(self, monkeypatch: Any, queued: Outgoing, anna: User) -> None:
        fake(monkeypatch, lambda: OutcomeUnknown("Oklart.") if len(FakeConnector.sent) == 1 else Sent("r2"))
        other = waiting_conversation(thread__channel=ChannelFactory(), posted_at=START - MINUTE)
        second = actions.reply(other.pk, kind="answer", text="Hej.", key="k2", by=anna, now=START)
        assert len(outbox.deliver(START)) == 2
        assert (again(queued).status, again(second).status) == ("unknown", "sent")

    def test_what_a_slow_worker_says_of_an_older_claim_changes_nothing(self, queued: Outgoing) -> None:
        first = sending.claim(queued.pk, now=START, holder="a")
        Outgoing.objects.update(status="queued")
        sending.claim(queued.pk, now=START, holder="b")
        assert first is not None
        sending.went_wrong(first, Temporary("Nej."))
        assert (again(queued).status, queued.claimed_by) == ("sending", "b")


class TestAWorkerThatDied:
    def test_leaves_a_reply_that_is_unknown_after_two_minutes(self, clock: Any, queued: Outgoing) -> None:
        sending.claim(queued.pk, now=START, holder="a")
        assert at(clock, START + 2 * MINUTE - SECOND) == []
        assert at(clock, START + 2 * MINUTE) == [queued]
        assert (again(queued).status, queued.error_code) == ("unknown", "interrupted")

    def test_leaves_nothing_that_is_looked_up_at_once(self, monkeypatch: Any, clock: Any, queued: Outgoing) -> None:
        connector = fake(monkeypatch)
        sending.claim(queued.pk, now=START, holder="a")
        at(clock, START + 2 * MINUTE)
        assert (again(queued).next_lookup_at, connector.looked) == (START + 4 * MINUTE, [])


class TestUnknown:
    def test_is_looked_for_after_2_and_after_10_minutes(self, monkeypatch: Any, clock: Any, queued: Outgoing) -> None:
        connector = unknown(monkeypatch, queued)
        looked = []
        for second in range(0, 9 * 60 + 59, 30):
            at(clock, START + timedelta(seconds=second))
            looked.append(len(connector.looked))
        assert looked == [0] * 4 + [1] * 16
        at(clock, START + 10 * MINUTE)
        assert len(connector.looked) == 2

    def test_found_is_sent_with_its_id_and_time(self, monkeypatch: Any, clock: Any, queued: Outgoing) -> None:
        connector = unknown(monkeypatch, queued, found=Sent("r7", START + SECOND))
        assert at(clock, START + 2 * MINUTE) == [queued]
        assert (again(queued).status, queued.external_id, queued.posted_at) == ("sent", "r7", START + SECOND)
        assert (queued.conversation.cycles.get().ended_at, len(connector.sent)) == (START + SECOND, 1)

    def test_is_looked_for_since_it_was_sent_and_among_what_is_not_ours_already(
        self, monkeypatch: Any, clock: Any, queued: Outgoing
    ) -> None:
        own_item(queued.conversation, external_id="old", earlier_ids=["older"], posted_at=START, fetched_at=START)
        connector = unknown(monkeypatch, queued)
        at(clock, START + 2 * MINUTE)
        assert connector.looked[0]["since"] == START
        assert connector.looked[0]["exclude"] == {"old", "older"}

    @pytest.mark.parametrize("platform", ["facebook", "twitter", "instagram", "linkedin"])
    def test_surely_absent_twice_is_sent_again(
        self, monkeypatch: Any, clock: Any, queued: Outgoing, platform: str
    ) -> None:
        connector = unknown(monkeypatch, queued, platform)
        at(clock, START + 2 * MINUTE)
        assert (again(queued).status, queued.lookups) == ("unknown", 1)
        FakeConnector.outcome = Sent("r8")
        at(clock, START + 10 * MINUTE)
        assert (again(queued).status, queued.external_id, len(connector.sent)) == ("sent", "r8", 2)

    def test_absent_twice_on_youtube_waits_for_a_person(self, monkeypatch: Any, clock: Any, queued: Outgoing) -> None:
        connector = unknown(monkeypatch, queued, "youtube")
        at(clock, START + 2 * MINUTE)
        at(clock, START + 10 * MINUTE)
        at(clock, START + timedelta(days=1))
        assert (again(queued).status, queued.next_lookup_at, queued.error_code) == (
            "unknown", None, "look_for_yourself",
        )  # fmt: skip
        assert (len(connector.looked), len(connector.sent)) == (2, 1)

    def test_a_look_up_that_fails_is_not_an_absence(self, monkeypatch: Any, clock: Any, queued: Outgoing) -> None:
        connector = unknown(monkeypatch, queued, found=Temporary("Facebook gick inte att nå."))
        for minute in range(0, 180, 1):
            at(clock, START + minute * MINUTE)
        assert (again(queued).status, queued.lookups, len(connector.sent)) == ("unknown", 0, 1)
        assert 5 < len(connector.looked) < 20

    def test_a_look_up_without_a_living_token_waits_for_one(
        self, monkeypatch: Any, clock: Any, queued: Outgoing
    ) -> None:
        connector = unknown(monkeypatch, queued, found=AuthExpired("Nyckeln gäller inte längre."))
        for minute in range(2, 60):
            at(clock, START + minute * MINUTE)
        assert (len(connector.looked), again(queued).lookups) == (1, 0)
        FakeConnector.found = Sent("r7", START)
        channels.save_token(queued.conversation.channel_id, {"access_token": "new"})
        at(clock, START + 61 * MINUTE)
        assert again(queued).status == "sent"

    def test_a_look_up_beyond_the_quota_waits_for_it(self, monkeypatch: Any, clock: Any, queued: Outgoing) -> None:
        until = START + timedelta(hours=3)
        unknown(monkeypatch, queued, found=Exhausted("Kvoten är slut.", until=until))
        at(clock, START + 2 * MINUTE)
        assert (again(queued).next_lookup_at, queued.lookups) == (until, 0)

    def test_unknown_and_absent_six_times_fails(self, monkeypatch: Any, clock: Any, queued: Outgoing) -> None:
        connector = unknown(monkeypatch, queued)
        for minute in range(120):
            at(clock, START + minute * MINUTE)
        assert (again(queued).status, queued.error_code, len(connector.sent)) == ("failed", "gave_up", 6)

    def test_a_text_that_x_calls_a_duplicate_is_not_tried_for_ever(
        self, monkeypatch: Any, clock: Any, queued: Outgoing
    ) -> None:
        connector = fake(monkeypatch, OutcomeUnknown("X säger att samma text redan är skickad.", code="duplicate"))
        for minute in (0, 2, 10, 20):
            at(clock, START + minute * MINUTE)
        assert (again(queued).status, queued.error_code, len(connector.sent)) == ("failed", "duplicate", 1)

    def test_somebody_else_s_answer_meanwhile_stops_the_second_sending(
        self, monkeypatch: Any, clock: Any, queued: Outgoing
    ) -> None:
        connector = unknown(monkeypatch, queued)
        at(clock, START + 2 * MINUTE)
        own_item(queued.conversation, posted_at=START + 3 * MINUTE, fetched_at=START + 4 * MINUTE)
        at(clock, START + 10 * MINUTE)
        assert (again(queued).status, len(connector.sent)) == ("failed", 1)

    def test_an_answer_that_comes_late_after_all_is_sent(self, queued: Outgoing) -> None:
        claimed = sending.claim(queued.pk, now=START, holder="a")
        assert claimed is not None
        outbox.deliver(START + 5 * MINUTE)
        sending.accepted(claimed, Sent("r1", START + MINUTE), START + 5 * MINUTE)
        assert (again(queued).status, queued.external_id) == ("sent", "r1")


def test_a_held_reply_can_be_taken_back(monkeypatch: Any, queued: Outgoing, anna: User) -> None:
    fake(monkeypatch, AuthExpired("Nyckeln gäller inte längre."))
    outbox.deliver(START)
    actions.cancel(queued.pk, by=anna, now=START)
    assert (again(queued).status, queued.held) == ("cancelled", False)


def test_one_row_is_told_of_once_however_many_steps_it_took(monkeypatch: Any, queued: Outgoing, clock: Any) -> None:
    unknown(monkeypatch, queued)
    at(clock, START + 2 * MINUTE)
    FakeConnector.outcome = Sent("r8")
    assert at(clock, START + 10 * MINUTE) == [queued]


class TestWhatCannotBeRecorded:
    """The platform has it, and our own record of it fails: it must neither be sent again nor stop the others."""

    def test_does_not_stop_the_others(self, monkeypatch: Any, queued: Outgoing, anna: User) -> None:
        fake(monkeypatch, lambda: Sent("x" * 300 if len(FakeConnector.sent) == 1 else "r2"))
        other = waiting_conversation(thread__channel=ChannelFactory(), posted_at=START - MINUTE)
        second = actions.reply(other.pk, kind="answer", text="Hej.", key="k2", by=anna, now=START)
        outbox.deliver(START)
        assert (again(queued).status, again(second).status) == ("sending", "sent")

    def test_is_looked_up_now_and_then_and_never_sent_again(
        self, monkeypatch: Any, clock: Any, queued: Outgoing
    ) -> None:
        connector = unknown(monkeypatch, queued, found=Sent("x" * 300))
        for minute in range(180):
            at(clock, START + minute * MINUTE)
        assert (again(queued).status, queued.lookups, len(connector.sent)) == ("unknown", 0, 1)
        assert 5 < len(connector.looked) < 20

    def test_a_platform_that_asks_for_a_thousand_years_is_tried_tomorrow(
        self, monkeypatch: Any, queued: Outgoing
    ) -> None:
        fake(monkeypatch, Temporary("Nej.", retry_after=1e13))
        outbox.deliver(START)
        assert (again(queued).status, queued.not_before) == ("queued", START + timedelta(days=1))
