"""`manage.py rotate_token_keys`: encrypt every stored key with the first of TOKEN_KEYS; the others may then go."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts import keys
from config.commands import JsonCommand, Stop


class Command(JsonCommand):
    help = "Kryptera om alla nycklar med den första av TOKEN_KEYS."

    def handle(self, **options: Any) -> None:
        done, closed = keys.rotate()
        if closed:
            text = _("Ingen av TOKEN_KEYS öppnar %s. Lägg till nyckeln som användes, eller anslut kontona på nytt.")
            raise Stop("unknown_key", text % ", ".join(closed))
        self.put({"rotated": done})
