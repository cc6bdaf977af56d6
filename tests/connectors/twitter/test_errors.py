"""What each of X's refusals becomes, by the payloads and by answers that hold nothing to go by."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests

from connectors.base import AuthExpired, Exhausted, Gone, OutcomeUnknown, Permanent, PlatformError, Temporary
from connectors.twitter.errors import SinceTooOld, from_answer
from tests.connectors.twitter.payloads import ERRORS, response

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def answer(status: int, body: object = None, **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    made._content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return made


@pytest.mark.parametrize(
    ("name", "expected", "code"),
    [
        ("error_400_since_id_too_old", SinceTooOld, "since_id_too_old"),
        ("error_402_credits_depleted", Exhausted, "credits_depleted"),
        ("error_402_payment_required", Exhausted, "credits_depleted"),
        ("error_403_duplicate_content", OutcomeUnknown, "duplicate"),
        ("error_403_reply_not_allowed", Permanent, "reply_not_allowed"),
        ("error_403_unsupported_authentication", AuthExpired, "wrong_token"),
        ("error_429_rate_limit", Exhausted, "rate_limit"),
        ("error_429_usage_cap", Exhausted, "usage_cap"),
    ],
)
def test_a_payload_is_the_right_error(name: str, expected: type[PlatformError], code: str) -> None:
    error = from_answer(response(name), write=True, now=NOW)
    assert type(error) is expected
    assert error.code == code
    assert str(error).endswith(".")


def test_no_error_payload_is_left_out() -> None:
    assert len([name for name in ERRORS if "refresh_token" not in name]) == 8


def test_the_rate_limit_ends_when_x_says() -> None:
    error = from_answer(response("error_429_rate_limit"), write=False, now=NOW)
    assert isinstance(error, Exhausted)
    assert error.until == datetime.fromtimestamp(1795169700, UTC)


def test_the_monthly_cap_ends_with_the_month() -> None:
    for now, until in ((NOW, "2026-12-01"), (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), "2027-01-01")):
        error = from_answer(response("error_429_usage_cap"), write=False, now=now)
        assert isinstance(error, Exhausted)
        assert error.until == datetime.fromisoformat(until).replace(tzinfo=UTC)


@pytest.mark.parametrize("reset", ["", "soon", "-1", "99999999999999999999", "1"])
def test_an_odd_reset_time_still_ends_some_time(reset: str) -> None:
    error = from_answer(answer(429, {}, x_rate_limit_reset=reset), write=False, now=NOW)
    assert isinstance(error, Exhausted)
    assert NOW < error.until <= NOW + timedelta(minutes=15)


def test_the_limit_of_a_day_is_told_from_the_windows() -> None:
    reset = str(int((NOW + timedelta(hours=5)).timestamp()))
    day = {"x_user_limit_24hour_remaining": "0", "x_user_limit_24hour_reset": reset}
    refused = answer(429, {}, x_rate_limit_reset="1", **day)
    error = from_answer(refused, write=True, now=NOW)
    assert isinstance(error, Exhausted)
    assert (error.until, error.code) == (NOW + timedelta(hours=5), "day_limit")


def forbidden(detail: str) -> dict[str, object]:
    return {"title": "Forbidden", "status": 403, "type": "about:blank", "detail": detail}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (forbidden("You attempted to reply to a Tweet that is deleted or not visible to you."), Gone),
        (forbidden("Your Tweet text is too long. For more information…"), Permanent),
        (forbidden("Your client app is not configured with the appropriate oauth1 app permissions."), AuthExpired),
        (forbidden("Your account is suspended and is not permitted to access this feature."), AuthExpired),
        (
            {"type": "https://api.twitter.com/2/problems/client-forbidden", "reason": "client-not-enrolled"},
            AuthExpired,
        ),
        (forbidden("You are not permitted to perform this action."), Permanent),
        ({"errors": [{"code": 186, "message": "Tweet needs to be a bit shorter."}]}, Permanent),
        ("<html>", Permanent),
        ([], Permanent),
    ],
)
def test_a_403_is_told_by_its_words(body: object, expected: type[PlatformError]) -> None:
    assert type(from_answer(answer(403, body), write=True, now=NOW)) is expected


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 301, 307])
def test_what_may_have_been_done_is_unknown_for_a_write_and_passing_for_a_read(status: int) -> None:
    assert type(from_answer(answer(status, "<html>"), write=True, now=NOW)) is OutcomeUnknown
    assert type(from_answer(answer(status, "<html>"), write=False, now=NOW)) is Temporary


@pytest.mark.parametrize(("status", "expected"), [(400, Permanent), (404, Gone), (410, Permanent), (422, Permanent)])
def test_other_refusals_are_for_good(status: int, expected: type[PlatformError]) -> None:
    for body in (None, [], "x", {"errors": 5}, {"errors": ["x"]}, {"detail": 5}):
        assert type(from_answer(answer(status, body), write=True, now=NOW)) is expected


def test_a_401_asks_for_a_person() -> None:
    assert isinstance(from_answer(answer(401, {"title": "Unauthorized"}), write=False, now=NOW), AuthExpired)
