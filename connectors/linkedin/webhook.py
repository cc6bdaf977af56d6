"""What LinkedIn pushes: the handshake, the signature over the raw bytes, and which comments it speaks of. Pure.

A notification holds ids and no text: what it names is read back. At most ten in a delivery, delivered again every five
minutes for eight hours until answered with 2xx, so each is known by its `notificationId`.
https://learn.microsoft.com/linkedin/shared/api-guide/webhook-validation, as known on 2026-11-22.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.linkedin import urns

SIGNATURE_HEADER = "X-LI-Signature"
PREFIX = b"hmacsha256="
COMMENT_ACTIONS = frozenset({"COMMENT", "ADMIN_COMMENT", "COMMENT_EDIT", "COMMENT_DELETE"})


@dataclass(frozen=True, slots=True)
class Notification:
    """One thing that happened. `id` says whether it has been seen before; `comment` is the URN to read back."""

    id: str
    organization: str
    action: str
    post: str
    comment: str

    @property
    def is_about_a_comment(self) -> bool:
        return self.action in COMMENT_ACTIONS and bool(self.comment)


def challenge_answer(challenge_code: str, client_secret: str) -> dict[str, str]:
    """Answer the handshake: LinkedIn asks when the address is registered and every two hours, and waits 3 seconds."""
    return {"challengeCode": challenge_code, "challengeResponse": _hex(challenge_code.encode(), client_secret)}


def signature(body: bytes, client_secret: str) -> str:
    """Sign a delivery as LinkedIn does."""
    return _hex(PREFIX + body, client_secret)


def is_signed(body: bytes, given: str, client_secret: str) -> bool:
    """Tell whether a delivery is LinkedIn's. `given`: the header, with or without its prefix."""
    said = given.strip().removeprefix(PREFIX.decode()).encode("utf-8", "replace")
    return bool(client_secret) and hmac.compare_digest(said, signature(body, client_secret).encode())


def notifications(body: bytes) -> list[Notification]:
    """Read a delivery, each notification once; what cannot be read is left to the polls."""
    try:
        delivery = json.loads(body)
    except (ValueError, RecursionError):
        return []
    listed = delivery.get("notifications") if isinstance(delivery, Mapping) else None
    read = [_notification(each) for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    return list({each.id: each for each in read if each.id}.values())


def _notification(given: Mapping[str, Any]) -> Notification:
    id = given.get("notificationId")
    return Notification(
        id=str(id) if isinstance(id, int | str) and not isinstance(id, bool) else "",
        organization=_text(given.get("organizationalEntity")),
        action=_text(given.get("action")),
        post=_text(given.get("sourcePost")),
        comment=_comment(given),
    )


def _comment(given: Mapping[str, Any]) -> str:
    decorated = given.get("decoratedGeneratedActivity")
    comment = decorated.get("comment") if isinstance(decorated, Mapping) else None
    named = (given.get("generatedActivity"), comment.get("entity") if isinstance(comment, Mapping) else None)
    return next((found.urn for each in named if (found := urns.comment(each))), "")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _hex(message: bytes, client_secret: str) -> str:
    return hmac.new(client_secret.encode(), message, hashlib.sha256).hexdigest()
