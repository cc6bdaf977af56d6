"""Every address, probed as every role and as nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Role
from accounts.permissions import ALLOWED
from inbox import actions
from inbox.models import RedirectTarget
from tests.factories import NOW, ChannelFactory, waiting_conversation

pytestmark = pytest.mark.django_db
OPEN_TO_ALL_WHO_ARE_SIGNED_IN = {"help", "end_session"}
PUBLIC = {
    "register:public_list",
    "register:public_json",
    "operations:health",
    "operations:metrics",
    "openly:page",
    "inbox:accessibility",
    "inbox:barrier",
    "inbox:worker",
    "inbox:offline",
    "openly:json",
    "forgetting",
    "forgetting_status",
    "webhook",
}  # our own channels, for every citizen to read; and where platforms come, which sign what they bring, and monitors
OF_ALLAUTH = ("account_", "mfa_", "usersessions_", "socialaccount_", "openid_connect_")
OF_DJANGO = {"set_language"}
OF_THE_OWNER = {"register:keep", "register:close"}  # admins and whoever answers for the channel
STREAM = "inbox:events"  # lets go of the database, so it is probed where a real server runs: test_streams.py


def views(resolver: Any = None, namespace: str = "") -> Iterator[tuple[str, Any]]:
    """Walk the whole table of addresses: each one's full name and its view."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from views(pattern, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}", pattern.callback


GUARDED = [(name, view) for name, view in views() if hasattr(view, "permission") and name != STREAM]


def test_every_address_names_its_permission_or_is_one_of_the_few_that_need_none() -> None:
    unguarded = {name for name, view in views() if not hasattr(view, "permission")}
    ours = {name for name in unguarded if not name.startswith(OF_ALLAUTH)} - OF_DJANGO
    assert ours <= OPEN_TO_ALL_WHO_ARE_SIGNED_IN | PUBLIC


@pytest.fixture
def address(sign_in: Callable[..., Client]) -> Callable[[str], str | None]:
    """Give an address that exists, by its name; None for one whose parts this test knows nothing of."""
    row = waiting_conversation()
    author = sign_in().user  # type: ignore[attr-defined]
    event = actions.decide(row.pk, "no_reply", reason="other", by=author, now=NOW)
    other = waiting_conversation()
    reply = actions.reply(other.pk, kind="answer", text="Hej", by=author, key="k", now=NOW, delay=10.0)
    target = RedirectTarget.objects.create(name="Felanmälan", text="Anmäl")
    by_name = {
        "inbox:cancel": reply.pk,
        "inbox:retry": reply.pk,
        "inbox:settle": reply.pk,
        "inbox:undo": event.pk,
        "inbox:redirect_edit": target.pk,
    }

    def found(name: str) -> str | None:
        channel = ChannelFactory().pk if "poll_now" in name or name.startswith("accounts:") else row.pk
        for parts in ({}, {"pk": by_name.get(name, channel)}, {"pk": row.pk, "verdict": "no_reply"}, {"form": "csv"}):
            try:
                return reverse(name, kwargs=parts)
            except NoReverseMatch:
                continue
        return None

    return found


@pytest.mark.parametrize("role", [*Role.values, None])
def test_each_role_gets_in_where_the_table_says_and_nowhere_else(
    role: str | None, address: Callable[[str], str | None], sign_in: Callable[..., Client]
) -> None:
    client = sign_in(role)
    wrong = []
    for name, view in GUARDED:
        path = address(name)
        if path is None:
            continue
        allowed = role in ALLOWED[view.permission]
        seen = client.get(path).status_code
        done = client.post(path).status_code
        asks_more = name in OF_THE_OWNER or seen == 200  # a page that many read may be changed by few
        for method, status in (("get", seen), ("post", done)):
            let_in = status not in (403, 405)
            shut_out = status == 403 and not (asks_more if method == "post" else name in OF_THE_OWNER)
            if (let_in and not allowed) or (shut_out and allowed):
                wrong.append(f"{method} {path}: {status}")
    assert not wrong


def test_nobody_gets_in_without_a_sign_in(client: Client, address: Callable[[str], str | None]) -> None:
    for name, _view in views():
        path = address(name)
        if path is None or name.startswith(OF_ALLAUTH) or name in OF_DJANGO | PUBLIC | {STREAM}:
            continue
        for method in (client.get, client.post):
            answer = method(path)
            is_sent_away = answer.status_code == 302 and answer["Location"].startswith("/konto/login/")
            assert is_sent_away or answer.status_code == 403, path


@pytest.mark.parametrize("path", ["/k/999/", "/k/999/svara/", "/register/999/", "/hanvisningar/999/", "/finns/inte/"])
def test_what_is_not_there_is_not_found(path: str, sign_in: Callable[..., Client]) -> None:
    assert sign_in(Role.ADMIN).get(path).status_code == 404


def test_who_has_no_role_is_told_so_and_by_whom_to_get_one(sign_in: Callable[..., Client]) -> None:
    sign_in(Role.ADMIN, "Lars Öman")
    answer = sign_in(None).get("/")
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "har ingen roll ännu" in page
    assert "Lars Öman" in page
    assert 'class="rows"' not in page


def test_a_reader_sees_the_words_and_no_way_to_answer(sign_in: Callable[..., Client]) -> None:
    row = waiting_conversation(text="Var ligger biblioteket?")
    page = sign_in(Role.READER).get(f"/k/{row.pk}/").content.decode()
    assert "Var ligger biblioteket?" in page
    assert "<textarea" not in page


def test_reading_as_a_reader_marks_nothing_as_seen(sign_in: Callable[..., Client]) -> None:
    row = waiting_conversation()
    sign_in(Role.READER).get(f"/k/{row.pk}/")
    assert row.items.get().first_seen_at is None
