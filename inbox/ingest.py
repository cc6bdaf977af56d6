"""The way in: pages that connectors have read become rows. The only writer of what came from outside.

Reading the same thing again writes nothing. A page is one transaction of a dozen statements: what is news on it is
found without a lock; then the threads of the news are locked, which lines up everybody who writes in them, and the news
is looked at once more. Locks go in one order: post, contact, thread, conversation by id, item. What the news means for
clocks is not decided here: it is marked `unsettled`, and `settling.settle` looks at it once the whole poll is stored.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta

from django.db import DataError, IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Channel, Surface
from connectors.base import Page, Sent, Unreadable
from inbox import settling
from inbox.house import dialogues, relaying
from inbox.incoming import grouping, language, places, retention, rows, sorting
from inbox.incoming.arrivals import Incoming, StoredItem, as_raw, changes, fit, mentions_of, readable
from inbox.incoming.rows import among, overlapping
from inbox.leaving.confirmation import MAY_HAVE_LEFT, link_own
from inbox.models import Conversation, Item, ItemVersion, Outgoing, Thread, UnreadableRecord

log = logging.getLogger(__name__)

REFUSED = (DataError, IntegrityError, ValueError, TypeError, OverflowError, AttributeError)
"""What one impossible record raises, in the database or on the way to it."""

SETTLE_CHUNK = 500  # threads in one transaction: long enough to be cheap, short enough that nobody waits
LEFT_OVER_AFTER = timedelta(minutes=5)  # and nobody polls the channel: a poll under way settles its own news at its end

NEW_ITEM = (
    "channel", "thread", "conversation", "contact", "external_id", "earlier_ids", "parent_external_id", "kind",
    "from_us", "native", "text", "posted_at", "fetched_at", "edited_at", "addressed", "can_reply", "hidden", "held",
    "url", "media", "language", "mentions", "author_name", "raw", "unsettled",
)  # fmt: skip

COMPARED = (
    "id", "thread", "conversation", "contact", "cycle", "external_id", "earlier_ids", "parent_external_id", "kind",
    "from_us", "text", "posted_at", "edited_at", "deleted_at", "missing_since", "addressed", "can_reply", "hidden",
    "held",
)  # fmt: skip
WITH_ID = "channel_id = %s AND external_id = ANY(%s)"
WITH_EARLIER_ID = "channel_id = %s AND earlier_ids && %s::varchar[] AND NOT earlier_ids = '{}'"


@dataclass
class Stored:
    """What a page changed. `thread_ids`: where clocks have to be settled."""

    new: int = 0
    updated: int = 0
    deleted: int = 0
    thread_ids: set[int] = field(default_factory=set)

    def add(self, other: Stored) -> None:
        self.new += other.new
        self.updated += other.updated
        self.deleted += other.deleted
        self.thread_ids |= other.thread_ids


def store(channel: Channel, surface: str, page: Page, *, now: datetime) -> Stored:
    """Store one page of a poll, in one transaction, and what it says is gone in another: each locks in the one order.

    A record that the database refuses is set aside, and the rest of its page is stored.
    """
    try:
        with transaction.atomic():
            stored = _store(channel, surface, page, now)
    except REFUSED:
        stored = _store_one_by_one(channel, surface, page, now)
    if page.deletions:
        with transaction.atomic():
            stored.add(_bury(_lock_items(channel, page.deletions), now))
    return stored


def settle(thread_ids: Collection[int], now: datetime) -> None:
    """Let clocks start and stop for what was stored in these threads; a chunk of them is one transaction."""
    ordered = sorted(thread_ids)
    dialogues.assign(ordered, now)
    sorting.sort(ordered, now)
    relaying.assign(ordered, now)
    grouping.group(ordered, now)
    for start in range(0, len(ordered), SETTLE_CHUNK):
        with transaction.atomic():
            settling.settle(ordered[start : start + SETTLE_CHUNK], now)


def settle_left_over(now: datetime) -> int:
    """Settle what a poll stored and did not live to settle. Give the number of threads."""
    left = Item.objects.filter(unsettled=True, fetched_at__lt=now - LEFT_OVER_AFTER)
    left = left.exclude(channel__in=Surface.objects.filter(lease_until__gt=now).values("channel"))
    thread_ids = set(left.values_list("thread", flat=True)[:10_000])
    settle(thread_ids, now)
    return len(thread_ids)


def note_missing(channel: Channel, ids: Collection[str], *, now: datetime) -> Stored:
    """Remember what a complete reading did not show; what an earlier one did not show either is gone."""
    with transaction.atomic():
        missing = _lock_items(channel, ids)
        first = [item.pk for item in missing if item.missing_since is None]
        Item.objects.filter(pk__in=first).update(missing_since=now)
        again = [item for item in missing if item.missing_since and item.missing_since < now]
        return _bury(again, now)


def store_sent(outgoing: Outgoing, sent: Sent, *, now: datetime) -> Item:
    """Store our reply as the item it is on the platform, before any poll has read it; give the row.

    Locks the thread, so call it before the conversation is locked. If a poll was faster, that row is taken over.
    """
    conversation = outgoing.conversation
    thread = Thread.objects.select_for_update(no_key=True).get(pk=conversation.thread_id)
    posted_at = sent.posted_at or now
    item, is_new = Item.objects.get_or_create(
        channel=conversation.channel,
        external_id=sent.external_id,
        defaults={
            "thread": thread, "conversation": conversation, "kind": outgoing.to.kind, "from_us": True,
            "parent_external_id": outgoing.to.external_id, "text": fit(outgoing.text), "posted_at": posted_at,
            "fetched_at": now, "author_name": conversation.channel.name, "unsettled": False,
        },
    )  # fmt: skip
    if is_new:
        thread.item_count += 1
        thread.last_activity_at = max(thread.last_activity_at, posted_at)
        thread.we_wrote = True
        thread.save(update_fields=["item_count", "last_activity_at", "we_wrote"])
    elif item.native or item.conversation_id is None:
        item.native, item.conversation = False, conversation
        item.save(update_fields=["native", "conversation"])
    return item


def _store(channel: Channel, surface: str, page: Page, now: datetime) -> Stored:
    reads, odd = readable(page.items, _own_ids(channel), surface)
    reads = retention.still_kept(channel, reads)
    _set_aside(channel, [*page.unreadable, *odd], now)
    posts = places.store_posts(channel, page.posts, [read.item.post for read in reads])
    people = places.store_contacts(channel.platform, reads)
    retention.note_names(channel, reads, now)
    stored = Stored()
    known = _known(channel, reads)
    if news := [read for read in reads if _is_news(known, read, now)]:
        _store_news(channel, news, known, posts, people, now, stored)
    retention.note_read(channel, reads, now)
    return stored


def _store_news(
    channel: Channel,
    news: list[Incoming],
    known: dict[str, StoredItem],
    posts: dict[str, int],
    people: dict[str, int],
    now: datetime,
    stored: Stored,
) -> None:
    """Lock where the news stands, look again, then write conversations, items and counters."""
    unknown = [read for read in news if _match(known, read) is None]
    touched_threads = {item.thread_id for read in news if (item := _match(known, read))}
    threads = places.lock_threads(channel, unknown, posts, touched_threads)
    known = _known(channel, news)
    new = [read for read in news if _match(known, read) is None]
    pairs = [(item, read) for read in news if (item := _match(known, read))]
    by_conversation: dict[places.Key, list[Incoming]] = {}
    for read in new:
        if not read.is_ours:
            by_conversation.setdefault(places.key_of(read, threads, people), []).append(read)
    touched = {item.conversation_id for item, _read in pairs if item.conversation_id}
    conversations = places.store_conversations(channel, by_conversation, touched, now)
    made = _insert(channel, new, threads, people, conversations, now)
    _change(pairs, people, now, stored)
    places.count_in_threads(threads, new, posts)
    stored.new += len(made)
    stored.thread_ids |= {threads[read.item.thread].pk for read in new}
    _link_own(channel, [pk for pk, is_ours in made if is_ours], now)


def _insert(
    channel: Channel,
    new: list[Incoming],
    threads: places.Threads,
    people: dict[str, int],
    conversations: dict[places.Key, int],
    now: datetime,
) -> list[tuple[int, bool]]:
    """Insert new items; give each one's id, and whether it is ours (taken for native until its sending is found)."""
    found = []
    for read in sorted(new, key=lambda read: read.item.external_id):
        item, thread = read.item, threads[read.item.thread]
        conversation = None if read.is_ours else conversations[places.key_of(read, threads, people)]
        found.append((
            channel.pk, thread.pk, conversation, people[read.author.external_id] if read.author else None,
            item.external_id, list(item.earlier_ids), item.parent or "", item.kind.value, read.is_ours, read.is_ours,
            read.text, item.posted_at, now, item.edited_at, item.addressed, item.can_reply, bool(item.hidden),
            item.held or "", fit(item.url), [fit(address) for address in item.media],
            (fit(item.language) or language.of(read.text))[:20],
            mentions_of(item), (read.own_name or channel.name) if read.is_ours else "", read.raw, True,
        ))  # fmt: skip
    return [(pk, is_ours) for pk, is_ours in rows.insert(Item, NEW_ITEM, found, "id", "from_us")]


def _change(pairs: list[tuple[StoredItem, Incoming]], people: dict[str, int], now: datetime, stored: Stored) -> None:
    """Write what differs: the same fields of many items are one statement. Old texts are kept as versions."""
    versions, shapes = [], defaultdict(list)
    shown: set[int] = set()
    for item, read in pairs:
        new = changes(item, read, now)
        if _author_appears(item, read):
            places.adopt_author(item, people[read.author.external_id])
            stored.thread_ids.add(item.thread_id)
        if not new:
            continue
        if "edited_at" in new and new.get("text", item.text) != item.text:
            versions.append((item.pk, item.text, new["edited_at"]))
        if item.conversation_id and {"text", "deleted_at"} & new.keys():
            shown.add(item.conversation_id)
        if new.get("unsettled"):
            stored.thread_ids.add(item.thread_id)
        stored.updated += new.keys() != {"missing_since"}
        shapes[tuple(new)].append((item.pk, *new.values()))
    for names, changed in shapes.items():
        rows.update(Item, names, changed)
    rows.insert(ItemVersion, ("item", "text", "replaced_at"), versions)
    places.refresh_previews(shown)


def _link_own(channel: Channel, item_ids: list[int], now: datetime) -> None:
    """Find the sendings that our own new items may be: what we sent and have no word of yet is not native."""
    on_their_way = Outgoing.objects.filter(
        conversation__channel=channel, status__in=MAY_HAVE_LEFT, claimed_at__isnull=False
    )
    if not item_ids or not on_their_way.exists():
        return
    for item in Item.objects.filter(pk__in=item_ids).select_related("channel", "thread").order_by("posted_at", "pk"):
        link_own(item, now)


def _bury(items: list[Item], now: datetime) -> Stored:
    """Mark locked items as gone. What absence has told keeps its `missing_since`: it may be seen again."""
    shown = {item.conversation_id for item in items if item.conversation_id}
    list(Conversation.objects.select_for_update(no_key=True).filter(pk__in=shown).order_by("pk").values_list("pk"))
    Item.objects.filter(pk__in=[item.pk for item in items]).update(deleted_at=now, unsettled=True)
    places.refresh_previews(shown)
    return Stored(deleted=len(items), thread_ids={item.thread_id for item in items})


def _lock_items(channel: Channel, ids: Collection[str]) -> list[Item]:
    """Give the undeleted items with these ids, their threads locked."""
    live = by_ids(channel, ids).filter(deleted_at=None)
    thread_ids = set(live.values_list("thread", flat=True))
    list(Thread.objects.select_for_update(no_key=True).filter(pk__in=thread_ids).order_by("pk").values_list("pk"))
    return list(live.only("thread", "conversation", "missing_since", "external_id").order_by("pk"))


def _own_ids(channel: Channel) -> frozenset[str]:
    """Authors that are any channel of ours count as us."""
    return frozenset(Channel.objects.filter(platform=channel.platform).values_list("external_id", flat=True))


def _known(channel: Channel, reads: Iterable[Incoming]) -> dict[str, StoredItem]:
    """Give the stored items that were read, by every id that each ever had."""
    ids = [id for read in reads for id in read.ids]
    if not ids:
        return {}
    either = (WITH_ID, (channel.pk, ids)), (WITH_EARLIER_ID, (channel.pk, ids))
    found = rows.select_either(Item, (*COMPARED, "raw"), *either)
    known = {item.external_id: item for item in (StoredItem(*row[:-1], has_raw=row[-1] != "") for row in found)}
    for item in list(known.values()):
        known |= {id: item for id in item.earlier_ids if id not in known}
    return known


def by_ids(channel: Channel, ids: Collection[str]) -> QuerySet[Item]:
    """Filter the items that have one of these ids, or had it before an edit."""
    now, before = Q(among(Item, "external_id", ids)), Q(overlapping(Item, "earlier_ids", ids))
    return Item.objects.filter(now | before, channel=channel)


def _match(known: dict[str, StoredItem], read: Incoming) -> StoredItem | None:
    return next((known[id] for id in reversed(read.ids) if id in known), None)


def _is_news(known: dict[str, StoredItem], read: Incoming, now: datetime) -> bool:
    item = _match(known, read)
    return item is None or _author_appears(item, read) or bool(changes(item, read, now))


def _author_appears(item: StoredItem, read: Incoming) -> bool:
    return read.author is not None and item.contact_id is None and not item.from_us


def _set_aside(channel: Channel, odd: Iterable[Unreadable], now: datetime) -> None:
    """Keep what could not be understood, each record once."""
    found = {}
    for record in odd:
        print_ = hashlib.sha256(record.raw.encode("utf-8", "replace")).hexdigest()
        found[print_] = (channel.pk, record.surface[:120], record.reason, fit(record.raw), print_, now)
    if found:
        known = UnreadableRecord.objects.filter(channel=channel, fingerprint__in=[*found])
        for print_ in known.values_list("fingerprint", flat=True):
            del found[print_]
    names = ("channel", "surface", "reason", "raw", "fingerprint", "fetched_at")
    rows.insert(UnreadableRecord, names, [found[print_] for print_ in sorted(found)])


def _store_one_by_one(channel: Channel, surface: str, page: Page, now: datetime) -> Stored:
    """Find the record that spoiled a page, set it aside, and store the rest.

    Raises the last refusal if every one of several records is refused: then the fault is ours and nothing may be lost.
    """
    parts = [replace(page, posts=(post,), items=(), unreadable=()) for post in page.posts]
    parts += [replace(page, posts=(), items=(item,), unreadable=()) for item in page.items]
    parts.append(replace(page, posts=(), items=()))
    stored, odd = Stored(), []
    for part in parts:
        try:
            with transaction.atomic():
                stored.add(_store(channel, surface, part, now))
        except REFUSED as error:
            log.warning("channel %s, %s: a record was refused (%s)", channel.pk, surface, type(error).__name__)
            odd.append(_refused(part, surface))
            if len(odd) == len(parts) - 1 > 1:
                raise
    with transaction.atomic():
        _set_aside(channel, odd, now)
    return stored


def _refused(part: Page, surface: str) -> Unreadable:
    raw = as_raw(part.items[0]) if part.items else json.dumps(asdict(part.posts[0]) if part.posts else {}, default=str)
    return Unreadable(surface, _("Databasen tog inte emot posten."), raw)
