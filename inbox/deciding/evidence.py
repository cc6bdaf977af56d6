"""What is kept before anything is hidden or deleted: everything we know of it, with a checksum, for ever (R-085)."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from accounts.models import User
from inbox.deciding.grounds import Ground
from inbox.incoming import retention
from inbox.models import Conversation, GroundList, Item, ModerationEvidence

MOST_AROUND = 200  # items of the thread that go along: a storm's thread has thousands


def keep(
    item: Item,
    *,
    action: str,
    ground: Ground,
    grounds: GroundList,
    reason: str,
    by: User,
    at: datetime,
    key: str,
) -> ModerationEvidence:
    """Write down what stands there, in the caller's transaction, before anything is queued. Three queries."""
    facts = {
        "at": _time(at),
        "by": {"username": by.username, "name": str(by)},
        "action": action,
        "ground": {"key": ground.key, "label": ground.label, "law": ground.law, "version": grounds.version},
        "reason": reason,
        "channel": {
            "platform": item.channel.platform,
            "external_id": item.channel.external_id,
            "name": item.channel.name,
        },
        **_described(item),
    }
    record = json.dumps(facts, sort_keys=True)
    return ModerationEvidence.objects.create(
        conversation_id=item.conversation_id,
        item=item,
        action=action,
        ground=ground.key,
        grounds=grounds,
        reason=reason,
        by=by,
        at=at,
        key=key,
        record=record,
        sha256=_checksum(record),
    )


def is_whole(evidence: ModerationEvidence) -> bool:
    """Whether the record is, to the letter, the one that was written down."""
    return _checksum(evidence.record) == evidence.sha256


def may_keep_words(conversation: Conversation) -> bool:
    """Whether the platform lets us keep what people write; where not, only its checksum is kept."""
    return retention.limits_of(conversation.channel.platform) is None


def _described(item: Item) -> dict[str, Any]:
    words = retention.limits_of(item.channel.platform) is None
    post = item.thread.post
    around = Item.objects.filter(thread=item.thread_id).select_related("contact").defer("raw")
    newest = list(around.order_by("-posted_at", "-pk")[:MOST_AROUND])
    return {
        "item": _line(item, words=words)
        | {
            "url": item.url,
            "media": item.media if words else [],
            "kind": item.kind,
            "fetched_at": _time(item.fetched_at),
            "first_seen_at": _time(item.first_seen_at),
            "first_seen_by": item.first_seen_by.username if item.first_seen_by else None,
            "earlier_ids": item.earlier_ids,
            "versions": [version.text for version in item.versions.all()] if words else [],
            "raw": item.raw if words else "",
            "raw_sha256": _checksum(item.raw),
        },
        "post": {"external_id": post.external_id, "url": post.url, "text": post.text} if post else None,
        "thread": {
            "external_id": item.thread.external_id,
            "item_count": item.thread.item_count,
            "items": [_line(each, words=words) for each in reversed(newest)],
        },
    }


def _line(item: Item, *, words: bool) -> dict[str, Any]:
    author = item.contact
    return {
        "external_id": item.external_id,
        "parent": item.parent_external_id or None,
        "from_us": item.from_us,
        "author": {"external_id": author.external_id, "name": str(author) if words else ""} if author else None,
        "text": item.text if words or item.from_us else "",
        "text_sha256": _checksum(item.text),
        "posted_at": _time(item.posted_at),
        "edited_at": _time(item.edited_at),
        "deleted_at": _time(item.deleted_at),
        "hidden": item.hidden,
    }


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
