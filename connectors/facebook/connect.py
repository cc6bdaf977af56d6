"""Letting us in to a page: a person's login becomes a long-lived token, and that the tokens of the person's pages.

https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow and
https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived, read 2026-11-24. A page token
got with a long-lived one does not end by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from connectors.base import Context, PlatformError
from connectors.connecting import App, Found, address, ask, text_in
from connectors.facebook.graph import Graph

SCOPES = (
    "pages_show_list",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
    "pages_manage_metadata",
    "pages_messaging",
)
PAGE_FIELDS = "id,name,username,access_token"


def begin(app: App, *, state: str, verifier: str, scopes: tuple[str, ...] = SCOPES) -> str:
    """Give the address of Facebook's dialog, which also lets the person choose pages."""
    return address(
        f"{app.dialog.rstrip('/')}/{app.version}/dialog/oauth",
        client_id=app.client_id,
        redirect_uri=app.redirect_uri,
        state=state,
        scope=",".join(scopes),
        response_type="code",
    )


def found(app: App, code: str, *, verifier: str, now: datetime) -> list[Found]:
    """Give the pages that the person may act for, each with a token of its own."""
    return [
        Found(str(page["id"]), str(page.get("name") or ""), str(page.get("username") or ""), kept(app, page))
        for page in pages(app, code, PAGE_FIELDS)
    ]


def pages(app: App, code: str, fields: str) -> Iterator[Mapping[str, Any]]:
    """Turn the code into a long-lived token and yield the pages that it opens, those with a token alone."""
    mine = Graph(
        Context(
            external_id="",
            handle="",
            token={"access_token": _long_lived(app, code), "app_id": app.client_id, "app_secret": app.secret},
            base_url=app.api_url,
            version=app.version,
        )
    )
    for batch in mine.edge("me", "accounts", fields=fields, limit=100):
        for page in batch.data:
            if isinstance(page, Mapping) and page.get("id") and page.get("access_token"):
                yield page


def kept(app: App, page: Mapping[str, Any], **more: str) -> dict[str, Any]:
    """Give what of a page's token is kept: when it ends too, where Facebook says so."""
    token = {"access_token": str(page["access_token"]), "app_id": app.client_id, "app_secret": app.secret, **more}
    context = Context(external_id="", handle="", token=token, base_url=app.api_url, version=app.version)
    try:
        _scopes, ends = Graph(context).about_token()
    except PlatformError:
        ends = None
    return {**token, "expires_at": ends.isoformat()} if ends else token


def _long_lived(app: App, code: str) -> str:
    url = f"{app.api_url.rstrip('/')}/{app.version}/oauth/access_token"
    ours = {"client_id": app.client_id, "client_secret": app.secret}
    short = ask(url, {**ours, "redirect_uri": app.redirect_uri, "code": code}, platform="Facebook")
    exchange = {
        "grant_type": "fb_exchange_token",
        "fb_exchange_token": text_in(short, "access_token", platform="Facebook"),
    }
    return text_in(ask(url, {**ours, **exchange}, platform="Facebook"), "access_token", platform="Facebook")


def revoke(app: App, token: Mapping[str, Any]) -> bool:
    """A page's token cannot be given back: its person takes the app away in Facebook's own settings."""
    return False
