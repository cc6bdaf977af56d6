"""Finding, choosing several and commanding, as a communicator does it in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from inbox.models import Conversation, Outgoing, SavedView, VerdictEvent
from tests.browser.scene import NOW, Scene
from tests.browser.test_barriers import AXE, barriers
from tests.browser.test_triage import felanmalan, is_open, press_swedish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def no_barrier(page: Page) -> None:
    page.evaluate(AXE)
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert barriers(page) == []
    page.set_viewport_size({"width": 1280, "height": 800})


def test_a_question_is_found_by_key_and_kept_as_a_view(anna: Page, scene: Scene) -> None:
    press, write = anna.keyboard.press, anna.keyboard.type
    anna.goto("/")
    press("q")
    write("simhall konto:facebook")
    press("Enter")
    expect(anna.locator(".hit mark")).to_have_text("simhallen")
    anna.get_by_text("Spara vyn").click()
    anna.get_by_label("Vyns namn").fill("Simhallen")
    anna.get_by_role("button", name="Spara i menyn").click()
    anna.goto("/?vy=done")
    press("1")
    expect(anna.get_by_role("heading", name="Simhallen")).to_be_visible()
    anna.wait_for_load_state()
    press("j")
    press("Enter")
    is_open(anna, "Jonas Berg")
    press("Control+Shift+f")
    expect(anna.locator("#search")).to_be_focused()
    assert SavedView.objects.get().query == "sok=simhall+konto%3Afacebook"


def test_several_are_chosen_by_key_decided_and_taken_back_together(anna: Page, scene: Scene) -> None:
    press = anna.keyboard.press
    anna.goto("/")
    press("j")
    press("x")
    press("j")
    press("j")
    press("Shift+X")
    expect(anna.locator("[data-chosen]")).to_have_text("3 markerade")
    no_barrier(anna)
    press("e")
    press("3")
    expect(anna.locator(".toast")).to_contain_text("3 är klara utan svar.")
    anna.wait_for_load_state()  # the page is a new one, and its keys come with its scripts
    assert VerdictEvent.objects.filter(verdict="no_reply", reason="emoji", undone_at=None).count() == 3
    press_swedish(anna, "å")
    expect(anna.locator(".toast")).to_contain_text("3 är ångrade.")
    names = [row.contact.name for row in Conversation.objects.filter(status="open").select_related("contact")]
    assert {"Sara Lindgren", "Lena Karlsson", "Jonas Berg"} <= set(names)


def test_an_answer_to_several_is_read_in_each_wording_before_it_goes(anna: Page, scene: Scene) -> None:
    press = anna.keyboard.press
    anna.goto("/")
    press("j")
    press("a")
    press("Escape")
    expect(anna.locator("[data-chosen]")).to_be_hidden()
    for _ in range(2):
        press("x")
        press("j")
    press("r")
    expect(anna.locator("#batch-text")).to_be_focused()
    no_barrier(anna)
    anna.keyboard.type("Hej {namn}! Vi ringer dig.")
    press("Control+Enter")
    first = anna.get_by_label("Svar till Sara Lindgren")
    expect(first).to_have_value("Hej Sara! Vi ringer dig.")
    no_barrier(anna)
    first.fill("Hej Sara! Vi ringer i dag.")
    anna.get_by_role("button", name="Skicka 2 svar").click()
    expect(anna.locator(".toast")).to_contain_text("2 svar skickas om 10 sekunder.")
    texts = set(Outgoing.objects.filter(status="queued").values_list("text", flat=True))
    assert texts == {"Hej Sara! Vi ringer i dag. /Anna", "Hej Lena! Vi ringer dig. /Anna"}


def palette(page: Page, letters: str = "") -> Locator:
    """Open it and write; give the command that Enter would carry out."""
    page.wait_for_load_state()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type(letters)
    return page.locator(".palette [aria-selected=true]")


def test_the_palette_knows_what_is_meant(anna: Page, scene: Scene) -> None:
    press = anna.keyboard.press
    anna.goto(f"/k/{scene.conversations['Moa Halland'].pk}/")
    expect(palette(anna, "hanv fel")).to_contain_text("Hänvisa: Felanmälan")
    anna.evaluate(AXE)
    assert [what for what in barriers(anna) if "first headings" not in what] == []  # the dialog has its own
    press("Enter")
    expect(anna.locator("#text")).to_have_value("Hej Moa! " + felanmalan())
    press("Escape")
    expect(palette(anna)).to_contain_text("Hänvisa: Felanmälan")  # used last
    anna.keyboard.type("mork")
    press("Enter")
    expect(anna.locator("html")).to_have_attribute("data-theme", "dark")
    is_open(anna, "Moa Halland")
    expect(palette(anna, "besk")).to_contain_text("Besked")
    press("Enter")
    expect(anna.locator("#reply-form [name=verdict]")).to_have_value("holding")
    press("Escape")
    expect(palette(anna, "simhallen & bad")).to_contain_text("Sök i inkorgen: simhallen & bad")
    press("Enter")
    anna.wait_for_url("**/?sok=simhallen+%26+bad")
    expect(anna.get_by_role("searchbox").first).to_have_value("simhallen & bad")


def test_keys_of_ones_own_do_what_the_others_did(anna: Page, scene: Scene) -> None:
    User.objects.filter(pk=scene.people["Anna"].pk).update(preferences={"own_keys": {"b": "y", "r": "b"}})
    anna.goto(f"/k/{scene.conversations['Moa Halland'].pk}/")
    verdict = anna.locator("#reply-form [name=verdict]")
    anna.keyboard.press("y")
    expect(verdict).to_have_value("holding")
    anna.keyboard.press("Escape")
    anna.keyboard.press("b")
    expect(verdict).to_have_value("answer")
    expect(anna.locator(".verdicts a", has_text="Svara").locator("kbd")).to_have_text("B")
    anna.goto("/tangenter/")
    no_barrier(anna)


def test_several_are_chosen_without_a_script(browser, browser_context_args, scene: Scene, sign_in) -> None:  # type: ignore[no-untyped-def]
    context = browser.new_context(**{**browser_context_args, "java_script_enabled": False})
    page = context.new_page()
    sign_in(page)
    page.goto("/")
    for name in ("Sara Lindgren", "Lena Karlsson"):
        page.get_by_label(f"Markera {name}").check()
    page.get_by_role("button", name="Mer").click()
    page.get_by_role("button", name="Annat (2)").click()
    expect(page.locator(".toast")).to_contain_text("2 är klara utan svar.")
    page.get_by_role("button", name="Ångra").click()
    expect(page.locator(".toast").first).to_contain_text("2 är ångrade.")
    context.close()
    assert not VerdictEvent.objects.filter(reason="other", undone_at=None, at__gte=NOW).exists()
