"""SLA.md, sentence by sentence, on the default policy; and a table of arrivals that an independent walk made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sla.calendar import ClockError
from sla.clock import (
    State,
    due_at,
    due_soon_at,
    elapsed,
    next_transition,
    remaining,
    staffed_step,
    state,
    was_kept,
)
from tests.sla.policies import SE24_POLICY, STOCKHOLM, changed, local

CASES = [row.split("\t") for row in (Path(__file__).parent / "cases.tsv").read_text().splitlines()[1:]]


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-01-13 10:00", "2026-01-14 10:00"),  # Tuesday
        ("2026-01-09 15:00", "2026-01-12 15:00"),  # Friday: 9 h, the weekend off, 15 h
        ("2026-01-10 03:00", "2026-01-13 00:00"),  # Saturday, any time
        ("2026-01-11 23:59:59.999999", "2026-01-13 00:00"),  # Sunday, any time
        ("2026-01-09 00:00:00", "2026-01-10 00:00"),  # the earliest instant
        ("2026-01-09 00:00:01", "2026-01-12 00:00:01"),
        ("2026-01-09 00:00:00.000001", "2026-01-12 00:00:00.000001"),
        ("2026-04-02 15:00", "2026-04-07 15:00"),  # Good Friday to Easter Monday off
        ("2026-12-23 12:00", "2026-12-28 12:00"),
        ("2026-05-14 11:00", "2026-05-16 00:00"),  # Ascension Day; the Friday after is a working day
        ("2026-06-18 10:00", "2026-06-22 10:00"),  # midsummer
        ("2028-02-28 12:00", "2028-02-29 12:00"),  # leap day
        ("2060-12-31 12:00", "2061-01-04 00:00"),  # the deadline of a late arrival may lie beyond 2060
        ("2000-01-01 00:00", "2000-01-04 00:00"),
    ],
)
def test_each_arrival_of_the_promise_has_its_deadline(received: str, due: str) -> None:
    assert due_at(SE24_POLICY, local(received)) == local(due)


def test_the_table_of_swedish_arrivals_is_long() -> None:
    assert len(CASES) >= 200


@pytest.mark.parametrize(("received", "due", "soon"), CASES)
def test_every_arrival_of_the_table_has_its_deadline_and_its_warning(received: str, due: str, soon: str) -> None:
    at = datetime.fromisoformat(received)
    assert due_at(SE24_POLICY, at) == datetime.fromisoformat(due)
    assert due_soon_at(SE24_POLICY, at) == datetime.fromisoformat(soon)


def test_the_warning_comes_four_open_hours_before_the_deadline() -> None:
    assert due_soon_at(SE24_POLICY, local("2026-01-09 15:00")) == local("2026-01-12 11:00")
    assert due_soon_at(SE24_POLICY, local("2026-01-09 03:00")) == local("2026-01-09 23:00")
    assert due_soon_at(SE24_POLICY, local("2026-01-09 04:00")) == local("2026-01-10 00:00")


@pytest.mark.parametrize("threshold", [86400, 90000])
def test_a_threshold_as_long_as_the_target_warns_on_arrival(threshold: int) -> None:
    received = local("2026-01-10 12:00")
    assert due_soon_at(changed(due_soon_s=threshold), received) == received


def test_without_a_threshold_the_warning_is_the_deadline() -> None:
    received, policy = local("2026-01-10 12:00"), changed(due_soon_s=0)
    assert due_soon_at(policy, received) == due_at(policy, received)


def test_elapsed_and_remaining_stand_still_on_days_off() -> None:
    received = local("2026-01-09 15:00")
    for now in ("2026-01-10 00:00", "2026-01-11 13:00", "2026-01-12 00:00"):
        assert elapsed(SE24_POLICY, received, local(now)) == timedelta(hours=9)
        assert remaining(SE24_POLICY, received, local(now)) == timedelta(hours=15)


def test_nothing_has_elapsed_before_the_arrival() -> None:
    received = local("2026-01-13 10:00")
    assert elapsed(SE24_POLICY, received, local("2026-01-12 10:00")) == timedelta()
    assert remaining(SE24_POLICY, received, local("2026-01-12 10:00")) == timedelta(hours=24)


def test_remaining_is_negative_when_late() -> None:
    assert remaining(SE24_POLICY, local("2026-01-13 10:00"), local("2026-01-14 10:00:01")) == timedelta(seconds=-1)


def test_a_state_holds_from_its_own_instant_on() -> None:
    soon, due, tick = local("2026-01-14 06:00"), local("2026-01-14 10:00"), timedelta(microseconds=1)
    assert state(soon, due, soon - tick) is State.ON_TRACK
    assert state(soon, due, soon) is state(soon, due, due - tick) is State.DUE_SOON
    assert state(soon, due, due) is State.OVERDUE


def test_the_next_transition_is_the_next_instant_that_changes_the_state() -> None:
    soon, due, tick = local("2026-01-14 06:00"), local("2026-01-14 10:00"), timedelta(microseconds=1)
    assert next_transition(soon, due, soon - tick) == soon
    assert next_transition(soon, due, soon) == due
    assert next_transition(soon, due, due) is None


def test_a_reply_at_the_deadline_is_kept_and_a_microsecond_later_late() -> None:
    due = local("2026-01-14 10:00")
    assert was_kept(due, due)
    assert not was_kept(due, due + timedelta(microseconds=1))


def test_a_reply_on_sunday_to_what_was_due_at_the_end_of_friday_is_late_though_the_clock_stood_still() -> None:
    received = local("2026-01-09 00:00")
    due, answered = due_at(SE24_POLICY, received), local("2026-01-11 12:00")
    assert remaining(SE24_POLICY, received, answered) == timedelta()
    assert not was_kept(due, answered)


def test_states_are_compared_by_instant_in_the_hour_that_autumn_repeats() -> None:
    due, now = local("2026-10-25 02:30", fold=1), local("2026-10-25 02:45", fold=0)
    assert state(due, due, now) is State.ON_TRACK
    assert next_transition(due, due, now) == due.astimezone(UTC)
    assert was_kept(due, now)


@pytest.mark.parametrize("year", [2024, 2025, 2026, 2027, 2030, 2045])
def test_a_weekend_with_a_clock_change_moves_no_deadline(year: int) -> None:
    """Both changes fall on a Sunday, when the clock stands still."""
    policy = changed(calendars=[])  # Easter may fall on the same day
    for month in (3, 10):
        last = datetime(year, month, 31, 15, tzinfo=STOCKHOLM)
        sunday = last - timedelta(days=(last.weekday() + 1) % 7)
        received = sunday - timedelta(days=2)
        assert due_at(policy, received) == received + timedelta(days=3)


@pytest.mark.parametrize(
    ("received", "due"), [("2026-03-28 12:00", "2026-03-29 13:00"), ("2026-10-24 12:00", "2026-10-25 11:00")]
)
def test_a_clock_that_runs_through_a_change_counts_elapsed_hours(received: str, due: str) -> None:
    policy = changed(weekly={str(day): [["00:00", "24:00"]] for day in range(7)}, calendars=[])
    assert due_at(policy, local(received)) == local(due)


def test_the_two_half_past_twos_of_autumn_are_an_hour_apart() -> None:
    policy = changed(weekly={str(day): [["00:00", "24:00"]] for day in range(7)}, calendars=[])
    first, second = (due_at(policy, local("2026-10-25 02:30", fold=fold)) for fold in (0, 1))
    assert second - first == timedelta(hours=1)


def test_a_naive_time_is_refused() -> None:
    for ask in (due_at, due_soon_at):
        with pytest.raises(ClockError, match="offset"):
            ask(SE24_POLICY, datetime(2026, 1, 13, 10))  # noqa: DTZ001
    with pytest.raises(ClockError, match="offset"):
        elapsed(SE24_POLICY, local("2026-01-13 10:00"), datetime(2026, 1, 13, 10))  # noqa: DTZ001
    with pytest.raises(ClockError, match="offset"):
        state(local("2026-01-13 10:00"), local("2026-01-13 10:00"), datetime(2026, 1, 13, 10))  # noqa: DTZ001


@pytest.mark.parametrize("text", ["1999-12-31T23:59:59.999999+00:00", "2061-01-01T00:00:00+00:00", "0001-01-01T00:00Z"])
def test_a_time_outside_2000_to_2060_is_refused(text: str) -> None:
    instant = datetime.fromisoformat(text)
    for _ in range(2):  # also once its neighbours have been asked for
        with pytest.raises(ClockError, match="2000–2060"):
            due_at(SE24_POLICY, instant)
        due_at(SE24_POLICY, datetime.fromisoformat("2000-01-01T00:00:00+01:00"))


def test_a_deadline_is_utc_whatever_zone_was_asked_in() -> None:
    for tz in (UTC, STOCKHOLM, ZoneInfo("Asia/Tokyo")):
        due = due_at(SE24_POLICY, local("2026-01-13 10:00").astimezone(tz))
        assert (due, due.tzinfo) == (local("2026-01-14 10:00"), UTC)


def test_four_staffed_hours_left_always_comes_while_somebody_is_there() -> None:
    received = local("2026-01-09 15:00")
    due = due_at(SE24_POLICY, received)
    assert staffed_step(SE24_POLICY, received, due, 4) == local("2026-01-12 11:00")
    night = local("2026-01-13 03:00")
    assert staffed_step(SE24_POLICY, night, due_at(SE24_POLICY, night), 4) == local("2026-01-13 12:30")


def test_a_step_at_closing_is_told_at_the_next_opening() -> None:
    received = local("2026-01-12 12:00")
    due = due_at(SE24_POLICY, received)
    assert staffed_step(SE24_POLICY, received, due, 4) == local("2026-01-13 08:00")


def test_a_step_that_was_past_on_arrival_is_none() -> None:
    received = local("2026-01-13 10:00")
    assert staffed_step(SE24_POLICY, received, local("2026-01-13 11:00"), 4) is None
    assert staffed_step(SE24_POLICY, received, local("2026-01-13 14:00"), 4) == received


def test_without_staffed_hours_the_ladder_counts_on_the_policys_own_clock() -> None:
    policy, received = changed(staffed=None), local("2026-01-09 15:00")
    assert staffed_step(policy, received, due_at(policy, received), 4) == due_soon_at(policy, received)


def test_a_step_of_no_hours_is_refused() -> None:
    with pytest.raises(ClockError, match="more than 0"):
        staffed_step(SE24_POLICY, local("2026-01-13 10:00"), local("2026-01-14 10:00"), 0)
