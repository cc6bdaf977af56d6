"""What cannot work stops the start, instead of surprising at night."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from accounts.oidc import mapping


@register(Tags.database)
def swedish_letters(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse a database that does not tell letters from signs: search would silently miss what citizens write."""
    return [wrong_locale(alias) for alias in databases or () if not knows_swedish(alias)]


def knows_swedish(alias: str) -> bool:
    """Whether Å is the capital of å, and ” a sign around a word instead of one of its letters."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT lower('Å') = 'å' AND to_tsvector('simple', '”Å”') = to_tsvector('simple', 'å')")
        return bool(cursor.fetchone()[0])


@register()
def groups_make_sense(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a mapping of groups to roles that would shut people out, or let them in, otherwise than was meant."""
    try:
        mapping(settings.OIDC_ROLES)
    except ValueError as error:
        hint = "Write group=role@department; group=role, with the roles of accounts.models.Role."
        return [Error(f"OIDC_ROLES cannot be read at {str(error)!r}.", hint=hint, id="config.E002")]
    return []


def wrong_locale(alias: str) -> CheckMessage:
    return Error(
        f"The database {connections[alias].settings_dict['NAME']} does not know the letters å, ä and ö.",
        hint="Make it with ENCODING UTF8 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_CTYPE 'C.UTF-8'.",
        id="config.E001",
    )
