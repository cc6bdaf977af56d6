"""The palette lists what this person can do here; keys and theme are one's own, on every computer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Role, User
from inbox.models import RedirectTarget, SavedView
from inbox.showing import keys
from tests.factories import NOW, waiting_conversation

pytestmark = pytest.mark.django_db


def names(client: Client, query: str = "") -> list[str]:
    return [command.name for command in client.get(f"/kommandon/?{query}").context["commands"]]


def own(user: User) -> dict[str, str]:
    return keys.of(User.objects.get(pk=user.pk))


def test_it_leads_everywhere_and_names_the_views_with_their_digits(anna: Client) -> None:
    SavedView.objects.create(owner=anna.user, name="Snö", query="sok=sn%C3%B6", saved_at=NOW)  # type: ignore[attr-defined]
    commands = {command.name: command for command in anna.get("/kommandon/").context["commands"]}
    assert {"Gå till: Inkorg", "Byt vy: Klara", "Byt tema: mörkt", "Byt vy: Snö"} <= commands.keys()
    assert commands["Byt vy: Snö"].shown == "1"
    assert "Svara" not in commands


@pytest.mark.parametrize("role", ["communicator", "admin", "reader", "department", "relay"])
def test_every_place_that_somebody_is_offered_lets_him_in(role: str, sign_in: Callable[..., Client]) -> None:
    client = sign_in(role, "Kim Ek")
    places = [c for c in client.get("/kommandon/").context["commands"] if c.name.startswith("Gå till")]
    assert places
    assert {place.name: client.get(place.href).status_code for place in places} == {p.name: 200 for p in places}


def test_with_a_conversation_open_it_knows_every_verdict_and_redirect(anna: Client) -> None:
    row = waiting_conversation()
    target = RedirectTarget.objects.create(name="Felanmälan", text="Anmäl")
    commands = {c.name: c for c in anna.get(f"/kommandon/?oppen={row.pk}&vy=open").context["commands"]}
    assert commands["Svara"].press == "r"
    wanted = f"/k/{row.pk}/?vy=open&beslut=redirect&hanvisning={target.pk}#composer"
    assert commands["Hänvisa: Felanmälan"].href == wanted


def test_a_reader_of_the_screen_hears_the_key_beside_the_name_not_in_it(anna: Client) -> None:
    row = waiting_conversation()
    page = anna.get(f"/kommandon/?oppen={row.pk}").content.decode()
    assert 'data-press="r" aria-keyshortcuts="R">Svara<kbd aria-hidden="true">R</kbd>' in page
    assert "<kbd>" not in page


def test_the_key_that_is_told_is_the_one_that_a_person_has_chosen(anna: Client) -> None:
    anna.post("/tangenter/", {key: key for key in keys.KEYS} | {"r": "y"})
    page = anna.get(f"/kommandon/?oppen={waiting_conversation().pk}").content.decode()
    assert 'data-press="r" aria-keyshortcuts="Y">Svara' in page


@pytest.mark.parametrize("query", ["oppen=999999", "oppen=x", "oppen="])
def test_what_is_not_there_adds_nothing(query: str, anna: Client) -> None:
    assert "Svara" not in names(anna, query)


def test_a_reader_is_offered_nothing_that_a_reader_may_not(sign_in: Callable[..., Client]) -> None:
    row = waiting_conversation()
    offered = names(sign_in(Role.READER), f"oppen={row.pk}")
    assert not {"Svara", "Gå till: Människor och roller"} & set(offered)
    assert "Gå till: Människor och roller" in names(sign_in(Role.ADMIN))


def test_without_a_script_it_is_a_page_of_links(anna: Client) -> None:
    page = anna.get("/kommandon/").content.decode()
    assert 'href="/?vy=done"' in page
    part = anna.get("/kommandon/", headers={"HX-Request": "true", "HX-Target": "dialog"}).content.decode()
    assert "<html" not in part


def test_ones_own_keys_are_kept_and_shown_wherever_keys_are(anna: Client) -> None:
    form = {key: key for key in keys.KEYS} | {"r": "Y", "å": "l"}
    assert anna.post("/tangenter/", form).status_code == 302
    assert own(anna.user) == {"r": "y", "å": "l"}  # type: ignore[attr-defined]
    page = anna.get("/hjalp/").content.decode()
    assert 'data-keys="ry ål "' in page
    assert "<kbd>Y</kbd></dt><dd>Svara</dd>" in page
    anna.post("/tangenter/", {"do": "reset"})
    assert own(anna.user) == {}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("key", "why"),
    [("b", "B står för två saker"), ("7", "går inte att använda"), ("?", "går inte")],
)
def test_a_key_does_one_thing_and_digits_belong_to_the_views(key: str, why: str, anna: Client) -> None:
    answer = anna.post("/tangenter/", {name: name for name in keys.KEYS} | {"r": key})
    assert answer.status_code == 422
    assert why in answer.content.decode()
    assert own(anna.user) == {}  # type: ignore[attr-defined]


def test_two_keys_can_change_places(anna: Client) -> None:
    anna.post("/tangenter/", {key: key for key in keys.KEYS} | {"r": "b", "b": "r"})
    assert own(anna.user) == {"r": "b", "b": "r"}  # type: ignore[attr-defined]


def test_the_theme_is_ones_own_and_leads_back_to_where_one_was(anna: Client) -> None:
    answer = anna.post("/tema/", {"theme": "dark", "next": "/?vy=mine"})
    assert answer["Location"] == "/?vy=mine"
    assert 'data-theme="dark"' in anna.get("/").content.decode()
    assert anna.post("/tema/", {"theme": "x", "next": "https://ond.example/"})["Location"] == "/"
    assert "data-theme" not in anna.get("/").content.decode()
