"""What the pretend platforms push: each thing written, changed or taken away, signed as the platform signs it.

Off until somebody names an address (`POST /_sandbox/webhooks {"url": "http://…/webhook/"}`, or `--webhooks`); the
platform's name and a slash are put behind it. YouTube pushes nothing of comments. A delivery is tried once: what is
lost is for the reader's polls to find.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.entries import Account, Entry
from sandbox.ids import activity_of
from sandbox.world import World

WAIT = 10  # seconds for an answer


class Pusher:
    """Watches a world and tells an address of what happens in it, in a thread of its own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._url = ""
        self._waiting: queue.SimpleQueue[tuple[str, str, bytes, Mapping[str, str]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self.answers: list[tuple[str, int]] = []  # platform and status of each delivery, 0 without an answer

    def point_at(self, url: str) -> None:
        """Begin to push to an address; an empty one ends it."""
        self._url = url.rstrip("/")
        if self._url and self._thread is None:
            self._world.watchers.append(self._happened)
            self._thread = threading.Thread(target=self._send_all, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._url = ""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(timeout=WAIT)

    def _happened(self, what: str, entry: Entry) -> None:
        make = BODIES.get(entry.platform)
        if not self._url or make is None:
            return
        for account in self._world.accounts(entry.platform, ours=True):
            told = make(self._world, account, what, entry)
            secret = self._secret(account)
            if told and secret:
                body = json.dumps(told).encode()
                self._waiting.put((entry.platform, self._url, body, signed(entry.platform, body, secret)))

    def _secret(self, account: Account) -> str:
        names = {"twitter": "consumer_secret", "linkedin": "client_secret"}
        name = names.get(account.platform, "app_secret")
        alive = [token for token in self._world.tokens(account.platform, account.id) if not token.revoked]
        return next((str(token.extra[name]) for token in reversed(alive) if token.extra.get(name)), "")

    def _send_all(self) -> None:
        while (one := self._waiting.get()) is not None:
            platform, url, body, headers = one
            request = urllib.request.Request(f"{url}/{platform}/", body, dict(headers), method="POST")
            try:
                with urllib.request.urlopen(request, timeout=WAIT) as answer:
                    self.answers.append((platform, answer.status))
            except urllib.error.HTTPError as error:
                self.answers.append((platform, error.code))
            except OSError:
                self.answers.append((platform, 0))


def signed(platform: str, body: bytes, secret: str) -> dict[str, str]:
    """Give the headers of a delivery."""
    headers = {"Content-Type": "application/json"}
    if platform == "twitter":
        made = hmac.new(secret.encode(), body, hashlib.sha256).digest()
        return {**headers, "x-twitter-webhooks-signature": f"sha256={base64.b64encode(made).decode()}"}
    if platform == "linkedin":
        made_hex = hmac.new(secret.encode(), b"hmacsha256=" + body, hashlib.sha256).hexdigest()
        return {**headers, "X-LI-Signature": made_hex}
    made_hex = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {**headers, "X-Hub-Signature-256": f"sha256={made_hex}"}


def _facebook(world: World, account: Account, what: str, entry: Entry) -> dict[str, Any] | None:
    if entry.kind == "message" and entry.wall == account.id:
        return _messenger(account, what, entry)
    if entry.wall != account.id:
        return _tag(account, what, entry)
    author = world.account(entry.author, "facebook")
    value: dict[str, Any] = {
        "item": "comment" if entry.kind == "comment" else "status",
        "verb": {"write": "add", "edit": "edited", "delete": "remove"}[what],
        "from": {"id": entry.author, "name": author.name if author else ""},
        "post_id": entry.root or entry.id,
        "created_time": int(entry.created_at.timestamp()),
    }
    if entry.kind == "comment":
        value |= {"comment_id": entry.id, "parent_id": entry.parent or entry.root}
    if what != "delete":
        value["message"] = entry.text
    return _meta("page", account, "feed", value)


def _tag(account: Account, what: str, entry: Entry) -> dict[str, Any] | None:
    tagged = {str(tag.get("id")) for tag in entry.extra.get("tags") or ()}
    if account.id not in tagged or what != "write" or entry.kind != "post":
        return None
    value = {"item": "post", "verb": "add", "post_id": entry.id, "sender_id": entry.author}
    return _meta("page", account, "mention", value)


def _messenger(account: Account, what: str, entry: Entry) -> dict[str, Any] | None:
    """Messages come in an envelope of their own; what the page itself wrote as an echo. Deletions are not told."""
    if what == "delete":
        return None
    at = int(entry.created_at.timestamp() * 1000)
    message: dict[str, Any] = {"mid": entry.id, "text": entry.text}
    if entry.author == account.id:
        message["is_echo"] = True
    event = {"sender": {"id": entry.author}, "timestamp": at, "message": message}
    return {"object": "page", "entry": [{"id": account.id, "time": at, "messaging": [event]}]}


def _instagram(world: World, account: Account, what: str, entry: Entry) -> dict[str, Any] | None:
    """Instagram tells of new comments alone: neither of changed nor of deleted ones."""
    if entry.wall != account.id or entry.kind != "comment" or what != "write":
        return None
    author = world.account(entry.author, "instagram")
    value: dict[str, Any] = {
        "id": entry.id,
        "text": entry.text,
        "from": {"id": entry.author, "username": author.handle if author else ""},
        "media": {"id": entry.root, "media_product_type": "FEED"},
    }
    if entry.parent:
        value["parent_id"] = entry.parent
    return _meta("instagram", account, "comments", value)


def _meta(kind: str, account: Account, field: str, value: Mapping[str, Any]) -> dict[str, Any]:
    now = int(datetime.now(UTC).timestamp())
    return {"object": kind, "entry": [{"id": account.id, "time": now, "changes": [{"field": field, "value": value}]}]}


def _linkedin(world: World, account: Account, what: str, entry: Entry) -> dict[str, Any] | None:
    if entry.wall != account.id or entry.kind != "comment":
        return None
    post = activity_of(entry.root or "")
    action = {"write": "COMMENT", "edit": "COMMENT_EDIT", "delete": "COMMENT_DELETE"}[what]
    notification = {
        "notificationId": abs(hash((entry.id, what, entry.updated_at))) % 10**9,
        "organizationalEntity": account.id,
        "action": action,
        "sourcePost": post,
        "generatedActivity": entry.id,
    }
    return {"type": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", "notifications": [notification]}


def _twitter(world: World, account: Account, what: str, entry: Entry) -> dict[str, Any] | None:
    """X tells of explicit mentions, of direct replies, and of our own posts that are taken away; an edit is a post."""
    root = world.entry(entry.parent or "")
    names_us = bool(account.handle) and f"@{account.handle}".lower() in entry.text.lower()
    if what == "delete":
        kind = "post.delete" if entry.author == account.id else ""
    elif root is not None and root.author == account.id:
        kind = "post.reply.create"
    else:
        kind = "post.mention.create" if names_us else ""
    if not kind:
        return None
    payload: dict[str, Any] = {"id": entry.id, "author_id": entry.author}
    if what != "delete":
        payload |= {"text": entry.text, "conversation_id": entry.thread, "edit_history_tweet_ids": [entry.id]}
    data = {"event_uuid": entry.id, "filter": {"user_id": account.id}, "event_type": kind, "payload": payload}
    return {"data": data}


BODIES: Mapping[str, Callable[[World, Account, str, Entry], dict[str, Any] | None]] = {
    "facebook": _facebook,
    "instagram": _instagram,
    "linkedin": _linkedin,
    "twitter": _twitter,
}
