"""Facebook's JSON to our values. Pure, and never surprised: what cannot be read raises `Unmappable`.

Comment: https://developers.facebook.com/docs/graph-api/reference/comment, post: …/reference/page-post, read 2026-11-22.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connectors.base import Author, Item, ItemKind, Post, Unreadable

WWW = "https://www.facebook.com"
SECRETS = frozenset({"access_token", "appsecret_proof"})


class Unmappable(Exception):
    """A record that we cannot make an item of; `str()` says why, in Swedish."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a comment stands: under which post, in which thread, below which comment."""

    post: str
    visitor: bool  # the post is a visitor's, so that it is an item itself and the thread of what hangs under it
    thread: str
    parent: str | None
    elsewhere: bool = False  # the post is on somebody else's page, and only tags us


def comment(raw: Mapping[str, Any], place: Place, page_id: str) -> Item:
    """Map a comment. Facebook gives no time of an edit."""
    author = author_of(raw)
    return Item(
        external_id=identity(raw),
        kind=ItemKind.COMMENT,
        thread=place.post if place.visitor else place.thread,
        parent=place.parent or (place.post if place.visitor else None),
        post=None if place.visitor else place.post,
        author=author,
        text=text_of(raw),
        posted_at=created(raw),
        from_us=author is not None and author.external_id == page_id,
        addressed=not place.elsewhere,
        mentions=tags(raw),
        hidden=raw.get("is_hidden") is True,
        url=address(raw),
        media=media(raw),
        raw=clean(raw),
    )


def post_of_others(raw: Mapping[str, Any], page_id: str, *, tags_us: bool = False) -> Item:
    """Map what a visitor wrote on our page, or what somebody wrote elsewhere that only tags us."""
    author = author_of(raw)
    return Item(
        external_id=identity(raw),
        kind=ItemKind.MENTION if tags_us else ItemKind.VISITOR_POST,
        thread=identity(raw),
        parent=None,
        post=None,
        author=author,
        text=text_of(raw),
        posted_at=created(raw),
        from_us=author is not None and author.external_id == page_id,
        addressed=not tags_us,
        mentions=tags(raw),
        hidden=raw.get("is_hidden") is True,
        url=address(raw),
        media=media(raw),
        raw=clean(without_comments(raw)),
    )


def mention(raw: Mapping[str, Any], thread: str, parent: str | None, page_id: str) -> Item:
    """Map a comment that names us under something of somebody else's."""
    place = Place(post="", visitor=False, thread=thread, parent=parent, elsewhere=True)
    return replace(comment(raw, place, page_id), kind=ItemKind.MENTION, post=None)


def message(raw: Any, conversation: str, page_id: str, url: str = "") -> Item:
    """Map a private message. Messenger has no answers to a message: what is said stands in order of time."""
    id = identity(raw)
    author = author_of(raw)
    return Item(
        external_id=id,
        kind=ItemKind.MESSAGE,
        thread=conversation,
        parent=None,
        post=None,
        author=author,
        text=text_of(raw),
        posted_at=created(raw),
        from_us=author is not None and author.external_id == page_id,
        url=url,
        media=_enclosed(raw),
        raw=clean(raw),
    )


def post(raw: Mapping[str, Any], comment_count: int | None) -> Post:
    """Map a post of ours. One that was never published on the page is an advertisement alone (a dark post)."""
    return Post(
        external_id=identity(raw),
        text=text_of(raw) or str(raw.get("story") or ""),
        posted_at=time_of(raw.get("created_time")),
        url=address(raw),
        comment_count=comment_count,
        is_ad=raw.get("is_published") is False,
        raw=clean(without_comments(raw)),
    )


def is_visitors(raw: Mapping[str, Any], page_id: str) -> bool:
    """Tell whether a post in our feed is a visitor's. Without an author it counts as ours."""
    author = author_of(raw)
    return author is not None and author.external_id != page_id


def is_ours(raw: Mapping[str, Any], page_id: str) -> bool:
    author = author_of(raw)
    return author is not None and author.external_id == page_id


def unreadable(raw: Any, reason: str, surface: str) -> Unreadable:
    return Unreadable(surface=surface, reason=reason, raw=json.dumps(clean(raw), default=str))


def identity(raw: Any) -> str:
    """Give the id of a comment or post. Raises Unmappable."""
    found = raw.get("id") if isinstance(raw, Mapping) else None
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str) or not found:
        raise Unmappable("Facebook visar inget id.")
    return found


def is_readable(raw: Any) -> bool:
    try:
        identity(raw)
    except Unmappable:
        return False
    return True


def created(raw: Mapping[str, Any]) -> datetime:
    """Give the time of writing. Raises Unmappable."""
    moment = time_of(raw.get("created_time"))
    if moment is None:
        raise Unmappable("Facebook visar ingen läsbar tid.")
    return moment


def time_of(value: Any) -> datetime | None:
    """Read `2026-11-24T12:00:00+0000`, or seconds since 1970."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        # Near the ends of the calendar, UTC may lie beyond them.
        return moment.astimezone(UTC) if moment and moment.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None


def author_of(raw: Mapping[str, Any]) -> Author | None:
    """Give who wrote; None where Facebook withholds it."""
    who = raw.get("from")
    if not isinstance(who, Mapping):
        return None
    try:
        name = who.get("name")
        return Author(external_id=identity(who), name=name if isinstance(name, str) else "")
    except Unmappable:
        return None


def text_of(raw: Mapping[str, Any]) -> str:
    message = raw.get("message")
    return message if isinstance(message, str) else ""


def parent_of(raw: Mapping[str, Any]) -> str | None:
    """Give the comment answered: `parent.id`, else what the address says (`comment_id`, `reply_comment_id`)."""
    above = raw.get("parent")
    if isinstance(above, Mapping):
        try:
            return identity(above)
        except Unmappable:
            return None
    prefix, _, own = str(raw.get("id") or "").rpartition("_")
    link = raw.get("permalink_url")
    if not prefix or not isinstance(link, str) or "reply_comment_id" not in link:
        return None
    try:
        query = parse_qs(urlsplit(link).query)
    except ValueError:
        return None
    if query.get("reply_comment_id") != [own] or len(query.get("comment_id", [])) != 1:
        return None
    return f"{prefix}_{query['comment_id'][0]}"


def post_of(comment_id: str, page_id: str) -> str:
    """Give the post under which a comment stands, from the ids alone: `{post}_{comment}` under `{page}_{post}`."""
    return f"{page_id}_{comment_id.partition('_')[0]}"


def replies(raw: Mapping[str, Any]) -> int:
    count = raw.get("comment_count")
    return count if isinstance(count, int) and not isinstance(count, bool) else 0


def address(raw: Mapping[str, Any]) -> str:
    link = raw.get("permalink_url")
    if not isinstance(link, str):
        return ""
    if link.startswith("/"):
        link = WWW + link
    return link if link.startswith(("https://", "http://")) else ""


def tags(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the ids of those named in the text; the tags come as a list, in old answers as an object of lists."""
    found = raw.get("message_tags")
    rows = list(found.values()) if isinstance(found, Mapping) else found
    flat = [tag for row in rows for tag in (row if isinstance(row, list) else [row])] if isinstance(rows, list) else []
    ids = [str(tag["id"]) for tag in flat if isinstance(tag, Mapping) and isinstance(tag.get("id"), str | int)]
    return tuple(dict.fromkeys(ids))


def media(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the addresses of pictures and films: `attachment` of a comment, `attachments` of a post."""
    links = [link for part in _attachments(raw) if (link := _media_link(part))]
    return tuple(dict.fromkeys(links))


def _attachments(raw: Mapping[str, Any], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    single = raw.get("attachment")
    found = [single] if isinstance(single, Mapping) else []
    for name in ("attachments", "subattachments"):
        many = raw.get(name)
        data = many.get("data") if isinstance(many, Mapping) else None
        found += [part for part in data if isinstance(part, Mapping)] if isinstance(data, list) else []
    for part in found:
        yield part
        if depth < 2:  # an album in an attachment, and no deeper
            yield from _attachments(part, depth + 1)


def _media_link(part: Mapping[str, Any]) -> str:
    inside = part.get("media")
    if not isinstance(inside, Mapping):
        return ""
    image = inside.get("image")
    link = inside.get("source") or (image.get("src") if isinstance(image, Mapping) else None)
    return link if isinstance(link, str) and link.startswith(("https://", "http://")) else ""


def _enclosed(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the addresses of what was sent along with a message: pictures, films, files, a sticker."""
    many = raw.get("attachments")
    data = many.get("data") if isinstance(many, Mapping) else None
    links = []
    for part in data if isinstance(data, list) else ():
        if isinstance(part, Mapping):
            inside = [one for name in ("image_data", "video_data") if isinstance(one := part.get(name), Mapping)]
            links += [one.get("url") for one in inside] or [part.get("file_url")]
    links.append(raw.get("sticker"))
    known = [link for link in links if isinstance(link, str) and link.startswith(("https://", "http://"))]
    return tuple(dict.fromkeys(known))


def without_comments(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if name != "comments"}


def clean(value: Any) -> Any:
    """Leave out every token: they stand in paging addresses too."""
    if isinstance(value, Mapping):
        return {name: clean(inside) for name, inside in value.items() if name not in SECRETS}
    if isinstance(value, list):
        return [clean(inside) for inside in value]
    if isinstance(value, str) and ("access_token" in value or "appsecret_proof" in value):
        return re.sub(r"(access_token|appsecret_proof)=[^&\s]*", r"\1=", value)
    return value
