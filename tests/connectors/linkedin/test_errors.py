"""What LinkedIn's refusals mean to us."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import AuthExpired, Exhausted, Gone, OutcomeUnknown, Permanent, PlatformError, Temporary
from connectors.linkedin.errors import from_answer
from tests.connectors.linkedin.payloads import load, raw

NOW = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 25, tzinfo=UTC)


def error(status: int, content: bytes = b"", headers: dict[str, str] | None = None, *, write: bool) -> PlatformError:
    return from_answer(status, content, headers or {}, write=write, now=NOW)


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("error_401_token_revoked", AuthExpired, "auth_expired"),
        ("error_426_version_sunset", Permanent, "version_sunset"),
        ("error_429_daily_limit", Exhausted, "quota_exhausted"),
    ],
)
def test_each_recorded_error_is_the_right_one(name: str, kind: type[PlatformError], code: str, write: bool) -> None:
    found = error(load(name)["status"], raw(name), write=write)
    assert type(found) is kind
    assert found.code == code
    assert str(found).endswith(".")


def test_the_day_ends_at_midnight_utc() -> None:
    found = error(429, raw("error_429_daily_limit"), {"Retry-After": "60"}, write=True)
    assert isinstance(found, Exhausted)
    assert found.until == MIDNIGHT


def test_a_shorter_limit_says_how_long_it_is() -> None:
    found = error(429, b'{"message": "Too many"}', {"Retry-After": "90"}, write=False)
    assert isinstance(found, Exhausted)
    assert (found.until, found.code) == (NOW + timedelta(seconds=90), "rate_limited")


@pytest.mark.parametrize("wait", ["", "soon", "-1", "²", "9" * 40])
def test_a_limit_with_an_odd_wait_ends_within_a_day(wait: str) -> None:
    found = error(429, b"", {"Retry-After": wait}, write=False)
    assert isinstance(found, Exhausted)
    assert NOW < found.until <= NOW + timedelta(days=1)


def test_a_sunset_version_says_what_the_operator_has_to_do() -> None:
    found = error(426, raw("error_426_version_sunset"), write=True)
    assert "LINKEDIN_VERSION" in str(found)


@pytest.mark.parametrize(
    ("status", "content", "read", "write"),
    [
        (403, b'{"code": "ACCESS_DENIED"}', Permanent, Permanent),
        (404, b"<html>", Gone, Gone),
        (410, b"", Gone, Gone),
        (400, b"", Permanent, Permanent),
        (422, b"[]", Permanent, Permanent),
        (409, b'{"code": 5}', Permanent, Permanent),
        (500, b"", Temporary, OutcomeUnknown),
        (502, b"<html>", Temporary, OutcomeUnknown),
        (504, b"null", Temporary, OutcomeUnknown),
        (408, b"", Temporary, OutcomeUnknown),
        (307, b"", Temporary, OutcomeUnknown),
    ],
)
def test_the_status_decides(status: int, content: bytes, read: Any, write: Any) -> None:
    assert type(error(status, content, write=False)) is read
    assert type(error(status, content, write=True)) is write


def test_a_text_that_is_too_long_is_called_so() -> None:
    content = b'{"errorDetails": {"inputErrors": [{"code": "FIELD_LENGTH_TOO_LONG"}]}}'
    assert error(400, content, write=True).code == "too_long"


def test_a_missing_version_is_a_matter_of_configuration() -> None:
    found = error(400, b'{"code": "VERSION_MISSING"}', write=False)
    assert found.code == "configuration"
