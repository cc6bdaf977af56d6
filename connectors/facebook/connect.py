"""Letting us in to a page: a person's login becomes a long-lived token, and that the tokens of the person's pages.

https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow and
https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived, read 2026-11-24. A page token
got with a long-lived one does not end by itself.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
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
GRANTED_BY = "granted_by"  # in a kept token: the person's id in our app
PUSHED = ("feed", "mention", "messages")  # which of the page's fields we are told of
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
    who = _person(mine)
    for batch in mine.edge("me", "accounts", fields=fields, limit=100):
        for page in batch.data:
            if isinstance(page, Mapping) and page.get("id") and page.get("access_token"):
                yield {**page, GRANTED_BY: who}


def _person(mine: Graph) -> str:
    """Give the person's id in our app, by which Meta names whoever asks to be forgotten; "" if it is not told."""
    try:
        return str(mine.get_object("me", fields="id").get("id") or "")
    except (PlatformError, AttributeError):
        return ""


def kept(app: App, page: Mapping[str, Any], **more: str) -> dict[str, Any]:
    """Give what of a page's token is kept: when it ends too, where Facebook says so."""
    token = {"access_token": str(page["access_token"]), "app_id": app.client_id, "app_secret": app.secret, **more}
    if page.get(GRANTED_BY):
        token[GRANTED_BY] = str(page[GRANTED_BY])
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


def subscribe(app: App, token: Mapping[str, Any], page_id: str, fields: tuple[str, ...] = PUSHED) -> None:
    """Let our app be told what happens on a page: without this Meta pushes nothing, and says nothing of it either.

    https://developers.facebook.com/docs/graph-api/webhooks/getting-started/webhooks-for-pages, read 2026-11-24.
    Raises our errors.
    """
    context = Context(external_id="", handle="", token=token, base_url=app.api_url, version=app.version)
    Graph(context).write(f"{page_id}/subscribed_apps", subscribed_fields=",".join(fields))


def revoke(app: App, token: Mapping[str, Any]) -> bool:
    """A page's token cannot be given back: its person takes the app away in Facebook's own settings."""
    return False


def forgotten(signed_request: str, app_secret: str) -> str | None:
    """Give the id of the person who asks Meta that we forget him or her; None unless Meta has signed it.

    https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback, 2026-11-24.
    """
    signature, dot, payload = signed_request.partition(".")
    right = hmac.new(app_secret.encode(), payload.encode(), hashlib.sha256).digest()
    given, about = _unpacked(signature), _unpacked(payload)
    if not dot or not app_secret or given is None or about is None or not hmac.compare_digest(given, right):
        return None
    try:
        told = json.loads(about)
    except ValueError:
        return None
    person = told.get("user_id") if isinstance(told, Mapping) else None
    return str(person) if isinstance(person, str | int) and person else None


def _unpacked(text: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
