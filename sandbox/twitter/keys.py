"""Who asks: OAuth 1.0a signatures, user and app bearer tokens, and refresh tokens that work once."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from flask import Response, g, jsonify, request

from sandbox.control import world
from sandbox.entries import Account, Token, iso
from sandbox.twitter.problems import needs_a_user, refresh_refused, unauthorized
from sandbox.world import World

ACCESS_LIFETIME = timedelta(hours=2)
SCOPES = "tweet.read tweet.write tweet.moderate.write users.read offline.access"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a request comes from; `account` is None for an app that speaks for nobody."""

    account: Account | None
    app: str

    @property
    def me(self) -> Account:
        """Give the account; refuse an app's own token as X does."""
        if self.account is None:
            raise needs_a_user()
        return self.account


def issue_oauth1(world: World, account: str, **extra: Any) -> dict[str, str]:
    """Issue the four OAuth 1.0a keys for one of our accounts, as `channel add --token` takes them."""
    keys = {
        "consumer_key": secrets.token_urlsafe(18),
        "consumer_secret": secrets.token_urlsafe(36),
        "access_token": f"{account}-{secrets.token_urlsafe(28)}",
        "access_token_secret": secrets.token_urlsafe(33),
    }
    world.issue_token("twitter", account, "oauth1", token=keys["access_token"], extra={**keys, **extra})
    return keys


def issue_oauth2(
    world: World, account: str, *, client: Mapping[str, str] | None = None, lifetime: timedelta = ACCESS_LIFETIME
) -> dict[str, str]:
    """Issue an access token and a refresh token for one of our accounts, as `channel add --token` takes them."""
    made = dict(client or {"client_id": secrets.token_urlsafe(24), "client_secret": secrets.token_urlsafe(36)})
    expires_at = world.now() + lifetime
    access = world.issue_token("twitter", account, "access", expires_at=expires_at, extra=made)
    refresh = world.issue_token("twitter", account, "refresh", extra=made)
    return {
        **made,
        "access_token": access.token,
        "refresh_token": refresh.token,
        "expires_at": iso(expires_at.replace(microsecond=0)) or "",
    }


def issue_app(world: World, account: str = "") -> str:
    """Issue an app's own bearer token: it reads, and speaks for nobody."""
    return world.issue_token("twitter", account, "app").token


def caller() -> Caller:
    """Tell who asks; raise `Refused` for a token that X would not take."""
    kind, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "oauth":
        token = _signed(credentials)
    elif kind.lower() == "bearer":
        token = _valid(world().token(unquote(credentials.strip())), "access", "app")
    else:
        raise unauthorized()
    account = None if token.kind == "app" else world().account(token.account, "twitter")
    if account is None and token.kind != "app":
        raise unauthorized()
    g.account = account.id if account else None
    return Caller(account, token.token)


def _valid(token: Token | None, *kinds: str) -> Token:
    if token is None or token.platform != "twitter" or token.kind not in kinds or not token.is_valid(world().now()):
        raise unauthorized()
    return token


def _signed(credentials: str) -> Token:
    """Check an OAuth 1.0a header: the keys are ours and the signature fits this very request (RFC 5849, 3.4)."""
    given = {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', credentials)}
    token = _valid(world().token(given.get("oauth_token", "")), "oauth1")
    signature = given.pop("oauth_signature", "")
    expected = signature_of(request.method, request.base_url, _parameters(given), token.extra)
    if given.get("oauth_consumer_key") != token.extra["consumer_key"] or not hmac.compare_digest(signature, expected):
        raise unauthorized()
    return token


def _parameters(oauth: Mapping[str, str]) -> list[tuple[str, str]]:
    found = parse_qsl(request.query_string.decode(), keep_blank_values=True)
    if request.mimetype == "application/x-www-form-urlencoded":
        found += parse_qsl(request.get_data(as_text=True), keep_blank_values=True)
    return [*found, *((name, value) for name, value in oauth.items() if name != "realm")]


def signature_of(method: str, url: str, parameters: list[tuple[str, str]], keys: Mapping[str, str]) -> str:
    """Sign a request with HMAC-SHA1."""
    pairs = sorted((_escaped(name), _escaped(value)) for name, value in parameters)
    normal = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join(_escaped(part) for part in (method.upper(), url, normal))
    key = f"{_escaped(keys['consumer_secret'])}&{_escaped(keys['access_token_secret'])}"
    return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()


def _escaped(text: str) -> str:
    return quote(text, safe="~")


def refresh() -> Response:
    """Answer POST /2/oauth2/token: each refresh token works once and brings the next one."""
    given = request.form
    if given.get("grant_type") != "refresh_token":
        return _oauth_error(400, "unsupported_grant_type", "Unsupported grant type.")
    with world().together():  # two at once: the second finds the token used
        token = world().token(given.get("refresh_token", ""))
        if token is None or token.kind != "refresh" or not token.is_valid(world().now()):
            return refresh_refused()
        if not _is_client(token.extra):
            return _oauth_error(401, "unauthorized_client", "Missing valid authorization header")
        world().revoke(token.token)
        client = {name: token.extra[name] for name in ("client_id", "client_secret") if name in token.extra}
        issued = issue_oauth2(world(), token.account, client=client)
    return jsonify(
        token_type="bearer",
        expires_in=int(ACCESS_LIFETIME.total_seconds()),
        access_token=issued["access_token"],
        scope=SCOPES,
        refresh_token=issued["refresh_token"],
    )


def _is_client(client: Mapping[str, Any]) -> bool:
    """A confidential client shows its secret in a Basic header, a public one says its id in the form."""
    if not client.get("client_secret"):
        return request.form.get("client_id") == client.get("client_id")
    kind, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        shown = base64.b64decode(encoded).decode() if kind.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return False
    return shown == f"{client['client_id']}:{client['client_secret']}"


def _oauth_error(status: int, error: str, description: str) -> Response:
    response = jsonify(error=error, error_description=description)
    response.status_code = status
    return response
