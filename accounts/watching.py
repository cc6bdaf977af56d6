"""A topic's hashtag is watched on the platforms that can: by one of our accounts on each, as two would read it twice.

What an admin takes off an account's own list stays off it, until the topic is saved again. Topics that were saved
before hashtags were watched, or past the register, are taken up by a sweep: each once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, QuerySet, Value, When

from accounts import audit, channels
from accounts.models import AuditEvent, Channel, Credential, Hashtag, Platform, Topic, User
from connectors.base import PlatformError
from connectors.surfaces import FOUND

PLATFORMS = [Platform(name) for name, surfaces in FOUND.items() if "hashtag" in surfaces]
MOST = {Platform.INSTAGRAM: 30}  # different ones in WITHIN: connectors/instagram/hashtag.py
WITHIN = timedelta(days=7)


def watch(topic: Topic, *, by: User | None, now: datetime) -> list[Platform]:
    """Watch a topic's hashtag as it is now, and no longer what it was; give the platforms that had no room for it."""
    unwatch(Hashtag.objects.filter(topic=topic).exclude(tag=topic.tag or ""), by=by, now=now)
    if not topic.tag:
        return []
    taken = set(_watched().filter(tag__iexact=topic.tag).values_list("channel__platform", flat=True))
    full = []
    for platform in PLATFORMS:
        able = [] if platform in taken else list(_able(platform))
        channel = next((each for each in able if _has_room(each, topic.tag, now)), None)
        if channel:
            _add(channel, topic, by=by, now=now)
        elif able:
            full.append(platform)
    return full


def watch_on(channel: Channel, *, by: User | None, now: datetime) -> None:
    """Let an account that is new watch the topics' hashtags that no other one on its platform does."""
    if channel.platform not in PLATFORMS or channel not in _able(Platform(channel.platform)):
        return
    tags = _watched().filter(channel__platform=channel.platform).values_list("tag", flat=True)
    seen = {tag.lower() for tag in tags}
    for topic in Topic.objects.exclude(tag=None):
        if topic.tag and topic.tag not in seen and _has_room(channel, topic.tag, now):
            _add(channel, topic, by=by, now=now)


def catch_up(now: datetime) -> int:
    """Watch what no save has let be watched; give how many topics that was. One query where there is none."""
    return sum(_watch_once(topic, now) for topic in Topic.objects.filter(watched_at=None).exclude(tag=None))


@transaction.atomic
def _watch_once(topic: Topic, now: datetime) -> bool:
    if Topic.objects.filter(pk=topic.pk, tag=topic.tag, watched_at=None).update(watched_at=now) != 1:
        return False  # somebody saved it meanwhile, or another sweep has it
    watch(topic, by=None, now=now)
    return True


def unwatch(rows: Iterable[Hashtag], *, by: User | None, now: datetime) -> None:
    """Watch some tags no more."""
    for row in rows:
        row.delete()
        audit.record("hashtag.unwatched", f"channel:{row.channel_id}", by=by, now=now, unwatched=[row.tag])
        _let_be_read(row.channel_id, now)


def where(tags: Iterable[str | None]) -> dict[str, list[Channel]]:
    """Give the accounts in use that watch each tag, the tag in lower case. One query."""
    found: dict[str, list[Channel]] = defaultdict(list)
    wanted = {tag for tag in tags if tag}
    for row in _watched().select_related("channel").order_by("channel__platform", "channel__name"):
        if row.tag.lower() in wanted:
            found[row.tag.lower()].append(row.channel)
    return dict(found)


def can_be_on(platform: Platform) -> bool:
    """Whether any of our accounts there can watch a hashtag. One query."""
    return platform in PLATFORMS and _able(platform).exists()


def _watched() -> QuerySet[Hashtag]:
    return Hashtag.objects.filter(channel__status=Channel.Status.ACTIVE)


def _able(platform: Platform) -> QuerySet[Channel]:
    """Give the accounts in use that have a key: main ones first, as everybody sees what comes there; no relay account,
    as it is somebody's for a week, and what the town writes elsewhere is not that person's to answer.
    """
    is_main = Case(When(kind=Channel.Kind.MAIN, then=Value(0)), default=Value(1))
    rows = Channel.objects.filter(platform=platform, status=Channel.Status.ACTIVE, credential__isnull=False)
    return rows.exclude(kind=Channel.Kind.RELAY).order_by(is_main, "pk")


def _has_room(channel: Channel, tag: str, now: datetime) -> bool:
    """Whether the platform lets the account ask for one more tag; those it gave up of late count too."""
    most = MOST.get(Platform(channel.platform))
    if most is None:
        return True
    events = AuditEvent.objects.filter(subject=f"channel:{channel.pk}", at__gt=now - WITHIN)
    tags = {each.lower() for each in channel.watched_hashtags.values_list("tag", flat=True)}
    for data in events.filter(data__has_key="unwatched").values_list("data", flat=True):
        tags |= {each.lower() for each in data["unwatched"]}
    return tag.lower() in tags or len(tags) < most


def _add(channel: Channel, topic: Topic, *, by: User | None, now: datetime) -> None:
    Hashtag.objects.get_or_create(channel=channel, tag=topic.tag or "", defaults={"topic": topic})
    audit.record("hashtag.watched", f"channel:{channel.pk}", by=by, now=now, tag=topic.tag)
    _let_be_read(channel.pk, now)


def _let_be_read(channel_id: int, now: datetime) -> None:
    """A key that cannot be read is told of on the account's page; its tags are read once there is another."""
    channel = Channel.objects.get(pk=channel_id)
    if channel.status == Channel.Status.ACTIVE and Credential.objects.filter(channel=channel).exists():
        with suppress(PlatformError):
            channels.ensure_surfaces(channel, now)
