"""A changed policy moves the open deadlines it touches: shown before, in batches, told of, and no others."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from accounts.models import AuditEvent, User
from inbox import actions, escalation
from inbox.cycles import Ledger
from inbox.models import Conversation, DeadlineChange, Notice, PolicyChange, ReplyCycle
from inbox.promise import moving
from inbox.telling import ladder
from inbox.verdicts import HOLDING
from sla import clock, policies
from sla.clock import Policy
from sla.models import PolicyVersion
from sla.policyfile import SE24, policy_from_json
from tests.factories import ConversationFactory, ThreadFactory, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db

ARRIVAL = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday, 10.00 in Stockholm
DUE = ARRIVAL + timedelta(hours=24)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CLOSED = {**SE24, "extra_closed": {"2026-11-25": "Studiedag"}}
MOVED = DUE + DAY


@pytest.fixture
def lars() -> User:
    return UserFactory(role="admin", name="Lars Öman")


@pytest.fixture
def waiting() -> Conversation:
    return waiting_conversation(posted_at=ARRIVAL)


def change(by: User, definition: dict[str, Any] = CLOSED, now: datetime = ARRIVAL + HOUR, expected: int = 1) -> None:
    moving.change(definition, expected=expected, by=by, now=now)
    moving.go_on(now)


def open_cycle() -> ReplyCycle:
    return ReplyCycle.objects.get(ended_at=None, kind="first")


class TestChange:
    def test_moves_an_open_deadline_and_tells_who_moved_it(self, waiting: Conversation, lars: User) -> None:
        change(lars)
        cycle = open_cycle()
        assert (cycle.due_at, cycle.due_soon_at, cycle.policy.version) == (MOVED, MOVED - 4 * HOUR, 2)
        moved = DeadlineChange.objects.get()
        assert (moved.reason, moved.by, moved.old_due_at, moved.new_due_at) == ("policy", lars, DUE, MOVED)
        waiting.refresh_from_db()
        assert (waiting.due_at, waiting.due_soon_at, waiting.revision) == (MOVED, MOVED - 4 * HOUR, 2)
        assert AuditEvent.objects.filter(action="policy.changed", actor=lars, subject="policy:se24").exists()

    def test_leaves_ended_cycles_byte_for_byte(self, waiting: Conversation, lars: User) -> None:
        actions.close(waiting.pk, reason="emoji", by=lars, now=ARRIVAL + HOUR)
        before = list(ReplyCycle.objects.values_list())
        change(lars)
        assert list(ReplyCycle.objects.values_list()) == before

    @pytest.mark.parametrize("arrival", [ARRIVAL - 2 * DAY + 1 * HOUR, ARRIVAL + 2 * DAY])
    def test_leaves_what_the_day_does_not_touch(self, lars: User, arrival: datetime) -> None:
        waiting_conversation(posted_at=arrival)
        before = list(ReplyCycle.objects.values_list())
        change(lars)
        assert list(ReplyCycle.objects.values_list()) == before
        assert not DeadlineChange.objects.exists()

    def test_leaves_the_cycles_of_other_policies(self, waiting: Conversation, lars: User) -> None:
        moving.change({**SE24, "id": "kris", "reading": "plain"}, expected=0, by=lars, now=ARRIVAL)
        change(lars, {**SE24, "id": "kris", "target_s": 3600}, expected=1)
        assert open_cycle().due_at == DUE

    def test_what_comes_in_after_it_is_counted_by_the_new_version(self, lars: User) -> None:
        moving.change(CLOSED, expected=1, by=lars, now=ARRIVAL)
        waiting_conversation(posted_at=ARRIVAL)
        assert (open_cycle().due_at, moving.go_on(ARRIVAL)) == (MOVED, 0)

    def test_beside_an_earlier_promise_the_conversation_shows_the_promise(
        self, waiting: Conversation, lars: User
    ) -> None:
        ledger = Ledger.of([waiting], ARRIVAL + HOUR)
        row = ledger.conversations[waiting.pk]
        promised = DUE + 2 * HOUR
        ledger.end(row, HOLDING, at=ARRIVAL + HOUR, promised_at=promised)
        ledger.wait(row, [waiting.items.get()])
        ledger.save()
        change(lars)
        waiting.refresh_from_db()
        assert (waiting.due_at, waiting.promised_at, waiting.due_soon_at) == (promised, promised, promised - 4 * HOUR)
        assert open_cycle().due_at == MOVED

    def test_gives_the_steps_of_the_ladder_their_new_times(self, waiting: Conversation, lars: User) -> None:
        escalation.sweep(DUE - HOUR)
        change(lars, now=DUE - HOUR)
        cycle = open_cycle()
        assert cycle.ladder == ladder.of(policies.policy(), ARRIVAL, MOVED)
        assert cycle.next_step_at == min(rung for rung in [*cycle.ladder, MOVED - 4 * HOUR] if rung > DUE - HOUR)
        escalation.sweep(MOVED)
        assert Notice.objects.filter(step="overdue").get().at == MOVED

    def test_withdraws_a_notice_of_what_is_no_longer_overdue(self, waiting: Conversation, lars: User) -> None:
        escalation.sweep(DUE)
        change(lars, now=DUE + HOUR)
        assert Notice.objects.get(step="overdue").withdrawn_at == DUE + HOUR

    def test_notices_what_is_past_by_the_new_deadline(self, waiting: Conversation, lars: User) -> None:
        change(lars, {**SE24, "target_s": 3600}, now=ARRIVAL + 2 * HOUR)
        assert escalation.sweep(ARRIVAL + 2 * HOUR) == {"due_soon": 1, "overdue": 1}

    def test_only_an_administrator_may(self, waiting: Conversation) -> None:
        with pytest.raises(PermissionDenied):
            moving.change(CLOSED, expected=1, by=UserFactory(), now=ARRIVAL)
        assert PolicyVersion.objects.count() == 1

    def test_of_what_somebody_else_has_changed_meanwhile_is_refused(self, waiting: Conversation, lars: User) -> None:
        change(lars)
        with pytest.raises(policies.Outdated, match="Någon annan"):
            moving.change({**SE24, "target_s": 3600}, expected=1, by=lars, now=ARRIVAL)


class TestPreview:
    def test_lists_what_would_move_and_moves_nothing(self, waiting: Conversation) -> None:
        found = moving.preview(CLOSED)
        assert (found.count, found.first) == (1, [moving.Move(waiting.pk, DUE, MOVED)])
        assert open_cycle().due_at == DUE

    def test_of_many_names_the_first_fifty(self) -> None:
        thread = ThreadFactory()
        for minutes in range(52):
            waiting_conversation(posted_at=ARRIVAL - minutes * timedelta(minutes=1), thread=thread)
        found = moving.preview(CLOSED)
        assert (found.count, len(found.first), found.first[0].old) == (52, 50, DUE - timedelta(minutes=51))

    def test_without_open_cycles_is_empty(self) -> None:
        assert moving.preview(CLOSED) == moving.Preview(0, [])


class TestBatches:
    def test_a_change_that_was_cut_off_goes_on_where_it_was(self, lars: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(moving, "BATCH", 2)
        for minutes in range(5):
            waiting_conversation(posted_at=ARRIVAL - minutes * timedelta(minutes=1))
        moving.change(CLOSED, expected=1, by=lars, now=ARRIVAL)
        work = moving._Work(PolicyChange.objects.get().pk)
        assert work.batch(ARRIVAL) == 2
        assert moving.go_on(ARRIVAL) == 3
        done = PolicyChange.objects.get()
        assert (done.moved, done.done_at, DeadlineChange.objects.count()) == (5, ARRIVAL, 5)
        assert moving.go_on(ARRIVAL) == 0

    @pytest.mark.parametrize("first", [0, 1])
    def test_much_goes_in_two_halves_in_any_order_each_deadline_once(
        self, first: int, lars: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(moving, "BATCH", 2)
        monkeypatch.setattr(moving, "HALVED_FROM", 3)
        rows = [waiting_conversation(posted_at=ARRIVAL - minutes * timedelta(minutes=1)) for minutes in range(5)]
        moving.change(CLOSED, expected=1, by=lars, now=ARRIVAL)
        halves = list(PolicyChange.objects.order_by("pk"))
        assert [(half.after, half.until) for half in halves] == [(0, rows[2].pk), (rows[2].pk, None)]
        work = moving._Work(halves[first].pk)
        assert work.batch(ARRIVAL) == 2
        assert moving.go_on(ARRIVAL) == 3
        assert DeadlineChange.objects.values("cycle").distinct().count() == DeadlineChange.objects.count() == 5
        assert set(PolicyChange.objects.values_list("done_at", flat=True)) == {ARRIVAL}

    def test_the_halves_part_what_the_change_concerns_not_what_is_open(
        self, lars: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(moving, "HALVED_FROM", 3)
        for hours in range(4):
            waiting_conversation(posted_at=ARRIVAL - 2 * DAY + hours * HOUR)
        rows = [waiting_conversation(posted_at=ARRIVAL + minutes * timedelta(minutes=1)) for minutes in range(4)]
        moving.change(CLOSED, expected=1, by=lars, now=ARRIVAL)
        assert PolicyChange.objects.get(after=0).until == rows[1].pk
        assert moving.go_on(ARRIVAL) == 4

    def test_what_is_open_but_not_concerned_is_done_at_once(self, lars: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(moving, "HALVED_FROM", 1)
        for hours in range(3):
            waiting_conversation(posted_at=ARRIVAL - 2 * DAY + hours * HOUR)
        moving.change(CLOSED, expected=1, by=lars, now=ARRIVAL)
        assert moving.go_on(ARRIVAL) == 0
        assert not PolicyChange.objects.filter(done_at=None).exists()

    def test_two_changes_one_after_the_other_end_in_the_newest(self, waiting: Conversation, lars: User) -> None:
        moving.change(CLOSED, expected=1, by=lars, now=ARRIVAL)
        moving.change({**CLOSED, "target_s": 7200}, expected=2, by=lars, now=ARRIVAL)
        moving.go_on(ARRIVAL)
        cycle = open_cycle()
        assert (cycle.due_at, cycle.policy.version) == (ARRIVAL + 2 * HOUR, 3)


def test_the_indexes_that_a_moved_row_is_written_to_again_have_room_for_it() -> None:
    tables, filled = ["inbox_replycycle", "inbox_conversation"], ["conversation_id", "thread_id", "contact_id", "id"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT index.relname, index.reloptions FROM pg_index, pg_class index, pg_attribute first"
            " WHERE index.oid = indexrelid AND indrelid = ANY(%s::regclass[]) AND first.attrelid = indrelid"
            " AND first.attnum = indkey[0] AND first.attname = ANY(%s)",
            [tables, filled],
        )
        found = dict(cursor.fetchall())
    assert len(found) == 6
    assert {name for name, options in found.items() if options != ["fillfactor=60"]} == set()


POLICIES: dict[str, dict[str, Any]] = {
    "closed day": CLOSED,
    "plain": {"reading": "plain"},
    "office hours": {
        "reading": "office_hours", "target_s": 16 * 3600,
        "weekly": {str(day): [["08:00", "12:00"], ["13:00", "17:00"]] for day in range(5)},
    },
    "end of the next working day": {"reading": "end_of_next_working_day"},
    "three working days": {"reading": "working_days", "target_s": 3 * 86400, "due_soon_s": 7200},
    "no warning": {"due_soon_s": 0},
    "always near": {"due_soon_s": 90000},
    "odd ladder": {"ladder": [20, 8.5, 0.5]},
    "no ladder": {"ladder": []},
    "short days": {"short_days": {"2026-12-23": "12:00", "2026-11-26": "15:00"}},
    "an outage": {"pauses": [["2026-11-25T12:00:00+01:00", "2026-11-25T15:30:00.000001+01:00"]]},
}  # fmt: skip


@pytest.mark.parametrize("name", POLICIES)
def test_postgresql_looks_up_what_the_clock_does(name: str, lars: User) -> None:
    draw = random.Random(name)
    definition = {**SE24, **POLICIES[name]}
    row, thread = ConversationFactory(), ThreadFactory()
    starts = [edge_or_any(draw) for _ in range(300)]
    rows = [ConversationFactory.build(thread=thread, channel=thread.channel, contact=row.contact) for _ in starts]
    for number, each in enumerate(rows):
        each.contact, each.root_external_id = None, f"r{number}"
    made = Conversation.objects.bulk_create(rows)
    old, version = policies.policy(), policies.current()
    cycles = []
    for each, start in zip(made, starts, strict=True):
        due, soon, rungs = expected(old, start)
        cycles.append(
            ReplyCycle(
                conversation=each, kind="first", started_at=start, due_at=due, due_soon_at=soon, ladder=rungs,
                policy=version,
            )
        )  # fmt: skip
    ReplyCycle.objects.bulk_create(cycles)
    change(lars, definition)
    policy = policy_from_json(definition)
    for cycle in ReplyCycle.objects.all():
        assert (cycle.due_at, cycle.due_soon_at, cycle.ladder) == expected(policy, cycle.started_at), cycle.started_at


def edge_or_any(draw: random.Random) -> datetime:
    """An instant of six weeks, half of them on or beside an edge of the calendar."""
    day = datetime(2026, 11, 15, 23, 0, tzinfo=UTC) + draw.randrange(42) * DAY
    if draw.random() < 0.5:
        return day + draw.randrange(86_400_000_000) * timedelta(microseconds=1)
    return day + draw.choice([0, 8, 12, 16.5, 17]) * HOUR + draw.choice([-1, 0, 1]) * timedelta(microseconds=1)


def expected(policy: Policy, start: datetime) -> tuple[Any, ...]:
    due = clock.due_at(policy, start)
    return due, clock.due_soon_at(policy, start), ladder.of(policy, start, due)


def test_state_in_sql_and_in_python_agree_on_10000_cycles() -> None:
    from inbox import selectors
    from inbox.showing import narrowing

    draw = random.Random(4)
    policy, thread = policies.policy(), ThreadFactory()
    rows = []
    for number in range(10_000):
        start = edge_or_any(draw)
        rows.append(
            Conversation(
                channel=thread.channel, thread=thread, root_external_id=f"r{number}", last_item_at=start,
                arrived_at=start, due_at=clock.due_at(policy, start), due_soon_at=clock.due_soon_at(policy, start),
            )
        )  # fmt: skip
    Conversation.objects.bulk_create(rows, batch_size=2000)
    edges = [draw.choice(rows).due_at for _ in range(10)] + [draw.choice(rows).due_soon_at for _ in range(10)]
    for now in [*edges, *(edge_or_any(draw) for _ in range(20))]:
        in_sql = {
            state: set(Conversation.objects.filter(narrowing.in_state(state, now)).values_list("pk", flat=True))
            for state in selectors.STATES
        }
        in_python: dict[str, set[int]] = {state: set() for state in selectors.STATES}
        for row in rows:
            in_python[clock.state(row.due_soon_at, row.due_at, now)].add(row.pk)
        assert in_sql == in_python, now
    assert connection.vendor == "postgresql"
