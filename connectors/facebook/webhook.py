"""What Meta pushes for Facebook and Instagram: the handshake, the signature, and the envelopes. Pure.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started, read 2026-11-24. Up to 1,000 changes come in
one delivery, in any order and more than once.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.facebook.mapping import time_of

MILLISECONDS = 10**11  # a time above this is no count of seconds: it would lie in the year 5138


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened. `account`: the page or account whose it is; `at`: when it was told, not written."""

    account: str
    field: str  # comments, mentions, feed …; `messaging` for what comes in a message's envelope
    value: Mapping[str, Any]
    at: datetime | None


def challenge(query: Mapping[str, str], *, verify_token: str) -> str | None:
    """Give what to answer when Meta asks whether the address is ours; None for anybody else."""
    given = query.get("hub.verify_token", "")
    is_ours = bool(verify_token) and hmac.compare_digest(given.encode(), verify_token.encode())
    return query.get("hub.challenge") if is_ours and query.get("hub.mode") == "subscribe" else None


def is_genuine(body: bytes, signature: str | None, *, app_secret: str) -> bool:
    """Tell whether `X-Hub-Signature-256` was made over these raw bytes with our app's secret."""
    scheme, _, given = (signature or "").strip().partition("=")
    right = hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()
    return bool(app_secret) and scheme == "sha256" and hmac.compare_digest(given.lower().encode(), right.encode())


def parsed(body: bytes) -> Any:
    """Read a delivery; None if it is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def changes(payload: Any) -> Iterator[Change]:
    """Yield every change of every entry, whichever of the three envelopes each came in.

    `entry[].changes[]`; `entry[].messaging[]` of messages; and `entry[].field` with `entry[].value`, as Instagram's
    own login sends.
    """
    for entry in _objects(payload, "entry"):
        account, at = _id(entry), told_at(entry.get("time"))
        for one in (entry, *_objects(entry, "changes")):
            field, value = one.get("field"), one.get("value")
            if isinstance(field, str) and isinstance(value, Mapping):
                yield Change(account, field, value, at)
        for name in ("messaging", "standby"):
            for event in _objects(entry, name):
                yield Change(account, "messaging", event, told_at(event.get("timestamp")) or at)


def told_at(value: Any) -> datetime | None:
    """Read a time in seconds or in milliseconds."""
    if isinstance(value, int) and not isinstance(value, bool) and value > MILLISECONDS:
        return time_of(value / 1000)
    return time_of(value)


def _objects(owner: Any, name: str) -> list[Mapping[str, Any]]:
    rows = owner.get(name) if isinstance(owner, Mapping) else None
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _id(entry: Mapping[str, Any]) -> str:
    found = entry.get("id")
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
