"""`manage.py channel add`, `channel list`: our own accounts on the platforms, and how reading them goes."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.channels import add_channel
from accounts.models import Channel
from accounts.watching import watch_on
from config.commands import JsonCommand, Stop, time_in
from inbox.showing import wire


class Command(JsonCommand):
    help = "Lägg till ett konto i registret, eller lista kontona."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list")
        add = actions.add_parser("add")
        for name in ("platform", "kind", "name", "external-id", "department", "purpose", "focus", "token"):
            add.add_argument(f"--{name}", required=True)
        add.add_argument("--handle", default="")
        add.add_argument("--hashtag", action="extend", nargs="+", default=[], metavar="TAG")
        add.add_argument("--clock-from", metavar="ISO", help="utan: svarsfrist gäller från och med nu")

    def handle(self, *, action: str, **options: Any) -> None:
        if action == "add":
            self.add(**options)
        else:
            self.list()

    def add(self, *, token: str, hashtag: list[str], clock_from: str | None, **facts: Any) -> None:
        now = timezone.now()
        names = ("platform", "kind", "name", "external_id", "department", "purpose", "focus", "handle")
        channel = add_channel(
            **{name: facts[name] for name in names},
            token=token_in(token),
            hashtags=tuple(hashtag),
            clock_from=time_in(clock_from) if clock_from else now,
            now=now,
            by=None,
        )
        watch_on(channel, by=None, now=now)
        self.put({"id": channel.pk})

    def list(self) -> None:
        now = timezone.now()
        channels = Channel.objects.select_related("department", "credential").order_by("pk")
        for channel in channels.prefetch_related("watched_hashtags", "surfaces"):
            self.put(wire.channel_line(channel, now))


def token_in(text: str) -> dict[str, Any]:
    """Read a token: JSON, or `-` for JSON on standard input. Raises Stop, never repeating what was given."""
    try:
        token = json.loads(sys.stdin.read() if text == "-" else text)
    except ValueError as error:
        raise Stop("bad_token", _("Nyckeln är inte JSON.")) from error
    if not isinstance(token, dict):
        raise Stop("bad_token", _("Nyckeln ska vara ett JSON-objekt."))
    return token
