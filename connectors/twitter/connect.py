"""Letting us in to an account on X: authorization code with PKCE, and a refresh token that works once.

https://docs.x.com/resources/fundamentals/authentication/oauth-2-0/authorization-code, read 2026-11-22. A code is valid
for 30 seconds.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import oauthlib.oauth2  # type: ignore[import-untyped]
import requests
import tweepy

from connectors.base import Context, Permanent, Temporary
from connectors.connecting import App, Found, address, end
from connectors.http import TIMEOUT, Metered, translated
from connectors.twitter.client import TWEEPY_HOST
from connectors.twitter.connector import Twitter

SCOPES = ("tweet.read", "tweet.write", "tweet.moderate.write", "users.read", "offline.access")
REVOKE_PATH = "/2/oauth2/revoke"


class Handler(tweepy.OAuth2UserHandler):  # type: ignore[misc]
    """tweepy's handler, which is a session: sent to where X answers for us, and never waiting for ever."""

    def __init__(self, app: App) -> None:
        # No scope: what was granted is what it is, and X refuses a call that goes beyond.
        super().__init__(
            client_id=app.client_id, redirect_uri=app.redirect_uri, scope=None, client_secret=app.secret or None
        )
        self._to = app.api_url.rstrip("/")

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> Any:
        """Below oauthlib, which takes no address without https, not even this machine's own."""
        if request.url and request.url.startswith(TWEEPY_HOST + "/"):
            request.url = self._to + request.url.removeprefix(TWEEPY_HOST)
        kwargs["timeout"] = kwargs.get("timeout") or TIMEOUT
        kwargs["allow_redirects"] = False
        return super().send(request, **kwargs)


def begin(app: App, *, state: str, verifier: str) -> str:
    """Give the address where X asks the person, with the challenge of RFC 7636, 4.2.

    Not by tweepy's handler: it makes a verifier of its own, which would not be there when the browser comes back.
    """
    digest = hashlib.sha256(verifier.encode()).digest()
    return address(
        app.dialog,
        response_type="code",
        client_id=app.client_id,
        redirect_uri=app.redirect_uri,
        scope=" ".join(SCOPES),
        state=state,
        code_challenge=base64.urlsafe_b64encode(digest).decode().rstrip("="),
        code_challenge_method="S256",
    )


def found(app: App, code: str, *, verifier: str, now: datetime) -> list[Found]:
    """Turn the code into tokens, and ask whose they are."""
    handler = Handler(app)
    handler._client.code_verifier = verifier
    # oauthlib demands https of the address that the browser came back to; only its query is read.
    came_back = f"https://localhost/?{urlencode({'code': code})}"
    with translated(write=False, platform="X"):
        try:
            answer = handler.fetch_token(came_back)
        except oauthlib.oauth2.MissingTokenError:
            raise Temporary("X svarade inte begripligt.", code="bad_answer") from None
        except oauthlib.oauth2.OAuth2Error:
            raise Permanent("X godtog inte inloggningen. Börja om från kontots sida.", code="connect_refused") from None
    token = {
        "client_id": app.client_id,
        "client_secret": app.secret,
        "access_token": answer["access_token"],
        "refresh_token": answer.get("refresh_token"),
        "expires_at": end(answer.get("expires_in"), now),
    }
    kept = {name: value for name, value in token.items() if value}
    who = Twitter(Context(external_id="", handle="", token=kept, base_url=app.api_url)).verify()
    return [Found(who.external_id, who.name, who.handle, kept)]


def revoke(app: App, token: Mapping[str, Any]) -> bool:
    """Give both tokens back. What OAuth 1.0a gave cannot be: only its own page at X takes it away."""
    given = [(name, token[name]) for name in ("refresh_token", "access_token") if token.get(name)]
    client, secret = str(token.get("client_id") or ""), str(token.get("client_secret") or "")
    if not client or not given:
        return False
    auth = (client, secret) if secret else None
    url = app.api_url.rstrip("/") + REVOKE_PATH
    with translated(write=False, platform="X"):
        answers = [
            Metered().request(
                "POST", url, data={"token": value, "token_type_hint": name, "client_id": client}, auth=auth
            )
            for name, value in given
        ]
    return all(answer.status_code == 200 for answer in answers)
