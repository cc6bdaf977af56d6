"""The derivation of a deadline, in words."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest

from sla.calendar import Why
from sla.clock import due_at
from sla.explain import explain
from tests.sla.policies import OFFICE, SE24_POLICY, changed, local, weekdays


def lines(received: str, **keys: Any) -> list[str]:
    return list(explain(changed(**keys), local(received)).lines)


def test_a_friday_arrival_is_derived_over_the_weekend() -> None:
    assert lines("2026-01-09 15:00") == [
        "Kom in fredag 9 januari 2026 kl. 15.00.",
        "Fredag 9 januari 15.00–24.00: klockan går, 9 h.",
        "Lördag 10 januari – söndag 11 januari: klockan står still (helg).",
        "Måndag 12 januari 00.00–15.00: klockan går, 15 h.",
        "Tillsammans 24 h.",
        "Svara senast måndag 12 januari 2026 kl. 15.00.",
    ]


def test_a_weekend_arrival_is_due_during_the_monday_never_at_midnight_on_tuesday() -> None:
    found = lines("2026-01-10 12:00")
    assert found[1] == "Lördag 10 januari 12.00 – söndag 11 januari 24.00: klockan står still (helg)."
    assert found[2] == "Måndag 12 januari: klockan går, 24 h."
    assert found[-1] == "Svara senast under måndagen den 12 januari 2026."


def test_each_day_of_easter_is_named() -> None:
    reasons = [each.split("(")[1][:-2] for each in lines("2026-04-02 15:00") if "står still" in each]
    assert reasons == ["Långfredagen", "helg", "Påskdagen", "Annandag påsk"]


def test_eves_squeeze_days_half_days_and_pauses_are_named() -> None:
    found = " ".join(
        lines(
            "2026-04-30 10:00",
            short_days={"2026-04-30": "12:00"},
            extra_closed=["2026-05-15"],
            pauses=[["2026-05-04T12:00:00+02:00", "2026-05-04T12:30:00+02:00"]],
            target_s=9 * 86400,
        )
    )
    assert "Torsdag 30 april 12.00–24.00: klockan står still (halvdag)." in found
    assert "Måndag 4 maj 12.00–12.30: klockan står still (paus)." in found
    assert "Fredag 15 maj: klockan står still (klämdag)." in found
    assert "Torsdag 24 december: klockan står still (Julafton)." in " ".join(lines("2026-12-23 12:00"))


def test_nights_are_outside_the_opening_hours() -> None:
    found = lines("2026-01-13 16:00", weekly=weekdays(OFFICE), target_s=3600)
    assert found[1:4] == [
        "Tisdag 13 januari 16.00–16.30: klockan går, 30 min.",
        "Tisdag 13 januari 16.30 – onsdag 14 januari 08.00: klockan står still (utanför öppettiderna).",
        "Onsdag 14 januari 08.00–08.30: klockan går, 30 min.",
    ]


def test_a_half_day_is_one_from_its_closing_on_and_not_before_its_opening() -> None:
    found = lines("2026-04-30 07:00", weekly=weekdays(OFFICE), short_days={"2026-04-30": "12:00"}, target_s=5 * 3600)
    assert found[1] == "Torsdag 30 april 07.00–08.00: klockan står still (utanför öppettiderna)."
    assert found[3] == "Torsdag 30 april 12.00–24.00: klockan står still (halvdag)."


def test_a_closing_time_that_cuts_nothing_makes_no_half_day() -> None:
    found = lines("2026-04-30 16:00", weekly=weekdays(OFFICE), short_days={"2026-04-30": "18:00"}, target_s=3600)
    assert found[2] == "Torsdag 30 april 16.30–24.00: klockan står still (utanför öppettiderna)."


def test_a_pause_on_a_closed_day_is_not_told() -> None:
    pauses = [["2026-01-10T06:00:00Z", "2026-01-10T07:00:00Z"]]
    assert not any("paus" in each for each in lines("2026-01-09 15:00", pauses=pauses))


@pytest.mark.parametrize(
    ("received", "word"), [("2026-03-28 12:00", "sommartid börjar"), ("2026-10-24 12:00", "sommartid slutar")]
)
def test_a_clock_change_within_counted_time_is_told(received: str, word: str) -> None:
    every_day = {str(day): [["00:00", "24:00"]] for day in range(7)}
    assert word in lines(received, weekly=every_day, calendars=[])[1]


def test_seconds_and_microseconds_are_told_exactly() -> None:
    found = lines("2026-01-09 00:00:00.000001")
    assert found[0] == "Kom in fredag 9 januari 2026 kl. 00.00.00,000001."
    assert found[1] == "Fredag 9 januari 00.00.00,000001–24.00: klockan går, 23 h 59 min 59,999999 s."
    assert found[-1] == "Svara senast måndag 12 januari 2026 kl. 00.00.00,000001."


def test_the_plain_clock_is_one_stretch() -> None:
    explanation = explain(changed(reading="plain"), local("2026-01-09 15:00"))
    assert [each.counts for each in explanation.stretches] == [True]
    assert explanation.counted == timedelta(hours=24)


def test_a_reading_in_days_ends_with_the_day_it_counts() -> None:
    found = lines("2026-01-09 15:00", reading="working_days", target_s=2 * 86400)
    assert found[-2:] == [
        "Det är slutet av arbetsdag 2 efter ankomstdagen.",
        "Svara senast under tisdagen den 13 januari 2026.",
    ]


def test_an_explanation_is_also_structured() -> None:
    received = local("2026-04-02 15:00")
    explanation = explain(SE24_POLICY, received)
    assert explanation.due_at == due_at(SE24_POLICY, received)
    assert explanation.received == received.astimezone(UTC)
    assert [each.closure.why for each in explanation.stretches if each.closure] == [
        *(Why.HOLIDAY, Why.WEEKEND, Why.HOLIDAY, Why.HOLIDAY)
    ]
    assert explanation.text == "\n".join(explanation.lines)


def test_an_explanation_can_be_had_in_english() -> None:
    found = explain(SE24_POLICY, local("2026-04-02 15:00"), "en").lines
    assert found[0] == "Came in on Thursday 2 April 2026 at 15:00."
    assert found[2] == "Friday 3 April: the clock stands still (Good Friday)."
    assert found[-1] == "Answer by Tuesday 7 April 2026 at 15:00."
    weekend = explain(SE24_POLICY, local("2026-01-10 12:00"), "en").lines
    assert weekend[-1] == "Answer by the end of Monday 12 January 2026."
