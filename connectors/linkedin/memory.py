"""What one poll leaves to the next: the platform's counts, and whose turn it is. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.base import Cursor
from connectors.linkedin.mapping import Count

KEPT_POSTS = 1000
KEPT_REPLIES = 2000


@dataclass(slots=True)
class Memory:
    """`posts`: the platform's counts under a post when its list was last read. `replies`: the platform's count of
    answers to a comment when they were last read. `walked`: when a post's list was last read far without explaining
    its count. `turns`: the last one of a queue whose turn it was. `oldest_first`: the order of comments, None if not
    known. `page_size`: how many comments the server gives at a time. `plain`: the server has no social metadata.
    `begun`: a complete poll has been made.
    """

    posts: dict[str, Count] = field(default_factory=dict)
    replies: dict[str, int] = field(default_factory=dict)
    walked: dict[str, datetime] = field(default_factory=dict)
    turns: dict[str, str] = field(default_factory=dict)
    oldest_first: bool | None = None
    page_size: int = 100
    plain: bool = False
    begun: bool = False

    @classmethod
    def from_cursor(cls, cursor: Cursor) -> Memory:
        """Read a cursor; what is not as expected counts as not remembered."""
        order, size = cursor.get("oldest_first"), cursor.get("page_size")
        return cls(
            posts={post: Count(*pair) for post, pair in _dict(cursor.get("posts")).items() if _is_pair(pair)},
            replies={id: said for id, said in _dict(cursor.get("replies")).items() if isinstance(said, int)},
            walked={post: at for post, text in _dict(cursor.get("walked")).items() if (at := _moment(text))},
            turns={queue: str(id) for queue, id in _dict(cursor.get("turns")).items()},
            oldest_first=order if isinstance(order, bool) else None,
            page_size=size if isinstance(size, int) and 0 < size < 100 else 100,
            plain=cursor.get("plain") is True,
            begun=cursor.get("begun") is True,
        )

    def to_cursor(self) -> dict[str, Any]:
        """Write it as JSON-serialisable values."""
        return {
            "posts": {post: list(pair) for post, pair in [*self.posts.items()][-KEPT_POSTS:]},
            "replies": dict([*self.replies.items()][-KEPT_REPLIES:]),
            "walked": {post: at.isoformat() for post, at in self.walked.items()},
            "turns": self.turns,
            "oldest_first": self.oldest_first,
            "page_size": self.page_size,
            "plain": self.plain,
            "begun": self.begun,
        }

    def in_turn(self, queue: str, ids: Collection[str], places: int) -> list[str]:
        """Take the next ones of a queue, and remember how far that went."""
        ordered = sorted(ids)
        start = bisect_right(ordered, self.turns.get(queue, ""))
        chosen = [*ordered[start:], *ordered[:start]][: max(0, places)]
        if chosen:
            self.turns[queue] = chosen[-1]
        return chosen


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(each, int) for each in value)


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def _dict(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}
