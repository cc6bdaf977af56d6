"""What has to be read again before it may no longer be kept: the words of citizens who still wait for us.

A full poll a day reads them all; here those are read that it did not reach in time.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.utils import timezone

from accounts import channels
from accounts.models import Channel
from connectors.base import AuthExpired, PlatformError
from inbox import ingest, live
from inbox.models import Item

log = logging.getLogger(__name__)

AHEAD = timedelta(hours=12)  # before the text has to go: a day's poll has been missed, and there is time to try again
AT_ONCE = 200  # items of a channel in one go
SURFACE = "reread"


def read_again(now: datetime) -> int:
    """Read again what would soon go though somebody waits; give how many were read.

    One channel's trouble is its own.
    """
    due = Item.objects.filter(
        keep_until__lte=now + AHEAD, deleted_at=None, conversation__due_at__isnull=False,
        channel__status=Channel.Status.ACTIVE, channel__credential__dead_since=None,
    )  # fmt: skip
    found = 0
    for channel in Channel.objects.filter(pk__in=due.values("channel")).order_by("pk"):
        ids = list(due.filter(channel=channel).order_by("keep_until").values_list("external_id", flat=True)[:AT_ONCE])
        found += _read(channel, ids)
    return found


def _read(channel: Channel, ids: list[str]) -> int:
    try:
        page = channels.connector_for(channel).read(ids)
    except PlatformError as error:
        log.info("Channel %s could not be read again: %s", channel.pk, error.code)
        if isinstance(error, AuthExpired):
            channels.mark_dead(channel.pk, timezone.now())
        return 0
    at = timezone.now()
    stored = ingest.store(channel, SURFACE, page, now=at)
    if stored.thread_ids:
        ingest.settle(stored.thread_ids, at)
        live.announce()
    return len(page.items)
