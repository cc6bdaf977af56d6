"""`manage.py conversations`: a line for every conversation, whatever its status."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from config.commands import JsonCommand
from inbox.management.commands._chosen import add_channel_argument, chosen_channel
from inbox.showing import wire


class Command(JsonCommand):
    help = "Skriv ut alla konversationer, en rad JSON var."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_channel_argument(parser)

    def handle(self, *, channel: str | None, **options: Any) -> None:
        now = timezone.now()
        for conversation in wire.conversations(chosen_channel(channel)).iterator(chunk_size=500):
            self.put(wire.conversation_line(conversation, now))
