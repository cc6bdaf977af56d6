"""`manage.py close`: rule that no reply is needed, and why."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from config.commands import JsonCommand
from inbox import actions
from inbox.management.commands._chosen import chosen_user
from inbox.showing import wire
from inbox.verdicts import NO_REPLY


class Command(JsonCommand):
    help = "Besluta att inget svar behövs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("conversation", type=int)
        parser.add_argument("--reason", required=True, choices=[key for key, _label in NO_REPLY.reasons])
        parser.add_argument("--user", required=True, metavar="USERNAME")

    def handle(self, *, conversation: int, reason: str, user: str, **options: Any) -> None:
        now = timezone.now()
        actions.close(conversation, reason=reason, by=chosen_user(user), now=now)
        self.put(wire.conversation_line(wire.conversations().get(pk=conversation), now))
