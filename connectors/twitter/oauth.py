"""X's keys: OAuth 1.0a, which do not expire, or OAuth 2.0, whose refresh tokens work once and bring the next."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from connectors.base import AuthExpired, Context, Exhausted, Temporary
from connectors.http import Metered, translated

MARGIN = timedelta(minutes=5)  # refresh this long before the access token's two hours are over
TOKEN_PATH = (
    "/2/oauth2/token"  # docs.x.com/resources/fundamentals/authentication/oauth-2-0/authorization-code, 2026-11-22
)

Token = Mapping[str, Any]


def is_oauth1(token: Token) -> bool:
    return bool(token.get("consumer_key"))


def can_refresh(token: Token) -> bool:
    return not is_oauth1(token) and bool(token.get("refresh_token"))


def expires_at(token: Token) -> datetime | None:
    """Read when the access token ends: ISO time or seconds since 1970; None if nobody says."""
    said = token.get("expires_at")
    try:
        if isinstance(said, int | float) and not isinstance(said, bool):
            return datetime.fromtimestamp(said, UTC)
        moment = datetime.fromisoformat(said) if isinstance(said, str) and said else None
    except (ValueError, OverflowError, OSError):
        return None
    if moment is None:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_due(token: Token, now: datetime) -> bool:
    """Tell whether the access token must be refreshed before it is used."""
    end = expires_at(token)
    return can_refresh(token) and end is not None and now + MARGIN >= end


def refreshed(context: Context, session: Metered, stale: Token, now: datetime) -> dict[str, Any]:
    """Bring a fresh token in place of `stale`, and store it before anyone uses it.

    Whoever holds the lock sees what is stored: if another process was faster, its token is taken and nothing is asked.
    Raises AuthExpired when X takes the refresh token no more, Temporary when X could not be asked.
    """
    lock = context.refresh_lock() if context.refresh_lock else contextlib.nullcontext(stale)
    with lock as stored:
        token = dict(stored or stale)
        if token.get("access_token") != stale.get("access_token") and not is_due(token, now):
            return token
        answer = _ask(context, session, token)
        token["access_token"] = answer["access_token"]
        token["refresh_token"] = answer.get("refresh_token") or token["refresh_token"]
        token["expires_at"] = _end(answer.get("expires_in"), now)
        context.save_token(token)
        return token


def _ask(context: Context, session: Metered, token: Token) -> Mapping[str, Any]:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": token["refresh_token"],
        "client_id": token.get("client_id", ""),
    }
    secret = token.get("client_secret")
    auth = requests.auth.HTTPBasicAuth(str(token.get("client_id", "")), str(secret)) if secret else None
    with translated(write=False, platform="X"):
        response = session.request("POST", context.base_url.rstrip("/") + TOKEN_PATH, data=form, auth=auth)
        answer = _json(response)
    if response.status_code == 429:
        raise Exhausted("X tar inte emot fler anrop just nu.", until=datetime.now(UTC) + MARGIN, code="rate_limit")
    if response.status_code in (400, 401, 403):
        raise AuthExpired("X förnyar inte längre kontots nycklar. Anslut kontot på nytt.")
    if response.status_code != 200 or not isinstance(answer.get("access_token"), str):
        raise Temporary("Kontots nycklar gick inte att förnya just nu.", code="refresh_failed")
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
