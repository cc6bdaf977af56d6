"""Google's refusals become our errors, by reason before status."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import AuthExpired, Exhausted, Gone, OutcomeUnknown, Permanent, PlatformError, Temporary
from connectors.youtube.errors import from_answer, next_quota_day
from tests.connectors.youtube.payloads import error, load

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)  # 01:30 in California


def told(status: int, body: Any, *, write: bool = False, headers: dict[str, str] | None = None) -> PlatformError:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return from_answer(status, content, headers or {}, write=write, now=NOW)


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize(
    ("code", "reason", "kind", "says"),
    [
        (403, "quotaExceeded", Exhausted, "quota_exhausted"),
        (403, "dailyLimitExceeded", Exhausted, "quota_exhausted"),
        (429, "quotaExceeded", Exhausted, "quota_exhausted"),
        (403, "rateLimitExceeded", Exhausted, "rate_limited"),
        (403, "userRateLimitExceeded", Exhausted, "rate_limited"),
        (429, "whatever", Exhausted, "rate_limited"),
        (401, "authError", AuthExpired, "auth_expired"),
        (401, "youtubeSignupRequired", AuthExpired, "no_channel"),
        (403, "insufficientPermissions", AuthExpired, "scope"),
        (403, "commentsDisabled", Permanent, "comments_disabled"),
        (403, "forbidden", Permanent, "permission"),
        (403, "ineligibleAccount", Permanent, "permission"),
        (404, "commentNotFound", Gone, "gone"),
        (404, "parentCommentNotFound", Gone, "gone"),
        (400, "parentCommentNotFound", Gone, "gone"),
        (404, "channelNotFound", Permanent, "channel_not_found"),
        (400, "commentTextTooLong", Permanent, "too_long"),
        (400, "somethingNew", Permanent, "refused"),
    ],
)
def test_a_reason_is_the_same_error_for_reads_and_writes(
    code: int, reason: str, kind: type[PlatformError], says: str, write: bool
) -> None:
    found = told(*error(code, reason), write=write)
    assert (type(found), found.code) == (kind, says)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, error(400, "processingFailure")[1]),
        (500, error(500, "backendError")[1]),
        (503, b"<html>502 Bad Gateway</html>"),
        (502, b""),
        (504, b"\xff\xfe"),
        (408, b""),
        (307, b""),
        (500, [1, 2]),
        (500, {"error": None}),
    ],
)
def test_what_may_have_been_done_is_unknown_for_a_write_and_temporary_for_a_read(status: int, body: Any) -> None:
    assert isinstance(told(status, body, write=True), OutcomeUnknown)
    assert isinstance(told(status, body), Temporary)


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("error_403_comments_disabled", 403, Permanent),
        ("error_403_permission_denied", 403, Permanent),
        ("error_403_quota_exceeded", 403, Exhausted),
        ("error_404_comment_not_found", 404, Gone),
    ],
)
def test_recorded_errors_are_understood(name: str, status: int, kind: type[PlatformError]) -> None:
    assert type(told(status, load(name), write=True)) is kind


@pytest.mark.parametrize(
    "body", [b"<html>no</html>", {"error": "forbidden"}, {"error": {"errors": [None, 3, {"reason": 7}]}}, {"error": []}]
)
def test_an_odd_body_leaves_the_decision_to_the_status(body: Any) -> None:
    assert told(403, body).code == "permission"
    assert isinstance(told(401, body), AuthExpired)
    assert isinstance(told(404, body), Gone)


def test_a_missing_scope_is_understood_from_the_details_alone() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]
    body = {"error": {"code": 403, "message": "…", "status": "PERMISSION_DENIED", "details": details}}
    assert told(403, body).code == "scope"


def test_a_limit_by_the_minute_waits_a_minute_or_as_long_as_google_says() -> None:
    plain, told_so = told(429, b""), told(429, b"", headers={"retry-after": "120"})
    assert isinstance(plain, Exhausted)
    assert isinstance(told_so, Exhausted)
    assert plain.until == NOW + timedelta(seconds=60)
    assert told_so.until == NOW + timedelta(seconds=120)


@pytest.mark.parametrize(
    ("now", "back"),
    [
        ("2026-11-24T09:30+00:00", "2026-11-25T08:00+00:00"),
        ("2026-11-24T07:30+00:00", "2026-11-24T08:00+00:00"),
        ("2026-03-08T09:00+00:00", "2026-03-09T07:00+00:00"),  # summer time begins there
        ("2026-11-01T08:00+00:00", "2026-11-02T08:00+00:00"),  # and ends
    ],
)
def test_the_quota_comes_back_at_midnight_in_california(now: str, back: str) -> None:
    assert next_quota_day(datetime.fromisoformat(now)) == datetime.fromisoformat(back)


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 409, 410, 429, 500, 503])
def test_every_error_is_a_swedish_sentence_without_the_platforms_text(status: int, write: bool) -> None:
    body = {"error": {"code": status, "message": "ya29.secret", "errors": [{"message": "ya29.secret", "reason": "x"}]}}
    words = str(told(status, body, write=write))
    assert words.endswith(".")
    assert "ya29" not in words
