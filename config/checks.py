"""What cannot work stops the start, instead of surprising at night."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections


@register(Tags.database)
def swedish_letters(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse a database that does not know å, ä and ö: search would silently miss what citizens write."""
    return [wrong_locale(alias) for alias in databases or () if lower(alias, "Å") != "å"]


def lower(alias: str, letter: str) -> str:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT lower(%s)", [letter])
        return str(cursor.fetchone()[0])


def wrong_locale(alias: str) -> CheckMessage:
    return Error(
        f"In the database {connections[alias].settings_dict['NAME']}, lower('Å') is not 'å'.",
        hint="Make it with LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' ENCODING UTF8 (or another UTF-8 locale).",
        id="config.E001",
    )
