"""X's JSON to our values. Pure; speaks both of X's vocabularies (tweet and post) and takes no field for granted."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.base import Author, Item, ItemKind, Post, Unreadable
from connectors.twitter import snowflake

Record = Mapping[str, Any]

HANDLE = re.compile(r"(?<![\w@])@(\w{1,50})", re.ASCII)
NOT_TEXT = re.compile("[\x00\ud800-\udfff]")  # what no database takes: NUL and lone surrogates
NO_LANGUAGE = {"und", "zxx", "art", "qam", "qct", "qht", "qme", "qst"}  # X's words for "cannot tell"
WEB = "https://x.com/i/web/status/"


class Odd(ValueError):
    """A record that cannot become an item."""


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
    """What came beside the tweets: users, referenced tweets and media by id."""

    users: Mapping[str, Record]
    tweets: Mapping[str, Record]
    media: Mapping[str, Record]


def read_batch(body: Record, us: Us, surface: str) -> Batch:
    """Read one answer of a list or a look-up. Never raises: what cannot be understood is in `unreadable`."""
    records = _records(body.get("data"))
    included = _mapping(body.get("includes"))
    beside = _Beside(
        users=_by_id(included.get("users")),
        tweets={**_by_id(records), **_by_id(word(included, "tweets"))},
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
            unreadable.append(Unreadable(surface, _reason(error), _ascii(record)))
            continue
        if isinstance(found, Item):
            items.append(found)
        elif isinstance(found, Post):
            posts[found.external_id] = found
        elif found:
            newer.append(found)
    for record in _mapping_values(beside.tweets):
        _add_post(posts, record, us)
    gone = tuple(_errors(body, ("resource-not-found", "Not Found Error")))
    readable = [record for record in records if isinstance(record, Mapping)]
    return Batch(
        posts=tuple(posts.values()),
        items=tuple(items),
        unreadable=tuple(unreadable),
        records=tuple(readable),
        ids=tuple(dict.fromkeys(id for id in map(record_id, readable) if id)),
        newer=tuple(dict.fromkeys(newer)),
        gone=gone,
        withheld=tuple(id for id in _errors(body, ()) if id not in gone),
        next_token=_text_or_none(_mapping(body.get("meta")).get("next_token")),
    )


def _understand(record: Any, beside: _Beside, us: Us, surface: str) -> Item | Post | str | None:
    """Give an item, a post of ours, the id of a newer version to fetch, or None for a repost."""
    if not isinstance(record, Mapping):
        raise Odd("inte ett objekt")
    id = record_id(record)
    if not id:
        raise Odd("saknar id")
    if _referenced(record, "retweeted", "reposted"):
        return None
    newest = history(record)[-1]
    if newest != id:
        return newest
    from_us = (record_author(record) or (us.external_id if surface == "own" else "")) == us.external_id
    if from_us and not replied_to(record):
        return _post(record)
    return _item(record, beside, us, surface, from_us=from_us)


def _item(record: Record, beside: _Beside, us: Us, surface: str, *, from_us: bool) -> Item:
    id, versions, parent = record_id(record), history(record), replied_to(record)
    thread = _thread(record, beside)
    posted_at, edited_at = _times(record)
    text, mentions = record_text(record), _mentions(record)
    above = beside.tweets.get(parent or "")
    under_ours = _is_under_ours(record, thread, parent, beside, us)
    names_us = us.name in mentions or us.external_id in mentions or us.name in _handles_in(text)
    quoted = _referenced(record, "quoted")
    quotes_us = bool(quoted) and (
        quoted in us.posts or record_author(beside.tweets.get(quoted or "")) == us.external_id
    )
    turned_to_us = surface == "mentions" or names_us or quotes_us or answered_user(record, above) == us.external_id
    addressed = from_us or turned_to_us or under_ours or (parent is not None and thread in us.threads)
    return Item(
        external_id=id,
        kind=_kind(from_us=from_us, named=surface == "mentions" or names_us or quotes_us, addressed=addressed),
        thread=thread,
        parent=None if _is_our_post(parent, thread, above, under_ours, us) else parent,
        post=thread if under_ours else None,
        author=_author(record, beside, us, from_us=from_us),
        text=text,
        posted_at=posted_at,
        edited_at=edited_at,
        earlier_ids=tuple(versions[:-1]),
        from_us=from_us,
        addressed=addressed,
        mentions=mentions,
        can_reply=from_us or turned_to_us,  # self-serve answers only those who turned to us (403 otherwise, 2026-02-23)
        url=WEB + id,
        media=tuple(_media(record, beside)),
        language=_language(record),
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
    id = _text_or_none(record.get("conversation_id")) or history(record)[0]
    try:
        posted_at: datetime | None = _times(record)[0]
    except Odd:
        posted_at = None
    return Post(id, record_text(record), posted_at, url=WEB + record_id(record), raw=record)


def _add_post(posts: dict[str, Post], record: Record, us: Us) -> None:
    """Take along a post of ours that others on the page answer, in its newest version."""
    if record_author(record) != us.external_id or replied_to(record) or _referenced(record, "retweeted", "reposted"):
        return
    if history(record)[-1] != record_id(record):
        return
    post = _post(record)
    posts.setdefault(post.external_id, post)


# Where it stands


def _thread(record: Record, beside: _Beside) -> str:
    """Give the conversation's id; where X does not say, follow what is answered as far as it came along."""
    seen: set[str] = set()
    current: Record | None = record
    last = history(record)[0]
    while current is not None:
        said = _text_or_none(current.get("conversation_id"))
        if said:
            return said
        last = history(current)[0]
        parent = replied_to(current)
        if parent is None or parent in seen:
            return last
        seen.add(parent)
        last, current = parent, beside.tweets.get(parent)
    return last


def _is_under_ours(record: Record, thread: str, parent: str | None, beside: _Beside, us: Us) -> bool:
    """Tell whether the conversation began with a tweet of ours."""
    if thread in us.posts or record_author(beside.tweets.get(thread)) == us.external_id:
        return True
    above = beside.tweets.get(parent or "")
    if parent == thread:
        return answered_user(record, above) == us.external_id
    return above is not None and record_author(above) == us.external_id and _is_first(above)


def _is_our_post(parent: str | None, thread: str, above: Record | None, under_ours: bool, us: Us) -> bool:
    """Tell whether what is answered is the first tweet of a conversation of ours, in any of its versions."""
    if parent is None or not under_ours:
        return False
    return (
        parent == thread
        or parent in us.posts
        or (above is not None and record_author(above) == us.external_id and _is_first(above))
    )


def _is_first(record: Record) -> bool:
    """Tell whether a tweet that came along whole begins its conversation."""
    said = _text_or_none(record.get("conversation_id"))
    return not replied_to(record) and (said is None or said in history(record))


# One record's fields, each of which may be missing or of another type


def record_id(record: Record | None) -> str:
    """Give a record's own id, "" if it has none."""
    return (_id_or_none(record.get("id")) or "") if record else ""


def record_author(record: Record | None) -> str:
    """Give the author's id, "" where X does not say."""
    return (_id_or_none(record.get("author_id")) or "") if record else ""


def record_text(record: Record) -> str:
    """Give the text as a reader sees it: long ones whole, unescaped once, t.co links kept."""
    whole = _mapping(word(record, "note_tweet")).get("text")
    text = whole if isinstance(whole, str) and whole else record.get("text")
    if text is None:
        return ""
    if not isinstance(text, str):
        raise Odd("texten är ingen text")
    return clean(html.unescape(text))


def record_time(record: Record) -> datetime | None:
    """Give the time that X says, else the one in the id."""
    said = record.get("created_at")
    if isinstance(said, str):
        try:
            moment = datetime.fromisoformat(said)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    return snowflake.time_of(record_id(record))


def history(record: Record) -> list[str]:
    """List a tweet's ids, oldest first, the record's own among them. `[""]` is no history."""
    listed = word(record, "edit_history_tweet_ids")
    ids = {id for id in map(_id_or_none, listed if isinstance(listed, list) else ()) if id} | {record_id(record)}
    return sorted(ids, key=snowflake.order)


def replied_to(record: Record) -> str | None:
    """Give the id of the tweet that is answered."""
    return _referenced(record, "replied_to")


def answered_user(record: Record, above: Record | None = None) -> str:
    """Give the id of the account that is answered, "" where nobody says."""
    if not replied_to(record):
        return ""
    return _id_or_none(record.get("in_reply_to_user_id")) or record_author(above)


def clean(text: str) -> str:
    """Replace what can be neither stored nor shown."""
    return NOT_TEXT.sub("�", text)


def word(record: Record, name: str) -> Any:
    """Give a field under its old name or under the one of API 2.167."""
    value = record.get(name)
    return record.get(name.replace("tweet", "post")) if value is None else value


def _times(record: Record) -> tuple[datetime, datetime | None]:
    """Give when it was first posted, and when it was last edited if it was.

    Whether `created_at` of an edited tweet is the first version's time or the edit's is not documented (2026-11-22);
    the ids of its versions tell.
    """
    said = record_time(record)
    if said is None:
        raise Odd("saknar tid")
    versions = history(record)
    if len(versions) == 1:
        return said, None
    first, last = snowflake.time_of(versions[0]), snowflake.time_of(versions[-1])
    posted_at = min(said, first) if first else said
    return posted_at, max(said, last) if last else said


def _referenced(record: Record, *kinds: str) -> str | None:
    listed = word(record, "referenced_tweets")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, Mapping) and each.get("type") in kinds:
            return _id_or_none(each.get("id"))
    return None


def _author(record: Record, beside: _Beside, us: Us, *, from_us: bool) -> Author | None:
    id = record_author(record) or (us.external_id if from_us else "")
    if not id:
        return None
    user = beside.users.get(id, {})
    handle = _text_or_none(user.get("username")) or ""
    return Author(id, name=clean(_text_or_none(user.get("name")) or handle), handle=clean(handle))


def _mentions(record: Record) -> tuple[str, ...]:
    """List handles (lower case) and ids of those named, from the whole text's entities where there are any."""
    whole = _mapping(_mapping(word(record, "note_tweet")).get("entities"))
    listed = whole.get("mentions") or _mapping(record.get("entities")).get("mentions")
    if not isinstance(listed, list):
        return tuple(_handles_in(record_text(record)))
    named = [each for each in listed if isinstance(each, Mapping)]
    handles = [(_text_or_none(each.get("username")) or "").lower() for each in named]
    ids = [_id_or_none(each.get("id")) or "" for each in named]
    return tuple(dict.fromkeys(filter(None, (*handles, *ids))))


def _handles_in(text: str) -> list[str]:
    return list(dict.fromkeys(handle.lower() for handle in HANDLE.findall(text)))


def _media(record: Record, beside: _Beside) -> Iterator[str]:
    keys = _mapping(record.get("attachments")).get("media_keys")
    for key in keys if isinstance(keys, list) else ():
        medium = beside.media.get(key, {}) if isinstance(key, str) else {}
        address = _text_or_none(medium.get("url")) or _text_or_none(medium.get("preview_image_url"))
        if address:
            yield address


def _language(record: Record) -> str:
    said = _text_or_none(record.get("lang")) or ""
    return "" if said in NO_LANGUAGE else said


def _errors(body: Record, kinds: tuple[str, ...]) -> Iterator[str]:
    """List the ids of partial errors, those of certain types or titles if any are named."""
    listed = body.get("errors")
    for error in listed if isinstance(listed, list) else ():
        if not isinstance(error, Mapping):
            continue
        named = {str(error.get("type", "")).rpartition("/")[2], str(error.get("title", ""))}
        id = _id_or_none(error.get("resource_id")) or _id_or_none(error.get("value"))
        if id and (not kinds or named & set(kinds)):
            yield id


# Shapes


def _records(data: Any) -> list[Any]:
    if data is None:
        return []
    return data if isinstance(data, list) else [data]


def _mapping(value: Any) -> Record:
    return value if isinstance(value, Mapping) else {}


def _mapping_values(records: Mapping[str, Record]) -> list[Record]:
    return [record for record in records.values() if isinstance(record, Mapping)]


def _by_id(listed: Any, key: str = "id") -> dict[str, Record]:
    records = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    return {id: record for record in records if (id := _id_or_none(record.get(key)))}


def _id_or_none(value: Any) -> str | None:
    """Take an id as X sends it, a string, or as a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return clean(value.strip()) or None if isinstance(value, str) else None


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, Odd) else type(error).__name__


def _ascii(record: Any) -> str:
    return json.dumps(record, ensure_ascii=True, default=repr)
