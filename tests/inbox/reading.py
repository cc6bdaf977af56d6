"""What a connector would have read, in a line: a citizen's comment, an answer of ours, a page of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from accounts.models import Channel
from connectors.base import Author, Item, ItemKind, Page
from inbox import ingest
from inbox.ingest import Stored
from inbox.models import Conversation, ReplyCycle
from tests.factories import NOW

JONAS = Author("700", "Jonas Berg")
MAJA = Author("701", "Maja Lind")


def at(minutes: float) -> datetime:
    """An instant so many minutes after ten on a Tuesday."""
    return NOW + timedelta(minutes=minutes)


def comment(id: str, minutes: float = 0, *, author: Author | None = JONAS, **changes: Any) -> Item:
    """A comment under our post: of Jonas, at top level, unless said otherwise."""
    facts: dict[str, Any] = {
        "external_id": id,
        "kind": ItemKind.COMMENT,
        "thread": changes.get("parent") or id,
        "parent": None,
        "post": "1000_1",
        "author": author,
        "text": f"Text {id}",
        "posted_at": at(minutes),
        "raw": {"id": id},
    }
    return Item(**{**facts, **changes})


def ours(id: str, minutes: float, *, channel: Channel, parent: str | None, **changes: Any) -> Item:
    """An answer that somebody of ours wrote in the platform's app."""
    us = Author(channel.external_id, channel.name)
    return comment(id, minutes, author=us, parent=parent, from_us=True, **changes)


def store(channel: Channel, *items: Item, now: datetime | None = None, settle: bool = True, **page: Any) -> Stored:
    """Store a page and let clocks start; by default ten minutes after the last thing on it was written."""
    now = now or max((item.posted_at for item in items), default=NOW) + timedelta(minutes=10)
    stored = ingest.store(channel, "comments", Page(items=items, **page), now=now)
    if settle:
        ingest.settle(stored.thread_ids, now)
    return stored


def facts_of_cycles() -> list[tuple[Any, ...]]:
    """Every cycle, without ids: to compare what different orders of reading lead to."""
    cycles = ReplyCycle.objects.select_related("conversation__contact", "conversation__thread", "reply")
    return sorted(
        (
            cycle.conversation.thread.external_id,
            str(cycle.conversation.contact),
            cycle.kind,
            cycle.started_at,
            cycle.due_at,
            cycle.ended_at,
            cycle.outcome,
            cycle.reply.external_id if cycle.reply else "",
            sorted(cycle.items.values_list("external_id", flat=True)),
        )
        for cycle in cycles
    )


def only_conversation() -> Conversation:
    return Conversation.objects.get()
