"""Instagram's JSON to our values. Pure, and never surprised: what cannot be read raises `Unmappable`.

Who wrote: `from.id` where Graph shows it. Where it is withheld the username is all there is, and then it is the
author's id too, unless the same username was seen with its id before (`people`). One person is two contacts only if
`from` is withheld at first and shown later: nobody but Instagram knows that they are the same.
https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-comment, read 2026-11-24.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.base import Author, Item, ItemKind, Post
from connectors.facebook import mapping as graph_json
from connectors.facebook.mapping import Unmappable, clean, time_of, unreadable

__all__ = ["Place", "Unmappable", "Us", "comment", "hashtag_hit", "media_post", "mention", "time_of", "unreadable"]

People = Mapping[str, str]  # lower-case username → id


@dataclass(frozen=True, slots=True)
class Us:
    """How our own account shows in what it wrote."""

    id: str
    handles: frozenset[str] = frozenset()  # lower case

    def called(self, *names: str) -> Us:
        """Know it by these usernames too."""
        return Us(self.id, self.handles | {name.lower() for name in names if name})

    def wrote(self, raw: Mapping[str, Any]) -> bool:
        who = inside(raw, "from")
        ids = {identified({"id": who.get(name)}) for name in ("id", "self_ig_scoped_id")} - {""}
        return self.id in ids or username(raw).lower() in self.handles


@dataclass(frozen=True, slots=True)
class Place:
    """Where a comment stands: under which media, in which thread, below which comment."""

    post: str | None
    thread: str
    parent: str | None
    url: str = ""  # of the media; a comment has none of its own
    closed: bool = False  # the comment at the top is hidden, and takes no answers
    people: People = field(default_factory=dict)


def comment(raw: Mapping[str, Any], place: Place, us: Us) -> Item:
    """Map a comment or an answer to one. Instagram gives no time of an edit. Raises Unmappable."""
    hidden = raw.get("hidden") is True
    return Item(
        external_id=identity(raw),
        kind=ItemKind.COMMENT,
        thread=place.thread,
        parent=place.parent,
        post=place.post,
        author=author_of(raw, place.people),
        text=text(raw.get("text")),
        posted_at=written(raw),
        from_us=us.wrote(raw),
        mentions=mentions(text(raw.get("text"))),
        hidden=hidden,
        can_reply=not hidden and not place.closed,
        url=place.url,
        raw=without_edges(raw),
    )


def mention(raw: Mapping[str, Any], us: Us, people: People) -> Item:
    """Map what others wrote on media that is not ours, naming us: a comment, or a caption. Raises Unmappable.

    On others' ground no answer is promised, so it is not addressed to us as what stands under our own media is.
    """
    said = text(raw.get("text")) or text(raw.get("caption"))
    return Item(
        external_id=identity(raw),
        kind=ItemKind.MENTION,
        thread=identity(raw),
        parent=None,
        post=None,  # not a post of ours
        author=author_of(raw, people),
        text=said,
        posted_at=written(raw),
        from_us=us.wrote(raw),
        addressed=False,
        mentions=mentions(said),
        url=address(raw.get("permalink")) or address(inside(raw, "media").get("permalink")),
        media=pictures(raw),
        raw=without_edges(raw),
    )


def hashtag_hit(raw: Mapping[str, Any], seen_at: datetime) -> Item:
    """Map somebody's media that carries a hashtag: nobody says who, and it takes no answer. Raises Unmappable.

    `seen_at` stands for the time where Graph shows none; the list holds nothing older than 24 hours.
    """
    said = text(raw.get("caption"))
    return Item(
        external_id=identity(raw),
        kind=ItemKind.HASHTAG,
        thread=identity(raw),
        parent=None,
        post=None,
        author=None,
        text=said,
        posted_at=time_of(raw.get("timestamp")) or seen_at,
        addressed=False,
        mentions=mentions(said),
        can_reply=False,
        url=address(raw.get("permalink")),
        media=pictures(raw),
        raw=without_edges(raw),
    )


def media_post(raw: Mapping[str, Any]) -> Post:
    """Map a picture, film or album of ours. Raises Unmappable."""
    return Post(
        external_id=identity(raw),
        text=text(raw.get("caption")),
        posted_at=time_of(raw.get("timestamp")),
        url=address(raw.get("permalink")),
        comment_count=count(raw),
        raw=without_edges(raw),
    )


def identity(raw: Any) -> str:
    """Give the id. Raises Unmappable."""
    try:
        return graph_json.identity(raw)
    except Unmappable:
        raise Unmappable("Instagram visar inget id.") from None


def identified(raw: Any) -> str:
    """Give the id, "" where there is none."""
    try:
        return graph_json.identity(raw)
    except Unmappable:
        return ""


def written(raw: Mapping[str, Any]) -> datetime:
    """Give the time of writing. Raises Unmappable."""
    moment = time_of(raw.get("timestamp"))
    if moment is None:
        raise Unmappable("Instagram visar ingen läsbar tid.")
    return moment


def author_of(raw: Mapping[str, Any], people: People) -> Author | None:
    """Give who wrote; None where Instagram says nothing at all."""
    handle, id = username(raw), identified(raw.get("from"))
    if not id and not handle:
        return None
    return Author(external_id=id or people.get(handle.lower(), handle.lower()), name=handle, handle=handle)


def username(raw: Mapping[str, Any]) -> str:
    return text(inside(raw, "from").get("username")) or text(raw.get("username"))


def parent_of(raw: Mapping[str, Any]) -> str | None:
    """Give the comment answered: always the one at the top, Instagram knows no deeper level."""
    return identified({"id": raw.get("parent_id")}) or None


def count(raw: Mapping[str, Any]) -> int | None:
    """Give how many comments Instagram counts under a media, answers included."""
    found = raw.get("comments_count")
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def mentions(said: str) -> tuple[str, ...]:
    """Give the lower-case usernames that a text names."""
    found = re.findall(r"(?<![\w.@])@([A-Za-z0-9_.]{1,30})", said)
    return tuple(dict.fromkeys(name.rstrip(".").lower() for name in found if name.strip(".")))


def pictures(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the addresses of a picture, a film or an album, while they last."""
    rows = inside(raw, "children").get("data")
    parts = [part for part in rows if isinstance(part, Mapping)] if isinstance(rows, list) else []
    links = [address(part.get("media_url")) for part in (parts or [raw])]
    return tuple(dict.fromkeys(filter(None, links)))


def address(value: Any) -> str:
    return value if isinstance(value, str) and value.startswith(("https://", "http://")) else ""


def inside(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Give an object inside another, empty where there is none."""
    found = raw.get(name)
    return found if isinstance(found, Mapping) else {}


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def without_edges(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what has rows of its own, and every token."""
    return {name: clean(value) for name, value in raw.items() if name not in ("comments", "replies")}
