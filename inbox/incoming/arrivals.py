"""What a connector has read, made fit for the database, and what of it differs from what is stored. Queries nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from connectors import base
from connectors.base import Author, ItemKind, Unreadable
from sla.clock import FIRST_YEAR, LAST_YEAR

# The years that the clock knows; beyond them no deadline can be told.
EARLIEST, LATEST = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(LAST_YEAR, 1, 1, tzinfo=UTC)
LONGEST_ID = 200
LONGEST_AUTHOR_ID = 160
LONGEST_NAME = 300
_UNFIT = re.compile("[\0\ud800-\udfff]")  # PostgreSQL takes neither NUL nor lone surrogates
_SECRET = re.compile(r'"(access_token|refresh_token|appsecret_proof)": "[^"]*"|(access_token|appsecret_proof)=[^&"\\]*')


def fit(text: str) -> str:
    """Replace what PostgreSQL does not take by U+FFFD."""
    return _UNFIT.sub("\ufffd", text)


@dataclass(slots=True)
class Incoming:
    """One item as read, with texts that fit. `author` is None for our own items and where nobody is named."""

    item: base.Item
    text: str
    author: Author | None
    own_name: str  # of our own items: the name they were written under
    is_ours: bool

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id that the item ever had, oldest first."""
        return (*self.item.earlier_ids, self.item.external_id)

    @property
    def raw(self) -> str:
        return ascii_json(self.item.raw)


@dataclass(slots=True)
class StoredItem:
    """What is compared with a reading. `has_raw` is false from our sending it until it is first read."""

    pk: int
    thread_id: int
    conversation_id: int | None
    contact_id: int | None
    cycle_id: int | None
    external_id: str
    earlier_ids: list[str]
    parent_external_id: str
    kind: str
    from_us: bool
    text: str
    posted_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    missing_since: datetime | None
    addressed: bool
    can_reply: bool
    hidden: bool
    held: str
    has_raw: bool


def ascii_json(raw: Mapping[str, Any]) -> str:
    """Give a platform's record as ASCII-escaped JSON, without tokens."""
    text = json.dumps(dict(raw), default=str)
    return _SECRET.sub('"…": ""', text) if "access_token" in text or "appsecret_proof" in text else text


def readable(
    items: Iterable[base.Item], own_ids: frozenset[str], surface: str
) -> tuple[list[Incoming], list[Unreadable]]:
    """Make items fit, each once, the newest form of it; tell apart those that cannot be stored at all."""
    found: list[Incoming | None] = []
    place: dict[str, int] = {}  # every id of an item → where it stands in `found`
    odd: list[Unreadable] = []
    for item in items:
        if reason := why_unfit(item):
            odd.append(Unreadable(surface, reason, as_raw(item)))
            continue
        read = incoming(item, own_ids)
        seat = next((place[id] for id in read.ids if id in place), None)
        if seat is None:
            seat = len(found)
            found.append(read)
        else:
            found[seat] = newer(found[seat], read)
        place.update(dict.fromkeys(read.ids, seat))
    return [read for read in found if read], odd


def incoming(item: base.Item, own_ids: frozenset[str]) -> Incoming:
    author = item.author
    is_ours = item.from_us or (author is not None and author.external_id in own_ids)
    own_name = fit(author.name)[:LONGEST_NAME] if is_ours and author else ""
    if author is not None and not is_ours:
        author = Author(author.external_id, fit(author.name)[:LONGEST_NAME], fit(author.handle)[:LONGEST_NAME])
    return Incoming(item, fit(item.text), None if is_ours else author, own_name, is_ours)


def newer(one: Incoming | None, other: Incoming) -> Incoming:
    """Of two forms of one item give the newer: the longer history, then the later edit, then the later read."""
    if one is None:
        return other
    age = [(len(read.item.earlier_ids), read.item.edited_at or read.item.posted_at) for read in (one, other)]
    return one if age[0] > age[1] else other


def why_unfit(item: base.Item) -> str:
    """Say why an item cannot be stored, in Swedish; "" if it can."""
    ids = [item.external_id, item.thread, *item.earlier_ids]
    ids += [id for id in (item.parent, item.post, item.author.external_id if item.author else None) if id is not None]
    too_long = item.author is not None and len(item.author.external_id) > LONGEST_AUTHOR_ID
    if too_long or any(not id or len(id) > LONGEST_ID or _UNFIT.search(id) for id in ids):
        return _("Ett id är tomt, för långt eller har otillåtna tecken.")
    times = [item.posted_at, *([item.edited_at] if item.edited_at else [])]
    if any(time.tzinfo is None or not EARLIEST <= time < LATEST for time in times):
        return _("Tiden är orimlig.")
    return ""


def as_raw(item: base.Item) -> str:
    """Give the platform's record of an item, or what the connector made of it, for the quarantine."""
    return ascii_json(item.raw) if item.raw else json.dumps(asdict(item), default=str)


def changes(stored: StoredItem, read: Incoming, now: datetime) -> dict[str, Any]:
    """Give what a reading changes in a stored item, field by field; {} if nothing.

    Does not count as news: addresses of pictures and the raw record, which platforms write anew for every reading.
    A platform's own word that something is deleted stands; what was only absent is there again once it is read.
    """
    if stored.deleted_at and not stored.missing_since:
        return {}
    new: dict[str, Any] = {"missing_since": None} if stored.missing_since else {}
    if stored.deleted_at:
        new |= {"deleted_at": None, "unsettled": True}
    if _is_stale(stored, read):
        return new
    new |= _edit(stored, read, now) | _standing(stored, read)
    if stored.from_us and read.item.posted_at != stored.posted_at:
        new |= {"posted_at": read.item.posted_at, "unsettled": True}
    if not stored.parent_external_id and read.item.parent:
        new["parent_external_id"] = read.item.parent
    if _was_sent_by_us(stored):
        new |= _described(read) | {"parent_external_id": read.item.parent or ""}
    return new


def _is_stale(stored: StoredItem, read: Incoming) -> bool:
    """Another reader has brought a newer form already."""
    if read.item.external_id in stored.earlier_ids:
        return True
    return bool(read.item.edited_at and stored.edited_at and read.item.edited_at < stored.edited_at)


def _edit(stored: StoredItem, read: Incoming, now: datetime) -> dict[str, Any]:
    new: dict[str, Any] = {}
    if read.item.external_id != stored.external_id:
        history = dict.fromkeys((*stored.earlier_ids, stored.external_id, *read.item.earlier_ids))
        new |= {"external_id": read.item.external_id, "earlier_ids": [*history]}
    if read.text != stored.text:
        new["text"] = read.text
    if new and not _was_sent_by_us(stored):
        new |= {"edited_at": now} | _described(read)
    if read.item.edited_at and read.item.edited_at != stored.edited_at:
        new["edited_at"] = read.item.edited_at
    return new


def _standing(stored: StoredItem, read: Incoming) -> dict[str, Any]:
    """What the platform lets be done with it.

    A search hit that says less than the mention we have changes nothing, nor does a look-up of what is held back.
    """
    item = read.item
    new: dict[str, Any] = {} if item.hidden in (None, stored.hidden) else {"hidden": item.hidden}
    if item.held not in (None, stored.held):
        new["held"] = str(item.held)
    if (stored.addressed and not item.addressed) or (stored.held and item.held is None):
        return new
    if item.can_reply != stored.can_reply:
        new["can_reply"] = item.can_reply
    if item.addressed and not stored.addressed:
        new["addressed"] = True
        if not stored.from_us and stored.cycle_id is None:
            new["unsettled"] = True
    if stored.kind == ItemKind.HASHTAG and item.kind != ItemKind.HASHTAG:
        new["kind"] = item.kind.value
    return new


def _described(read: Incoming) -> dict[str, Any]:
    item = read.item
    return {
        "url": fit(item.url), "media": [fit(address) for address in item.media], "language": item.language[:20],
        "mentions": mentions_of(item), "raw": read.raw,
    }  # fmt: skip


def mentions_of(item: base.Item) -> list[str]:
    return [fit(name)[:LONGEST_ID] for name in item.mentions]


def _was_sent_by_us(stored: StoredItem) -> bool:
    """Stored when the platform accepted it and not read since: its first reading completes it and is no edit."""
    return stored.from_us and not stored.has_raw
