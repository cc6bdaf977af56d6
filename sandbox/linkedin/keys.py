"""Who asks: LinkedIn's tokens and their refresh, the version that each call names, and the day's limit."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from flask import Response, current_app, g, jsonify, request

from sandbox.control import world
from sandbox.entries import Account, Token, iso
from sandbox.linkedin.problems import (
    Refused,
    day_is_spent,
    denied,
    expired,
    illegal,
    invalid_grant,
    oauth_problem,
    problem,
    revoked,
    token_problem,
)
from sandbox.world import World

ACCESS_LIFETIME, REFRESH_LIFETIME = timedelta(days=60), timedelta(days=365)
READ, WRITE = "r_organization_social_feed", "w_organization_social_feed"
SCOPES = f"{READ} {WRITE} r_organization_admin"
DAILY_LIMIT = 100_000  # requests; a demo should not meet it
OLDEST_VERSION = "202512"  # 202511 was closed on 2026-11-16
VERSION = re.compile(r"20\d\d(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Caller:
    """The organisation for which the token speaks."""

    account: Account

    def must_be(self, actor: str, resource: str) -> None:
        """Refuse to act as anybody else."""
        if actor != self.account.id:
            raise denied(resource)


def issue_tokens(world: World, account: str, *, scope: str = SCOPES, **client: str) -> dict[str, Any]:
    """Connect one of our organisations: give what `--token` takes. `client`: client_id and client_secret of an app."""
    own = {"client_id": f"77sandbox{account.rpartition(':')[2]}", "client_secret": "WPL_AP1.sandbox.secret"}
    extra = client or own
    end = world.now() + REFRESH_LIFETIME
    refresh = world.issue_token("linkedin", account, "refresh", expires_at=end, extra={**extra, "scope": scope})
    access = _issue_access(world, refresh)
    return {
        **extra,
        "refresh_token": refresh.token,
        "access_token": access.token,
        "expires_at": iso(access.expires_at),
    }


def caller(*, writes: bool = False) -> Caller:
    """Say who calls; raise `Refused` for a bad token, a missing right, an old version, a spent day."""
    token = _token()
    account = world().account(token.account, "linkedin")
    if account is None:
        raise Refused(revoked())
    g.account = account.id
    _mind_version()
    _spend(account)
    if (WRITE if writes else READ) not in str(token.extra.get("scope", SCOPES)).split():
        raise denied("partnerApiSocialActions" + (".CREATE" if writes else ".GET"))
    return Caller(account)


def refresh() -> Response:
    """Answer the token endpoint: a fresh access token for a refresh token, which keeps its own end."""
    given = request.form
    if given.get("grant_type") != "refresh_token":
        return oauth_problem(400, "unsupported_grant_type", "The grant type is not supported")
    token = world().token(given.get("refresh_token", ""))
    if token is None or token.platform != "linkedin" or token.kind != "refresh" or not token.is_valid(world().now()):
        return invalid_grant()
    for name in ("client_id", "client_secret"):
        if token.extra.get(name, given.get(name)) != given.get(name):
            return oauth_problem(401, "invalid_client", "Client authentication failed")
    g.account = token.account
    access = _issue_access(world(), token)
    left = (token.expires_at or world().now()) - world().now()
    return jsonify(
        access_token=access.token,
        expires_in=int(ACCESS_LIFETIME.total_seconds()),
        refresh_token=token.token,
        refresh_token_expires_in=int(left.total_seconds()),
        scope=token.extra.get("scope", SCOPES),
    )


def _issue_access(world: World, refresh: Token) -> Token:
    scope = {"scope": refresh.extra.get("scope", SCOPES)}
    return world.issue_token("linkedin", refresh.account, expires_at=world.now() + ACCESS_LIFETIME, extra=scope)


def _token() -> Token:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    token = world().token(text.strip()) if kind.lower() == "bearer" else None
    if token is None or token.platform != "linkedin" or token.kind != "access":
        raise Refused(token_problem(65600, "INVALID_ACCESS_TOKEN", "Invalid access token"))
    if token.revoked:
        raise Refused(revoked())
    if not token.is_valid(world().now()):
        raise Refused(expired())
    return token


def _mind_version() -> None:
    """Every call names a version that is still open, and speaks Rest.li 2.0."""
    version = request.headers.get("LinkedIn-Version", "")
    if not version:
        raise Refused(problem(400, "VERSION_MISSING", "A version must be present. Please specify a version"))
    if not VERSION.fullmatch(version) or version < OLDEST_VERSION:
        raise Refused(problem(426, "NONEXISTENT_VERSION", f"Requested version {version}01 is not active"))
    if request.headers.get("X-Restli-Protocol-Version") != "2.0.0":
        raise illegal("The header X-RestLi-Protocol-Version must be 2.0.0")


def _spend(account: Account) -> None:
    """Count the requests of the day in UTC; those that fail count too."""
    spent: dict[tuple[str, str], int] = current_app.config.setdefault("LINKEDIN_SPENT", {})
    lock: threading.Lock = current_app.config.setdefault("LINKEDIN_LOCK", threading.Lock())
    day = (account.id, world().now().astimezone(UTC).date().isoformat())
    with lock:
        if spent.get(day, 0) >= int(account.extra.get("daily_limit", DAILY_LIMIT)):
            raise Refused(day_is_spent())
        spent[day] = spent.get(day, 0) + 1
