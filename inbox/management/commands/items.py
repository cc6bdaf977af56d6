"""`manage.py items`: a line for every stored item, our own too."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from config.commands import JsonCommand
from inbox.management.commands._chosen import add_channel_argument, chosen_channel
from inbox.showing import wire


class Command(JsonCommand):
    help = "Skriv ut allt som är hämtat, en rad JSON var, som det skrevs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_channel_argument(parser)

    def handle(self, *, channel: str | None, **options: Any) -> None:
        for item in wire.items(chosen_channel(channel)).iterator(chunk_size=1000):
            self.put(wire.item_line(item))
