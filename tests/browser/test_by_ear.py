"""Each verdict as it is reached by ear: by names and roles alone, no key and no place on a screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Locator, Page, expect

from tests.browser.scene import NOW
from tests.browser.thirty import PROMISE, THIRTY, Thirty, Written, build, expected, written
from tests.sandbox_server import RunningSandbox

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene(transactional_db: None, default_policy: None, sandbox: RunningSandbox, settings: Any) -> Thirty:
    with time_machine.travel(NOW, tick=True):
        return build(sandbox, settings)


class Spoken:
    """Somebody who hears a page and does not see it: all is found by its role and its name, and nothing by a key."""

    def __init__(self, page: Page) -> None:
        self.page, self.by = page, page.get_by_role

    def to(self, each: Written) -> None:
        """Open its row, if the verdict before it has not led there by itself."""
        if not self.heading(each.name).count():
            self.press(self.by("link", name=re.compile(f"{each.name} · .+ {re.escape(each.text[:12])}")))
        self.heard(each.name)

    def heading(self, name: str) -> Locator:
        return self.by("heading", name=re.compile(f"^\\w+ {name}"))

    def heard(self, name: str) -> None:
        expect(self.heading(name)).to_be_focused()

    def press(self, what: Locator) -> None:
        """Do what a screen reader does: no pointer is anywhere, and nothing that lies above matters."""
        expect(what).to_be_enabled()
        what.dispatch_event("click")

    def link(self, name: str) -> None:
        self.press(self.by("link", name=name, exact=True))

    def button(self, name: str) -> None:
        self.press(self.by("button", name=name, exact=True))

    def told(self, words: str) -> None:
        expect(self.by("status").filter(has_text=words)).to_be_visible()


def test_each_verdict_is_reached_by_names_and_roles_alone(anna: Page, scene: Thirty, mailoutbox: list[Any]) -> None:
    spoken, did = Spoken(anna), []

    def at(name: str) -> Written:
        did.append(written(name))
        spoken.to(did[-1])
        return did[-1]

    anna.goto("/")
    spoken_replies(spoken, at)
    spoken_rulings(spoken, at)
    spoken_forms(spoken, at)
    spoken_views(spoken, at)
    scene.deliver()
    did.append(written("Nora Helper"))
    assert {each.verdict for each in did} == {each.verdict for each in THIRTY}
    assert {each.name: scene.standing(each.name) for each in did} == {each.name: expected(each) for each in did}
    assert [mail.to for mail in mailoutbox] == [["per@example.org"]]


def spoken_replies(spoken: Spoken, at: Callable[[str], Written]) -> None:
    each = at("Kent Andersson")
    spoken.by("textbox", name=f"Svar till {each.name}").fill(each.words)
    spoken.button("Skicka svaret")
    spoken.told("Svar till Kent Andersson skickas om 10 sekunder.")
    at("Erik Ström")
    spoken.link("Besked")
    expect(spoken.by("textbox", name="Besked till Erik Ström")).to_have_value("Hej Erik! " + PROMISE)
    spoken.button("Skicka beskedet")
    spoken.told("Besked till Erik Ström skickas om 10 sekunder.")
    for name, target in (("Göran Persson", "Trafikverket"), ("Alva Nord", "Kontaktcenter")):
        at(name)
        if name != "Alva Nord":  # for a message it is what is offered first
            spoken.link("Hänvisa")
        spoken.link(target)
        expect(spoken.by("textbox", name=f"Hänvisning till {name}")).not_to_have_value("")
        spoken.button("Skicka hänvisningen")
        spoken.told(f"Hänvisning till {name} skickas om 10 sekunder.")


def spoken_rulings(spoken: Spoken, at: Callable[[str], Written]) -> None:
    at("Olof Sund")
    spoken.button("Gilla räcker")
    spoken.told("Gillas om 10 sekunder.")
    at("Ebba Lund")
    spoken.link("Gilla räcker")
    spoken.button("Markera gjord där")
    spoken.told("Ebba Lund: gillad, och klar.")
    for name in ("Elsa Wall", "Leo Strand", "Tyra Åkesson"):
        at(name)
        spoken.link("Inget svar behövs")
        spoken.button("Annat")
        spoken.told(f"{name}: inget svar behövs.")
        if name == "Leo Strand":
            spoken.press(spoken.by("button", name="Ångra", exact=True).last)
            spoken.heard(name)
            spoken.link("Inget svar behövs")
            spoken.button("Ej till oss")
            spoken.told(f"{name}: inget svar behövs.")
    at("Arvid Lilja")
    spoken.button("Invånaren svarade rätt")
    spoken.told("Då är båda klara.")


def spoken_forms(spoken: Spoken, at: Callable[[str], Written]) -> None:
    by = spoken.by
    at("Otto Krans")
    spoken.link("Moderera")
    by("combobox", name="Grund").select_option(label="Svordomar eller kränkande ord")
    spoken.button("Moderera")
    spoken.told("Döljs om 10 sekunder.")
    at("Viggo Ros")
    spoken.link("Moderera")
    by("radio", name="Ta bort").check()
    by("combobox", name="Grund").select_option(label="Olaga hot (5 § a)")
    by("textbox", name="Varför räcker det inte att dölja?").fill("Det är ett hot.")
    spoken.button("Moderera")
    spoken.told("Tas bort om 10 sekunder.")
    at("Stina Hed")
    spoken.link("Fråga sakkunnig")
    by("combobox", name="Kollega").select_option(label="Per Lindqvist")
    spoken.button("Skicka frågan")
    spoken.told("Skicka ett besked också?")
    spoken.button("Skicka beskedet")
    spoken.told("Besked till Stina Hed skickas om 10 sekunder.")
    at("Knut Sander")
    spoken.button("Ta själv")
    spoken.told("Anna Ek är ansvarig.")
    spoken.link("Intern")
    by("textbox", name="Intern anteckning, syns bara för oss").fill("Ring Karin.")
    spoken.button("Spara anteckningen")
    spoken.told("Anteckningen är sparad.")
    spoken.link("Kommandon")
    spoken.press(by("option", name="Vila, och väck"))
    spoken.button("I eftermiddag 15.00")
    spoken.told("Vilar till")


def spoken_views(spoken: Spoken, at: Callable[[str], Written]) -> None:
    by = spoken.by
    with spoken.page.expect_navigation():
        spoken.press(by("navigation", name="Vyer").get_by_role("link", name="Alla öppna"))
    at("Lova Engman")
    spoken.button("Bevaka")
    spoken.told("Lova Engman: bevakas.")
    with spoken.page.expect_navigation():
        spoken.press(by("navigation", name="Vyer").get_by_role("link", name="Klara"))
    each = at("Tyra Åkesson")
    spoken.button("Återöppna")
    spoken.told("Återöppnad.")
    by("textbox", name=f"Svar till {each.name}").fill(each.words)
    spoken.button("Skicka svaret")
    spoken.told("Svar till Tyra Åkesson skickas om 10 sekunder.")
