"""What we may ask of each platform, and how it is shared: between our channels, now and later, and with replies.

The platforms count by app or by page, each in its own way and with its own clock; `Spend` counts what we asked for, by
key and by the platform's own day. Readings stop at 80 %: the rest is for replies. What is left decides how often we
read (`spaced`), and the page under /register/kvot/ says it in words.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.fernet import InvalidToken
from django.db.models import F, Sum

from accounts import tokens
from accounts.models import Channel, Platform, Surface
from connectors.youtube.transport import WRITE_UNITS
from inbox.incoming.schedule import usual_interval
from inbox.models import Outgoing, Spend

FOR_READING = 0.8  # of any limit; the rest is kept for replies
PACIFIC = ZoneInfo("America/Los_Angeles")
YOUTUBE_UNITS = 10_000  # a day and app; developers.google.com/youtube/v3/determine_quota_cost, read 2026-11-22
USUAL_COST = 3.0  # units of a round without news, until a round of today has told what it costs
PLENTY = 50  # percent of Meta's limit up to which nothing is held back
LONGEST = timedelta(hours=1)  # between two readings on Meta's platforms, whose windows roll
EXHAUSTED = ("quota_exhausted", "rate_limit", "rate_limited", "usage_cap", "credits_depleted", "day_limit")
APP_IN_TOKEN = ("client_id", "consumer_key", "app_id")


def key_of(channel: Channel, token: Mapping[str, Any]) -> str:
    """Name what a limit is counted by: the app where it is the app's, else the channel. No secret can be read off it.

    YouTube and LinkedIn count by app; X by app and account, Meta by page.
    """
    app = next((str(token[name]) for name in APP_IN_TOKEN if token.get(name)), "")
    own = channel.platform not in (Platform.YOUTUBE, Platform.LINKEDIN) or not app
    named = f"{channel.platform}:{channel.external_id if own else app}"
    return hashlib.sha256(named.encode()).hexdigest()[:32]


def day_of(platform: str, now: datetime) -> date:
    """Give the platform's own day: YouTube's quota comes back at midnight in California, the others count in UTC."""
    return now.astimezone(PACIFIC if platform == Platform.YOUTUBE else UTC).date()


def day_ends(platform: str, now: datetime) -> datetime:
    zone: Any = PACIFIC if platform == Platform.YOUTUBE else UTC
    return datetime.combine(day_of(platform, now) + timedelta(days=1), time(), zone).astimezone(UTC)


def spent(channel: Channel, key: str, *, calls: int, amount: float, now: datetime) -> None:
    """Count what a reading has asked for: of its platform's unit, and in calls."""
    where = {"platform": channel.platform, "key": key, "day": day_of(channel.platform, now)}
    Spend.objects.get_or_create(**where)
    Spend.objects.filter(**where).update(calls=F("calls") + calls, amount=F("amount") + amount, rounds=F("rounds") + 1)


@dataclass(frozen=True)
class Left:
    """What is left of a limit until `resets_at`. `share` of it that is used, 0 to 1; None if nobody says."""

    share: float | None
    resets_at: datetime | None
    spacing: timedelta = timedelta()  # how far apart readings of one surface must be, for it to last


def left(channel: Channel, quota: Mapping[str, Any], key: str, now: datetime) -> Left:
    """Say what is left for a channel's readings. `quota`: what its connector last heard. Queries for YouTube."""
    if channel.platform == Platform.TWITTER:
        return _of_window(quota, now)
    if channel.platform in (Platform.FACEBOOK, Platform.INSTAGRAM):
        return _of_percent(quota, now)
    return _of_units(channel, key, now) if channel.platform == Platform.YOUTUBE else Left(None, None)


def _of_window(quota: Mapping[str, Any], now: datetime) -> Left:
    """X: so many requests in 15 minutes, by what its headers say."""
    limit, remaining, reset = (_number(quota.get(name)) for name in ("limit", "remaining", "reset"))
    if limit is None or remaining is None or reset is None or limit <= 0:
        return Left(None, None)
    resets_at = datetime.fromtimestamp(reset, UTC)
    if resets_at <= now:
        return Left(0.0, resets_at)
    share = min(1.0, max(0.0, 1 - remaining / limit))
    usable = remaining - limit * (1 - FOR_READING)
    return Left(share, resets_at, _spread(resets_at - now, usable))


def _of_percent(quota: Mapping[str, Any], now: datetime) -> Left:
    """Meta: a percentage of a rolling window, and minutes until it lets us in again once it has shut us out."""
    percent = _number(quota.get("percent"))
    if percent is None:
        return Left(None, None)
    minutes = _number(quota.get("regain_minutes")) or 0.0
    resets_at = now + timedelta(minutes=minutes) if minutes > 0 else None
    share = min(1.0, max(0.0, percent / 100))
    if percent <= PLENTY:
        return Left(share, resets_at)
    # From a half to four fifths of the limit the pace goes down to one reading an hour, in ever larger steps.
    strain = min(1.0, (percent - PLENTY) / (FOR_READING * 100 - PLENTY))
    return Left(share, resets_at, LONGEST * strain**2)


def _of_units(channel: Channel, key: str, now: datetime) -> Left:
    """YouTube: units a day for all channels of the app, shared alike for what is left of the day."""
    row = Spend.objects.filter(platform=channel.platform, key=key, day=day_of(channel.platform, now)).first()
    used = (row.amount if row else 0.0) + WRITE_UNITS * _writes_since(channel.platform, now)
    cost = max(1.0, row.amount / row.rounds) if row and row.rounds else USUAL_COST
    resets_at = day_ends(channel.platform, now)
    sharing = Surface.objects.filter(channel__platform=channel.platform, channel__status=Channel.Status.ACTIVE)
    sharing = sharing.filter(off_since=None)
    rounds = (YOUTUBE_UNITS * FOR_READING - used) / (cost * max(1, sharing.filter(channel__is_sandbox=False).count()))
    return Left(min(1.0, used / YOUTUBE_UNITS), resets_at, _spread(resets_at - now, rounds))


def _writes_since(platform: str, now: datetime) -> int:
    """Count today's replies and actions: of all our apps on the platform together, so rather too many than too few."""
    began = day_ends(platform, now) - timedelta(days=1)
    return Outgoing.objects.filter(conversation__channel__platform=platform, claimed_at__gte=began).count()


def _spread(lasts: timedelta, rounds: float) -> timedelta:
    """Share a time out over so many readings; all of it when none is left."""
    return lasts / rounds if rounds >= 1 else lasts


def next_poll(usual: timedelta, remains: Left, now: datetime) -> datetime:
    """Say when to read next: at the usual pace, or as seldom as what is left demands."""
    wait = max(usual, remains.spacing)
    if remains.resets_at and remains.resets_at > now:
        wait = max(usual, min(wait, remains.resets_at - now))
    return now + wait


def _number(value: Any) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if usable else None


# The page


@dataclass
class Account:
    """What one limit is counted by: an app, or one of our accounts; with the channels that share it."""

    platform: str
    channels: list[Channel] = field(default_factory=list)
    remains: Left = Left(None, None)
    calls: int = 0
    amount: float = 0.0
    month: float = 0.0
    held_until: datetime | None = None
    why_held: str = ""
    interval: timedelta | None = None  # between two readings of a surface, as planned now

    @property
    def percent(self) -> int | None:
        return None if self.remains.share is None else round(self.remains.share * 100)

    @property
    def is_reserved(self) -> bool:
        """Whether readings stand still so that replies can still go out."""
        return self.remains.share is not None and self.remains.share >= FOR_READING

    @property
    def minutes(self) -> int | None:
        return None if self.interval is None else max(1, math.ceil(self.interval / timedelta(minutes=1)))


def accounts(now: datetime) -> list[Account]:
    """Gather what each limit has left, by platform. A handful of queries, a few more for YouTube."""
    found: dict[str, Account] = {}
    rows = (
        Channel.objects.filter(status=Channel.Status.ACTIVE).select_related("credential").prefetch_related("surfaces")
    )
    for channel in rows.order_by("platform", "name", "pk"):
        credential = getattr(channel, "credential", None)
        try:
            key = key_of(channel, tokens.decrypt(credential.encrypted) if credential else {})
        except InvalidToken:
            key = key_of(channel, {})
        account = found.setdefault(key, Account(channel.platform))
        account.channels.append(channel)
        _gather(account, channel, key, now)
    for spend in Spend.objects.filter(key__in=found, day__in={day_of(a.platform, now) for a in found.values()}):
        if spend.day == day_of(spend.platform, now):
            found[spend.key].calls, found[spend.key].amount = spend.calls, spend.amount
    months = Spend.objects.filter(key__in=found, day__gte=now.astimezone(UTC).date().replace(day=1))
    for key, total in months.values_list("key").annotate(total=Sum("amount")):
        found[key].month = total
    return list(found.values())


def _gather(account: Account, channel: Channel, key: str, now: datetime) -> None:
    """Take the worst of what the channel's surfaces know: the limit that stops first is the one that matters."""
    for surface in channel.surfaces.all():
        if surface.off_since:
            continue
        surface.channel = channel
        remains = left(channel, surface.quota, key, now)
        if (remains.share or 0.0) >= (account.remains.share or 0.0):
            account.remains = remains
        usual = usual_interval(surface, now)
        wait = usual if channel.is_sandbox else next_poll(usual, remains, now) - now
        account.interval = wait if account.interval is None else max(account.interval, wait)
        is_exhausted = surface.error_code in EXHAUSTED and surface.next_poll_at and surface.next_poll_at > now
        if is_exhausted and (account.held_until is None or surface.next_poll_at > account.held_until):
            account.held_until, account.why_held = surface.next_poll_at, surface.error
