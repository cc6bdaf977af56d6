"""X's JSON to our values. Pure; reads with the eyes of one account, and takes no field for granted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.base import Author, Item, ItemKind, Post, Unreadable
from connectors.twitter import fields
from connectors.twitter.fields import Odd, Record

WEB = "https://x.com/i/web/status/"


@dataclass(frozen=True, slots=True)
class Us:
    """Whose eyes we read with. `posts`: first tweets of conversations that we began; `threads`: where we wrote."""

    external_id: str
    handle: str = ""
    posts: frozenset[str] = frozenset()
    threads: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return self.handle.lstrip("@").lower()

    def wrote(self, record: Record | None) -> bool:
        return fields.author_id(record) == self.external_id


@dataclass(frozen=True, slots=True)
class Batch:
    """What one answer held. `ids`: of every record in it, in its order, reposts and older versions too.

    `newer`: the newest id of each tweet of which only an older version came. `gone`: ids that X says do not exist,
    `withheld`: those it will not show us (protected, suspended).
    """

    posts: tuple[Post, ...] = ()
    items: tuple[Item, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    records: tuple[Record, ...] = ()
    ids: tuple[str, ...] = ()
    newer: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    next_token: str | None = None


@dataclass(frozen=True, slots=True)
class _Beside:
    """What came beside a tweet: users, tweets and media by id."""

    users: Mapping[str, Record]
    tweets: Mapping[str, Record]
    media: Mapping[str, Record]


def read_batch(body: Record, us: Us, surface: str) -> Batch:
    """Read one answer of a list or a look-up. Never raises: what cannot be understood is in `unreadable`."""
    records = _records(body.get("data"))
    included = fields.mapping_or_empty(body.get("includes"))
    beside = _Beside(
        users=_by_id(included.get("users")),
        tweets={**_by_id(records), **_by_id(fields.word(included, "tweets"))},
        media=_by_id(included.get("media"), "media_key"),
    )
    items: list[Item] = []
    posts: dict[str, Post] = {}
    unreadable: list[Unreadable] = []
    newer: list[str] = []
    for record in records:
        try:
            found = _understand(record, beside, us, surface)
        except Exception as error:  # one odd record must never cost the page
            unreadable.append(_unreadable(record, surface, error))
            continue
        if isinstance(found, Item):
            items.append(found)
        elif isinstance(found, Post):
            posts[found.external_id] = found
        elif found:
            newer.append(found)
    for record in beside.tweets.values():
        _add_post(posts, record, us)
    gone = tuple(fields.problems(body, "resource-not-found", "Not Found Error"))
    readable = [record for record in records if fields.record_id(record)]
    return Batch(
        posts=tuple(posts.values()),
        items=tuple(items),
        unreadable=tuple(unreadable),
        records=tuple(readable),
        ids=tuple(dict.fromkeys(map(fields.record_id, readable))),
        newer=tuple(dict.fromkeys(newer)),
        gone=gone,
        withheld=tuple(id for id in fields.problems(body) if id not in gone),
        next_token=fields.text_or_none(fields.mapping_or_empty(body.get("meta")).get("next_token")),
    )


def _understand(record: Any, beside: _Beside, us: Us, surface: str) -> Item | Post | str | None:
    """Give an item, a post of ours, the id of a newer version to fetch, or None for a repost."""
    if not isinstance(record, Mapping):
        raise Odd("är inget objekt")
    id = fields.record_id(record)
    if not id:
        raise Odd("saknar id")
    if fields.is_repost(record):
        return None
    if surface == "quotes" and not _quotes_us(record, beside, us):
        return None  # somebody else's: this server does not know what we searched for
    newest = fields.history(record)[-1]
    if newest != id:
        return newest
    from_us = us.wrote(record) or (surface == "own" and not fields.author_id(record))
    if from_us and fields.begins_conversation(record):
        return _post(record)
    return _item(record, beside, us, surface, from_us=from_us)


def _item(record: Record, beside: _Beside, us: Us, surface: str, *, from_us: bool) -> Item:
    id, text, parent = fields.record_id(record), fields.text_of(record), fields.replied_to(record)
    posted_at, edited_at = fields.times_of(record)
    thread = _thread(record, beside)
    above = beside.tweets.get(parent or "")
    under_ours = _is_under_ours(record, thread, above, beside, us)
    named = surface == "mentions" or _names_us(record, text, us) or _quotes_us(record, beside, us)
    turned_to_us = named or fields.answered_user(record, above) == us.external_id
    addressed = from_us or turned_to_us or under_ours or (parent is not None and thread in us.threads)
    return Item(
        external_id=id,
        kind=_kind(from_us=from_us, named=named, addressed=addressed),
        thread=thread,
        parent=None if under_ours and _is_our_post(parent, thread, above, us) else parent,
        post=thread if under_ours else None,
        author=_author(record, beside, us, from_us=from_us),
        text=text,
        posted_at=posted_at,
        edited_at=edited_at,
        earlier_ids=tuple(fields.history(record)[:-1]),
        from_us=from_us,
        addressed=addressed,
        mentions=fields.mentions(record),
        hidden=None,  # X does not tell of an answer whether it is hidden
        can_reply=from_us or turned_to_us,  # self-serve answers only those who turned to us (403 otherwise, 2026-02-23)
        url=WEB + id,
        media=tuple(filter(None, (_address(beside.media.get(key)) for key in fields.media_keys(record)))),
        language=fields.language(record),
        raw=record,
    )


def _kind(*, from_us: bool, named: bool, addressed: bool) -> ItemKind:
    if from_us:
        return ItemKind.COMMENT
    if named:
        return ItemKind.MENTION
    return ItemKind.COMMENT if addressed else ItemKind.HASHTAG


def _post(record: Record) -> Post:
    """A conversation's first tweet, ours. Its id is the conversation's: that one stays when the tweet is edited."""
    id = fields.conversation_id(record) or fields.history(record)[0]
    try:
        posted_at = fields.times_of(record)[0]
    except Odd:
        posted_at = None
    return Post(id, fields.text_of(record), posted_at, url=WEB + fields.record_id(record), raw=record)


def _add_post(posts: dict[str, Post], record: Record, us: Us) -> None:
    """Take along a post of ours that others on the page answer, in its newest version."""
    if not us.wrote(record) or not fields.begins_conversation(record) or fields.is_repost(record):
        return
    if fields.history(record)[-1] != fields.record_id(record):
        return
    try:
        post = _post(record)
    except Odd:
        return
    posts.setdefault(post.external_id, post)


# Where it stands, and to whom it speaks


def _thread(record: Record, beside: _Beside) -> str:
    """Give the conversation's id; where X does not say, follow what is answered as far as it came along."""
    seen: set[str] = set()
    current: Record | None = record
    first = ""
    while current is not None:
        said = fields.conversation_id(current)
        if said:
            return said
        first, parent = fields.history(current)[0], fields.replied_to(current)
        if parent is None or parent in seen:
            return first
        seen.add(parent)
        first, current = parent, beside.tweets.get(parent)
    return first


def _is_under_ours(record: Record, thread: str, above: Record | None, beside: _Beside, us: Us) -> bool:
    """Tell whether the conversation began with a tweet of ours."""
    if thread in us.posts or us.wrote(beside.tweets.get(thread)):
        return True
    if fields.replied_to(record) == thread:
        return fields.answered_user(record, above) == us.external_id
    return above is not None and us.wrote(above) and fields.begins_conversation(above)


def _is_our_post(parent: str | None, thread: str, above: Record | None, us: Us) -> bool:
    """Tell whether what is answered is the conversation's first tweet, in any of its versions."""
    return parent == thread or parent in us.posts or (above is not None and fields.begins_conversation(above))


def _names_us(record: Record, text: str, us: Us) -> bool:
    named = fields.mentions(record)
    return us.external_id in named or us.name in named or us.name in fields.handles_in(text)


def _quotes_us(record: Record, beside: _Beside, us: Us) -> bool:
    quoted = fields.referenced(record, "quoted")
    return quoted is not None and (quoted in us.posts or us.wrote(beside.tweets.get(quoted)))


def _author(record: Record, beside: _Beside, us: Us, *, from_us: bool) -> Author | None:
    id = fields.author_id(record) or (us.external_id if from_us else "")
    if not id:
        return None
    user = beside.users.get(id, {})
    handle = fields.text_or_none(user.get("username")) or ""
    name = fields.text_or_none(user.get("name")) or handle
    return Author(id, name=fields.clean(name), handle=fields.clean(handle))


def _address(medium: Record | None) -> str | None:
    if medium is None:
        return None
    return fields.text_or_none(medium.get("url")) or fields.text_or_none(medium.get("preview_image_url"))


# Shapes


def _records(data: Any) -> list[Any]:
    if data is None:
        return []
    return data if isinstance(data, list) else [data]


def _by_id(listed: Any, key: str = "id") -> dict[str, Record]:
    records = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    return {id: record for record in records if (id := fields.id_or_none(record.get(key)))}


def _unreadable(record: Any, surface: str, error: Exception) -> Unreadable:
    reason = str(error) if isinstance(error, Odd) else type(error).__name__
    return Unreadable(surface, reason, json.dumps(record, ensure_ascii=True, default=repr))
