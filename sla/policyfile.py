"""Policies as JSON → the pure objects of the clock; and the default policy in that form.

A policy is an object with `id`, `tz`, `target_s` and, as it needs them, `due_soon_s` (4 h if not said), `weekly`,
`calendars`, `short_days`, `extra_closed`, `extra_open`, `pauses`, `name`, `reading`, `ladder` (hours) and `staffed`.
Keys we do not know are ignored. `extra_closed` is a list of dates, or an object that names them. `staffed` holds the
hours of the ladder, written like the policy's own; what it leaves out of `tz`, `calendars`, `short_days` and
`extra_closed` is the policy's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

from sla.calendar import Calendar, ClockError, Window
from sla.clock import Policy, Reading

T = TypeVar("T")

ALL_DAY = [["00:00", "24:00"]]
OFFICE_DAY = [["08:00", "16:30"]]

# The promise of POLICY.md. New installations count its ladder on staffed hours.
SE24: dict[str, Any] = {
    "id": "se24",
    "name": "24 timmar, helger undantagna",
    "tz": "Europe/Stockholm",
    "reading": "pause",
    "target_s": 86400,
    "due_soon_s": 14400,
    "weekly": {"0": ALL_DAY, "1": ALL_DAY, "2": ALL_DAY, "3": ALL_DAY, "4": ALL_DAY, "5": [], "6": []},
    "calendars": ["se_public", "se_eves"],
    "short_days": {},
    "extra_closed": [],
    "extra_open": {},
    "pauses": [],
    "staffed": {"weekly": {"0": OFFICE_DAY, "1": OFFICE_DAY, "2": OFFICE_DAY, "3": OFFICE_DAY, "4": OFFICE_DAY}},
}

_INHERITED = ("tz", "calendars", "short_days", "extra_closed")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)
# Narrower than datetime.fromisoformat, which lets NUL, any separator, and letters after six decimals pass.
_TIME = re.compile(r"[\dW-]+[Tt ][\d:]+([.,]\d+)? ?(Z|[+-][\d:]+([.,]\d+)?)?", re.ASCII)
_FINER_THAN_MICROSECONDS = re.compile(r"[.,]\d{6}\d*[1-9]", re.ASCII)


def policy_from_json(source: object) -> Policy:
    """Make a policy of its JSON object. Raises ClockError that names the key at fault."""
    data = _object(source, "A policy")
    staffed = data.get("staffed")
    return Policy(
        id=policy_id(data),
        name=_text(data.get("name", ""), "name"),
        reading=_reading(data.get("reading", Reading.PAUSE.value)),
        target=_seconds(data.get("target_s"), "target_s"),
        due_soon=_seconds(data.get("due_soon_s", 14400), "due_soon_s"),
        calendar=_calendar(data),
        ladder=tuple(_hours(each) for each in _list(data.get("ladder", [8, 4, 1]), "ladder")),
        staffed=None if staffed is None else _staffed(data, _object(staffed, "staffed")),
    )


def policy_id(source: object) -> str:
    """Give the id of a policy's JSON object."""
    key = _object(source, "A policy").get("id")
    if not isinstance(key, str) or not key:
        raise ClockError(f"A policy's id must be a text, not {_shown(key)}.", "bad_policy")
    return key


def policy_from_file(path: Path, key: str | None = None) -> Policy:
    """Read one policy of a policy file, the first if no id is given. The others are not looked into."""
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ClockError(f"The policy file cannot be read: {error.strerror}: {path}", "no_policy_file") from error
    except (ValueError, RecursionError) as error:
        raise ClockError(f"The policy file is not JSON: {error}", "bad_policy_file") from error
    if not isinstance(found, list) or not found:
        raise ClockError("A policy file holds a JSON list of at least one policy.", "bad_policy_file")
    wanted = found[:1] if key is None else [each for each in found if isinstance(each, dict) and each.get("id") == key]
    if not wanted:
        raise ClockError(f"The policy file holds no policy {key!r}.", "unknown_policy")
    if len(wanted) > 1:
        raise ClockError(f"The policy file holds {len(wanted)} policies {key!r}.", "bad_policy_file")
    return policy_from_json(wanted[0])


def parsed_time(text: str) -> datetime:
    """Read an ISO 8601 time with offset. Raises ClockError, also for a fraction that would have to be rounded."""
    try:
        instant = datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
    except ValueError:
        instant = None
    if instant is None:
        raise ClockError(f"{_shown(text)} is not an ISO 8601 time.", "bad_time")
    if instant.utcoffset() is None:
        raise ClockError(f"{_shown(text)} has no offset from UTC.", "naive_time")
    if _FINER_THAN_MICROSECONDS.search(text):
        raise ClockError(f"{_shown(text)} is finer than a microsecond.", "bad_time")
    return instant


def _calendar(data: Mapping[str, Any]) -> Calendar:
    weekly = _object(data.get("weekly", {}), "weekly")
    if stray := set(weekly) - set("0123456"):
        raise ClockError(f"weekly has the keys 0 (Monday) to 6 (Sunday), not {_shown(min(stray))}.", "bad_window")
    return Calendar(
        tz=_text(data.get("tz"), "tz"),
        weekly=tuple(_windows(weekly.get(day, []), f"weekly {day}") for day in "0123456"),
        named=tuple(_text(name, "calendars") for name in _list(data.get("calendars", []), "calendars")),
        short_days=_by_day(data.get("short_days", {}), "short_days", _minute),
        closed=_closed(data.get("extra_closed", [])),
        extra_open=_by_day(data.get("extra_open", {}), "extra_open", _windows),
        pauses=tuple(_pause(each) for each in _list(data.get("pauses", []), "pauses")),
    )


def _staffed(policy: Mapping[str, Any], own: Mapping[str, Any]) -> Calendar:
    return _calendar({**{key: policy[key] for key in _INHERITED if key in policy}, **own})


def _closed(value: object) -> dict[date, str]:
    if isinstance(value, dict):
        return _by_day(value, "extra_closed", _text)
    return {_day(each, "extra_closed"): "" for each in _list(value, "extra_closed")}


def _by_day(value: object, key: str, read: Callable[[Any, str], T]) -> dict[date, T]:
    return {_day(day, key): read(each, f"{key} {day}") for day, each in _object(value, key).items()}


def _windows(value: object, key: str) -> tuple[Window, ...]:
    windows = []
    for each in _list(value, key):
        pair = _list(each, key)
        if len(pair) != 2:
            raise ClockError(f"A window of {key} is a pair of times, not {_shown(each)}.", "bad_window")
        start, end = _minute(pair[0], key), _minute(pair[1], key)
        if start >= end:
            raise ClockError(f"The window {_shown(each)} of {key} must start before it ends.", "bad_window")
        windows.append((start, end))
    return tuple(windows)


def _minute(value: object, key: str) -> int:
    if not isinstance(value, str) or not _TIME_OF_DAY.fullmatch(value):
        raise ClockError(f'{key} needs a time of day "HH:MM" up to "24:00", not {_shown(value)}.', "bad_window")
    return int(value[:2]) * 60 + int(value[3:])


def _day(value: object, key: str) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ClockError(f'{key} needs a date "YYYY-MM-DD", not {_shown(value)}.', "bad_date")


def _pause(value: object) -> tuple[datetime, datetime]:
    pair = _list(value, "pauses")
    if len(pair) != 2:
        raise ClockError(f"A pause is a pair of times, not {_shown(value)}.", "bad_pause")
    start, end = (parsed_time(_text(each, "pauses")) for each in pair)
    return start, end


def _seconds(value: object, key: str) -> timedelta:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise ClockError(f"{key} must be a number of seconds, not {_shown(value)}.", "bad_target")
    try:
        micros = Decimal(str(value)) * 1_000_000
        if micros == micros.to_integral_value():
            return timedelta(microseconds=int(micros))
    except (InvalidOperation, OverflowError, ValueError) as error:
        raise ClockError(f"{key} is out of range: {_shown(value)}.", "bad_target") from error
    raise ClockError(f"{key} is finer than a microsecond: {_shown(value)}.", "bad_target")


def _hours(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise ClockError(f"A step of the ladder is a number of hours, not {_shown(value)}.", "bad_ladder")
    return value


def _reading(value: object) -> Reading:
    text = _text(value, "reading")
    try:
        return Reading(text)
    except ValueError as error:
        raise ClockError(f"reading must be one of {', '.join(Reading)}, not {_shown(value)}.", "bad_policy") from error


def _object(value: object, key: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ClockError(f"{key} must be a JSON object, not {_shown(value)}.", "bad_policy")
    return value


def _list(value: object, key: str) -> list[Any]:
    if not isinstance(value, list):
        raise ClockError(f"{key} must be a JSON list, not {_shown(value)}.", "bad_policy")
    return value


def _text(value: object, key: str) -> str:
    if not isinstance(value, str):
        raise ClockError(f"{key} must be a text, not {_shown(value)}.", "bad_policy")
    return value


def _shown(value: object) -> str:
    """Show what was given, cut short: it may be anything."""
    shown = json.dumps(value, default=str)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."
