"""LinkedIn's tokens: 60 days for access, 365 for refreshing them, counted from the day a person connected the page.

https://learn.microsoft.com/linkedin/shared/authentication/programmatic-refresh-tokens, as known on 2026-11-22.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from connectors.base import AuthExpired, Context, Exhausted, Temporary
from connectors.http import Metered, translated
from connectors.linkedin.errors import RECONNECT, next_day

PATH = "/oauth/v2/accessToken"
MARGIN = timedelta(days=7)  # long before the 60 days are over: a token may be refreshed at any time

Token = Mapping[str, Any]


def can_refresh(token: Token) -> bool:
    return all(token.get(key) for key in ("refresh_token", "client_id", "client_secret"))


def expires_at(token: Token) -> datetime | None:
    """Read when the access token ends: ISO time or seconds since 1970; None if nobody says."""
    said = token.get("expires_at")
    try:
        if isinstance(said, int | float) and not isinstance(said, bool):
            return datetime.fromtimestamp(said, UTC)
        moment = datetime.fromisoformat(said) if isinstance(said, str) and said else None
    except (ValueError, OverflowError, OSError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None


def is_due(token: Token, now: datetime) -> bool:
    """Tell whether the access token should be refreshed before it is used."""
    end = expires_at(token)
    return can_refresh(token) and end is not None and now + MARGIN >= end


def has_ended(token: Token, now: datetime) -> bool:
    end = expires_at(token)
    return not token.get("access_token") or (end is not None and now >= end)


def refreshed(context: Context, session: Metered, stale: Token, now: datetime) -> dict[str, Any]:
    """Bring a fresh token in place of `stale`, and store it before anyone uses it.

    Whoever holds the lock sees what is stored: if another process was faster, its token is taken and nothing is asked.
    Raises AuthExpired when LinkedIn refreshes no more, Temporary when it could not be asked.
    """
    lock = context.refresh_lock() if context.refresh_lock else contextlib.nullcontext(stale)
    with lock as stored:
        token = dict(stored or stale)
        if token.get("access_token") != stale.get("access_token") and not has_ended(token, now):
            return token
        answer = _ask(context, session, token)
        token["access_token"] = answer["access_token"]
        token["refresh_token"] = answer.get("refresh_token") or token["refresh_token"]
        token["expires_at"] = _end(answer.get("expires_in"), now)
        context.save_token(token)
        return token


def address(context: Context) -> str:
    """Give where tokens are refreshed. `token_url` may be a root or the whole address."""
    root = (context.token_url or context.base_url).rstrip("/")
    return root if root.endswith(PATH) else root + PATH


def _ask(context: Context, session: Metered, token: Token) -> Mapping[str, Any]:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": token.get("refresh_token"),
        "client_id": token.get("client_id"),
        "client_secret": token.get("client_secret"),
    }
    with translated(write=False, platform="LinkedIn"):
        response = session.request("POST", address(context), data=form)
    answer = _json(response)
    if response.status_code == 429:
        raise Exhausted("LinkedIn tar inte emot fler anrop just nu.", until=next_day(datetime.now(UTC)))
    if response.status_code in (400, 401, 403) and "error" in answer:
        raise AuthExpired(RECONNECT)
    if response.status_code != 200 or not isinstance(answer.get("access_token"), str):
        raise Temporary("Kontots nyckel hos LinkedIn gick inte att förnya just nu.", code="refresh_failed")
    return answer


def _json(response: requests.Response) -> Mapping[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, Mapping) else {}


def _end(seconds: Any, now: datetime) -> str | None:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return None
    return (now + timedelta(seconds=seconds)).astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
