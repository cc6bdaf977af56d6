"""The municipality's own sign-in, against a real provider over loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import requests
import time_machine
from django.core import mail
from django.core.cache import cache
from django.test import Client

from accounts import oidc
from accounts.models import AuditEvent, Role, User
from accounts.oidc import Grant, mapping
from config.checks import groups_make_sense
from tests.accounts.provider import CLIENT, Provider, a_key
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.oidc_urls")]
IN, OUT = "/konto/oidc/oidc/login/", "/konto/oidc/logga-ut/"


@pytest.fixture
def _standing_still() -> None:
    """Tokens live by the real clock here."""


@pytest.fixture(autouse=True)
def _real_time(_standing_still: None) -> Iterator[None]:
    with time_machine.travel(datetime.now().astimezone(), tick=True):
        yield


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    cache.clear()
    made = Provider()
    made.start()
    app = {
        "provider_id": "oidc", "name": "Kommunens inloggning", "client_id": CLIENT, "secret": "s",
        "settings": {"server_url": made.url},
    }  # fmt: skip
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    settings.OIDC_ROLES = "svara=communicator@Kultur; chefer=manager; it=admin"
    yield made
    made.stop()


def come_in(client: Client) -> Any:
    """Go the whole way: to the provider, and back with its code."""
    away = client.post(IN)
    back = requests.get(away["Location"], allow_redirects=False, timeout=10).headers["Location"]
    return client.get(back.removeprefix("http://testserver"))


def roles() -> set[tuple[str, str | None]]:
    rows = User.objects.get(name="Eva Ek").memberships.select_related("department")
    return {(row.role, row.department.name if row.department else None) for row in rows}


def test_whoever_is_in_a_group_comes_in_with_its_role(provider: Provider) -> None:
    provider.claims["groups"] = ["svara", "chefer", "lunch"]
    client = Client()
    assert come_in(client).status_code == 302
    assert client.get("/").status_code == 200
    assert roles() == {("communicator", "Kultur"), ("manager", None)}


def test_whoever_is_in_no_group_stays_out_and_leaves_no_user(provider: Provider) -> None:
    provider.claims["groups"] = ["lunch"]
    client = Client()
    answer = come_in(client)
    assert answer.status_code == 403
    assert "grupp" in answer.content.decode()
    assert not User.objects.exists()


def test_another_group_at_the_next_sign_in_is_another_role(provider: Provider) -> None:
    provider.claims["groups"] = ["svara"]
    come_in(Client())
    provider.claims["groups"] = ["chefer"]
    come_in(Client())
    assert roles() == {("manager", None)}


def test_whoever_lost_every_group_is_out_of_every_browser_at_the_next_sign_in(provider: Provider) -> None:
    provider.claims["groups"] = ["svara"]
    first = Client()
    come_in(first)
    provider.claims["groups"] = []
    assert come_in(Client()).status_code == 403
    assert first.get("/").status_code == 302
    assert roles() == set()


def test_a_person_whom_the_municipality_lets_go_is_out_at_once(provider: Provider) -> None:
    provider.claims["groups"] = ["svara"]
    client = Client()
    come_in(client)
    assert Client().post(OUT, {"logout_token": provider.logout_token()}).status_code == 200
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    "changes",
    [
        {"key": a_key()},
        {"aud": "somebody-else"},
        {"iss": "http://127.0.0.1:1"},
        {"exp": 1},
        {"events": {}},
        {"nonce": "n"},
    ],
)
def test_a_logout_that_is_not_theirs_ends_nothing(provider: Provider, changes: dict[str, Any]) -> None:
    provider.claims["groups"] = ["svara"]
    client = Client()
    come_in(client)
    assert Client().post(OUT, {"logout_token": provider.logout_token(**changes)}).status_code == 400
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("token", ["", "x", "a.b.c"])
def test_a_logout_that_nobody_can_read_is_refused(provider: Provider, token: str) -> None:
    assert Client().post(OUT, {"logout_token": token}).status_code == 400


def test_whoever_is_deactivated_here_stays_out_whatever_the_groups_say(provider: Provider) -> None:
    provider.claims["groups"] = ["svara"]
    come_in(Client())
    User.objects.update(is_active=False)
    client = Client()
    come_in(client)
    assert client.get("/").status_code == 302


def test_a_local_user_of_the_same_name_is_not_taken_over(provider: Provider) -> None:
    local = UserFactory(username="eva.ek", name="En Annan", role=Role.ADMIN, email="eva@example.org")
    provider.claims["groups"] = ["svara"]
    come_in(Client())
    assert User.objects.get(name="Eva Ek").username == "eva.ek-1"
    assert local.socialaccount_set.count() == 0


def test_the_last_admin_keeps_the_role_so_that_somebody_can_mend_the_groups(provider: Provider) -> None:
    provider.claims["groups"] = ["it"]
    come_in(Client())
    provider.claims["groups"] = ["svara"]
    come_in(Client())
    assert ("admin", None) in roles()


def test_the_second_factor_is_the_municipalitys_own(provider: Provider, settings: Any) -> None:
    settings.MFA_REQUIRED = True
    provider.claims["groups"] = ["svara"]
    client = Client()
    come_in(client)
    assert client.get("/").status_code == 200


def test_a_password_past_the_municipalitys_sign_in_works_and_raises_an_alarm(provider: Provider) -> None:
    provider.stop()
    provider.start()
    lars = UserFactory(username="lars", name="Lars Öman", role=Role.ADMIN, email="lars@example.org")
    client = Client()
    client.post("/konto/login/", {"login": "lars", "password": "hemligt-losenord"})
    assert client.get("/").status_code == 200
    assert "Lars Öman" in mail.outbox[0].body
    assert AuditEvent.objects.filter(action="user.emergency", actor=lars).exists()


def test_the_municipalitys_own_sign_in_raises_no_alarm(provider: Provider) -> None:
    UserFactory(role=Role.ADMIN)
    provider.claims["groups"] = ["svara"]
    come_in(Client())
    assert mail.outbox == []


@pytest.mark.parametrize("text", ["x", "=admin", "it=boss", "it=", "it admin"])
def test_groups_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text.strip()):
        mapping(text)


def test_groups_may_have_any_name() -> None:
    text = "CN=Gensvar,OU=IT=admin; kultur = communicator @ Kultur och fritid ;"
    assert mapping(text) == {
        "CN=Gensvar,OU=IT": Grant("admin"),
        "kultur": Grant("communicator", "Kultur och fritid"),
    }


@pytest.mark.parametrize("groups", [None, "svara", [], [1, None], {"svara": 1}])
def test_any_shape_of_groups_is_read_or_ignored(settings: Any, groups: Any) -> None:
    settings.OIDC_ROLES = "svara=communicator"
    wanted = {Grant("communicator")} if groups == "svara" or groups == {"svara": 1} else set()
    assert oidc.grants({"groups": groups}) == wanted


def test_a_mapping_that_makes_no_sense_stops_the_start(settings: Any) -> None:
    settings.OIDC_ROLES = "it=boss"
    assert [message.id for message in groups_make_sense(None)] == ["config.E002"]
