"""What LinkedIn's refusals mean. The status decides; `code` tells a few apart; never the message, which varies.

https://learn.microsoft.com/linkedin/shared/api-guide/concepts/error-handling, as known on 2026-11-22.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from connectors.base import AuthExpired, Exhausted, Gone, OutcomeUnknown, Permanent, PlatformError, Temporary

RECONNECT = "LinkedIn godtar inte längre kontots nyckel. Kontot behöver anslutas på nytt."
NOT_PERMITTED = "Kontot har inte behörighet att göra det på LinkedIn. Rollen på sidan eller appens åtkomst saknas."
SUNSET = (
    "LinkedIn har stängt den version av sitt API som Gensvar använder. "
    "Den som driver Gensvar behöver höja inställningen LINKEDIN_VERSION."
)
UNCLEAR = "LinkedIn fick ett fel. Det är oklart om det gick fram."
NO_VERSION = {"VERSION_MISSING", "INVALID_VERSION"}
LONGEST_WAIT = timedelta(days=1)


def from_answer(
    status: int, content: bytes, headers: Mapping[str, str], *, write: bool, now: datetime
) -> PlatformError:
    """Give our error for an answer that is not a success."""
    body = _body(content)
    code = str(body.get("code") or "")
    if status == 401:
        return AuthExpired(RECONNECT)
    if status == 403:
        return Permanent(NOT_PERMITTED, code="permission")
    if status in (404, 410):
        return Gone("Kommentaren eller inlägget finns inte kvar på LinkedIn, eller är inte synligt för kontot.")
    if status == 426:
        return Permanent(SUNSET, code="version_sunset")
    if status == 429:
        return _exhausted(body, headers, now)
    if status >= 500 or status < 400 or status == 408:
        return _unclear(headers, write=write)
    if code in NO_VERSION:
        return Permanent("Inställningen LINKEDIN_VERSION är inte en version som LinkedIn känner.", code="configuration")
    if _is_too_long(body):
        return Permanent("Texten är för lång för LinkedIn.", code="too_long")
    return Permanent("LinkedIn godtog inte det som skickades.")


def next_day(now: datetime) -> datetime:
    """Give the next midnight in UTC, when the day's limits come back."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)


def _exhausted(body: Mapping[str, Any], headers: Mapping[str, str], now: datetime) -> Exhausted:
    """The limits are by the day; an answer that speaks of no day and says how long to wait is a shorter one."""
    wait = _retry_after(headers)
    if wait and "DAY" not in str(body.get("message") or ""):
        return Exhausted("LinkedIn tar inte emot fler anrop just nu.", until=now + wait, code="rate_limited")
    return Exhausted("Dagens kvot hos LinkedIn är slut.", until=next_day(now))


def _unclear(headers: Mapping[str, str], *, write: bool) -> PlatformError:
    if write:
        return OutcomeUnknown(UNCLEAR)
    wait = _retry_after(headers)
    return Temporary("LinkedIn fick ett fel.", retry_after=wait.total_seconds() if wait else None, code="server_error")


def _is_too_long(body: Mapping[str, Any]) -> bool:
    """`errorDetails` names the input and a word such as FIELD_LENGTH_TOO_LONG; its form is not documented whole."""
    words = json.dumps(body.get("errorDetails") or "") + str(body.get("code") or "")
    return "TOO_LONG" in words


def _body(content: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    text = headers.get("Retry-After", "")
    return min(timedelta(seconds=int(text[:9])), LONGEST_WAIT) if text.isascii() and text.isdigit() else None
