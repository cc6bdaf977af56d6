"""`manage.py audit check`: whether the trail is as it was written."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils.translation import gettext as _

from accounts import trail
from config.commands import JsonCommand, Stop


class Command(JsonCommand):
    help = "Kontrollera loggen, länk för länk."

    def add_arguments(self, parser: ArgumentParser) -> None:
        check = parser.add_subparsers(dest="action", required=True).add_parser("check")
        check.add_argument("--head", default="", help="En länk som antecknades förut, och som ska finnas kvar.")

    def handle(self, *, head: str, **options: Any) -> None:
        report = trail.check(head)
        if report.broken:
            raise Stop("broken", _("Händelserna %s har ändrats i databasen.") % ", ".join(map(str, report.broken)))
        if not report.held:
            raise Stop("head_gone", _("Länken %s finns inte längre: loggen har skrivits om.") % head)
        self.put({"events": report.events, "head": report.head})
