"""What X's refusals mean. Decides on status, title, type and detail: `title` alone tells a rate limit from a cap."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from connectors.base import AuthExpired, Exhausted, Gone, OutcomeUnknown, Permanent, PlatformError, Temporary

WINDOW = timedelta(minutes=15)  # X's rate-limit windows; docs.x.com/x-api/fundamentals/rate-limits, 2026-08
RESETS = ("x-user-limit-24hour", "x-app-limit-24hour")  # limits of a day, told beside the window's


class Unauthorised(AuthExpired):
    """The access token was not accepted; a fresh one may be."""


class SinceTooOld(Permanent):
    """X looks no further back than seven days and refuses an older `since_id` for ever."""

    code = "since_id_too_old"


def from_answer(response: requests.Response, *, write: bool, now: datetime) -> PlatformError:
    """Give our error for an answer that is not a success."""
    status, body = response.status_code, _body(response)
    if status >= 500 or status < 400 or status in (408, 425):
        if write:
            return OutcomeUnknown("X svarade med ett fel. Det är oklart om det gick fram.")
        return Temporary("X har tillfälliga problem.", code="server_error", retry_after=_seconds(response))
    if status == 401:
        return Unauthorised("X godtar inte längre kontots nycklar. Anslut kontot på nytt.")
    if status == 402:
        return Exhausted("Krediterna hos X är slut.", until=now + timedelta(hours=1), code="credits_depleted")
    if status == 429:
        return _too_many(response, body, now)
    if status == 404:
        return Gone("Det finns inte längre på X.")
    if status == 403:
        return _forbidden(body, write=write)
    if status == 400 and _names_since_id(body):
        return SinceTooOld("X minns inte längre så långt tillbaka.")
    return Permanent(f"X tog inte emot det (felkod {status}).")


def _forbidden(body: Mapping[str, Any], *, write: bool) -> PlatformError:
    title, kind = str(body.get("title", "")), str(body.get("type", ""))
    words = _words(body)
    if "duplicate content" in words:
        if write:
            return OutcomeUnknown("X säger att samma text redan är skickad.", code="duplicate")
        return Permanent("X säger att samma text redan är skickad.")
    if "deleted or not visible" in words:
        return Gone("Inlägget är borttaget eller går inte längre att se.")
    if "not allowed because you have not been mentioned" in words or "reply to this conversation" in words:
        return Permanent(
            "X låter oss bara svara den som har nämnt eller citerat kontot. Öppna inlägget på X och svara där.",
            code="reply_not_allowed",
        )
    if "too long" in words or "shorter" in words:
        return Permanent("Texten är för lång för X.", code="too_long")
    if title == "Unsupported Authentication" or kind.endswith("/unsupported-authentication"):
        return AuthExpired("Nycklarna gäller appen, inte kontot. Anslut kontot på nytt.", code="wrong_token")
    if kind.endswith("/client-forbidden") or body.get("reason") == "client-not-enrolled":
        return AuthExpired("Appen hos X saknar behörighet till det här. Se över appen hos X.", code="app_not_enrolled")
    if "app permissions" in words or "scope" in words:
        return AuthExpired("Nycklarna saknar en behörighet. Anslut kontot på nytt.", code="missing_permission")
    if "suspended" in words or "locked" in words:
        return AuthExpired("Kontot är låst eller avstängt hos X.", code="account_locked")
    return Permanent("X tillåter inte det här.", code="forbidden")


def _too_many(response: requests.Response, body: Mapping[str, Any], now: datetime) -> Exhausted:
    if body.get("title") == "UsageCapExceeded" or str(body.get("type", "")).endswith("/usage-capped"):
        return Exhausted("Månadens läsningar hos X är slut.", until=_next_month(now), code="usage_cap")
    for name in RESETS:
        if response.headers.get(f"{name}-remaining") == "0":
            until = _moment(response.headers.get(f"{name}-reset"), now)
            return Exhausted("Dygnets gräns hos X är nådd.", until=until or now + timedelta(hours=1), code="day_limit")
    until = _moment(response.headers.get("x-rate-limit-reset"), now)
    return Exhausted("X tar inte emot fler anrop just nu.", until=until or now + WINDOW, code="rate_limit")


def refusal_in_success(body: Mapping[str, Any]) -> PlatformError | None:
    """Give the error of a 200 that brought nothing but `errors`, as X answers for an account that is not there."""
    listed = body.get("errors")
    if not isinstance(listed, list) or not listed or body.get("data") is not None or "meta" in body:
        return None
    first = listed[0] if isinstance(listed[0], Mapping) else {}
    if str(first.get("type", "")).endswith("/resource-not-found") or first.get("title") == "Not Found Error":
        return Gone("Det finns inte längre på X.")
    return Permanent("X visar inte det här för oss.", code="not_visible")


def _body(response: requests.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) else {}


def _words(body: Mapping[str, Any]) -> str:
    """Gather what the answer says, in lower case, wherever it says it."""
    listed = body.get("errors")
    errors = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    said = [body.get("detail"), *(each.get("message") for each in errors), *(each.get("detail") for each in errors)]
    return " ".join(each.lower() for each in said if isinstance(each, str))


def _names_since_id(body: Mapping[str, Any]) -> bool:
    listed = body.get("errors")
    errors = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    named = any(isinstance(p := each.get("parameters"), Mapping) and "since_id" in p for each in errors)
    return named or "since_id" in _words(body)


def _moment(header: str | None, now: datetime) -> datetime | None:
    """Read a reset time (seconds since 1970); one that has passed means soon."""
    try:
        moment = datetime.fromtimestamp(int(header or ""), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return max(moment, now + timedelta(seconds=5))


def _seconds(response: requests.Response) -> float | None:
    said = response.headers.get("retry-after", "")
    return float(said) if said.isdigit() else None


def _next_month(now: datetime) -> datetime:
    """Give the first instant of the next month, UTC, when X's monthly cap starts again."""
    return (now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=32)).replace(
        day=1
    )
