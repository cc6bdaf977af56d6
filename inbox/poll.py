"""One poll of one surface: lease, connector, pages, cursor, and what is remembered of how it went.

A surface's fault never stops another's: whatever goes wrong is caught here, told in the report and tried again later.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import socket
import traceback
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, channels
from accounts.models import Channel, Credential, Platform, Surface
from connectors.base import (
    AuthExpired,
    Connector,
    Exhausted,
    ItemKind,
    Known,
    KnownMessage,
    KnownThread,
    Page,
    PlatformError,
    Temporary,
)
from inbox import ingest, live
from inbox.incoming import budget
from inbox.incoming.schedule import retry_at, usual_interval, wants_full
from inbox.ingest import Stored
from inbox.models import Item, Post, Thread

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)  # renewed at each page; one page takes a few calls of at most 35 s (connectors.http)
NUDGE = timedelta(seconds=30)  # a surface that was enqueued is enqueued again after so long, if no worker took it
YOUNG = timedelta(days=30)  # what an ordinary poll looks after; a full one looks after everything
UNITS = {Platform.TWITTER: "usd", Platform.YOUTUBE: "units"}  # what a poll costs; elsewhere calls


@dataclass
class Report:
    """What a poll did, key by key as the command `poll` prints it. `fetched` counts the items read."""

    channel: int
    surface: str
    fetched: int = 0
    new: int = 0
    updated: int = 0
    deleted: int = 0
    calls: int = 0
    cost: dict[str, Any] = field(default_factory=lambda: {"amount": 0, "unit": "calls"})
    complete: bool = False
    error: dict[str, str] | None = None


class Busy(PlatformError):
    """Another process polls this surface."""

    code = "busy"


def due_surfaces(now: datetime) -> list[Surface]:
    """Give the surfaces of active channels whose time has come, longest waiting first."""
    due = Q(next_poll_at__lte=now) | Q(next_poll_at=None)
    active = Surface.objects.filter(off_since=None, channel__status=Channel.Status.ACTIVE)
    found = active.filter(due).exclude(lease_until__gt=now)
    return list(found.select_related("channel").order_by("next_poll_at", "pk"))


def take_due(now: datetime) -> list[int]:
    """Give the ids of due surfaces, each to one caller: it is due again only if its poll never begins."""
    taken = []
    for surface in due_surfaces(now):
        same = Surface.objects.filter(pk=surface.pk, next_poll_at=surface.next_poll_at)
        if same.update(next_poll_at=now + NUDGE):
            taken.append(surface.pk)
    return taken


def poll_due(surface_id: int, *, now: datetime) -> Report | None:
    """Poll a surface for the schedule, wholly where it is time for that; None if it is gone or not active."""
    surface = Surface.objects.select_related("channel").filter(pk=surface_id, off_since=None).first()
    if surface is None or surface.channel.status != Channel.Status.ACTIVE:
        return None
    return poll_surface(surface, now=now, full=wants_full(surface, now), holder=new_holder())


def settle_left_over(now: datetime) -> None:
    """Let clocks start for what a worker stored before it died."""
    if ingest.settle_left_over(now):
        live.announce()


def new_holder() -> str:
    """Name one poll of this process, so that a lease tells it from the process's other threads."""
    return f"{_host()}:{os.getpid()}:{secrets.token_hex(4)}"


def _host() -> str:
    return socket.gethostname().replace(":", "-")[:50]


def poll_surface(surface: Surface, *, now: datetime, full: bool = False, holder: str) -> Report:
    """Poll one surface now, whatever the schedule; never raises but for a database that is away.

    `full` reads every tier and checks for deletions. If another process has the surface, nothing is done and the
    report's error is `busy`.
    """
    unit = UNITS.get(Platform(surface.channel.platform), "calls")
    report = Report(surface.channel_id, surface.name, cost={"amount": 0, "unit": unit})
    if not _lease(surface, holder):
        report.error = _error(Busy(_("Flödet hämtas just nu av en annan process.")))
        return report
    run = Run(surface, report, now, full, holder)
    try:
        run.read()
        run.succeeded()
    except Busy as error:
        report.error = _error(error)
    except PlatformError as error:
        run.failed(error)
    except Exception as error:  # the one place where anything is caught: one surface's fault never stops another's
        # Not the message: a database's words repeat what people wrote.
        trace = "".join(traceback.format_tb(error.__traceback__))
        log.error("Poll of surface %s failed: %s\n%s", surface.pk, type(error).__name__, trace)
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()  # the next statement then opens a new one
        run.failed(Temporary(_("Något oväntat hände hos oss. Det står i loggen."), code="internal"))
    finally:
        Surface.objects.filter(pk=surface.pk, lease_holder=holder).update(lease_until=None, lease_holder="")
    return report


def _lease(surface: Surface, holder: str) -> bool:
    """Take the surface, or take it over from one whose time is up or who is dead.

    Leases are told by the clock, not by `now`. A holder that was wrongly taken for dead finds out at its next page.
    """
    at = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lte=at)
    other = Surface.objects.filter(pk=surface.pk).values_list("lease_holder", flat=True).get()
    if other and _is_dead(other):
        free |= Q(lease_holder=other)
    taken = Surface.objects.filter(free, pk=surface.pk).update(lease_until=at + LEASE, lease_holder=holder)
    if taken:
        surface.refresh_from_db(fields=["cursor", "cursor_version", "last_new_at", "failing_since", "note"])
    return bool(taken)


def _is_dead(holder: str) -> bool:
    """Whether a holder was a process of this machine and is no more."""
    host, _colon, rest = holder.partition(":")
    pid = rest.partition(":")[0]
    if host != _host() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # it lives, as another user
        return False
    return False


@dataclass
class Run:
    """One poll under way, its lease held."""

    surface: Surface
    report: Report
    now: datetime
    full: bool
    holder: str
    connector: Connector | None = None
    stored: Stored = field(default_factory=Stored)
    notes: list[str] = field(default_factory=list)
    platform_count: int | None = None

    def read(self) -> None:
        """Store page after page. The clocks are settled even if it stops half way; the cursor moves only at the end."""
        surface, page = self.surface, Page(cursor=self.surface.cursor)
        missing: list[str] = []
        self.connector = channels.connector_for(surface.channel)
        known = known_of(surface.channel, now=self.now, full=self.full)
        try:
            for page in self.connector.poll(surface.name, surface.cursor, known=known, now=self.now, full=self.full):
                self._store(page)
                missing += page.missing
                self._keep_lease()
            self.report.complete = page.complete
            if page.complete:
                self.stored.add(ingest.note_missing(surface.channel, missing, now=self.now))
        finally:
            self._tell()
            ingest.settle(self.stored.thread_ids, timezone.now())
        if page.complete:
            self._move_cursor(page)

    def succeeded(self) -> None:
        """Remember a poll that was not refused, be it complete or not."""
        at, surface = timezone.now(), self.surface
        if self.stored.new:
            surface.last_new_at = at
        facts: dict[str, Any] = {"last_success_at": at, "last_new_at": surface.last_new_at, "note": self._note()}
        facts |= {"failing_since": None, "error_code": "", "error": ""}
        if self.full and self.report.complete:
            facts["last_full_at"] = at
        if self.platform_count is not None:
            facts["platform_count"] = self.platform_count
        if self.connector and self.connector.calls:  # a surface with nothing to ask says nothing of the token
            Credential.objects.filter(channel=surface.channel_id, dead_since__isnull=False).update(dead_since=None)
        next_poll_at = self._planned(at)
        self._remember(at, next_poll_at, pace=next_poll_at - at, **facts)

    def _planned(self, at: datetime) -> datetime:
        """Count what this reading has cost, and plan the next one by what that leaves."""
        channel, usual = self.surface.channel, usual_interval(self.surface, at)
        if self.connector is None:
            return at + usual
        key = budget.key_of(channel, channels.token_of(channel))
        budget.spent(channel, key, calls=self.connector.calls, amount=self.report.cost["amount"], now=at)
        if channel.is_sandbox:
            return at + usual
        return budget.next_poll(usual, budget.left(channel, self.connector.quota, key, at), at)

    def failed(self, error: PlatformError) -> None:
        """Remember what went wrong, and when to try again."""
        at, surface = timezone.now(), self.surface
        self.report.error, self.report.complete = _error(error), False
        surface.failing_since = surface.failing_since or at
        if isinstance(error, AuthExpired):
            channels.mark_dead(surface.channel_id, at)
        until = error.until if isinstance(error, Exhausted) else None
        next_poll_at = until if until and until > at else retry_at(surface, error, at)
        self._remember(
            at, next_poll_at, failing_since=surface.failing_since, error_code=error.code[:60], error=str(error)
        )

    def _store(self, page: Page) -> None:
        self.stored.add(ingest.store(self.surface.channel, self.surface.name, page, now=timezone.now()))
        self.report.fetched += len(page.items)
        self.report.cost["unit"] = page.cost.unit
        self.report.cost["amount"] = round(self.report.cost["amount"] + page.cost.amount, 6)
        self.notes += page.notes
        if page.platform_count is not None:
            self.platform_count = page.platform_count

    def _keep_lease(self) -> None:
        mine = Surface.objects.filter(pk=self.surface.pk, lease_holder=self.holder)
        if not mine.update(lease_until=timezone.now() + LEASE):
            raise Busy(_("Hämtningen tog för lång tid, och en annan process har tagit över."))

    def _move_cursor(self, page: Page) -> None:
        """Compare and set: a poll that was overtaken moves nothing."""
        where = Surface.objects.filter(pk=self.surface.pk, cursor_version=self.surface.cursor_version)
        where.update(cursor=dict(page.cursor), cursor_version=self.surface.cursor_version + 1)

    def _tell(self) -> None:
        report, stored = self.report, self.stored
        report.new, report.updated, report.deleted = stored.new, stored.updated, stored.deleted

    def _note(self) -> str:
        """Give what people should know of this poll. A new one goes into the history: the next poll has its own."""
        note = "\n".join(dict.fromkeys(self.notes))
        if note and note != self.surface.note:
            subject = f"channel:{self.surface.channel_id}"
            audit.record("surface.note", subject, by=None, now=timezone.now(), surface=self.surface.name, note=note)
        return note

    def _remember(self, at: datetime, next_poll_at: datetime, **facts: Any) -> None:
        if self.connector is not None:
            self.report.calls = self.connector.calls
            facts["quota"] = json.loads(json.dumps(dict(self.connector.quota), default=str))
        Surface.objects.filter(pk=self.surface.pk).update(last_polled_at=at, next_poll_at=next_poll_at, **facts)
        if self.stored.thread_ids:
            live.announce()


def _error(error: PlatformError) -> dict[str, str]:
    return {"code": error.code, "message": str(error)}


def known_of(channel: Channel, *, now: datetime, full: bool) -> Known:
    """Say what we have of a channel, each part read when a connector first asks for it. One query each."""
    since = Q() if full else Q(posted_at__gte=now - YOUNG)
    there = Item.objects.filter(since, channel=channel, deleted_at=None).order_by("-posted_at")

    def item_ids(ids: Collection[str]) -> set[str]:
        found = ingest.by_ids(channel, ids).values_list("external_id", "earlier_ids")
        return {id for newest, earlier in found for id in (*earlier, newest)} & set(ids)

    def threads() -> Sequence[KnownThread]:
        rows = Thread.objects.filter(channel=channel).order_by("-last_activity_at")
        rows = rows if full else rows.filter(last_activity_at__gte=now - YOUNG)
        names = ("external_id", "post__external_id", "last_activity_at", "item_count", "we_wrote", "is_private")
        return [KnownThread(*row) for row in rows.values_list(*names)]

    def live_ids() -> Sequence[str]:
        public = there.exclude(kind=ItemKind.MESSAGE)
        return list(public.values_list("external_id", flat=True))

    def messages() -> Sequence[KnownMessage]:
        private = there.filter(kind=ItemKind.MESSAGE)
        return [KnownMessage(*row) for row in private.values_list("external_id", "thread__external_id", "posted_at")]

    def posts(*, are_ads: bool = False) -> Sequence[str]:
        rows = Post.objects.filter(channel=channel, is_ad=are_ads).order_by("-posted_at", "-pk")
        return list(rows.values_list("external_id", flat=True))

    return Known(
        item_ids=item_ids, threads=threads, live_ids=live_ids, messages=messages, posts=posts,
        ads=partial(posts, are_ads=True),
    )  # fmt: skip
