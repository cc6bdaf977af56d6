"""Times and lengths in words."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from sla.calendar import NAMED_CALENDARS, Closure, Why, holiday_names
from sla.words import (
    ENGLISH_HOLIDAYS,
    by_end_of_day_words,
    closure_words,
    day_words,
    deadline_words,
    duration_words,
    exact_words,
    time_words,
)
from tests.sla.policies import STOCKHOLM, local

NOW = local("2026-10-22 09:00")  # a Thursday


@pytest.mark.parametrize(
    ("due", "swedish", "english"),
    [
        ("2026-10-22 11:20", "i dag 11.20", "today 11:20"),
        ("2026-10-22 08:05:59", "i dag 08.05", "today 08:05"),
        ("2026-10-23 08:12", "i morgon 08.12", "tomorrow 08:12"),
        ("2026-10-21 08:12", "i går 08.12", "yesterday 08:12"),
        ("2026-10-26 15:00", "måndag 26 okt 15.00", "Monday 26 Oct 15:00"),
        ("2027-01-04 15:00", "måndag 4 jan 2027 15.00", "Monday 4 Jan 2027 15:00"),
        ("2026-10-27 00:00", "senast under måndagen", "by the end of Monday"),
        ("2026-10-23 00:00", "senast under torsdagen", "by the end of Thursday"),
        ("2026-10-31 00:00", "senast under fredagen den 30 okt", "by the end of Friday 30 Oct"),
        ("2026-10-22 00:00", "senast under onsdagen den 21 okt", "by the end of Wednesday 21 Oct"),
        ("2027-01-05 00:00", "senast under måndagen den 4 jan 2027", "by the end of Monday 4 Jan 2027"),
    ],
)
def test_a_deadline_is_said_as_one_would_say_it_now(due: str, swedish: str, english: str) -> None:
    assert deadline_words(local(due), NOW, STOCKHOLM) == swedish
    assert deadline_words(local(due), NOW, STOCKHOLM, "en") == english


def test_today_is_the_local_day_of_now() -> None:
    late = local("2026-10-22 00:30")  # still the 21st in UTC
    assert deadline_words(local("2026-10-22 23:00"), late, STOCKHOLM) == "i dag 23.00"


def test_what_came_on_a_weekend_is_due_during_monday_all_weekend_long() -> None:
    for now in ("2026-01-10 00:00", "2026-01-11 23:59", "2026-01-12 23:59"):
        assert deadline_words(local("2026-01-13 00:00"), local(now), STOCKHOLM) == "senast under måndagen"


def test_every_hour_of_a_year_but_midnight_is_said_with_its_time() -> None:
    for hour in range(24 * 365):
        due = local("2026-01-01 00:00") + timedelta(hours=hour)
        words = deadline_words(due, NOW, STOCKHOLM)
        assert words.startswith("senast under ") == (due.hour == 0)
        assert "00.00" not in words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "mindre än 1 min"),
        (59.9, "mindre än 1 min"),
        (60, "1 min"),
        (2459, "40 min"),
        (3600, "1 h"),
        (11400, "3 h 10 min"),
        (-7200, "2 h"),
        (24 * 3600, "24 h"),
        (48 * 3600 - 1, "47 h 59 min"),
        (48 * 3600, "2 dagar"),
        (200 * 3600, "8 dagar"),
    ],
)
def test_a_length_is_said_roughly(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words


def test_a_length_is_said_in_english_too() -> None:
    assert [duration_words(each, "en") for each in (5, 172800, 60)] == ["less than 1 min", "2 days", "1 min"]


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(), "0 h"),
        (timedelta(hours=24), "24 h"),
        (timedelta(days=2, minutes=3), "48 h 3 min"),
        (timedelta(hours=14, minutes=59, seconds=59), "14 h 59 min 59 s"),
        (timedelta(seconds=1, microseconds=500_000), "1,5 s"),
        (timedelta(microseconds=1), "0,000001 s"),
    ],
)
def test_a_length_can_be_said_exactly(length: timedelta, words: str) -> None:
    assert exact_words(length) == words


def test_an_exact_time_has_its_seconds_only_if_there_are_any() -> None:
    times = [datetime(2026, 1, 9, 15, 0, *rest) for rest in ((), (7,), (0, 20))]  # noqa: DTZ001
    assert [time_words(each, exact=True) for each in times] == ["15.00", "15.00.07", "15.00.00,00002"]
    assert time_words(times[1], "en", exact=True) == "15:00:07"


def test_a_closed_day_says_its_holiday_or_its_kind() -> None:
    assert closure_words(Closure(Why.HOLIDAY, "Långfredagen")) == "Långfredagen"
    assert (
        closure_words(Closure(Why.HOLIDAY, "Kristi himmelsfärdsdag och Första maj"), "en")
        == "Ascension Day and May Day"
    )
    assert closure_words(Closure(Why.OWN, "Planeringsdag"), "en") == "Planeringsdag"
    assert [closure_words(Closure(why)) for why in (Why.WEEKEND, Why.BRIDGE, Why.PAUSE)] == ["helg", "klämdag", "paus"]


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_reason_has_its_word(language: str) -> None:
    assert all(closure_words(Closure(why, "Julafton"), language) for why in Why)
    assert all(closure_words(Closure(why), language) for why in set(Why) - {Why.HOLIDAY, Why.EVE})


def test_every_holiday_has_its_english_name() -> None:
    for year in range(2000, 2061):
        for calendar in NAMED_CALENDARS:
            for name in holiday_names(calendar, year).values():
                assert set(name.split(" och ")) <= set(ENGLISH_HOLIDAYS)


def test_days_and_ends_of_days_are_named_as_seen_from_today() -> None:
    today = date(2026, 10, 22)
    assert day_words(date(2026, 10, 24), today) == "lördag 24 okt"
    assert by_end_of_day_words(date(2026, 10, 28), today) == "senast under onsdagen"
    assert by_end_of_day_words(date(2026, 10, 29), today) == "senast under torsdagen den 29 okt"
