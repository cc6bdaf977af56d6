"""Writing an answer in a real browser: the draft is kept, the bank opens by its key, what is masked by a click."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from inbox.models import Draft, Item, ReplyTemplate
from tests.browser.scene import NOW, Scene
from tests.browser.test_barriers import AXE, RULES
from tests.browser.test_triage import opened, press_swedish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("PICTURES")  # a folder to photograph into


def made() -> ReplyTemplate:
    values = {"name": "Öppettider", "review_at": date(2026, 11, 1), "changed_at": NOW}
    return ReplyTemplate.objects.create(text="Hej {namn}! Vi öppnar {nästa_vardag}.", **values)


def barriers(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, rules)", RULES)["violations"]
    return [f"{each['id']}: {node['target']}" for each in found for node in each["nodes"]]


def photograph(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def test_a_sentence_half_written_is_there_after_a_reload(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Jonas Berg", "?beslut=answer")
    anna.locator("#text").fill("Du kan erhålla besked, simhallen öppnar")
    expect(anna.locator("#writing")).to_contain_text("Utkast – blir allmän handling när det skickas")
    expect(anna.locator("#writing")).to_contain_text("”erhålla” → ”få”")
    for focused in (".hints > summary", "#text"):
        anna.keyboard.press("Control+.")
        expect(anna.locator(focused)).to_be_focused()
    anna.evaluate("localStorage.clear()")
    anna.reload()
    expect(anna.locator("#text")).to_have_value("Du kan erhålla besked, simhallen öppnar")
    assert barriers(anna) == []
    photograph(anna, "draft")
    assert Draft.objects.get().text == "Du kan erhålla besked, simhallen öppnar"


def test_the_bank_opens_by_its_key_and_puts_the_answer_at_the_cursor(anna: Page, scene: Scene) -> None:
    made()
    opened(anna, scene, "Jonas Berg", "?beslut=answer")
    anna.locator("#text").focus()
    press_swedish(anna, "§")
    expect(anna.locator("#bank-search")).to_be_focused()
    assert barriers(anna) == []
    photograph(anna, "bank")
    anna.keyboard.type("oppet")
    anna.keyboard.press("Enter")
    expect(anna.locator("#text")).to_have_value("Hej Jonas! Vi öppnar i morgon.")
    expect(anna.locator("#text")).to_be_focused()


def test_what_is_masked_opens_by_a_click_and_nothing_has_a_barrier(anna: Page, scene: Scene) -> None:
    row = scene.conversations["Jonas Berg"]
    item = Item.objects.filter(conversation=row, from_us=False).latest("posted_at")
    Item.objects.filter(pk=item.pk).update(text="Mitt barn 811228-9874 har ingen plats")
    row.preview = "Mitt barn 811228-9874 har ingen plats"
    row.save(update_fields=["preview"])
    opened(anna, scene, "Jonas Berg")
    expect(anna.locator("#personal")).to_contain_text("dölj och kontakta")
    expect(anna.locator(".masked > span")).to_be_hidden()
    assert barriers(anna) == []
    photograph(anna, "masked")
    anna.locator(".masked summary").click()
    expect(anna.locator(".masked > span")).to_be_visible()
    photograph(anna, "shown")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_bank_has_no_barrier_on_a_narrow_page(anna: Page, scene: Scene, scheme: str) -> None:
    template = made()
    anna.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    anna.set_viewport_size({"width": 320, "height": 800})
    for name, path in (("list", "/svarsbank/"), ("form", f"/svarsbank/{template.pk}/")):
        anna.goto(path)
        assert barriers(anna) == []
        assert anna.evaluate("document.documentElement.scrollWidth") <= 320
        photograph(anna, f"answers-{name}-{scheme}")
