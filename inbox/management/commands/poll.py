"""`manage.py poll`: read the platforms now, whatever the schedule; a line a surface."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.channels import ensure_surfaces
from accounts.models import Channel, Surface
from config.commands import JsonCommand, Stop
from connectors.base import PlatformError
from inbox import poll
from inbox.management.commands._chosen import add_channel_argument, chosen_channel

PATIENCE = poll.LEASE.total_seconds() + 5  # whoever has a surface is done by then, or its lease is over
PAUSE = 0.5  # seconds between two tries


class Command(JsonCommand):
    help = "Hämta nu, oavsett schema: en rad JSON per flöde."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_channel_argument(parser)
        parser.add_argument("--surface", metavar="NAME", help="bara detta flöde")
        parser.add_argument("--full", action="store_true", help="läs allt, och se efter vad som är borttaget")

    def handle(self, *, channel: str | None, surface: str | None, full: bool, **options: Any) -> None:
        found = [row for row in _surfaces(chosen_channel(channel)) if surface in (None, row.name)]
        if surface is not None and not found:
            raise Stop("unknown_surface", _("Det finns inget flöde %s.") % surface)
        for row in found:
            self.put(asdict(_poll(row, full)))


def _surfaces(channel: Channel | None) -> Iterator[Surface]:
    """Give the surfaces to poll: those of one channel, or of all that are active."""
    active = Channel.objects.filter(status=Channel.Status.ACTIVE).order_by("pk")
    for each in [channel] if channel else active:
        with suppress(PlatformError):  # each poll will report it
            ensure_surfaces(each, timezone.now())  # a tag may be watched since
        yield from each.surfaces.filter(off_since=None).select_related("channel").order_by("name")


def _poll(surface: Surface, full: bool) -> poll.Report:
    """Poll a surface; wait for it while another process has it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        report = poll.poll_surface(surface, now=timezone.now(), full=full, holder=poll.new_holder())
        is_busy = report.error is not None and report.error["code"] == poll.Busy.code
        if not is_busy or time.monotonic() > deadline:
            return report
        time.sleep(PAUSE)
