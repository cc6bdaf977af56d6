"""Letting us in to an organisation's page on LinkedIn: a member's login, and the pages that the member administers.

https://learn.microsoft.com/linkedin/shared/authentication/authorization-code-flow and
https://learn.microsoft.com/linkedin/marketing/community-management/organizations/organization-access-control-by-role,
as known on 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.base import Context, Permanent, PlatformError
from connectors.connecting import App, Found, address, ask, end, text_in
from connectors.linkedin import urns
from connectors.linkedin.client import Client
from connectors.linkedin.connector import LinkedIn

SCOPES = ("r_organization_social_feed", "w_organization_social_feed", "rw_organization_admin")
ROLES = "organizationAcls?q=roleAssignee&role=ADMINISTRATOR&state=APPROVED"


def begin(app: App, *, state: str, verifier: str) -> str:
    """Give the address where LinkedIn asks the member."""
    return address(
        f"{app.dialog.rstrip('/')}/authorization",
        response_type="code",
        client_id=app.client_id,
        redirect_uri=app.redirect_uri,
        state=state,
        scope=" ".join(SCOPES),
    )


def found(app: App, code: str, *, verifier: str, now: datetime) -> list[Found]:
    """Turn the code into tokens, and give the pages that the member administers; all share the token."""
    ours = {"client_id": app.client_id, "client_secret": app.secret}
    form = {**ours, "grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect_uri}
    answer = ask(app.token_url, form, platform="LinkedIn")
    token = {
        **ours,
        "access_token": text_in(answer, "access_token", platform="LinkedIn"),
        "refresh_token": answer.get("refresh_token"),
        "expires_at": end(answer.get("expires_in"), now),
        "refresh_token_expires_at": end(answer.get("refresh_token_expires_in"), now),
    }
    kept = {name: value for name, value in token.items() if value}
    pages = [_named(app, kept, urn) for urn in _administered(app, kept)]
    if not pages:
        raise Permanent("Den som loggade in administrerar ingen sida på LinkedIn.", code="no_pages")
    return pages


def _context(app: App, token: Mapping[str, Any], id: str = "") -> Context:
    return Context(
        external_id=id,
        handle="",
        token=token,
        base_url=app.api_url,
        token_url=app.token_url,
        version=app.version,
    )


def _administered(app: App, token: Mapping[str, Any]) -> list[str]:
    answer = Client(_context(app, token)).read(ROLES)
    rows = answer.get("elements")
    told = [row.get("organization") or row.get("organizationTarget") for row in rows or () if isinstance(row, Mapping)]
    return list(dict.fromkeys(urn for urn in told if isinstance(urn, str) and urns.is_urn(urn)))


def _named(app: App, token: Mapping[str, Any], urn: str) -> Found:
    """A page whose name cannot be read is a page all the same."""
    try:
        who = LinkedIn(_context(app, token, urn)).verify()
    except PlatformError:
        return Found(urn, urn, "", token)
    return Found(urn, who.name, who.handle, token)


def revoke(app: App, token: Mapping[str, Any]) -> bool:
    """LinkedIn documents no way to give a token back: its member takes the app away in the settings."""
    return False
