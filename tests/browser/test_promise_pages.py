"""The pages of the promise are worked by keyboard alone: explained, changed, rested, chosen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from inbox.models import Conversation, PolicyChange
from sla.models import PolicyVersion
from tests.browser.scene import Scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MOST_TABS = 120


def tab_to(page: Page, name: str, *, role: str = "") -> None:
    """Press Tab until what has the focus bears a name, as somebody without a mouse does."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if not focused.count():
            continue
        words = focused.evaluate("e => (e.labels?.[0] ?? e).innerText + ' ' + (e.getAttribute('aria-label') ?? '')")
        if name in words and (not role or focused.evaluate("e => e.tagName").lower() == role):
            return
    raise AssertionError(f"No Tab led to {name}")


def test_a_deadline_is_explained_and_left_again(anna: Page, scene: Scene) -> None:
    anna.goto(f"/k/{scene.conversations['Jonas Berg'].pk}/")
    why = anna.locator("details.why")
    for leaves in ("w", "Escape"):
        anna.keyboard.press("w")
        expect(why.get_by_text("Regel:")).to_be_visible()
        expect(why.locator("summary")).to_be_focused()
        anna.keyboard.press(leaves)
        expect(why.get_by_text("Regel:")).to_be_hidden()
    anna.locator(".rows .frist").first.click()
    expect(anna.get_by_role("dialog", name="Varför denna frist?").get_by_text("Regel:")).to_be_visible()
    anna.keyboard.press("Escape")
    expect(anna.locator(".rows .frist").first).to_be_focused()


def test_an_instant_is_tried(anna: Page) -> None:
    anna.goto("/svarstid/")
    tab_to(anna, "24 timmar", role="a")
    anna.keyboard.press("Enter")
    anna.wait_for_url("**/svarstid/mal/se24/**")
    field = anna.get_by_label("Skrivet", exact=True)
    field.fill("2026-11-27T15:00")
    field.press("Enter")
    expect(anna.get_by_role("status").filter(has_text="30 nov")).to_be_visible()


def test_a_policy_is_changed_after_its_consequences_were_shown(
    page: Page, scene: Scene, sign_in: Callable[..., None]
) -> None:
    sign_in(page, "Lars")
    page.goto("/svarstid/mal/se24/andra/")
    tab_to(page, "Egna stängda dagar")
    page.keyboard.type("2026-11-24 Planeringsdag")
    tab_to(page, "Visa vad det betyder", role="button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="frister flyttas")).to_be_visible()
    assert PolicyVersion.objects.filter(key="se24").count() == 1
    tab_to(page, "Spara", role="button")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "andra" not in address)
    assert PolicyVersion.objects.filter(key="se24").count() == 2
    assert PolicyChange.objects.exists()


def test_a_conversation_is_laid_to_rest(anna: Page, scene: Scene) -> None:
    row = scene.conversations["Kent Andersson"]
    anna.goto(f"/k/{row.pk}/")
    anna.keyboard.press("v")
    anna.keyboard.press("Enter")
    expect(anna.locator("#toasts")).to_contain_text("Vilar")
    assert Conversation.objects.get(pk=row.pk).status == Conversation.Status.SNOOZED


def test_the_ways_to_be_told_are_chosen(anna: Page, scene: Scene) -> None:
    anna.goto("/jag/")
    tab_to(anna, "e-post")
    anna.keyboard.press("Space")
    tab_to(anna, "Spara", role="button")
    anna.keyboard.press("Enter")
    expect(anna.get_by_label("e-post")).not_to_be_checked()


def test_monday_morning_leads_from_the_list_to_the_backlog_and_into_a_row(anna: Page) -> None:
    anna.goto("/")
    tab_to(anna, "Måndagsstart", role="a")
    anna.keyboard.press("Enter")
    expect(anna.get_by_role("heading", level=1)).to_contain_text("väntar efter")
    tab_to(anna, "Nils W", role="a")
    anna.keyboard.press("Enter")
    expect(anna.get_by_role("article", name="Nils W")).to_be_visible()
