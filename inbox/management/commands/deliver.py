"""`manage.py deliver`: run the outbox and its sweeps once; a line for each row touched."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from config.commands import JsonCommand, time_in
from inbox import outbox
from inbox.showing import wire


class Command(JsonCommand):
    help = "Skicka det som väntar, och utred det som är oklart, en gång."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--now", metavar="ISO", help="den tidpunkt som väntetiderna bedöms vid")

    def handle(self, *, now: str | None, **options: Any) -> None:
        for outgoing in outbox.deliver(time_in(now) if now else timezone.now()):
            line = wire.outgoing_line(outgoing)
            self.put(
                {
                    "id": outgoing.pk,
                    "conversation": outgoing.conversation_id,
                    **{name: line[name] for name in ("kind", "status", "external_id", "error")},
                }
            )
