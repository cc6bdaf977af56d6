"""What a platform lets us keep for a time only, and how it goes: LinkedIn's members' words 48 hours, profiles 24.

A text lives that long since it was last read; reading it again gives it more time only while its citizen waits for us.
Then it goes, with its older versions, its raw record and what the list showed of it. Times, verdicts and ids stay, and
what we wrote ourselves. A later reading never brings back what has gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Channel, Platform
from connectors import registry
from inbox.incoming import places
from inbox.incoming.arrivals import Incoming
from inbox.incoming.rows import among
from inbox.models import Contact, Conversation, Item, ItemVersion, Thread, UnreadableRecord

SOONER = timedelta(minutes=15)  # the purge runs every five: even a late one is in time
WORTH_WRITING = timedelta(hours=1)  # a reading that gives less time than this changes nothing
CHUNK = 500  # items in one transaction: nobody waits long for their locks


@dataclass(frozen=True)
class Limits:
    """How long what people wrote, and what their profiles say, may be kept."""

    texts: timedelta
    profiles: timedelta


@dataclass
class Purged:
    """How much has gone."""

    items: int = 0
    contacts: int = 0
    records: int = 0


def limits_of(platform: str) -> Limits | None:
    """Say how long a platform lets us keep things; None if it sets no limit. Its connector tells."""
    connector = registry.connector_class(platform) if platform in registry.PATHS else None
    texts: timedelta | None = getattr(connector, "retention", None)
    if texts is None:
        return None
    return Limits(texts, getattr(connector, "profile_retention", None) or texts)


def still_kept(channel: Channel, reads: list[Incoming]) -> list[Incoming]:
    """Leave out what has been purged; all that its reading tells is that it is still there."""
    if not reads or limits_of(channel.platform) is None:
        return reads
    purged = Item.objects.filter(_these(reads), channel=channel, purged_at__isnull=False)
    ids = set(purged.values_list("external_id", flat=True))
    if ids:
        purged.filter(missing_since__isnull=False, deleted_at=None).update(missing_since=None)
    return [read for read in reads if read.item.external_id not in ids]


def note_names(channel: Channel, reads: Iterable[Incoming], now: datetime) -> None:
    """Remember until when the names that were read may be kept."""
    limits = limits_of(channel.platform)
    named = {read.author.external_id for read in reads if read.author and (read.author.name or read.author.handle)}
    if limits is None or not named:
        return
    until = now + limits.profiles - SOONER
    known = Contact.objects.filter(among(Contact, "external_id", named), platform=channel.platform)
    early = known.filter(Q(keep_until=None) | Q(keep_until__lt=until - WORTH_WRITING))
    ids = list(early.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    Contact.objects.filter(pk__in=ids).update(keep_until=until)


def note_read(channel: Channel, reads: Sequence[Incoming], now: datetime) -> None:
    """Remember until when the texts that were read may be kept: new ones, and those whose citizen waits for us."""
    limits = limits_of(channel.platform)
    if limits is None or not reads:
        return
    until = now + limits.texts - SOONER
    here = Item.objects.filter(_these(reads), channel=channel, from_us=False, purged_at=None)
    early = here.filter(
        Q(keep_until=None) | Q(keep_until__lt=until - WORTH_WRITING, conversation__due_at__isnull=False)
    )
    ids = list(early.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk", flat=True))
    Item.objects.filter(pk__in=ids).update(keep_until=until)
    ItemVersion.objects.filter(item__in=here, item__from_us=False).delete()


def purge(now: datetime) -> Purged:
    """Let everything go whose time is over."""
    purged = Purged(contacts=_purge_contacts(now), records=_purge_records(now))
    while ids := list(_over(now).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        purged.items += _purge_items(ids, now)
    return purged


def _purge_items(ids: Collection[int], now: datetime) -> int:
    """Locks like ingest does: thread, conversation, item."""
    with transaction.atomic():
        places_of = list(Item.objects.filter(pk__in=ids).values_list("thread", "conversation"))
        threads, shown = {row[0] for row in places_of}, {row[1] for row in places_of if row[1]}
        list(Thread.objects.select_for_update(no_key=True).filter(pk__in=threads).order_by("pk").values_list("pk"))
        list(Conversation.objects.select_for_update(no_key=True).filter(pk__in=shown).order_by("pk").values_list("pk"))
        locked = _over(now).filter(pk__in=ids).select_for_update(no_key=True).order_by("pk")
        over = list(locked.values_list("pk", flat=True))
        ItemVersion.objects.filter(item__in=over).delete()
        Item.objects.filter(pk__in=over).update(
            text="", raw="", media=[], language="", keep_until=None, purged_at=now
        )  # fmt: skip
        places.refresh_previews(shown)
    return len(over)


def _over(now: datetime) -> QuerySet[Item]:
    return Item.objects.filter(keep_until__lte=now)


def _purge_contacts(now: datetime) -> int:
    with transaction.atomic():
        over = Contact.objects.filter(keep_until__lte=now).select_for_update(no_key=True).order_by("pk")
        ids = list(over.values_list("pk", flat=True))
        return Contact.objects.filter(pk__in=ids).update(name="", handle="", keep_until=None)


def _purge_records(now: datetime) -> int:
    """What could not be read was written by somebody too."""
    gone = 0
    for platform in Platform.values:
        if limits := limits_of(platform):
            old = UnreadableRecord.objects.filter(
                channel__platform=platform, fetched_at__lte=now - limits.texts + SOONER
            )
            gone += old.exclude(raw="").update(raw="")
    return gone


def _these(reads: Iterable[Incoming]) -> Q:
    return Q(external_id__in=sorted({read.item.external_id for read in reads}))
