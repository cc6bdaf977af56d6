"""Beside the reply in a real browser: a note with its own text and an @, a hand-over with its reason."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Department
from inbox.management.commands import _demo_texts
from inbox.models import HandOver, HeadsUp, Item, Note, Outgoing, RedirectTarget
from tests.browser.scene import Scene
from tests.browser.test_triage import opened
from tests.browser.test_writing import PICTURES, barriers, photograph

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_note_by_keyboard_names_a_colleague_and_never_mixes_with_the_reply(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Jonas Berg", "?beslut=answer")
    anna.locator("#text").fill("Hej Jonas")
    expect(anna.locator("#writing")).to_contain_text("Utkast")
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
    expect(anna.locator("#writing")).to_contain_text("Utkast, bara ditt")
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


def test_help_lies_ready_where_one_answers(anna: Page, scene: Scene) -> None:
    """The phrases of the citizen's language, the redirect that its words ask for, and a neighbour who was right."""
    RedirectTarget.objects.all().delete()
    _demo_texts.load(scene.people["Anna"])
    row = scene.conversations["Kent Andersson"]
    arabic = "متى يفتح المسبح يوم السبت؟"
    Item.objects.filter(conversation=row).update(text=arabic)
    type(row).objects.filter(pk=row.pk).update(preview=arabic)
    opened(anna, scene, "Kent Andersson", "?beslut=answer")
    expect(anna.locator(".phrases")).to_contain_text("Skrivet på arabiska")
    assert barriers(anna) == []
    photograph(anna, "phrases")
    anna.locator(".phrases a").first.click()
    assert anna.locator("#text").evaluate("field => getComputedStyle(field).direction") == "rtl"
    expect(anna.locator("#reply-form [data-count]")).to_contain_text("av 8000 tecken")

    anna.emulate_media(color_scheme="dark")
    opened(anna, scene, "Moa Halland", "?beslut=redirect")
    expect(anna.locator(".whose")).to_contain_text("Vems är det? Belysning:")
    expect(anna.locator(".choices [data-suggested]")).to_contain_text("Felanmälan")
    assert barriers(anna) == []
    photograph(anna, "redirect-dark")
    anna.set_viewport_size({"width": 320, "height": 800})
    assert barriers(anna) == []
    if PICTURES:
        anna.locator("#composer").scroll_into_view_if_needed()
        photograph(anna, "redirect-narrow")
    anna.set_viewport_size({"width": 1280, "height": 800})

    opened(anna, scene, "Jonas Berg")
    photograph(anna, "helper-dark")
    anna.locator("#who").focus()
    anna.keyboard.press("s")
    expect(anna.locator("#toasts")).to_contain_text("Då är båda klara.")
    thanks = Outgoing.objects.get(kind="answer", also=scene.conversations["Jonas Berg"])
    assert thanks.text == "Stämmer, tack för hjälpen! /Anna"
