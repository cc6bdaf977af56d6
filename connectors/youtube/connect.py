"""Letting us in to a YouTube channel: Google's login with a refresh token.

https://developers.google.com/youtube/v3/guides/auth/server-side-web-apps, read 2026-11-24. `prompt=consent`: without
it Google gives no refresh token the second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.base import Context, Permanent
from connectors.connecting import App, Found, address, ask, end, text_in
from connectors.http import Metered, translated
from connectors.youtube.connector import YouTube

SCOPES = ("https://www.googleapis.com/auth/youtube.force-ssl",)


def begin(app: App, *, state: str, verifier: str) -> str:
    """Give the address where Google asks the person, who chooses the channel there."""
    return address(
        app.dialog,
        client_id=app.client_id,
        redirect_uri=app.redirect_uri,
        response_type="code",
        scope=" ".join(SCOPES),
        state=state,
        access_type="offline",
        prompt="consent",
    )


def found(app: App, code: str, *, verifier: str, now: datetime) -> list[Found]:
    """Turn the code into tokens, and ask which channel they are for."""
    ours = {"client_id": app.client_id, "client_secret": app.secret}
    form = {**ours, "grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect_uri}
    answer = ask(app.token_url, form, platform="Google")
    access_token = text_in(answer, "access_token", platform="Google")
    if not answer.get("refresh_token"):
        text = "Google gav ingen nyckel som varar. Ta bort Gensvar i Google-kontots inställningar och anslut på nytt."
        raise Permanent(text, code="no_refresh_token")
    token = {
        **ours,
        "access_token": access_token,
        "refresh_token": text_in(answer, "refresh_token", platform="Google"),
        "expires_at": end(answer.get("expires_in"), now),
    }
    context = Context(external_id="", handle="", token=token, base_url=app.api_url, token_url=app.token_url)
    who = YouTube(context).verify()
    return [Found(who.external_id, who.name, who.handle, token)]


def revoke(app: App, token: Mapping[str, Any]) -> bool:
    """Give the refresh token back (https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke)."""
    given = token.get("refresh_token") or token.get("access_token")
    if not given:
        return False
    with translated(write=False, platform="Google"):
        answer = Metered().request("POST", app.token_url.removesuffix("/token") + "/revoke", data={"token": given})
    return answer.status_code == 200
