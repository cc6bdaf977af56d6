"""Where items stand and who wrote them: posts, contacts, threads and conversations, found, made and kept up to date.

`ingest` calls these in the order in which rows are locked; each takes a whole page and costs a fixed number of queries.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import Channel
from connectors import base
from inbox.incoming import rows
from inbox.incoming.arrivals import EARLIEST, LONGEST_ID, Incoming, StoredItem, fit
from inbox.models import Contact, Conversation, Item, Note, Outgoing, Post, ReplyCycle, Thread, VerdictEvent
from inbox.writing import secrecy

PREVIEW = 400  # characters of the newest item that the list shows
POST_FACTS = ("text", "posted_at", "url", "comment_count", "is_ad")
Row = tuple[Any, ...]
Key = tuple[int, int | str]  # of a conversation: thread, and contact or (nobody named) the item's own external id


def store_posts(channel: Channel, posts: Iterable[base.Post], named: Iterable[str | None]) -> dict[str, int]:
    """Store what is read of posts, and a bare row for those that items only name. Give ids by external id."""
    read = {post.external_id: post for post in posts if 0 < len(post.external_id) <= LONGEST_ID}
    wanted = sorted({*read, *(id for id in named if id)})
    if not wanted:
        return {}
    stored = _stored_posts(channel, wanted)
    changed = [row for id, before in stored.items() if id in read and (row := _post_change(before, read[id]))]
    if changed:
        _lock(Post, [row[0] for row in changed])
        rows.update(Post, POST_FACTS, changed)
    new = [(channel.pk, id, *_post_facts(read.get(id))) for id in wanted if id not in stored]
    made = dict(rows.insert(Post, ("channel", "external_id", *POST_FACTS), new, "external_id", "id"))
    if len(made) < len(new):  # another worker was faster
        stored |= _stored_posts(channel, wanted)
    return {id: row[0] for id, row in stored.items()} | made


def _stored_posts(channel: Channel, ids: list[str]) -> dict[str, Row]:
    where = "channel_id = %s AND external_id = ANY(%s)"
    found = rows.select(Post, ("external_id", "id", *POST_FACTS), where, channel.pk, ids)
    return {row[0]: row[1:] for row in found}


def _post_facts(post: base.Post | None) -> Row:
    if post is None:
        return ("", None, "", None, False)
    return (fit(post.text), post.posted_at, fit(post.url), post.comment_count, post.is_ad)


def _post_change(stored: Row, read: base.Post) -> Row | None:
    """Give the new row if it differs. A reading that lacks the time, the address or the count takes none away."""
    pk, _text, posted_at, url, count, _is_ad = stored
    text, new_posted_at, new_url, new_count, is_ad = _post_facts(read)
    now = (pk, text, new_posted_at or posted_at, new_url or url, count if new_count is None else new_count, is_ad)
    return None if now == stored else now


def store_contacts(platform: str, reads: Iterable[Incoming]) -> dict[str, int]:
    """Store who wrote, under the name read last. Give ids by external id."""
    authors: dict[str, base.Author] = {}
    for read in reads:
        if read.author and (read.author.name or read.author.external_id not in authors):
            authors[read.author.external_id] = read.author
    if not authors:
        return {}
    stored = _stored_contacts(platform, list(authors))
    changed = [row for id, before in stored.items() if (row := _contact_change(before, authors[id]))]
    if changed:
        _lock(Contact, [row[0] for row in changed])
        rows.update(Contact, ("name", "handle"), changed)
    new = [(platform, id, authors[id].name, authors[id].handle) for id in sorted(authors) if id not in stored]
    made = dict(rows.insert(Contact, ("platform", "external_id", "name", "handle"), new, "external_id", "id"))
    if len(made) < len(new):  # another worker was faster
        stored |= _stored_contacts(platform, list(authors))
    return {id: row[0] for id, row in stored.items()} | made


def _stored_contacts(platform: str, ids: list[str]) -> dict[str, tuple[int, str, str]]:
    where = "platform = %s AND external_id = ANY(%s)"
    found = rows.select(Contact, ("external_id", "id", "name", "handle"), where, platform, ids)
    return {id: (pk, name, handle) for id, pk, name, handle in found}


def _contact_change(stored: tuple[int, str, str], read: base.Author) -> tuple[int, str, str] | None:
    """A reading without a name or a handle takes none away."""
    pk, name, handle = stored
    now = (pk, read.name or name, read.handle or handle)
    return None if now == stored else now


@dataclass(slots=True)
class LockedThread:
    """A thread that nobody else writes in now. `is_fresh`: made just now, with its counters right."""

    pk: int
    item_count: int = 0
    last_activity_at: datetime = EARLIEST
    post_id: int | None = None
    is_fresh: bool = False


Threads = Mapping[str, LockedThread]  # by external id


def lock_threads(
    channel: Channel, unknown: Collection[Incoming], posts: Mapping[str, int], thread_ids: Collection[int]
) -> Threads:
    """Make the threads that unknown items need, and lock them and those named by id."""
    found = _new_threads(channel, unknown, posts)
    # Made before any is locked, in sorted order: nobody who holds a lock waits for a row in the making.
    made = rows.insert(
        Thread, ("channel", "external_id", "post", "last_activity_at", "item_count", "we_wrote", "is_private"),
        [found[id] for id in sorted(found)], "id", "external_id",
    )  # fmt: skip
    threads = {id: LockedThread(pk, is_fresh=True) for pk, id in made}
    others = [id for id in found if id not in threads]
    if others or thread_ids:
        where = "channel_id = %s AND (external_id = ANY(%s) OR id = ANY(%s))"
        names = ("external_id", "id", "item_count", "last_activity_at", "post")
        locked = rows.select(Thread, names, where, channel.pk, others, list(thread_ids), lock=True)
        threads |= {id: LockedThread(*row) for id, *row in locked}
    return threads


def _new_threads(channel: Channel, unknown: Iterable[Incoming], posts: Mapping[str, int]) -> dict[str, Row]:
    found: dict[str, Any] = {}
    for read in unknown:
        id, at, post = read.item.thread, read.item.posted_at, posts.get(read.item.post or "")
        _channel, _id, known_post, newest, count, *_rest = found.get(id, (0, "", None, at, 0))
        is_private = read.item.kind is base.ItemKind.MESSAGE
        found[id] = (channel.pk, id, known_post or post, max(newest, at), count + 1, False, is_private)
    return found


def count_in_threads(threads: Threads, new: Iterable[Incoming], posts: Mapping[str, int]) -> None:
    """Count new items in the threads that were there before."""
    changed: dict[int, LockedThread] = {}
    for read in new:
        thread = threads[read.item.thread]
        if not thread.is_fresh:
            thread.item_count += 1
            thread.last_activity_at = max(thread.last_activity_at, read.item.posted_at)
            thread.post_id = thread.post_id or posts.get(read.item.post or "")
            changed[thread.pk] = thread
    rows.update(
        Thread, ("item_count", "last_activity_at", "post"),
        [(thread.pk, thread.item_count, thread.last_activity_at, thread.post_id) for thread in changed.values()],
    )  # fmt: skip


def key_of(read: Incoming, threads: Threads, people: Mapping[str, int]) -> Key:
    """Say which conversation a citizen's item belongs to: its author's in this thread, else one of its own."""
    thread = threads[read.item.thread].pk
    return (thread, read.item.external_id) if read.author is None else (thread, people[read.author.external_id])


def store_conversations(
    channel: Channel, news: Mapping[Key, list[Incoming]], touched: Collection[int], now: datetime
) -> dict[Key, int]:
    """Make or bring up to date the conversations of new items; lock those and the touched ones. Give ids by key."""
    found = {(row[1], row[2] or row[3]): row for row in _locked_conversations(news, touched)}
    changed = [_grown(found[key], reads, channel, now) for key, reads in news.items() if key in found]
    rows.update(Conversation, ("last_item_at", "preview", "item_count", "before_connection", "arrived_at"), changed)
    new = [_new_conversation(channel, key, news[key], now) for key in sorted(news, key=_order) if key not in found]
    made = rows.insert(
        Conversation,
        (
            "channel", "thread", "contact", "root_external_id", "status", "last_item_at", "preview", "item_count",
            "before_connection", "arrived_at", "revision",
        ),
        new, "id", "thread", "contact", "root_external_id",
    )  # fmt: skip
    known = {key: row[0] for key, row in found.items()}
    return known | {(thread, contact or root): id for id, thread, contact, root in made}


def _locked_conversations(news: Iterable[Key], touched: Collection[int]) -> list[Row]:
    keys = list(news)
    threads = list({thread for thread, _who in keys})
    people = list({who for _thread, who in keys if isinstance(who, int)})
    roots = list({who for _thread, who in keys if isinstance(who, str)})
    where, values = list[str](), list[list[Any]]()
    if touched:  # each way that is asked for makes the planner weigh the others again
        where.append("id = ANY(%s)")
        values.append(list(touched))
    if people:
        where.append("thread_id = ANY(%s) AND contact_id = ANY(%s)")
        values += [threads, people]
    if roots:
        where.append("thread_id = ANY(%s) AND contact_id IS NULL AND root_external_id = ANY(%s)")
        values += [threads, roots]
    if not where:
        return []
    names = ("id", "thread", "contact", "root_external_id", "last_item_at", "preview", "item_count")
    return rows.select(Conversation, (*names, "before_connection"), " OR ".join(where), *values, lock=True)


def _order(key: Key) -> tuple[int, int, str]:
    thread, who = key
    return (thread, who, "") if isinstance(who, int) else (thread, 0, who)


def _new_conversation(channel: Channel, key: Key, reads: list[Incoming], now: datetime) -> Row:
    thread, who = key
    contact, root = (who, "") if isinstance(who, int) else (None, who)
    newest = max(reads, key=lambda read: read.item.posted_at)
    return (
        channel.pk, thread, contact, root, Conversation.Status.OPEN, newest.item.posted_at, newest.text[:PREVIEW],
        len(reads), all(read.item.posted_at < channel.clock_from for read in reads), now, 0,
    )  # fmt: skip


def _grown(row: Row, reads: list[Incoming], channel: Channel, now: datetime) -> Row:
    pk, _thread, _contact, _root, last_item_at, preview, count, is_old = row
    newest = max(reads, key=lambda read: read.item.posted_at)
    if newest.item.posted_at >= last_item_at:
        last_item_at, preview = newest.item.posted_at, newest.text[:PREVIEW]
    is_old = is_old and all(read.item.posted_at < channel.clock_from for read in reads)
    return pk, last_item_at, preview, count + len(reads), is_old, now


def refresh_previews(conversation_ids: Collection[int]) -> None:
    """Show the newest item that is still there, after edits and deletions; nothing if none is."""
    if not conversation_ids:
        return
    live = Item.objects.filter(conversation__in=conversation_ids, from_us=False, deleted_at=None)
    newest = live.order_by("conversation", "-posted_at", "-pk").distinct("conversation")
    shown = [(item.conversation_id, item.posted_at, item.text[:PREVIEW]) for item in newest.only(*_SHOWN)]
    rows.update(Conversation, ("last_item_at", "preview"), shown)
    empty = set(conversation_ids) - {row[0] for row in shown}
    Conversation.objects.filter(pk__in=empty).exclude(preview="").update(preview="")
    refresh_personal(conversation_ids)


_SHOWN = ("conversation", "posted_at", "text")


def refresh_personal(conversation_ids: Collection[int]) -> None:
    """Say of conversations whether something that stands open in them holds what the secrecy guard points at."""
    if not conversation_ids:
        return
    there = Item.objects.filter(conversation__in=conversation_ids, from_us=False, deleted_at=None, hidden=False)
    personal = {pk for pk, text in there.values_list("conversation", "text") if secrecy.inbound(text)}
    here = Conversation.objects.filter(pk__in=conversation_ids)
    here.filter(pk__in=personal, personal=False).update(personal=True)
    here.exclude(pk__in=personal).filter(personal=True).update(personal=False)


def adopt_author(item: StoredItem, contact_id: int) -> None:
    """An item's author has become known: his or her conversation it is, unless somebody has worked with it already."""
    around = Q(pk=item.conversation_id) | Q(thread=item.thread_id, contact=contact_id)
    both = {row.pk: row for row in Conversation.objects.select_for_update(no_key=True).filter(around).order_by("pk")}
    alone = both.pop(item.conversation_id)
    Item.objects.filter(pk=item.pk).update(contact=contact_id)
    if alone.contact_id is not None:
        return
    if not both:
        alone.contact_id, alone.root_external_id = contact_id, ""
        alone.save(update_fields=["contact", "root_external_id"])
    elif is_untouched(alone):
        _merge(alone, next(iter(both.values())), contact_id)


def is_untouched(conversation: Conversation) -> bool:
    """Nobody of ours has decided, written, noted or assigned anything here."""
    if conversation.status != Conversation.Status.OPEN or conversation.assignee_id or conversation.department_id:
        return False
    return not any(model.objects.filter(conversation=conversation).exists() for model in (VerdictEvent, Outgoing, Note))


def _merge(alone: Conversation, into: Conversation, contact_id: int) -> None:
    """Move everything over; its items wait again in the other conversation, from their own times."""
    own = Item.objects.filter(conversation=alone, from_us=True)
    moved = Item.objects.filter(conversation=alone, from_us=False)
    own.update(conversation=into)
    into.item_count += moved.update(conversation=into, contact=contact_id, cycle=None, unsettled=True)
    into.before_connection = into.before_connection and alone.before_connection
    into.save(update_fields=["item_count", "before_connection"])
    ReplyCycle.objects.filter(conversation=alone).delete()
    alone.delete()
    refresh_previews([into.pk])


def _lock(model: type[Post] | type[Contact], ids: Collection[int]) -> None:
    """Lock rows in the order of their ids: an UPDATE of many takes them in any order, and two would deadlock."""
    list(model.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
