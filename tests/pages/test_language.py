"""Swedish is complete because it is the source; English is complete because this says so.

Words inside the braces of an f-string are not collected by gettext's programs: name them before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from inbox.models import RedirectTarget
from tests.factories import waiting_conversation
from tests.pages import catalogue

PLACE = re.compile(r"%\(\w+\)[sd]|%[sd]")
OF_CASES = {  # where the word case is meant, and no comment is called one
    "En kommentar är inget ärende. Den som behöver ett beslut eller en åtgärd hänvisas till den vanliga kanalen.",
    "”ditt ärende”: då berättar vi att personen har ett ärende hos oss",
    "”din handläggare”: då berättar vi att personen har en kontakt hos oss",
}


@pytest.fixture(scope="module")
def english() -> dict[str, list[str]]:
    return catalogue.entries("en")


def test_every_word_of_the_pages_has_its_english(english: dict[str, list[str]]) -> None:
    foreign = catalogue.entries("sv")  # what allauth says itself
    missing = {text: where for text, where in catalogue.used().items() if text not in english and text not in foreign}
    assert not missing, f"{len(missing)} words lack English; `make messages` collects them"


def test_no_translation_is_empty_or_loses_a_place(english: dict[str, list[str]]) -> None:
    for msgid, translations in english.items():
        assert all(translations), msgid
        for text in translations:
            assert set(PLACE.findall(text)) <= set(PLACE.findall(msgid)), msgid


@pytest.mark.parametrize("language", ["en", "sv"])
def test_the_compiled_catalogue_is_in_step_with_its_text(language: str) -> None:
    assert catalogue.compiled(language) == catalogue.entries(language)


def test_a_comment_is_never_called_a_case_nor_anybody_its_handler() -> None:
    words = re.compile(r"ärende|handläggare", re.IGNORECASE)
    assert {text for text in catalogue.used() if words.search(text)} <= OF_CASES


ADDRESSES = (
    "/",
    "/?vy=mine",
    "/?vy=done",
    "/k/{row}/",
    "/k/{row}/?beslut=holding",
    "/k/{row}/?beslut=redirect",
    "/k/{row}/?beslut=no_reply",
    "/hjalp/",
    "/hanvisningar/",
    "/hanvisningar/ny/",
    "/register/",
    "/register/nytt/",
    "/register/{channel}/",
    "/register/{channel}/andra/",
    "/uppfoljning/",
    "/konto/password/change/",
    "/finns-inte/",
)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES)
def test_no_swedish_is_left_in_an_english_page(
    address: str, sign_in: Callable[..., Client], english: dict[str, list[str]]
) -> None:
    row = waiting_conversation(text="A comment in English")
    RedirectTarget.objects.create(name="Fault report", text="Please report it.")
    client = sign_in("admin")
    client.cookies["django_language"] = "en"
    page = client.get(address.format(row=row.pk, channel=row.channel_id)).content.decode()
    assert '<html lang="en">' in page
    page = re.sub(r"<(script|style|textarea).*?</\1>", "", page, flags=re.DOTALL)
    shown = {text.strip() for text in re.findall(r">([^<>]+)<", page)} | set(re.findall(r'aria-label="([^"]+)"', page))
    swedish = {msgid for msgid, translations in english.items() if msgid not in translations}
    assert shown & swedish == set()


@pytest.mark.django_db
def test_the_pages_are_swedish_until_another_language_is_chosen(client: Client) -> None:
    page = client.get("/konto/login/", headers={"Accept-Language": "en-US,en"}).content.decode()
    assert '<html lang="sv">' in page
    assert "Logga in i Gensvar" in page


@pytest.mark.django_db
def test_switching_stays_where_one_stands_and_is_remembered(anna: Client) -> None:
    row = waiting_conversation()
    answer = anna.post("/sprak/setlang/", {"language": "en", "next": f"/k/{row.pk}/?vy=mine"})
    assert answer["Location"] == f"/k/{row.pk}/?vy=mine"
    assert "Send the reply" in anna.get(f"/k/{row.pk}/").content.decode()


@pytest.mark.django_db
def test_signing_in_never_calls_a_user_a_channel(client: Client, anna: Client) -> None:
    pages = [client.get(f"/konto/{path}") for path in ("login/", "password/reset/", "inactive/")]
    pages += [anna.get(f"/konto/{path}") for path in ("password/change/", "2fa/", "reauthenticate/", "logout/")]
    for page in pages:
        main = page.content.decode().partition("<main")[2]
        assert not re.search(r">[^<]*\bkonto", main, re.IGNORECASE), page.request["PATH_INFO"]
