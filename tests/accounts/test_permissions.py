"""Every address and every role: allowed or refused, as the one table says; and the documentation says the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.management.commands.permissions import documented
from accounts.models import Role, User
from accounts.permissions import ALLOWED, WORDS, Permission, may, table
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

NAMED = {"pk": "987654", "membership": "987654", "year": "2026", "verdict": "no_reply", "key": "se24", "form": "csv"}
TOKEN = re.compile(r'value="[A-Za-z0-9]{64}"|value="/[^"]*"')  # against forgery, and the way back; new on each page
ROLES = [*Role.values, None]


def addresses(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        else:
            yield route, pattern


def guarded() -> list[tuple[str, Permission]]:
    """Every address that a permission guards, with something that does not exist in it."""
    found = []
    for route, pattern in addresses(get_resolver().url_patterns):
        permission = getattr(pattern.callback, "permission", None)
        if permission is not None:
            found.append((filled(route), permission))
    return found


def filled(route: str) -> str:
    parts = route.replace("<", ">").split(">")
    for number in range(1, len(parts), 2):
        kind, _colon, name = parts[number].rpartition(":")
        parts[number] = NAMED.get(name, "987654" if kind == "int" else "x")
    return "/" + "".join(parts)


@pytest.mark.parametrize("role", ROLES)
def test_each_address_is_allowed_or_refused_as_the_table_says(role: str | None) -> None:
    user = UserFactory(role=role or Role.READER)
    if role is None:
        user.memberships.all().delete()
    client = Client(raise_request_exception=False)
    client.force_login(user)
    for url, permission in guarded():
        if url.endswith("/handelser/"):
            continue  # a stream without end; its guard is tested where it lives
        allowed = role in ALLOWED[permission]
        for answer in (client.get(url), client.post(url, {})):
            assert answer.status_code < 500, url
            if not allowed and answer.status_code != 405:
                assert answer.status_code == 403, url


def test_what_exists_but_may_not_be_seen_looks_like_what_does_not_exist() -> None:
    client, other = Client(), UserFactory()
    nobody = UserFactory()
    nobody.memberships.all().delete()
    client.force_login(nobody)
    for addresses_of in ((f"/manniskor/{other.pk}/", "/manniskor/987654/"), ("/register/1/", "/register/987654/")):
        pages = [client.get(url) for url in addresses_of]
        assert pages[0].status_code == pages[1].status_code == 403
        there, not_there = (
            TOKEN.sub("", page.content.decode()).replace(quote(url), "")
            for page, url in zip(pages, addresses_of, strict=True)  # the asker's own address tells nothing
        )
        assert there == not_there


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("permission", list(Permission))
def test_a_role_may_what_its_cell_says(role: str, permission: Permission) -> None:
    user: User = UserFactory(role=role)
    row = dict(table())[str(WORDS[permission])]
    assert may(user, permission) is dict(row)[role] is (role in ALLOWED[permission])


def test_whoever_is_deactivated_or_unknown_may_nothing() -> None:
    gone = UserFactory(role=Role.ADMIN, is_active=False)
    assert not any(may(user, permission) for user in (gone, AnonymousUser()) for permission in Permission)


def test_every_permission_has_words() -> None:
    assert set(WORDS) == set(Permission)


def test_the_documentation_holds_the_table_as_it_is() -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "permissions.md").read_text()
    assert documented(text) == text, "run manage.py permissions"


def test_the_table_is_shown_to_all_who_may_read(anna: Client) -> None:
    body = anna.get("/manniskor/behorigheter/").content.decode()
    assert all(str(words) in body for words in WORDS.values())


def test_a_refusal_names_the_roles_that_may(anna: Client, sign_in: Callable[..., Client]) -> None:
    sign_in(Role.ADMIN, "Lars Öman")
    assert "administratör" in anna.get("/manniskor/").content.decode()
