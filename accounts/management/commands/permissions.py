"""`manage.py permissions`: write the table of permissions into its documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts.permissions import as_markdown

START, END = "<!-- permissions: written by `manage.py permissions` -->", "<!-- /permissions -->"


def documented(text: str) -> str:
    """Give a text with the table as it is now between its two marks."""
    before, rest = text.split(START)
    return f"{before}{START}\n{as_markdown()}\n{END}{rest.split(END)[1]}"


class Command(BaseCommand):
    help = "Write the table of permissions into docs/permissions.md."

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "permissions.md"
        path.write_text(documented(path.read_text()))
