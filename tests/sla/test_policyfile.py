"""Policies as JSON: what is taken, what is ignored, what is refused and in which words."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sla.calendar import ClockError
from sla.clock import Reading, due_at
from sla.policyfile import SE24, parsed_time, policy_from_file, policy_from_json
from tests.sla.policies import OFFICE, SE24_POLICY, changed, local


def test_the_default_policy_is_24_hours_on_working_days() -> None:
    assert (SE24_POLICY.id, SE24_POLICY.reading) == ("se24", Reading.PAUSE)
    assert (SE24_POLICY.target, SE24_POLICY.due_soon) == (timedelta(hours=24), timedelta(hours=4))
    assert SE24_POLICY.calendar.named == ("se_public", "se_eves")


def test_the_default_policy_survives_being_stored_as_json() -> None:
    assert json.loads(json.dumps(SE24)) == SE24


def test_what_is_left_out_is_empty_and_the_threshold_four_hours() -> None:
    policy = policy_from_json({"id": "p", "tz": "UTC", "target_s": 3600, "weekly": {"2": OFFICE}})
    assert policy.due_soon == timedelta(hours=4)
    assert (policy.calendar.named, policy.calendar.pauses, policy.staffed) == ((), (), None)


def test_unknown_keys_are_ignored() -> None:
    assert changed(note="på prov", colour=[1, {"x": None}]).id == "se24"


def test_staffed_hours_close_with_the_policy_unless_they_say_otherwise() -> None:
    staffed = changed(extra_closed=["2026-05-15"], pauses=[["2026-05-18T00:00Z", "2026-05-19T00:00Z"]]).staffed
    assert staffed is not None
    assert staffed.between(local("2026-05-14 00:00"), local("2026-05-19 00:00")) == timedelta(hours=8.5)
    own = changed(extra_closed=["2026-05-15"], staffed={"weekly": {"4": OFFICE}, "extra_closed": []}).staffed
    assert own is not None
    assert own.between(local("2026-05-14 00:00"), local("2026-05-19 00:00")) == timedelta(hours=8.5)


@pytest.mark.parametrize(
    ("seconds", "micros"), [(0.000001, 1), (0.1, 100_000), (1, 1_000_000), (86400.25, 86_400_250_000), (1e3, 10**9)]
)
def test_a_target_is_exact_to_the_microsecond(seconds: float, micros: int) -> None:
    assert changed(target_s=seconds).target == timedelta(microseconds=micros)


def test_a_target_of_thirty_days_of_open_time_is_six_weeks_and_a_holiday() -> None:
    assert due_at(changed(target_s=30 * 86400), local("2026-01-12 00:00")) == local("2026-02-21 00:00")


ALL_DAY = [["00:00", "24:00"]]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"id": 7}, "id must be a text"),
        ({"id": ""}, "id must be a text"),
        ({"tz": "Europe/Varberg"}, "Unknown time zone"),
        ({"tz": "../etc/passwd"}, "Unknown time zone"),
        ({"tz": "Europe"}, "Unknown time zone"),
        ({"tz": ""}, "Unknown time zone"),
        ({"tz": None}, "tz must be a text"),
        ({"target_s": 0}, "target must be more than 0"),
        ({"target_s": -1}, "target must be more than 0"),
        ({"target_s": True}, "target_s must be a number"),
        ({"target_s": "86400"}, "target_s must be a number"),
        ({"target_s": None}, "target_s must be a number"),
        ({"target_s": float("nan")}, "target_s must be a number"),
        ({"target_s": float("inf")}, "target_s"),
        ({"target_s": 10**400}, "target_s"),
        ({"target_s": 10**12}, "at most a hundred years"),
        ({"target_s": 0.0000001}, "finer than a microsecond"),
        ({"due_soon_s": -1}, "must not be negative"),
        ({"due_soon_s": False}, "due_soon_s must be a number"),
        ({"weekly": {}}, "no open time"),
        ({"weekly": []}, "weekly must be a JSON object"),
        ({"weekly": {"7": ALL_DAY}}, "keys 0"),
        ({"weekly": {"mon": ALL_DAY}}, "keys 0"),
        ({"weekly": {"0": [["22:00", "06:00"]]}}, "start before it ends"),
        ({"weekly": {"0": [["08:00", "08:00"]]}}, "start before it ends"),
        ({"weekly": {"0": [["24:00", "24:00"]]}}, "start before it ends"),
        ({"weekly": {"0": [["8:00", "16:00"]]}}, "HH:MM"),
        ({"weekly": {"0": [["08:00", "24:01"]]}}, "HH:MM"),
        ({"weekly": {"0": [["08:00", "25:00"]]}}, "HH:MM"),
        ({"weekly": {"0": [["08:60", "16:00"]]}}, "HH:MM"),
        ({"weekly": {"0": [["08:00\n", "16:00"]]}}, "HH:MM"),
        ({"weekly": {"0": [["٠٨:00", "16:00"]]}}, "HH:MM"),
        ({"weekly": {"0": [[8, 16]]}}, "HH:MM"),
        ({"weekly": {"0": ["08:00", "16:00"]}}, "JSON list"),
        ({"weekly": {"0": [["08:00"]]}}, "pair of times"),
        ({"calendars": ["se_bank"]}, "Unknown calendar"),
        ({"calendars": "se_public"}, "JSON list"),
        ({"calendars": [1]}, "must be a text"),
        ({"short_days": {"2026-02-30": "12:00"}}, "YYYY-MM-DD"),
        ({"short_days": {"20260430": "12:00"}}, "YYYY-MM-DD"),
        ({"short_days": {"2026-04-30": 12}}, "HH:MM"),
        ({"short_days": ["2026-04-30"]}, "JSON object"),
        ({"extra_closed": ["2026-W20-1"]}, "YYYY-MM-DD"),
        ({"extra_closed": [20260515]}, "YYYY-MM-DD"),
        ({"extra_closed": "2026-05-15"}, "JSON list"),
        ({"extra_open": {"2026-05-16": ["08:00", "12:00"]}}, "JSON list"),
        ({"extra_open": ["2026-05-16"]}, "JSON object"),
        ({"pauses": [["2026-03-10T12:00:00", "2026-03-10T15:30:00"]]}, "no offset"),
        ({"pauses": [["2026-03-10T15:30:00Z", "2026-03-10T12:00:00Z"]]}, "ends before it starts"),
        ({"pauses": [["2026-03-10T12:00:00+01:00", "2026-03-10T12:00:00+02:00"]]}, "ends before it starts"),
        ({"pauses": ["2026-03-10T15:30:00Z"]}, "JSON list"),
        ({"pauses": [["2026-03-10T15:30:00Z"]]}, "pair of times"),
        ({"reading": "asap"}, "reading must be one of"),
        ({"reading": None}, "reading must be a text"),
        ({"name": 1}, "name must be a text"),
        ({"staffed": []}, "staffed must be a JSON object"),
        ({"staffed": {}}, "no open time"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_key_at_fault(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ClockError, match=message):
        changed(**keys)


@pytest.mark.parametrize("source", [None, [], "se24", 1])
def test_a_policy_is_an_object(source: object) -> None:
    with pytest.raises(ClockError, match="JSON object"):
        policy_from_json(source)


def test_a_long_wrong_value_is_cut_short_in_the_message() -> None:
    with pytest.raises(ClockError) as caught:
        changed(tz=["x" * 1000])
    assert len(str(caught.value)) < 150


def written(folder: Path, content: object) -> Path:
    path = folder / "policies.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_without_an_id_the_first_policy_of_a_file_holds(tmp_path: Path) -> None:
    path = written(tmp_path, [{**SE24, "id": "first"}, SE24])
    assert policy_from_file(path).id == "first"
    assert policy_from_file(path, "se24").id == "se24"


def test_a_policy_that_nobody_asked_for_may_be_broken(tmp_path: Path) -> None:
    path = written(tmp_path, [{**SE24, "id": "broken", "tz": "Nowhere"}, None, SE24])
    assert policy_from_file(path, "se24").id == "se24"
    with pytest.raises(ClockError, match="time zone"):
        policy_from_file(path, "broken")


def test_a_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    assert policy_from_file(written(tmp_path, "\ufeff" + json.dumps([SE24]))).id == "se24"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "not JSON"),
        ("[", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ([], "at least one"),
        (SE24, "JSON list"),
        ([{**SE24, "id": "other"}], "no policy 'se24'"),
        ([SE24, SE24], "2 policies"),
    ],
)
def test_a_file_without_that_policy_is_refused(tmp_path: Path, content: object, message: str) -> None:
    with pytest.raises(ClockError, match=message):
        policy_from_file(written(tmp_path, content), "se24")


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClockError, match="cannot be read"):
        policy_from_file(tmp_path / "none.json")
    with pytest.raises(ClockError, match="cannot be read"):
        policy_from_file(tmp_path)
    (tmp_path / "latin.json").write_bytes('[{"id": "å"}]'.encode("latin-1"))
    with pytest.raises(ClockError, match="not JSON"):
        policy_from_file(tmp_path / "latin.json")


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-10T12:00:00Z",
        "2026-03-10T13:00:00+01:00",
        "2026-03-10T13:00+0100",
        "2026-03-10 13:00+01",
        "20260310T120000Z",
        "2026-W11-2T12:00Z",
        "2026-03-10T12:00:00.000000Z",
        "2026-03-10T12:00:00,0000000Z",
    ],
)
def test_iso_8601_is_read_in_its_many_forms(text: str) -> None:
    assert parsed_time(text) == local("2026-03-10 13:00")


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "2026-03-10", "2026-03-10T12:00:00", "2026-02-29T12:00Z", "2026-03-10T25:00Z", "1773140400"),
        *("2026-03-10T12:00:00.0000001Z", "2026-03-10T12:00:60Z", "2026-03-10T12:00:00+24:00", "\ud800"),
        *("2026-03-10T12:00Z\x00", "2026-03-10T12:00\x00Z", "2026-03-10T12:00:00.Z", "2026-03-10T12:00:00.1234567xZ"),
        *("2026-03-10T12:00:00.123456xZ", "2026-03-10_12:00Z", "2026-03-10T12:00Z Z", "٢٠٢٦-03-10T12:00Z"),
    ],
)
def test_what_is_no_time_or_has_no_offset_is_refused(text: str) -> None:
    with pytest.raises(ClockError):
        parsed_time(text)
