"""Letting us in to an Instagram account: through the Facebook page that it belongs to, with that page's token."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.connecting import App, Found
from connectors.facebook import connect as facebook

SCOPES = (
    "pages_show_list",
    "pages_read_engagement",
    "pages_manage_metadata",
    "instagram_basic",
    "instagram_manage_comments",
    "instagram_manage_messages",
)
FIELDS = "id,name,access_token,instagram_business_account{id,username,name}"


def begin(app: App, *, state: str, verifier: str) -> str:
    return facebook.begin(app, state=state, verifier=verifier, scopes=SCOPES)


def found(app: App, code: str, *, verifier: str, now: datetime) -> list[Found]:
    """Give the Instagram accounts of the pages that the person may act for."""
    accounts = []
    for page in facebook.pages(app, code, FIELDS):
        account = page.get("instagram_business_account")
        if isinstance(account, Mapping) and account.get("id"):
            handle = str(account.get("username") or "")
            token = facebook.kept(app, page, page_id=str(page["id"]))
            accounts.append(Found(str(account["id"]), str(account.get("name") or handle), handle, token))
    return accounts


def revoke(app: App, token: Mapping[str, Any]) -> bool:
    return facebook.revoke(app, token)
