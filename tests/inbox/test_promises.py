"""The second clock, and rest: a promise kept in sight, a third holding reply agreed to, no rest past a deadline."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from inbox import actions, cycles, settling
from inbox.cycles import Ledger
from inbox.models import Conversation, Note, Outgoing, ReplyCycle
from inbox.promise import promises, resting
from inbox.verdicts import ANSWER, HOLDING
from sla import policies
from tests.factories import NOW, ItemFactory, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DUE = NOW + DAY


@pytest.fixture
def row() -> Conversation:
    return waiting_conversation(posted_at=NOW)


@pytest.fixture
def anna() -> User:
    return UserFactory()


def holding(row: Conversation, *, at: datetime = NOW, promised: datetime) -> Conversation:
    """Let the platform have confirmed a holding reply."""
    return ended(row, HOLDING, at, promised_at=promised)


def ended(row: Conversation, verdict: Any, at: datetime, **more: Any) -> Conversation:
    ledger = Ledger.of([row], at)
    ledger.end(ledger.conversations[row.pk], verdict, at=at, **more)
    ledger.save()
    row.refresh_from_db()
    return row


def third(row: Conversation, by: User, note: str = "") -> Outgoing:
    return actions.reply(
        row.pk, kind="holding", text="Det dröjer.", by=by, key="k", now=NOW + HOUR, promised_at=NOW + 9 * DAY, note=note
    )


class TestHoldingReplies:
    @pytest.mark.parametrize(
        ("number", "words"),
        [(None, ""), (1, ""), (2, "2:a beskedet"), (3, "3:e beskedet"), (12, "12:e beskedet"), (22, "22:a beskedet")],
    )
    def test_the_second_and_later_ones_are_flagged(self, number: int | None, words: str) -> None:
        assert promises.words(number) == words

    def test_are_counted_since_we_last_answered(self, row: Conversation) -> None:
        for day in (2, 3):
            holding(row, promised=NOW + day * DAY)
        assert promises.in_a_row(row.pk) == 2
        ended(row, ANSWER, NOW + HOUR)
        holding(row, at=NOW + 2 * HOUR, promised=NOW + 4 * DAY)
        assert promises.in_a_row(row.pk) == 1

    def test_the_third_is_refused_to_a_communicator(self, row: Conversation, anna: User) -> None:
        self.two(row)
        with pytest.raises(actions.Refused, match="En chef behöver först skriva"):
            third(row, anna)
        with pytest.raises(actions.Refused, match="En chef behöver först skriva"):
            third(row, anna, note="Jag tycker själv.")
        assert not Note.objects.exists()

    def test_the_third_needs_a_managers_note(self, row: Conversation) -> None:
        self.two(row)
        karin = UserFactory(role="manager")
        with pytest.raises(actions.Refused, match="Skriv i en anteckning"):
            third(row, karin, note="  ")
        assert third(row, karin, note="Mätningen är försenad.").status == "queued"
        assert Note.objects.get().by == karin

    def test_a_managers_note_since_the_second_lets_a_communicator_send_it(self, row: Conversation, anna: User) -> None:
        self.two(row)
        actions.add_note(row.pk, text="Ge ett besked till.", by=UserFactory(role="manager"), now=NOW + HOUR)
        assert third(row, anna).status == "queued"

    def test_an_older_note_of_a_manager_is_no_word_for_it(self, row: Conversation, anna: User) -> None:
        actions.add_note(row.pk, text="Gammalt.", by=UserFactory(role="manager"), now=NOW - HOUR)
        self.two(row)
        with pytest.raises(actions.Refused, match="En chef"):
            third(row, anna)

    @staticmethod
    def two(row: Conversation) -> None:
        for day in (2, 3):
            holding(row, promised=NOW + day * DAY)


class TestRest:
    def test_takes_it_out_of_sight_until_its_time(self, row: Conversation, anna: User) -> None:
        actions.rest(row.pk, until=NOW + 5 * HOUR, by=anna, now=NOW)
        assert (resting.wake_due(NOW + 5 * HOUR - DAY / 86400), again(row).status) == (0, "snoozed")
        assert (resting.wake_due(NOW + 5 * HOUR), again(row).status, row.snoozed_until) == (1, "open", None)

    def test_until_the_very_deadline_is_allowed_and_no_longer(self, row: Conversation, anna: User) -> None:
        actions.rest(row.pk, until=DUE, by=anna, now=NOW)
        with pytest.raises(actions.Refused, match="Skicka besked först"):
            actions.rest(row.pk, until=DUE + DAY / 86_400_000, by=anna, now=NOW)

    def test_ends_when_the_citizen_writes(self, row: Conversation, anna: User) -> None:
        actions.rest(row.pk, until=NOW + 5 * HOUR, by=anna, now=NOW)
        ItemFactory(conversation=row, posted_at=NOW + HOUR, fetched_at=NOW + HOUR)
        settling.settle([row.thread_id], NOW + HOUR)
        assert (again(row).status, row.snoozed_until) == ("open", None)

    def test_ends_when_somebody_writes_without_a_clock(self, row: Conversation, anna: User) -> None:
        ended(row, ANSWER, NOW)
        Conversation.objects.filter(pk=row.pk).update(status="open")
        actions.rest(row.pk, until=None, by=anna, now=NOW)
        row.channel.clock_from = NOW + 9 * DAY
        row.channel.save()
        ItemFactory(conversation=row, posted_at=NOW + HOUR, fetched_at=NOW + HOUR)
        settling.settle([row.thread_id], NOW + HOUR)
        assert again(row).status == "open"

    def test_beside_a_promise_lasts_until_it_comes_near_and_waits_again(self, row: Conversation, anna: User) -> None:
        holding(row, promised=NOW + 2 * DAY)
        actions.rest(row.pk, until=None, by=anna, now=NOW)
        near = NOW + 2 * DAY - 4 * HOUR
        assert again(row).snoozed_until == near
        assert (resting.wake_due(near), again(row).status) == (1, "waiting")

    def test_never_goes_past_a_promise(self, row: Conversation, anna: User) -> None:
        holding(row, promised=NOW + 2 * DAY)
        with pytest.raises(actions.Refused, match="Svar är lovat"):
            actions.rest(row.pk, until=NOW + 3 * DAY, by=anna, now=NOW)

    def test_of_what_is_closed_or_into_the_past_is_refused(self, row: Conversation, anna: User) -> None:
        with pytest.raises(actions.Refused, match="redan passerat"):
            actions.rest(row.pk, until=NOW, by=anna, now=NOW)
        actions.close(row.pk, reason="emoji", by=anna, now=NOW)
        with pytest.raises(actions.Refused, match="är klar"):
            actions.rest(row.pk, until=NOW + HOUR, by=anna, now=NOW)

    def test_ends_with_a_deadline_that_was_moved_before_it(self, row: Conversation, anna: User) -> None:
        actions.rest(row.pk, until=NOW + 20 * HOUR, by=anna, now=NOW)
        Conversation.objects.filter(pk=row.pk).update(due_at=NOW + HOUR)
        assert resting.wake_due(NOW + HOUR) == 1

    def test_is_offered_until_a_working_day(self) -> None:
        friday_noon = datetime.fromisoformat("2026-11-27T12:00:00+01:00")
        found = {choice.key: choice.until for choice in resting.choices(policies.policy(), friday_noon)}
        assert found["workday"] == datetime.fromisoformat("2026-11-30T08:00:00+01:00")
        assert found["answer"] is None and "afternoon" in found
        late = friday_noon.replace(hour=16)
        assert "afternoon" not in {choice.key for choice in resting.choices(policies.policy(), late)}


def again(row: Conversation) -> Conversation:
    row.refresh_from_db()
    return row


def test_a_promise_that_was_moved_keeps_its_ladder_of_its_own(row: Conversation) -> None:
    holding(row, promised=NOW + 2 * DAY)
    promise = ReplyCycle.objects.get(kind=cycles.PROMISED)
    mornings = [NOW + DAY - 2 * HOUR, NOW + 2 * DAY - 2 * HOUR]
    assert promise.ladder == mornings
    assert promise.next_step_at == mornings[0]
