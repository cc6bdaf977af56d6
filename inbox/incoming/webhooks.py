"""What the platforms push: stored as it came, answered at once, and read back from the platform afterwards.

A delivery is a row before it is anything else, and each row is looked at by one process at a time. It is only a sign:
what it names is read through the same door as a poll. Whatever goes wrong is left to the polls, whose surfaces come
next then: they find what no delivery told of.
"""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import channels, tokens
from accounts.models import Channel, Credential, Platform, Surface
from connectors import webhooks
from connectors.base import AuthExpired, PlatformError
from connectors.webhooks import Sign
from inbox import ingest, live
from inbox.models import WebhookDelivery

log = logging.getLogger(__name__)

KEPT = timedelta(days=7)  # a delivery for a channel that is not registered yet; and the fingerprint of any
TURN = timedelta(minutes=2)  # how long a process may take for what it has claimed, before another tries
AT_ONCE = 200  # deliveries in one go
MOST_IDS = 100  # of one channel in one go; a poll fetches more in fewer calls
SURFACE = "webhook"
SECRET_IN_TOKEN = {"twitter": "consumer_secret", "linkedin": "client_secret"}


def secrets_of(platform: str) -> list[str]:
    """Give the secrets with which a platform may sign: our app's, then those that came with pasted keys."""
    ours = settings.X_CONSUMER_SECRET if platform == Platform.TWITTER else settings.PLATFORM_APPS[platform][1]
    found = [ours]
    name = SECRET_IN_TOKEN.get(platform, "app_secret")
    for credential in Credential.objects.filter(channel__platform=platform).order_by("channel"):
        try:
            found.append(str(tokens.decrypt(credential.encrypted).get(name) or ""))
        except InvalidToken:
            log.warning("No key opens the token of channel %s.", credential.channel_id)
    return [secret for secret in dict.fromkeys(found) if secret]


def is_genuine(platform: str, body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether the platform signed a delivery. Queries."""
    return any(webhooks.is_genuine(platform, body, headers, secret) for secret in secrets_of(platform))


def store(platform: str, body: bytes, now: datetime) -> WebhookDelivery | None:
    """Keep a delivery as it came; None if it is here already."""
    fingerprint = hashlib.sha256(platform.encode() + b":" + body).hexdigest()
    delivery, is_new = WebhookDelivery.objects.get_or_create(
        fingerprint=fingerprint,
        defaults={"platform": platform, "body": body, "received_at": now, "next_try_at": now},
    )
    return delivery if is_new else None


def handle(now: datetime) -> int:
    """Read back what the deliveries that wait are about, many at once; give how many were dealt with."""
    claimed = _claimed(now)
    signs: dict[Channel, dict[Sign, None]] = defaultdict(dict)
    unknown: set[int] = set()
    for delivery in claimed:
        told = webhooks.signs(delivery.platform, bytes(delivery.body))
        known = _channels(delivery.platform, {sign.account for sign in told})
        for sign in told:
            if channel := known.get(sign.account):
                signs[channel][sign] = None
        if told and not known:
            unknown.add(delivery.pk)
    for channel, found in signs.items():
        _look(channel, list(found))
    done = [delivery.pk for delivery in claimed if delivery.pk not in unknown]
    # The words of people are let go; the fingerprint stays, so that the same delivery is known if it comes again.
    WebhookDelivery.objects.filter(pk__in=done).update(handled_at=timezone.now(), next_try_at=None, body=b"")
    WebhookDelivery.objects.filter(pk__in=unknown).update(next_try_at=now + timedelta(hours=1))
    return len(done)


def purge(now: datetime) -> int:
    """Let go what is older than a week: its sender has long given up, and its channel was never registered."""
    return WebhookDelivery.objects.filter(received_at__lt=now - KEPT).delete()[0]


def _claimed(now: datetime) -> list[WebhookDelivery]:
    with transaction.atomic():
        waiting = WebhookDelivery.objects.select_for_update(skip_locked=True).filter(next_try_at__lte=now)
        rows = list(waiting.order_by("next_try_at", "pk")[:AT_ONCE])
        WebhookDelivery.objects.filter(pk__in=[row.pk for row in rows]).update(next_try_at=now + TURN)
    return rows


def _channels(platform: str, accounts: set[str]) -> dict[str, Channel]:
    """Find our channels by the account's id; LinkedIn's may be registered by number alone."""
    ids = accounts | {account.rpartition(":")[2] for account in accounts}
    rows = Channel.objects.filter(platform=platform, external_id__in=ids, status=Channel.Status.ACTIVE)
    by_id = {row.external_id: row for row in rows}
    found = {account: by_id.get(account) or by_id.get(account.rpartition(":")[2]) for account in accounts}
    return {account: channel for account, channel in found.items() if channel}


def _look(channel: Channel, signs: Sequence[Sign]) -> None:
    """Read the objects by id; where that does not do, let the channel's surfaces be polled next."""
    ids = list(dict.fromkeys(sign.id for sign in signs if sign.id))
    gone = {sign.id for sign in signs if sign.is_gone}
    wants_poll = len(ids) > MOST_IDS or any(not sign.id and not sign.surface for sign in signs)
    if 0 < len(ids) <= MOST_IDS:
        wants_poll |= not _read(channel, ids, gone)
    if wants_poll:
        poll_next(channel, timezone.now())
    elif surfaces := {sign.surface for sign in signs if sign.surface}:
        poll_next(channel, timezone.now(), surfaces)


def _read(channel: Channel, ids: Sequence[str], gone: Iterable[str]) -> bool:
    """Store what is there. What the platform both said was gone and no longer shows is gone. False if a poll is due."""
    try:
        page = channels.connector_for(channel).read(ids)
    except PlatformError as error:
        log.info("What a webhook named of channel %s could not be read: %s", channel.pk, error.code)
        if isinstance(error, AuthExpired):
            channels.mark_dead(channel.pk, timezone.now())
        return False
    deletions = tuple(id for id in page.missing if id in set(gone))
    at = timezone.now()
    stored = ingest.store(channel, SURFACE, replace(page, deletions=(*page.deletions, *deletions), missing=()), now=at)
    if stored.thread_ids:
        ingest.settle(stored.thread_ids, at)
        live.announce()
    return not set(page.missing) - set(deletions)


def poll_next(channel: Channel, now: datetime, surfaces: Collection[str] = ()) -> None:
    """Let some of a channel's surfaces, or all, be polled at once, but for those that a fault or a quota holds back."""
    waiting = Surface.objects.filter(channel=channel, off_since=None, error_code="", next_poll_at__gt=now)
    (waiting.filter(name__in=surfaces) if surfaces else waiting).update(next_poll_at=now)
