"""The other readings that a policy can choose."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sla.calendar import ClockError
from sla.clock import Reading, due_at, due_soon_at, elapsed, remaining, with_reading
from tests.sla.policies import OFFICE, SE24_POLICY, changed, local, weekdays


@pytest.mark.parametrize(
    ("reading", "tuesday", "friday", "saturday"),
    [
        ("pause", "2026-01-14 10:00", "2026-01-12 15:00", "2026-01-13 00:00"),
        ("plain", "2026-01-14 10:00", "2026-01-10 15:00", "2026-01-11 12:00"),
        ("end_of_next_working_day", "2026-01-15 00:00", "2026-01-13 00:00", "2026-01-13 00:00"),
        ("working_days", "2026-01-15 00:00", "2026-01-13 00:00", "2026-01-13 00:00"),
    ],
)
def test_each_reading_has_its_own_deadline(reading: str, tuesday: str, friday: str, saturday: str) -> None:
    policy = changed(reading=reading)
    assert due_at(policy, local("2026-01-13 10:00")) == local(tuesday)
    assert due_at(policy, local("2026-01-09 15:00")) == local(friday)
    assert due_at(policy, local("2026-01-10 12:00")) == local(saturday)


def test_office_hours_count_only_within_the_windows() -> None:
    policy = changed(reading="office_hours", weekly=weekdays(OFFICE), target_s=10 * 3600)
    assert due_at(policy, local("2026-01-09 15:00")) == local("2026-01-12 16:30")  # 1.5 h on Friday, 8.5 h on Monday
    assert due_at(policy, local("2026-01-09 15:01")) == local("2026-01-13 08:01")


@pytest.mark.parametrize(
    ("days", "received", "due"),
    [
        (1, "2026-01-12 00:00:00", "2026-01-14 00:00"),  # at midnight the day that starts is the day of arrival
        (1, "2026-01-11 23:59:59.999999", "2026-01-13 00:00"),
        (3, "2026-04-01 10:00", "2026-04-09 00:00"),  # over Easter
        (3, "2026-12-22 10:00", "2026-12-30 00:00"),
        (5, "2026-12-30 10:00", "2027-01-12 00:00"),  # over the turn of the year and Epiphany
        (1, "2026-03-27 10:00", "2026-03-31 00:00"),  # over a clock change
    ],
)
def test_working_days_end_with_the_nth_after_the_day_of_arrival(days: int, received: str, due: str) -> None:
    policy = changed(reading="working_days", target_s=days * 86400)
    assert due_at(policy, local(received)) == local(due)


def test_a_working_day_ends_when_it_closes() -> None:
    policy = changed(reading="end_of_next_working_day", weekly=weekdays(OFFICE), short_days={"2026-04-30": "12:00"})
    assert due_at(policy, local("2026-04-29 20:00")) == local("2026-04-30 12:00")
    assert due_at(policy, local("2026-04-30 07:00")) == local("2026-05-04 16:30")


def test_a_day_that_is_paused_altogether_is_no_working_day() -> None:
    pauses = [["2026-01-14T00:00:00+01:00", "2026-01-15T00:00:00+01:00"]]
    policy = changed(reading="end_of_next_working_day", pauses=pauses)
    assert due_at(policy, local("2026-01-13 10:00")) == local("2026-01-16 00:00")


def test_days_that_never_come_are_an_error() -> None:
    policy = changed(reading="working_days", weekly={}, extra_open={"2026-01-14": OFFICE})
    assert due_at(policy, local("2026-01-13 10:00")) == local("2026-01-14 16:30")
    with pytest.raises(ClockError, match="no open time left"):
        due_at(policy, local("2026-01-14 10:00"))


def test_a_reading_in_days_warns_when_so_much_open_time_is_left() -> None:
    policy = changed(reading="end_of_next_working_day")
    assert due_soon_at(policy, local("2026-01-09 15:00")) == local("2026-01-12 20:00")
    assert due_soon_at(changed(reading="end_of_next_working_day", due_soon_s=86400 * 9), local("2026-01-09 15:00")) == (
        local("2026-01-09 15:00")
    )
    assert due_soon_at(changed(reading="working_days", due_soon_s=0), local("2026-01-10 15:00")) == local("2026-01-13")


def test_elapsed_and_remaining_of_a_reading_in_days_count_open_time_to_its_end() -> None:
    policy, received = changed(reading="end_of_next_working_day"), local("2026-01-09 15:00")
    assert elapsed(policy, received, local("2026-01-12 06:00")) == timedelta(hours=9 + 6)
    assert remaining(policy, received, local("2026-01-12 06:00")) == timedelta(hours=18)


def test_the_plain_clock_runs_on_days_off_and_through_pauses() -> None:
    policy = changed(reading="plain", pauses=[["2026-01-10T00:00:00Z", "2026-01-11T00:00:00Z"]])
    received = local("2026-01-09 15:00")
    assert elapsed(policy, received, local("2026-01-10 12:00")) == timedelta(hours=21)
    assert elapsed(policy, received, local("2026-01-08 12:00")) == timedelta()
    assert due_soon_at(policy, received) == local("2026-01-10 11:00")
    assert due_at(policy, local("2026-12-31 15:00")) == local("2027-01-01 15:00")


def test_working_days_are_whole() -> None:
    with pytest.raises(ClockError, match="whole number of days"):
        changed(reading="working_days", target_s=90000)


def test_a_policy_can_be_read_every_way_to_be_shown_side_by_side() -> None:
    received = local("2026-01-09 15:00")
    dues = {reading: due_at(with_reading(SE24_POLICY, reading), received) for reading in Reading}
    assert dues[Reading.PAUSE] == local("2026-01-12 15:00")
    assert dues[Reading.PLAIN] == local("2026-01-10 15:00")
    assert dues[Reading.OFFICE_HOURS] == local("2026-01-14 13:30")  # 24 staffed hours: 1.5 + 8.5 + 8.5 + 5.5
    assert dues[Reading.WORKING_DAYS] == dues[Reading.END_OF_NEXT_WORKING_DAY] == local("2026-01-13 00:00")


def test_the_same_reading_is_the_same_policy() -> None:
    assert with_reading(SE24_POLICY, Reading.PAUSE) is SE24_POLICY
