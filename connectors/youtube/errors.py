"""What Google's refusals mean.

The reason decides, then the status; never the text, which varies and holds HTML.
https://developers.google.com/youtube/v3/docs/errors, read 2026-11-22.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from google.auth.exceptions import RefreshError, TransportError

from connectors.base import AuthExpired, Exhausted, Gone, OutcomeUnknown, Permanent, PlatformError, Temporary

QUOTA_ZONE = ZoneInfo("America/Los_Angeles")  # the day's quota comes back at midnight there

DAY_IS_SPENT = {"quotaExceeded", "dailyLimitExceeded", "dailyLimitExceededUnreg"}
TOO_FAST = {"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"}
TOKEN_IS_DEAD = {"authError", "required", "expired", "unauthorized", "UNAUTHENTICATED"}
SCOPE_IS_MISSING = {"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}
NO_LONGER_THERE = {"commentNotFound", "parentCommentNotFound", "commentThreadNotFound", "videoNotFound", "notFound"}
MAYBE_DONE = {"processingFailure", "backendError", "internalError", "internalServerError"}

REFUSALS = {
    "commentsDisabled": ("comments_disabled", "Kommentarerna är avstängda för videon."),
    "parentCommentIsPrivate": ("refused", "Kommentaren är inte publicerad och går därför inte att svara på."),
    "commentTextTooLong": ("too_long", "Texten är för lång för YouTube."),
    "commentTextRequired": ("empty", "YouTube tar inte emot en tom text."),
    "channelNotFound": ("channel_not_found", "YouTube hittar inte kanalen."),
    "accessNotConfigured": ("configuration", "YouTubes API är inte påslaget för den app som Gensvar använder."),
    "operationNotSupported": ("refused", "YouTube kan inte göra det med den här kommentaren."),
}
NOT_PERMITTED = "Kontot har inte behörighet att göra det på YouTube."
RECONNECT = "YouTube godtar inte längre kontots nyckel. Kontot behöver anslutas på nytt."
UNCLEAR = "YouTube fick ett fel. Det är oklart om det gick fram."
PAUSE = timedelta(seconds=60)  # Google's limits by the minute name no time to wait


def from_answer(
    status: int, content: bytes, headers: Mapping[str, str], *, write: bool, now: datetime
) -> PlatformError:
    """Give our error for an answer that is not a success."""
    reasons = _reasons(content)
    if reasons & DAY_IS_SPENT:
        return Exhausted("Dagens kvot hos YouTube är slut.", until=next_quota_day(now))
    if reasons & TOO_FAST or status == 429:
        until = now + (_retry_after(headers) or PAUSE)
        return Exhausted("YouTube tar inte emot fler anrop just nu.", until=until, code="rate_limited")
    if reasons & SCOPE_IS_MISSING:
        return AuthExpired("Nyckeln ger inte rätt att göra det på YouTube. Anslut kontot på nytt.", code="scope")
    if "youtubeSignupRequired" in reasons:
        return AuthExpired("Googlekontot har ingen kanal på YouTube. Anslut kontot på nytt.", code="no_channel")
    if reasons & TOKEN_IS_DEAD or status == 401:
        return AuthExpired(RECONNECT)
    if status >= 500 or status in (0, 408, 409) or status < 400 or reasons & MAYBE_DONE:
        return _unclear(headers, write=write)
    return _refusal(status, reasons)


def from_refresh(error: Exception) -> PlatformError:
    """Give our error for a token that could not be refreshed: nothing has been sent to YouTube."""
    if isinstance(error, TransportError):
        return Temporary("Googles inloggning gick inte att nå.", code="unreachable")
    if isinstance(error, RefreshError) and not error.retryable and _is_oauth_refusal(error):
        return AuthExpired(RECONNECT)
    return Temporary("Googles inloggning svarade inte begripligt.", code="bad_answer")


def next_quota_day(now: datetime) -> datetime:
    """Give the next midnight in California, as UTC."""
    tomorrow = now.astimezone(QUOTA_ZONE).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), QUOTA_ZONE).astimezone(UTC)


def _refusal(status: int, reasons: set[str]) -> PlatformError:
    for reason in reasons & REFUSALS.keys():
        code, sentence = REFUSALS[reason]
        return Permanent(sentence, code=code)
    if reasons & NO_LONGER_THERE or status in (404, 410):
        return Gone("Kommentaren eller videon finns inte kvar på YouTube, eller är inte synlig för kontot.")
    if status == 403:
        return Permanent(NOT_PERMITTED, code="permission")
    return Permanent("YouTube godtog inte det som skickades.")


def _unclear(headers: Mapping[str, str], *, write: bool) -> PlatformError:
    if write:
        return OutcomeUnknown(UNCLEAR)
    wait = _retry_after(headers)
    return Temporary("YouTube fick ett fel.", retry_after=wait.total_seconds() if wait else None, code="server_error")


def _reasons(content: bytes) -> set[str]:
    """Collect every word that Google uses as a reason; an empty set for HTML and the like."""
    try:
        body = json.loads(content)
    except ValueError:
        return set()
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return {error} if isinstance(error, str) else set()
    listed = [*_dicts(error.get("errors")), *_dicts(error.get("details"))]
    words = [error.get("status"), *(entry.get("reason") for entry in listed)]
    return {word for word in words if isinstance(word, str)}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    text = headers.get("retry-after", "")
    return timedelta(seconds=min(int(text), 86_400)) if text.isascii() and text.isdigit() else None


def _is_oauth_refusal(error: RefreshError) -> bool:
    """Tell a refusal of Google's from an answer that is no OAuth at all (google-auth keeps only the text of those).

    A Workspace that demands signing in again is refused too; google-auth says so in words of its own.
    """
    if len(error.args) < 2:
        return str(error).startswith("Reauthentication")
    return isinstance(error.args[1], dict) and "error" in error.args[1]
