"""What Instagram pushes, as what to read: ids, and the media they stand under. Pure.

A comment comes without its time and a mention as nothing but ids, so neither is an item: `Instagram.read` takes the
ids. https://developers.facebook.com/docs/instagram-platform/webhooks, read 2026-11-24. Signature and handshake are in
`connectors/facebook/webhook.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from connectors.facebook import webhook
from connectors.instagram import mapping


class Told(StrEnum):
    COMMENT = "comment"
    MENTION = "mention"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened to an account of ours.

    `id`: the comment, the media that mentions us, or the message. `media`: what a comment stands under. `author`: who
    wrote, where that is told; for a message whom the conversation is with, be it we who wrote.
    """

    kind: Told
    account: str
    id: str
    media: str = ""
    parent: str = ""
    author: str = ""
    text: str = ""
    from_us: bool = False
    at: datetime | None = None  # of a message when it was written, otherwise when it was told


def notices(payload: Any) -> tuple[Notice, ...]:
    """Give what a delivery tells, each once. What is neither a comment, a mention nor a message is left out."""
    found = (_notice(change) for change in webhook.changes(payload))
    return tuple(dict.fromkeys(notice for notice in found if notice is not None))


def _notice(change: webhook.Change) -> Notice | None:
    if change.field in ("comments", "live_comments"):
        return _comment(change)
    if change.field == "mentions":
        return _mention(change)
    return _message(change) if change.field in ("messaging", "messages") else None


def _comment(change: webhook.Change) -> Notice | None:
    value = change.value
    id, author = mapping.identified(value), mapping.author_of(value, {})
    if not id:
        return None
    return Notice(
        Told.COMMENT,
        change.account,
        id,
        media=mapping.identified(value.get("media")) or _id(value, "media_id"),
        parent=mapping.parent_of(value) or "",
        author=author.external_id if author else "",
        text=mapping.text(value.get("text")),
        from_us=mapping.Us(change.account).wrote(value),
        at=change.at,
    )


def _mention(change: webhook.Change) -> Notice | None:
    comment, media = _id(change.value, "comment_id"), _id(change.value, "media_id")
    id = comment or media
    return Notice(Told.MENTION, change.account, id, media=media, at=change.at) if id else None


def _message(change: webhook.Change) -> Notice | None:
    """Read a message; what tells only that one was seen or reacted to is left out."""
    message = mapping.inside(change.value, "message")
    id = _id(message, "mid")
    if not id:
        return None
    sender, recipient = (mapping.identified(change.value.get(name)) for name in ("sender", "recipient"))
    from_us = message.get("is_echo") is True or sender == change.account
    return Notice(
        Told.MESSAGE,
        change.account,
        id,
        author=recipient if from_us else sender,
        text=mapping.text(message.get("text")),
        from_us=from_us,
        at=change.at,
    )


def _id(value: Mapping[str, Any], name: str) -> str:
    return mapping.identified({"id": value.get(name)})
