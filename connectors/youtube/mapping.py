"""YouTube's JSON to our values. Pure.

https://developers.google.com/youtube/v3/docs/comments and …/commentThreads, read 2026-11-22. Any field may be
missing, and unknown ones are ignored.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from connectors.base import Author, Held, Identity, Item, ItemKind, Post, Unreadable

COMMENTS, REVIEW = "comments", "review"  # surfaces

ENTITY = r"&(?:[a-z][a-z0-9]{1,31}|#\d{1,7}|#x[0-9a-f]{1,6});"
TAG = re.compile(r"</?(?:a|b|i|s|u|em|strong|span|p|img)(?:\s[^<>]*)?/?>", re.IGNORECASE)
LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
SIGN_OF_HTML = re.compile(rf"{ENTITY}|{LINE_BREAK.pattern}|{TAG.pattern}", re.IGNORECASE)
NEVER_IN_HTML = re.compile(rf"<|&(?!{ENTITY[1:]})", re.IGNORECASE)  # once the tags are gone: "<3", "A & B"
LEADING_NAMES = re.compile(r"^(?:[\u200b\s]*@\S+)+[\u200b\s]*")

# What a list by moderation status shows; https://developers.google.com/youtube/v3/docs/commentThreads/list, read
# 2026-11-24. A rejected comment is in none, and its status comes with no look-up by id.
PUBLISHED = "published"
HELD = {"heldForReview": Held.REVIEW, "likelySpam": Held.SPAM}
HIDDEN = {*HELD, "rejected"}


@dataclass(frozen=True, slots=True)
class ThreadReading:
    """A thread as one answer shows it. `total` is the platform's count of its replies, None if it does not say."""

    id: str
    video: str | None
    items: tuple[Item, ...]
    unreadable: tuple[Unreadable, ...]
    published_at: datetime | None
    total: int | None
    replies: int  # shown here, readable or not

    @property
    def has_more(self) -> bool:
        """Tell whether there are replies that this answer does not show."""
        return (self.total or 0) > self.replies


class Unmappable(Exception):
    """A record lacks what every comment has."""


def thread_of(record: Any, *, us: str, listed: str | None = PUBLISHED) -> ThreadReading:
    """Read one commentThread with its embedded replies; what cannot be read of it comes out as Unreadable.

    `listed`: the moderation status that was asked for, None for a look-up by id. Each comment says its own; where none
    does, the thread was listed for its first comment if it is said not to be public.
    """
    if not isinstance(record, Mapping):
        return ThreadReading("", None, (), (unreadable_of(record, "Tråden är inget objekt."),), None, None, 0)
    snippet, replies = _mapping(record.get("snippet")), _list(_mapping(record.get("replies")).get("comments"))
    top = _mapping(snippet.get("topLevelComment"))
    video = _text(_mapping(top.get("snippet")).get("videoId")) or _text(snippet.get("videoId")) or None
    id = _text(record.get("id")) or _text(top.get("id"))
    can_reply = snippet.get("canReply") is not False
    says = any("moderationStatus" in _mapping(_mapping(one).get("snippet")) for one in (top, *replies))
    is_listed_for = listed == PUBLISHED or (not says and snippet.get("isPublic") is False)
    items: list[Item] = []
    unreadable: list[Unreadable] = []
    for comment in (top or record, *replies):
        is_top = comment is top or comment is record
        try:
            item = item_of(
                comment, us=us, thread=id or None, parent=None if is_top else id, video=video, can_reply=can_reply,
                status=listed if is_listed_for and (is_top or listed == PUBLISHED) else None,
            )  # fmt: skip
        except Unmappable as error:
            unreadable.append(unreadable_of(comment, str(error)))
        else:
            items.append(item)
    published_at = items[0].posted_at if items and items[0].parent is None else None
    return ThreadReading(
        id, video, tuple(items), tuple(unreadable), published_at, _count(snippet.get("totalReplyCount")), len(replies)
    )


def item_of(
    record: Any,
    *,
    us: str,
    thread: str | None = None,
    parent: str | None = None,
    video: str | None = None,
    can_reply: bool = True,
    status: str | None = None,
) -> Item:
    """Read one comment. What it does not say itself is taken from its thread. Raises Unmappable.

    Likely spam has no clock until somebody approves it; what waits for review does, for its writer waits.
    """
    record = _mapping(record)
    snippet = _mapping(record.get("snippet"))
    id, posted_at = _text(record.get("id")), moment(snippet.get("publishedAt"))
    if not id:
        raise Unmappable("Kommentaren saknar id.")
    if posted_at is None:
        raise Unmappable("Kommentaren saknar tid.")
    parent = _text(snippet.get("parentId")) or parent or (thread_in(id) if thread is None else None)
    video = _text(snippet.get("videoId")) or video
    author, edited_at = author_of(snippet), moment(snippet.get("updatedAt"))
    status = _text(snippet.get("moderationStatus")) or status
    held: Held | Literal[""] | None = (HELD.get(status) or "") if status else None
    return Item(
        external_id=id,
        kind=ItemKind.COMMENT,
        thread=thread or parent or id,
        parent=parent if parent != id else None,
        post=video,
        author=author,
        text=text_of(snippet),
        posted_at=posted_at,
        edited_at=edited_at if edited_at and edited_at != posted_at else None,
        from_us=author is not None and author.external_id == us,
        addressed=held is not Held.SPAM,
        hidden=status in HIDDEN if status else None,
        held=held,
        can_reply=can_reply and not held,
        url=f"https://www.youtube.com/watch?v={video}&lc={id}" if video else "",
        raw=record,
    )


def thread_in(id: str) -> str | None:
    """Give the thread that a reply's own id names: replies are called `thread.reply`."""
    top, dot, _ = id.partition(".")
    return top if dot and top else None


def author_of(snippet: Mapping[str, Any]) -> Author | None:
    """Say who wrote; None if the channel is not named, for a display name alone identifies nobody."""
    channel = snippet.get("authorChannelId")
    id = _text(channel.get("value") if isinstance(channel, Mapping) else channel)
    return Author(id, name=_text(snippet.get("authorDisplayName"))) if id else None


def text_of(snippet: Mapping[str, Any]) -> str:
    """Give the text as plain text.

    We ask for `textFormat=plainText`, but some answers hold HTML all the same; `textOriginal` never does, but is only
    promised to the comment's own author.
    """
    return _text(snippet.get("textOriginal")) or plain(_text(snippet.get("textDisplay")))


def plain(text: str) -> str:
    """Turn YouTube's HTML into plain text; leave alone what has none of its signs, or what its HTML never has."""
    if not SIGN_OF_HTML.search(text):
        return text
    bare = TAG.sub("", LINE_BREAK.sub("\n", text))
    return text if NEVER_IN_HTML.search(bare) else html.unescape(bare)


def same_text(one: str, other: str) -> bool:
    """Tell whether two texts are the same comment but for escaping, outer space and leading @names."""
    return _essence(one) == _essence(other)


def post_of(record: Any) -> Post | None:
    """Read one video; None if it has no id."""
    record = _mapping(record)
    snippet, id = _mapping(record.get("snippet")), _text(record.get("id"))
    if not id:
        return None
    return Post(
        external_id=id,
        text=_text(snippet.get("title")),
        posted_at=moment(snippet.get("publishedAt")),
        url=f"https://www.youtube.com/watch?v={id}",
        comment_count=_count(_mapping(record.get("statistics")).get("commentCount")),
        raw=record,
    )


def identity_of(record: Any, *, expires_at: datetime | None) -> Identity | None:
    """Read one channel; None if it has no id."""
    record = _mapping(record)
    snippet, id = _mapping(record.get("snippet")), _text(record.get("id"))
    if not id:
        return None
    return Identity(id, name=_text(snippet.get("title")), handle=_text(snippet.get("customUrl")), expires_at=expires_at)


def unreadable_of(record: Any, reason: str, surface: str = COMMENTS) -> Unreadable:
    """Keep what could not be read, as it came."""
    return Unreadable(surface=surface, reason=reason, raw=json.dumps(record, ensure_ascii=True, default=str))


def ids_in(answer: Mapping[str, Any]) -> set[str]:
    """Collect the ids of an answer's records."""
    return {id for record in _list(answer.get("items")) if (id := _text(_mapping(record).get("id")))}


def records(answer: Mapping[str, Any]) -> list[Any]:
    """Give an answer's records; none if the key is missing."""
    return _list(answer.get("items"))


def moment(value: Any) -> datetime | None:
    """Read a time as aware UTC, `…00Z` and `…00.000Z` alike; None if it is none."""
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else None
        return read.replace(tzinfo=read.tzinfo or UTC).astimezone(UTC) if read else None
    except (ValueError, OverflowError):
        return None


def _essence(text: str) -> str:
    return LEADING_NAMES.sub("", html.unescape(text)).strip()


def _count(value: Any) -> int | None:
    """Read a count; statistics give theirs as a string."""
    try:
        return None if value is None or isinstance(value, bool) else max(0, int(value))
    except (ValueError, TypeError, OverflowError):
        return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
