"""One tweet's fields as they come, under X's old names or new ones; each may be missing or of another type."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.twitter import snowflake

Record = Mapping[str, Any]

HANDLE = re.compile(r"(?<![\w@])@(\w{1,50})", re.ASCII)
NOT_TEXT = re.compile("[\x00\ud800-\udfff]")  # what no database takes: NUL and lone surrogates
NO_LANGUAGE = {"und", "zxx", "art", "qam", "qct", "qht", "qme", "qst"}  # X's words for "cannot tell"


class Odd(ValueError):
    """A record that cannot become an item. Says why, in Swedish."""


def record_id(record: Any) -> str:
    """Give a record's own id, "" if it has none."""
    return (id_or_none(record.get("id")) or "") if isinstance(record, Mapping) else ""


def author_id(record: Record | None) -> str:
    """Give the author's id, "" where X does not say."""
    return (id_or_none(record.get("author_id")) or "") if record else ""


def conversation_id(record: Record) -> str | None:
    return id_or_none(record.get("conversation_id"))


def text_of(record: Record) -> str:
    """Give the text as a reader sees it: long ones whole, unescaped once, t.co links kept."""
    whole = mapping_or_empty(word(record, "note_tweet")).get("text")
    text = whole if isinstance(whole, str) and whole else record.get("text")
    if text is None:
        return ""
    if not isinstance(text, str):
        raise Odd("texten är ingen text")
    return clean(html.unescape(text))


def time_of(record: Record) -> datetime | None:
    """Give the time that X says, else the one in the id."""
    said = record.get("created_at")
    if isinstance(said, str):
        try:
            moment = datetime.fromisoformat(said)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    return snowflake.time_of(record_id(record))


def times_of(record: Record) -> tuple[datetime, datetime | None]:
    """Give when a tweet was first posted, and when it was last edited if it was; raise Odd if nobody says.

    Whether `created_at` of an edited tweet is the first version's time or the edit's is not documented (2026-11-22);
    the ids of its versions tell.
    """
    said = time_of(record)
    if said is None:
        raise Odd("saknar tid")
    versions = history(record)
    if len(versions) == 1:
        return said, None
    first, last = snowflake.time_of(versions[0]), snowflake.time_of(versions[-1])
    return min(said, first) if first else said, max(said, last) if last else said


def history(record: Record) -> list[str]:
    """List a tweet's ids, oldest first, its own among them. `[""]` is no history."""
    listed = word(record, "edit_history_tweet_ids")
    ids = {id for id in map(id_or_none, listed if isinstance(listed, list) else ()) if id} | {record_id(record)}
    return sorted(ids, key=snowflake.order)


def replied_to(record: Record) -> str | None:
    """Give the id of the tweet that is answered."""
    return referenced(record, "replied_to")


def is_repost(record: Record) -> bool:
    return referenced(record, "retweeted", "reposted") is not None


def referenced(record: Record, *kinds: str) -> str | None:
    """Give the id of the tweet that is answered, quoted or repeated."""
    listed = word(record, "referenced_tweets")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, Mapping) and each.get("type") in kinds:
            return id_or_none(each.get("id"))
    return None


def answered_user(record: Record, above: Record | None = None) -> str:
    """Give the id of the account that is answered, "" where nobody says. `above`: the tweet that is answered."""
    return id_or_none(record.get("in_reply_to_user_id")) or author_id(above)


def begins_conversation(record: Record) -> bool:
    """Tell whether a tweet is the first of its conversation."""
    said = conversation_id(record)
    return not replied_to(record) and (said is None or said in history(record))


def mentions(record: Record) -> tuple[str, ...]:
    """List handles (lower case) and ids of those named, from the whole text's entities where there are any."""
    whole = mapping_or_empty(mapping_or_empty(word(record, "note_tweet")).get("entities"))
    listed = whole.get("mentions") or mapping_or_empty(record.get("entities")).get("mentions")
    if not isinstance(listed, list):
        return tuple(handles_in(text_of(record)))
    named = [each for each in listed if isinstance(each, Mapping)]
    handles = [(text_or_none(each.get("username")) or "").lower() for each in named]
    ids = [id_or_none(each.get("id")) or "" for each in named]
    return tuple(dict.fromkeys(filter(None, (*handles, *ids))))


def handles_in(text: str) -> list[str]:
    """List the handles that a text names, in lower case."""
    return list(dict.fromkeys(handle.lower() for handle in HANDLE.findall(text)))


def media_keys(record: Record) -> list[str]:
    keys = mapping_or_empty(record.get("attachments")).get("media_keys")
    return [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else []


def language(record: Record) -> str:
    """Give the language as BCP 47, "" if X cannot tell."""
    said = text_or_none(record.get("lang")) or ""
    return "" if said in NO_LANGUAGE else said


def problems(body: Record, *kinds: str) -> Iterator[str]:
    """List the ids in an answer's partial errors; only those of certain types or titles if any are named."""
    listed = body.get("errors")
    for error in listed if isinstance(listed, list) else ():
        if not isinstance(error, Mapping):
            continue
        named = {str(error.get("type", "")).rpartition("/")[2], str(error.get("title", ""))}
        id = id_or_none(error.get("resource_id")) or id_or_none(error.get("value"))
        if id and (not kinds or named & set(kinds)):
            yield id


def word(record: Record, name: str) -> Any:
    """Give a field under its old name or under the one of API 2.167."""
    value = record.get(name)
    return record.get(name.replace("tweet", "post")) if value is None else value


def clean(text: str) -> str:
    """Replace what can be neither stored nor shown."""
    return NOT_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)


def id_or_none(value: Any) -> str | None:
    """Take an id as X sends it, a string, or as a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return clean(value.strip()) or None if isinstance(value, str) else None


def text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def mapping_or_empty(value: Any) -> Record:
    return value if isinstance(value, Mapping) else {}
