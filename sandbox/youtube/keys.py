"""Who asks: Google's tokens, their refresh, what they may, and the day's quota."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, current_app, g, jsonify, request

from sandbox.control import world
from sandbox.entries import Account, Token, iso
from sandbox.world import World
from sandbox.youtube.problems import (
    STATUS_WORDS,
    Refused,
    invalid_grant,
    oauth_problem,
    quota_exceeded,
    refused,
    unauthenticated,
)

LIFETIME = timedelta(seconds=3599)
FORCE_SSL = "https://www.googleapis.com/auth/youtube.force-ssl"
READONLY = "https://www.googleapis.com/auth/youtube.readonly"
QUOTA = 10_000  # units a day
QUOTA_ZONE = ZoneInfo("America/Los_Angeles")


@dataclass(frozen=True, slots=True)
class Caller:
    """The channel whose token came."""

    account: Account
    scopes: tuple[str, ...]


def issue_tokens(world: World, account: str, *, scope: str = FORCE_SSL, **client: str) -> dict[str, Any]:
    """Connect one of our channels: give what `--token` takes. `client`: client_id and client_secret of an app."""
    own = {"client_id": f"sandbox-{account}.apps.googleusercontent.com", "client_secret": "GOCSPX-sandbox"}
    extra = client or own
    refresh = world.issue_token("youtube", account, "refresh", extra={**extra, "scope": scope})
    access = _issue_access(world, refresh)
    return {
        **extra,
        "refresh_token": refresh.token,
        "access_token": access.token,
        "expires_at": iso(access.expires_at),
    }


def caller(*, units: int, writes: bool = False) -> Caller:
    """Say who calls and take the units; raise `Refused` for a bad token, a missing right, a spent quota."""
    token = world().token(_presented())
    if token is None or token.platform != "youtube" or token.kind != "access" or not token.is_valid(world().now()):
        raise Refused(unauthenticated())
    account = world().account(token.account, "youtube")
    if account is None:
        raise Refused(unauthenticated())
    g.account = account.id
    _spend(account, units)
    scopes = tuple(str(token.extra.get("scope") or FORCE_SSL).split())
    if writes and FORCE_SSL not in scopes:
        raise _scope_missing()
    if account.extra.get("no_such_account"):
        raise refused(401, "youtubeSignupRequired", "Unauthorized", domain="youtube.header", where="Authorization")
    return Caller(account, scopes)


def refresh() -> Response:
    """Answer Google's token endpoint: a fresh access token for a refresh token that stays as it is."""
    given = request.form
    if given.get("grant_type") != "refresh_token":
        return oauth_problem(400, "unsupported_grant_type", "Invalid grant_type: " + given.get("grant_type", ""))
    token = world().token(given.get("refresh_token", ""))
    if token is None or token.platform != "youtube" or token.kind != "refresh" or token.revoked:
        return invalid_grant()
    for name in ("client_id", "client_secret"):
        if token.extra.get(name, given.get(name)) != given.get(name):
            return oauth_problem(401, "invalid_client", "The OAuth client was not found.")
    g.account = token.account
    access = _issue_access(world(), token)
    return jsonify(
        access_token=access.token,
        expires_in=int(LIFETIME.total_seconds()),
        scope=access.extra["scope"],
        token_type="Bearer",
    )


def _issue_access(world: World, refresh: Token) -> Token:
    scope = refresh.extra.get("scope", FORCE_SSL)
    return world.issue_token(
        "youtube", refresh.account, "access", expires_at=world.now() + LIFETIME, extra={"scope": scope}
    )


def _presented() -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return token.strip()
    return request.values.get("access_token", "")


def _spend(account: Account, units: int) -> None:
    """Count the units of the day in California; every request costs, those that fail too."""
    spent: dict[tuple[str, str], int] = current_app.config.setdefault("YOUTUBE_SPENT", {})
    lock: threading.Lock = current_app.config.setdefault("YOUTUBE_LOCK", threading.Lock())
    day = (account.id, _day(world().now()))
    with lock:
        if spent.get(day, 0) + units > int(account.extra.get("quota", QUOTA)):
            raise Refused(quota_exceeded())
        spent[day] = spent.get(day, 0) + units


def _day(now: datetime) -> str:
    return now.astimezone(QUOTA_ZONE).date().isoformat()


def _scope_missing() -> Refused:
    return refused(
        403,
        "insufficientPermissions",
        "Request had insufficient authentication scopes.",
        domain="global",
        status=STATUS_WORDS[403],
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                "domain": "googleapis.com",
                "metadata": {"service": "youtube.googleapis.com"},
            }
        ],
    )
