"""`manage.py sweep`: make the notices that are due, once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from config.commands import JsonCommand, time_in
from inbox import escalation


class Command(JsonCommand):
    help = "Varna för frister som är nära eller har passerat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--now", metavar="ISO", help="den tidpunkt som fristerna bedöms vid")

    def handle(self, *, now: str | None, **options: Any) -> None:
        self.put(escalation.sweep(time_in(now) if now else timezone.now()))
