"""Time → notices: each step once, at its true time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inbox import actions, escalation
from inbox.models import Conversation, Notice, ReplyCycle
from inbox.telling import ladder
from sla.clock import Policy
from sla.policyfile import SE24, policy_from_json
from tests.factories import UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db

ARRIVAL = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday, 10.00 in Stockholm
SOON, DUE = ARRIVAL + timedelta(hours=20), ARRIVAL + timedelta(hours=24)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def waiting() -> Conversation:
    return waiting_conversation(posted_at=ARRIVAL)


def steps() -> list[tuple[str, datetime]]:
    return list(Notice.objects.order_by("at").values_list("step", "at"))


class TestSweep:
    def test_notices_each_step_once_at_its_own_instant(self, waiting: Conversation) -> None:
        assert escalation.sweep(SOON - SECOND) == {"due_soon": 0, "overdue": 0}
        assert escalation.sweep(SOON) == {"due_soon": 1, "overdue": 0}
        assert escalation.sweep(DUE - SECOND) == {"due_soon": 0, "overdue": 0}
        assert escalation.sweep(DUE) == {"due_soon": 0, "overdue": 1}
        assert escalation.sweep(DUE + 100 * HOUR) == {"due_soon": 0, "overdue": 0}

    def test_dates_a_notice_by_the_step_not_by_the_tick(self, waiting: Conversation) -> None:
        escalation.sweep(DUE + 7 * HOUR)
        assert [step for step in steps() if not step[0].startswith("rung")] == [("due_soon", SOON), ("overdue", DUE)]

    def test_counts_what_is_overdue_on_arrival_in_both(self, waiting: Conversation) -> None:
        assert escalation.sweep(DUE) == {"due_soon": 1, "overdue": 1}

    def test_leaves_what_has_ended(self, waiting: Conversation) -> None:
        actions.close(waiting.pk, reason="emoji", by=UserFactory(), now=ARRIVAL + HOUR)
        assert escalation.sweep(DUE + HOUR) == {"due_soon": 0, "overdue": 0}

    def test_notices_a_promise_too(self, waiting: Conversation) -> None:
        ReplyCycle.objects.update(kind="promised")
        assert escalation.sweep(DUE) == {"due_soon": 1, "overdue": 1}

    def test_gives_an_undone_ruling_no_second_notice(self, waiting: Conversation) -> None:
        escalation.sweep(SOON)
        event = actions.close(waiting.pk, reason="emoji", by=(anna := UserFactory()), now=SOON + MINUTE)
        actions.undo(event.pk, by=anna, now=SOON + MINUTE)
        assert escalation.sweep(SOON + 2 * MINUTE) == {"due_soon": 0, "overdue": 0}
        assert escalation.sweep(DUE) == {"due_soon": 0, "overdue": 1}

    def test_of_an_earlier_start_notices_what_is_new_about_it(self, waiting: Conversation) -> None:
        escalation.sweep(SOON)
        ReplyCycle.objects.update(due_soon_at=SOON - 9 * HOUR, due_at=DUE - 9 * HOUR, next_step_at=SOON - 9 * HOUR)
        assert escalation.sweep(SOON) == {"due_soon": 0, "overdue": 1}

    def test_goes_on_until_nothing_is_left(self, waiting: Conversation, monkeypatch: Any) -> None:
        monkeypatch.setattr(escalation, "SWEEP", escalation.SWEEP.replace("LIMIT 500", "LIMIT 2"))
        monkeypatch.setattr(escalation, "BATCH", 2)
        for minutes in range(4):
            waiting_conversation(posted_at=ARRIVAL - minutes * MINUTE)
        assert escalation.sweep(SOON) == {"due_soon": 5, "overdue": 0}


LADDER = [ARRIVAL + 30 * MINUTE, ARRIVAL + 4 * HOUR + 30 * MINUTE, ARRIVAL + 23 * HOUR]  # 8, 4 and 1 staffed hours left


class TestLadder:
    """Tuesday 10.00 to Wednesday 10.00 holds eight and a half staffed hours."""

    def test_its_steps_come_at_their_own_times(self, waiting: Conversation) -> None:
        for rung in LADDER:
            escalation.sweep(rung - SECOND)
            before = Notice.objects.count()
            escalation.sweep(rung)
            assert Notice.objects.count() == before + 1
        assert steps()[:3] == [("rung_1", LADDER[0]), ("rung_2", LADDER[1]), ("due_soon", SOON)]

    def test_a_weekend_without_a_worker_loses_no_step_and_no_time(self, waiting: Conversation) -> None:
        escalation.sweep(DUE + 60 * HOUR)
        expected = [
            ("rung_1", LADDER[0]),
            ("rung_2", LADDER[1]),
            ("due_soon", SOON),
            ("rung_3", LADDER[2]),
            ("overdue", DUE),
        ]
        assert steps() == expected

    def test_a_step_that_had_passed_on_arrival_is_not_for_the_cycle(self) -> None:
        waiting_conversation(posted_at=datetime(2026, 11, 24, 15, 0, tzinfo=UTC))  # 16.00; 8.5 staffed hours until then
        waiting_conversation(posted_at=datetime(2026, 12, 21, 15, 0, tzinfo=UTC))
        assert [cycle.ladder[0] is not None for cycle in ReplyCycle.objects.order_by("pk")] == [True, True]
        policy = with_ladder([100, 1])
        assert ladder.of(policy, ARRIVAL, DUE) == [None, ARRIVAL + 23 * HOUR]

    def test_no_step_at_all_leaves_the_policys_own_clock_to_warn(self) -> None:
        assert ladder.of(with_ladder([100]), ARRIVAL, DUE) is None

    def test_a_promise_is_recalled_the_staffed_day_before_and_the_same_morning(self) -> None:
        monday = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)  # promised for Monday 15.00
        policy = with_ladder([8, 4, 1])
        friday, same_day = (datetime(2026, 11, day, 7, 0, tzinfo=UTC) for day in (27, 30))
        assert ladder.of_promise(policy, ARRIVAL, monday) == [friday, same_day]
        assert ladder.of_promise(policy, friday, monday) == [None, same_day]

    def test_a_promise_for_the_end_of_a_day_is_recalled_that_day(self) -> None:
        midnight = datetime(2026, 11, 26, 23, 0, tzinfo=UTC)  # the end of Thursday
        assert ladder.of_promise(with_ladder([1]), ARRIVAL, midnight) == [
            datetime(2026, 11, day, 7, 0, tzinfo=UTC) for day in (25, 26)
        ]


def with_ladder(hours: list[float]) -> Policy:
    return policy_from_json({**SE24, "ladder": hours})
