"""`manage.py reply`: queue a reply; `deliver` or a worker sends it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import uuid4

from django.utils import timezone
from django.utils.translation import gettext as _

from config.commands import JsonCommand, Stop, time_in
from inbox import actions
from inbox.management.commands._chosen import chosen_user
from inbox.models import REPLIES
from inbox.showing import wire

LONGEST_DELAY = 366 * 86_400.0  # seconds; more is a slip of the pen


class Command(JsonCommand):
    help = "Köa ett svar. Texten går ut tecken för tecken, om den inte ska signeras."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("conversation", type=int)
        parser.add_argument("--kind", required=True, choices=REPLIES)
        parser.add_argument("--text", required=True)
        parser.add_argument("--user", required=True, metavar="USERNAME")
        parser.add_argument("--to", metavar="EXTERNAL_ID", help="utan: det nyaste obesvarade")
        parser.add_argument("--promised", metavar="ISO", help="när svaret kommer; krävs för besked")
        parser.add_argument("--key", default="", help="samma nyckel ger samma rad")
        parser.add_argument("--delay", type=float, default=0.0, metavar="SECONDS")
        parser.add_argument("--sign", action="store_true", help="sätt / och förnamnet efter texten")

    def run_from_argv(self, argv: list[str]) -> None:
        super().run_from_argv(_with_texts_that_start_like_options(argv))

    def handle(
        self,
        *,
        conversation: int,
        kind: str,
        text: str,
        user: str,
        to: str | None,
        promised: str | None,
        key: str,
        delay: float,
        sign: bool,
        **options: Any,
    ) -> None:
        now = timezone.now()
        if not 0 <= delay <= LONGEST_DELAY:
            raise Stop("bad_arguments", _("--delay är antalet sekunder att vänta."))
        outgoing = actions.reply(
            conversation,
            kind=kind,
            text=text,
            by=chosen_user(user),
            key=key or uuid4().hex,
            now=now,
            to=to,
            promised_at=time_in(promised) if promised else None,
            delay=delay,
            sign=sign,
        )
        self.put(wire.outgoing_line(outgoing))


def _with_texts_that_start_like_options(argv: list[str]) -> list[str]:
    """Tie `--text` to what follows it, so that a text may begin with a dash."""
    tied: list[str] = []
    for argument in argv:
        if tied and tied[-1] == "--text":
            tied[-1] = f"--text={argument}"
        else:
            tied.append(argument)
    return tied
