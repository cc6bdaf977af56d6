"""A database that does not know å, ä and ö is refused."""

from collections.abc import Iterator

import pytest
from django.db import connection, connections

from config.checks import swedish_letters


@pytest.fixture
def deaf(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[str]:
    """A database made under LANG=C, by its alias."""
    with django_db_blocker.unblock():
        name = f"deaf_{connection.settings_dict['NAME']}"
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name}")
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'")
        connections.databases["deaf"] = {**connections.databases["default"], "NAME": name}
        yield "deaf"
        connections["deaf"].close()
        del connections.databases["deaf"], connections["deaf"]
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")


def test_a_database_made_under_c_is_refused(deaf: str) -> None:
    (found,) = swedish_letters(None, databases=[deaf])
    assert "å, ä and ö" in found.msg


@pytest.mark.django_db
def test_the_embedded_database_passes() -> None:
    assert swedish_letters(None, databases=["default"]) == []
