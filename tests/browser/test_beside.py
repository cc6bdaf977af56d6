"""Beside the reply in a real browser: a note with its own text and an @, a hand-over with its reason."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Department
from inbox.models import HandOver, HeadsUp, Note, Outgoing
from tests.browser.scene import Scene
from tests.browser.test_triage import opened
from tests.browser.test_writing import barriers, photograph

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_note_by_keyboard_names_a_colleague_and_never_mixes_with_the_reply(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Jonas Berg", "?beslut=answer")
    anna.locator("#text").fill("Hej Jonas")
    expect(anna.locator("#writing")).to_contain_text("Utkast", timeout=4000)
    anna.keyboard.press("Escape")
    anna.keyboard.press("i")
    expect(anna.locator("#note")).to_be_focused()
    expect(anna.locator("#note")).to_have_value("")
    anna.keyboard.type("Stämmer 9-17 @per")
    expect(anna.locator("#mentions [role=option]")).to_have_text(["Per Lindqvist"])
    assert barriers(anna) == []
    photograph(anna, "note")
    anna.keyboard.press("Enter")
    expect(anna.locator("#note")).to_have_value("Stämmer 9-17 @Per Lindqvist ")
    expect(anna.locator("#writing")).to_contain_text("Utkast, bara ditt", timeout=4000)
    anna.set_viewport_size({"width": 320, "height": 800})
    assert barriers(anna) == []
    photograph(anna, "note-narrow")
    anna.set_viewport_size({"width": 1280, "height": 800})
    anna.keyboard.press("Control+Enter")
    expect(anna.locator("#toasts")).to_contain_text("Per Lindqvist får veta det.")
    expect(anna.locator(".item.note")).to_contain_text("Stämmer 9-17 @Per Lindqvist")
    expect(anna.locator("#text")).to_have_value("Hej Jonas")
    assert (Note.objects.latest("pk").by, HeadsUp.objects.get().person) == (scene.people["Anna"], scene.people["Per"])
    assert not Outgoing.objects.filter(conversation=scene.conversations["Jonas Berg"]).exists()


def test_a_conversation_is_handed_over_and_the_next_one_opens(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Sara Lindgren")
    anna.keyboard.press("t")
    anna.get_by_role("link", name="Lämna över till en annan förvaltning").click()
    expect(anna.locator("#department")).to_be_focused()
    anna.locator("#department").select_option(label="Teknik och gata")
    anna.locator("#reason").fill("Tunnan står på er väg.")
    assert barriers(anna) == []
    photograph(anna, "hand-over")
    anna.keyboard.press("Control+Enter")
    expect(anna.locator("#toasts")).to_contain_text("Överlämnad till Teknik och gata.")
    expect(anna.locator("#who")).to_contain_text("Lena Karlsson")
    opened(anna, scene, "Sara Lindgren")
    expect(anna.locator("#handed")).to_contain_text("Tunnan står på er väg.")
    photograph(anna, "handed")
    assert HandOver.objects.get().to_department == Department.objects.get(name="Teknik och gata")
