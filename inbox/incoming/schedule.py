"""How often a surface is polled: more often where something happens, seldom where nothing does."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from accounts.models import Platform, Surface
from connectors.base import AuthExpired, ItemKind, Permanent, PlatformError, Temporary
from inbox.models import Item

STOCKHOLM = ZoneInfo("Europe/Stockholm")
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class Pace(NamedTuple):
    """How long to wait after a poll: something new within 2 hours, within 48 hours, or not for longer."""

    hot: timedelta
    calm: timedelta
    quiet: timedelta


# A promise of 24 hours is kept as well at one poll in 15 minutes; a debate going on is followed by the minute.
PACES = {
    # An empty answer costs nothing, a tweet read again on the same day neither; 300 calls in 15 minutes are allowed.
    Platform.TWITTER: Pace(60 * SECOND, 5 * MINUTE, 15 * MINUTE),
    # 200 calls an hour and user at least; a round without news takes one or two.
    Platform.FACEBOOK: Pace(60 * SECOND, 5 * MINUTE, 15 * MINUTE),
    # 10,000 units a day, three of them a round: 2,160 if it were hot day and night, the rest is left for replies (50).
    Platform.YOUTUBE: Pace(120 * SECOND, 5 * MINUTE, 15 * MINUTE),
}
OTHERS = Pace(120 * SECOND, 5 * MINUTE, 15 * MINUTE)
SANDBOX = Pace(4 * SECOND, 5 * SECOND, 5 * SECOND)  # it costs nothing, and what is tried should be seen at once

HOT, CALM = 2 * HOUR, 48 * HOUR
FIRST_RETRY, LAST_RETRY = 30 * SECOND, 15 * MINUTE  # after a fault that passes by itself, doubling in between
SANDBOX_RETRY = 5 * SECOND
LEAST_WATCHED = 5 * MINUTE  # a debate is read by the minute; two minutes of silence are a hiccup and no alarm
NEEDS_A_PERSON = HOUR  # a dead token or a lost permission; a new token is tried at once

RECONCILE_IF_COUNTS_DIFFER = HOUR
NIGHTLY = 24 * HOUR
AT_NIGHT = range(1, 5)  # o'clock, when nobody waits and the quotas have room
NIGHTLY_AT_NIGHT = 16 * HOUR
SANDBOX_RECONCILE = 3 * MINUTE


def usual_interval(surface: Surface, now: datetime) -> timedelta:
    """Say how long to wait after a poll that went well."""
    channel = surface.channel
    return interval(channel.platform, surface.last_new_at, is_sandbox=channel.is_sandbox, now=now)


def interval(platform: str, last_new_at: datetime | None, *, is_sandbox: bool, now: datetime) -> timedelta:
    """Say how often something is polled, by when it last had news."""
    pace = SANDBOX if is_sandbox else PACES.get(Platform(platform), OTHERS)
    age = now - last_new_at if last_new_at else CALM
    return pace.hot if age < HOT else pace.calm if age < CALM else pace.quiet


def silent_after(
    platform: str, last_new_at: datetime | None, pace: timedelta | None, *, is_sandbox: bool, now: datetime
) -> timedelta:
    """Say how long a surface may go without a good reading before that is an alarm: two of its intervals."""
    usual = interval(platform, last_new_at, is_sandbox=is_sandbox, now=now)
    return 2 * max(usual, pace or usual, LEAST_WATCHED)


def retry_at(surface: Surface, error: PlatformError, now: datetime) -> datetime:
    """Say when to try again after a fault: when the platform says, else after as long as it has lasted."""
    is_sandbox = surface.channel.is_sandbox
    if isinstance(error, AuthExpired | Permanent):
        return now + (MINUTE if is_sandbox else NEEDS_A_PERSON)
    if isinstance(error, Temporary) and error.retry_after:
        return now + min(error.retry_after * SECOND, HOUR)
    if is_sandbox:
        return now + SANDBOX_RETRY
    lasted = now - surface.failing_since if surface.failing_since else FIRST_RETRY
    return now + min(max(lasted, FIRST_RETRY), LAST_RETRY)


def wants_full(surface: Surface, now: datetime) -> bool:
    """Say whether it is time to read everything again: nightly, and hourly where the platform counts other than we."""
    last = surface.last_full_at or surface.channel.created_at
    if surface.channel.is_sandbox:
        return now - last >= SANDBOX_RECONCILE
    if now.astimezone(STOCKHOLM).hour in AT_NIGHT and now - last >= NIGHTLY_AT_NIGHT:
        return True
    if now - last >= NIGHTLY:
        return True
    counts = surface.platform_count is not None and now - last >= RECONCILE_IF_COUNTS_DIFFER
    return counts and surface.platform_count != our_count(surface)


def our_count(surface: Surface) -> int | None:
    """Count what we hold of what a platform counts: comments still there. None if it does not count."""
    if surface.platform_count is None:
        return None
    items = Item.objects.filter(channel=surface.channel_id, deleted_at=None)
    if surface.name == "visitor_posts":  # whose ids begin with the page's; a post that only tags it begins otherwise
        items = items.filter(thread__post=None, thread__external_id__startswith=f"{surface.channel.external_id}_")
    else:
        items = items.filter(thread__post__is_ad=surface.name == "ads")
    return items.exclude(kind=ItemKind.VISITOR_POST).count()
