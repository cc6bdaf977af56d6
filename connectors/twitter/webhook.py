"""What X pushes through its Activity API: the check that the address is ours, the signature, and which posts. Pure.

https://docs.x.com/x-api/webhooks/introduction and https://docs.x.com/x-api/activity/introduction, read 2026-11-22. An
event holds the post in X's own words and is no more than a sign that there is one: it is read back by its id.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SIGNATURE_HEADER = "x-twitter-webhooks-signature"
SCHEME = "sha256="


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `account`: whose subscription told; `type`: post.mention.create …; `id`: the post."""

    account: str
    type: str
    id: str

    @property
    def is_about_a_post(self) -> bool:
        return self.type.startswith("post.") and bool(self.id)

    @property
    def is_deletion(self) -> bool:
        return self.type == "post.delete"


def crc_answer(crc_token: str, consumer_secret: str) -> dict[str, str]:
    """Answer the check that X makes when the address is registered, and every hour."""
    return {"response_token": signature(crc_token.encode(), consumer_secret)}


def signature(body: bytes, consumer_secret: str) -> str:
    """Sign as X does, over the raw bytes."""
    made = hmac.new(consumer_secret.encode(), body, hashlib.sha256).digest()
    return SCHEME + base64.b64encode(made).decode()


def is_signed(body: bytes, given: str, consumer_secret: str) -> bool:
    """Tell whether a delivery is X's."""
    right = signature(body, consumer_secret)
    return bool(consumer_secret) and hmac.compare_digest(given.strip().encode("utf-8", "replace"), right.encode())


def events(body: bytes) -> list[Event]:
    """Read a delivery: one event, or several in a list. What cannot be read is left to the polls."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return []
    rows = told if isinstance(told, list) else [told]
    return list(dict.fromkeys(event for row in rows if (event := _event(row)) is not None))


def _event(row: Any) -> Event | None:
    data = row.get("data") if isinstance(row, Mapping) else None
    if not isinstance(data, Mapping):
        return None
    owner, payload = data.get("filter"), data.get("payload")
    account = _text(owner.get("user_id")) if isinstance(owner, Mapping) else ""
    kind = _text(data.get("event_type"))
    if not account or not kind:
        return None
    return Event(account, kind, _text(payload.get("id")) if isinstance(payload, Mapping) else "")


def _text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""
