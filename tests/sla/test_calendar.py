"""What is open and what is closed: holidays, half days, days of one's own, pauses, zones and clock changes."""

from __future__ import annotations

import time
from datetime import UTC, date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sla.calendar import NAMED_CALENDARS, Calendar, ClockError, Closure, Why, holiday_names, moment, offsets
from sla.clock import due_at
from tests.sla import oracle
from tests.sla.policies import OFFICE, SE24_POLICY, STOCKHOLM, changed, local, weekdays

EVERY_DAY = {str(day): [["00:00", "24:00"]] for day in range(7)}


def open_time(start: str, end: str, tz: str = "Europe/Stockholm", **keys: Any) -> timedelta:
    calendar = changed(tz=tz, **{"calendars": [], **keys}).calendar
    return calendar.between(local(start, ZoneInfo(tz)), local(end, ZoneInfo(tz)))


@pytest.mark.parametrize("year", range(2000, 2062))
def test_the_holidays_of_a_year_are_those_of_the_law(year: int) -> None:
    assert set(holiday_names("se_public", year)) == oracle.public_holidays(year)
    assert set(holiday_names("se_eves", year)) == oracle.eves(year)


def test_there_are_thirteen_public_holidays_and_three_eves() -> None:
    assert [len(holiday_names(name, 2026)) for name in NAMED_CALENDARS] == [13, 3]


def test_christmas_eve_is_an_eve_and_no_public_holiday() -> None:
    assert holiday_names("se_eves", 2026)[date(2026, 12, 24)] == "Julafton"
    assert date(2026, 12, 24) not in holiday_names("se_public", 2026)


def test_half_days_of_banks_and_custom_are_working_days() -> None:
    for day in (date(2026, 1, 5), date(2026, 4, 2), date(2026, 4, 30), date(2026, 10, 30)):
        assert SE24_POLICY.calendar.closure(day) is None


def test_two_holidays_on_one_day_are_both_named() -> None:
    assert "Kristi himmelsfärdsdag" in holiday_names("se_public", 2008)[date(2008, 5, 1)]
    assert " och " in holiday_names("se_public", 2008)[date(2008, 5, 1)]


def test_an_ordinary_sunday_is_open_if_the_week_says_so() -> None:
    policy = changed(weekly=EVERY_DAY)
    assert policy.calendar.closure(date(2026, 1, 11)) is None
    assert policy.calendar.closure(date(2026, 4, 5)) == Closure(Why.HOLIDAY, "Påskdagen")


def test_every_closed_day_has_its_reason() -> None:
    calendar = changed(extra_closed=["2026-05-15", "2026-05-20"]).calendar
    assert calendar.closed_days(date(2026, 5, 13), date(2026, 5, 21)) == [
        (date(2026, 5, 14), Closure(Why.HOLIDAY, "Kristi himmelsfärdsdag")),
        (date(2026, 5, 15), Closure(Why.BRIDGE)),
        (date(2026, 5, 16), Closure(Why.WEEKEND)),
        (date(2026, 5, 17), Closure(Why.WEEKEND)),
        (date(2026, 5, 20), Closure(Why.OWN)),
    ]


def test_a_closed_day_may_have_a_name_of_its_own() -> None:
    calendar = changed(extra_closed={"2026-05-20": "Planeringsdag"}).calendar
    assert calendar.closure(date(2026, 5, 20)) == Closure(Why.OWN, "Planeringsdag")


def test_a_week_of_closed_days_is_not_a_week_of_squeeze_days() -> None:
    closed = [f"2026-07-{day}" for day in range(13, 18)]
    calendar = changed(extra_closed=closed).calendar
    assert {calendar.closure(date.fromisoformat(day)) for day in closed} == {Closure(Why.OWN)}


def test_a_weekday_without_windows_and_one_that_closes_before_it_opens_say_so() -> None:
    calendar = changed(weekly={"0": OFFICE, "2": OFFICE}, short_days={"2026-01-14": "08:00"}).calendar
    assert calendar.closure(date(2026, 1, 13)) == Closure(Why.HOURS)
    assert calendar.closure(date(2026, 1, 14)) == Closure(Why.SHORT)


def test_a_short_day_closes_at_its_time() -> None:
    assert open_time("2026-04-30 00:00", "2026-05-01 00:00", short_days={"2026-04-30": "12:00"}) == timedelta(hours=12)


@pytest.mark.parametrize(("closing", "hours"), [("00:00", 0), ("08:00", 0), ("08:30", 0.5), ("24:00", 8.5)])
def test_a_short_day_only_ever_shortens(closing: str, hours: float) -> None:
    keys = {"weekly": weekdays(OFFICE), "short_days": {"2026-04-30": closing}}
    assert open_time("2026-04-30 00:00", "2026-05-01 00:00", **keys) == timedelta(hours=hours)


def test_a_short_day_that_is_a_holiday_stays_closed() -> None:
    keys = {"calendars": ["se_public"], "short_days": {"2026-05-01": "12:00"}}
    assert open_time("2026-05-01 00:00", "2026-05-02 00:00", **keys) == timedelta()


@pytest.mark.parametrize("day", ["2026-05-16", "2026-05-14", "2026-05-15"])
def test_an_extra_open_day_opens_a_weekend_a_holiday_or_a_closed_day(day: str) -> None:
    keys = {
        "calendars": ["se_public"],
        "extra_closed": ["2026-05-15"],
        "extra_open": {day: [["08:00", "12:00"]]},
    }
    assert open_time(f"{day} 00:00", f"{day} 23:00", **keys) == timedelta(hours=4)


def test_extra_windows_add_to_those_of_an_open_day_and_no_short_day_cuts_them() -> None:
    keys = {
        "weekly": weekdays(OFFICE),
        "extra_open": {"2026-04-30": [["16:00", "19:00"]]},
        "short_days": {"2026-04-30": "12:00"},
    }
    assert open_time("2026-04-30 00:00", "2026-05-01 00:00", **keys) == timedelta(hours=4 + 3)


def test_windows_that_overlap_count_once() -> None:
    keys = {"weekly": weekdays([["08:00", "12:00"], ["11:00", "13:00"], ["13:00", "14:00"]])}
    assert open_time("2026-01-13 00:00", "2026-01-14 00:00", **keys) == timedelta(hours=6)


def test_pauses_that_overlap_count_once_and_an_empty_one_is_no_matter() -> None:
    pauses = [
        ["2026-03-10T12:00:00+01:00", "2026-03-10T15:30:00+01:00"],
        ["2026-03-10T13:00:00Z", "2026-03-10T15:00:00Z"],
        ["2026-03-10T14:00:00Z", "2026-03-10T14:15:00Z"],
        ["2026-03-10T20:00:00Z", "2026-03-10T20:00:00Z"],
    ]
    assert open_time("2026-03-10 00:00", "2026-03-11 00:00", pauses=pauses) == timedelta(hours=24 - 4)


def test_an_arrival_within_a_pause_waits_for_its_end() -> None:
    policy = changed(pauses=[["2026-03-10T12:00:00+01:00", "2026-03-10T15:30:00+01:00"]])
    for received in ("2026-03-10 12:00", "2026-03-10 13:07", "2026-03-10 15:30"):
        assert due_at(policy, local(received)) == local("2026-03-11 15:30")


def test_a_pause_to_the_microsecond_moves_the_deadline_by_its_length() -> None:
    policy = changed(pauses=[["2026-03-10T12:00:00.000001+01:00", "2026-03-10T12:00:00.000003+01:00"]])
    assert due_at(policy, local("2026-03-10 10:00")) == local("2026-03-11 10:00:00.000002")


def test_a_target_that_ends_at_closing_is_due_at_closing_not_at_the_next_opening() -> None:
    policy = changed(weekly=weekdays(OFFICE), target_s=8 * 3600)
    assert due_at(policy, local("2026-01-13 08:30")) == local("2026-01-13 16:30")
    assert due_at(policy, local("2026-01-13 08:30:00.000001")) == local("2026-01-14 08:00:00.000001")
    assert due_at(policy, local("2026-01-13 16:30")) == local("2026-01-14 16:00")


@pytest.mark.parametrize(
    ("window", "spring", "autumn"),
    [
        (["00:00", "24:00"], 23 * 60, 25 * 60),
        (["02:00", "04:00"], 60, 3 * 60),
        (["02:00", "03:00"], 0, 2 * 60),
        (["02:15", "02:45"], 0, 60),
        (["01:30", "02:30"], 30, 90),
        (["02:30", "04:00"], 60, 2 * 60),
        (["08:00", "16:30"], 510, 510),
    ],
)
def test_a_window_is_open_whenever_the_local_clock_stands_in_it(window: list[str], spring: int, autumn: int) -> None:
    keys = {"weekly": {str(day): [window] for day in range(7)}}
    for day, minutes in (("2026-03-29", spring), ("2026-10-25", autumn)):
        assert open_time(f"{day} 00:00", f"{day} 23:59:59.999999", **keys) + timedelta(
            microseconds=window[1] == "24:00"
        ) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("tz", "day", "hours"),
    [
        ("America/Sao_Paulo", "2018-11-04", 23),  # midnight itself is skipped
        ("America/Sao_Paulo", "2018-02-17", 25),  # the hour before midnight comes twice
        ("Africa/Cairo", "2024-04-26", 23),
        ("Asia/Beirut", "2026-03-29", 23),
        ("America/Havana", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Pacific/Apia", "2011-12-30", 0),  # a day that never was
        ("Pacific/Apia", "2011-12-31", 24),
    ],
)
def test_a_local_day_is_as_long_as_its_zone_makes_it(tz: str, day: str, hours: float) -> None:
    calendar = changed(tz=tz, weekly={}, calendars=[], extra_open={day: [["00:00", "24:00"]]}).calendar
    total = sum((calendar.year(year).total for year in range(2010, 2028)), 0)
    assert timedelta(microseconds=total) == timedelta(hours=hours)


def test_an_hour_that_comes_twice_across_midnight_belongs_to_its_date_both_times() -> None:
    """St. John's set its clocks back at 00:01, so that Sunday had begun before Saturday ended."""
    keys = {"tz": "America/St_Johns", "weekly": {"5": [["00:00", "24:00"]]}}
    assert open_time("2010-11-05 12:00", "2010-11-08 12:00", **keys) == timedelta(hours=24, minutes=59)


def test_clock_changes_are_found_to_the_second() -> None:
    changes = [moment(end) for _, end, _ in offsets("Europe/Stockholm", 2026)[:-1]]
    assert changes == [local("2026-03-29 03:00").astimezone(UTC), local("2026-10-25 02:00", fold=1).astimezone(UTC)]


def test_open_time_adds_up_over_the_turn_of_the_year() -> None:
    calendar = changed(calendars=[]).calendar  # New Year's Eve 2026 is a Thursday
    assert calendar.between(local("2026-12-31 20:00"), local("2027-01-01 20:00")) == timedelta(hours=24)
    assert calendar.add(local("2026-12-31 20:00"), timedelta(hours=10)) == local("2027-01-01 06:00")
    assert calendar.add(local("2026-12-31 20:00"), timedelta(hours=5)) == local("2027-01-01 01:00")


def test_adding_nothing_stays_even_in_closed_time() -> None:
    saturday = local("2026-01-10 12:00")
    assert SE24_POLICY.calendar.add(saturday, timedelta()) == saturday
    assert SE24_POLICY.calendar.latest(saturday, timedelta()) == local("2026-01-12 00:00")


def test_a_calendar_whose_open_days_are_past_is_an_error_not_an_endless_search() -> None:
    policy = changed(weekly={}, extra_open={"2026-05-16": [["08:00", "12:00"]]}, target_s=3600)
    assert due_at(policy, local("2026-05-16 11:00")) == local("2026-05-16 12:00")
    for received in ("2026-05-16 11:00:00.000001", "2026-12-31 10:00", "2040-01-01 00:00"):
        with pytest.raises(ClockError, match="no open time left"):
            due_at(policy, local(received))
        with pytest.raises(ClockError, match="no open time left"):
            policy.calendar.add(local(received), timedelta(hours=1))


def test_a_pause_without_end_is_an_error_not_an_endless_search() -> None:
    policy = changed(pauses=[["2026-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]])
    with pytest.raises(ClockError, match="no open time left"):
        due_at(policy, local("2026-01-13 10:00"))


def test_a_calendar_without_open_time_is_refused() -> None:
    with pytest.raises(ClockError, match="no open time"):
        Calendar("Europe/Stockholm", ((),) * 7)


def test_a_calendar_needs_seven_days_and_windows_that_start_before_they_end() -> None:
    with pytest.raises(ClockError, match="seven"):
        Calendar("Europe/Stockholm", (((0, 1440),),) * 5)
    for window in ((600, 600), (600, 540), (0, 1441), (-1, 5)):
        with pytest.raises(ClockError, match="window"):
            Calendar("Europe/Stockholm", ((window,),) * 7)


def test_a_calendar_of_nine_years_is_built_year_by_year_when_asked_for() -> None:
    policy = changed()
    for year in range(2024, 2033):
        due_at(policy, local(f"{year}-03-10 10:00").astimezone(UTC))
    assert sorted(policy.calendar._years) == list(range(2024, 2033 + 1))


def test_an_outage_across_the_turn_of_the_year_is_taken_off_in_both_years() -> None:
    pauses = [["2026-12-30T00:00:00+01:00", "2027-01-05T12:00:00+01:00"]]
    policy = changed(calendars=[], pauses=pauses)
    assert due_at(policy, local("2026-12-29 12:00")) == local("2027-01-06 00:00")
    assert due_at(policy, local("2026-12-31 12:00")) == local("2027-01-06 12:00")


def test_the_zone_of_the_calendar_not_of_the_arrival_says_which_day_it_is() -> None:
    saturday_in_stockholm = local("2026-01-10 00:30")
    assert saturday_in_stockholm.astimezone(UTC).date() == date(2026, 1, 9)
    assert due_at(SE24_POLICY, saturday_in_stockholm.astimezone(ZoneInfo("America/New_York"))).astimezone(
        STOCKHOLM
    ) == local("2026-01-13 00:00")


def test_thousands_of_pauses_cost_little_and_are_all_taken_off() -> None:
    noon = local("2026-01-01 12:00").astimezone(UTC)
    pauses = [
        [(noon + timedelta(hours=n)).isoformat(), (noon + timedelta(hours=n, minutes=1)).isoformat()]
        for n in range(5000)
    ]
    policy = changed(pauses=pauses)
    started = time.perf_counter()
    assert due_at(policy, local("2026-01-13 10:00")) == local("2026-01-14 10:25")
    assert time.perf_counter() - started < 1
