"""LinkedIn's JSON to our values. Pure.

https://learn.microsoft.com/linkedin/marketing/community-management/shares/comments-api and …/posts-api, as known on
2026-11-22. Any field may be missing, and unknown ones are ignored.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from connectors.base import Author, Identity, Item, ItemKind, Post, Unreadable
from connectors.linkedin import urns

SURFACE = "comments"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ACTORS = ("urn:li:person:", "urn:li:organization:", "urn:li:member:", "urn:li:company:")
MENTION = re.compile(r"@\[((?:\\.|[^\]\\])*)\]\([^)]*\)")
HASHTAG = re.compile(r"\{hashtag\|(?:\\)?[#＃]\|((?:\\.|[^}\\])*)\}")
ESCAPED = re.compile(r"\\([|{}@\[\]()<>#*_~\\])")


class Unmappable(Exception):
    """A record lacks what every comment has."""


class Count(NamedTuple):
    """How many comments the platform counts under a post: all, and those at top level."""

    all: int
    top: int


def item_of(record: Any, *, us: Collection[str], post: str | None = None, thread: str | None = None) -> Item:
    """Read one comment. `us`: the URNs of our organisations. What it does not say is taken from where it was read.

    `post` is the post it was listed under, `thread` the top-level comment. Raises Unmappable.
    """
    record = _mapping(record)
    above = urns.comment(record.get("parentComment")) or urns.comment(thread)
    own = _name_of(record, above, post)
    created, changed = moment(_mapping(record.get("created")).get("time")), _changed_at(record)
    if own is None:
        raise Unmappable("Kommentaren saknar id.")
    if created is None:
        raise Unmappable("Kommentaren saknar tid.")
    if above is not None and above.id == own.id:
        above = None
    author, message = author_of(record), _mapping(record.get("message"))
    return Item(
        external_id=own.urn,
        kind=ItemKind.COMMENT,
        thread=above.urn if above else own.urn,
        parent=above.urn if above else None,
        post=post or _post_named(record),
        author=author,
        text=_text(message.get("text")),
        posted_at=created,
        edited_at=changed if changed and changed > created else None,
        from_us=author is not None and author.external_id in us,
        mentions=tuple(dict.fromkeys(_actors_in(message.get("attributes")))),
        url=_address(own),
        media=tuple(_pictures(record.get("content"))),
        raw=record,
    )


def _name_of(record: Mapping[str, Any], above: urns.Comment | None, post: str | None) -> urns.Comment | None:
    """Say what a comment is called: its own URN, below a comment with that one's entity; else put together."""
    own = next((found for key in ("commentUrn", "$URN", "id") if (found := urns.comment(record.get(key)))), None)
    id = own.id if own else id_of(record.get("id"))
    entity = above.entity if above else own.entity if own else _text(record.get("object")) or post or ""
    return urns.Comment(entity, id) if id and urns.is_urn(entity) else None


def _post_named(record: Mapping[str, Any]) -> str | None:
    """An activity is the event of a post, not the post: under that name nobody else of ours knows it."""
    named = _text(record.get("object"))
    return named if named.startswith(("urn:li:share:", "urn:li:ugcPost:")) else None


def author_of(record: Mapping[str, Any]) -> Author | None:
    """Say who wrote. A name is given only where the platform itself put the profile beside it (`actor~`)."""
    actor = _text(record.get("actor")) or _text(_mapping(record.get("created")).get("actor"))
    if not urns.is_urn(actor):
        return None
    profile = _mapping(record.get("actor~"))
    parts = [_text(profile.get(key)) for key in ("localizedFirstName", "localizedLastName", "localizedName")]
    return Author(actor, name=" ".join(part for part in parts if part))


def replies_to(record: Any) -> int | None:
    """Give the platform's count of answers to a comment; None if it does not say."""
    summary = _mapping(_mapping(record).get("commentsSummary"))
    counts = [count(summary.get(key)) for key in ("aggregatedTotalComments", "totalFirstLevelComments")]
    return max((each for each in counts if each is not None), default=None)


def post_of(record: Any, total: int | None = None) -> Post | None:
    """Read one post of ours; None if it has no id, or is no published one."""
    record = _mapping(record)
    id = _text(record.get("id"))
    if not urns.is_urn(id) or record.get("lifecycleState", "PUBLISHED") not in ("PUBLISHED", "PUBLISHED_EDITED"):
        return None
    times = (moment(record.get(key)) for key in ("publishedAt", "createdAt"))
    return Post(
        external_id=id,
        text=plain(_text(record.get("commentary"))),
        posted_at=next((time for time in times if time), None),
        url=f"https://www.linkedin.com/feed/update/{id}",
        comment_count=total,
        raw=record,
    )


def plain(commentary: str) -> str:
    """Turn a post's "little text" into what a reader sees. Comments are plain as they are.

    https://learn.microsoft.com/linkedin/marketing/community-management/shares/little-text-format, 2026-11-22.
    """
    return ESCAPED.sub(r"\1", HASHTAG.sub(r"#\1", MENTION.sub(r"\1", commentary)))


def summary_of(record: Any) -> Count | None:
    """Read a post's counts from its social metadata; None if it does not say."""
    summary = _mapping(_mapping(record).get("commentSummary"))
    every, top = count(summary.get("count")), count(summary.get("topLevelCount"))
    if every is None:
        return None
    return Count(every, every if top is None else min(top, every))


def identity_of(record: Any, *, id: str, expires_at: datetime | None) -> Identity | None:
    """Read our organisation; None if it is not named. `id`: what it is called on our side."""
    record = _mapping(record)
    name = _text(record.get("localizedName")) or _first_text(_mapping(record.get("name")).get("localized"))
    handle = _text(record.get("vanityName"))
    return Identity(id, name=name, handle=handle, expires_at=expires_at) if name or handle else None


def elements(answer: Mapping[str, Any]) -> list[Any]:
    """Give the records of a list or of a look-up by ids."""
    listed = answer.get("elements")
    return listed if isinstance(listed, list) else [*_mapping(answer.get("results")).values()]


def results(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the records of a look-up by id, the ids decoded."""
    return _mapping(answer.get("results"))


def unreadable_of(record: Any, reason: str) -> Unreadable:
    """Keep what could not be read, as it came."""
    return Unreadable(surface=SURFACE, reason=reason, raw=json.dumps(record, ensure_ascii=True, default=str))


def moment(value: Any) -> datetime | None:
    """Read milliseconds since 1970 as aware UTC; None if it is no such time."""
    try:
        return EPOCH + timedelta(milliseconds=int(value)) if not isinstance(value, bool) else None
    except (TypeError, ValueError, OverflowError):
        return None


def count(value: Any) -> int | None:
    """Read a count; None if it is none."""
    return max(0, value) if isinstance(value, int) and not isinstance(value, bool) else None


def same_text(one: str, other: str) -> bool:
    """Tell whether two texts are the same comment but for outer space and the form of its letters."""
    return _essence(one) == _essence(other)


def _essence(text: str) -> str:
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()


def _changed_at(record: Mapping[str, Any]) -> datetime | None:
    return moment(_mapping(record.get("lastModified")).get("time"))


def _address(own: urns.Comment) -> str:
    return f"https://www.linkedin.com/feed/update/{own.entity}?commentUrn={urns.encoded(own.urn)}"


def _actors_in(value: Any) -> Iterator[str]:
    """Find the people and organisations that a message's attributes name, however deep they are wrapped."""
    if isinstance(value, str):
        if value.startswith(ACTORS):
            yield value
    elif isinstance(value, Mapping | list):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _actors_in(part)


def _pictures(value: Any) -> Iterator[str]:
    for part in value if isinstance(value, list) else []:
        if _text(_mapping(part).get("url")).startswith(("https://", "http://")):
            yield part["url"]


def id_of(value: Any) -> str:
    """Give the bare number of something, which may be a number or a text; "" if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    text = str(value) if isinstance(value, str) or abs(value) < 2**64 else ""
    return text if urns.NUMBER.fullmatch(text) else ""


def _first_text(value: Any) -> str:
    return next((text for text in _mapping(value).values() if isinstance(text, str)), "")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
