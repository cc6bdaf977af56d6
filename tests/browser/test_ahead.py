"""Whoever is faster than the server: no click is lost, none hits another conversation."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from inbox.models import Outgoing
from tests.browser.scene import Scene
from tests.browser.test_toasts import ruled
from tests.browser.test_triage import is_open, opened

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Held:
    """Requests that the test lets through when it wants to."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.page, self.pattern, self.routes = page, pattern, list[Route]()
        page.route(pattern, lambda route: self.routes.append(route))

    def let_go(self) -> None:
        for route in self.routes:
            route.continue_()
        self.page.unroute(self.pattern)


def click_ahead(page: Page, name: str) -> None:
    """Click as a hand does, without waiting for anything."""
    button = page.locator(".verdicts .button", has_text=name)
    button.dispatch_event("pointerdown", {"button": 0, "bubbles": True})
    button.evaluate("element => element.click()")


def test_a_verdict_that_is_clicked_while_a_form_is_being_fetched_is_carried_out_and_told(
    anna: Page, scene: Scene
) -> None:
    opened(anna, scene, "Ida Tränare")
    held = Held(anna, "**/*beslut=redirect*")
    with anna.expect_request("**/*beslut=redirect*"):
        anna.get_by_role("link", name="Hänvisa", exact=True).click()
    click_ahead(anna, "Gilla räcker")
    held.let_go()
    expect(anna.locator(".toast")).to_contain_text("Gillas om 10 sekunder.")
    expect(anna.locator("#who")).not_to_contain_text("Ida Tränare")
    likes = Outgoing.objects.filter(kind="like").select_related("conversation__contact")
    assert [like.conversation.contact.name for like in likes] == ["Ida Tränare"]


def test_what_is_clicked_while_the_next_comes_opens_there_but_decides_nothing_unseen(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Sara Lindgren", "?beslut=no_reply")
    for clicked, following in (("Hänvisa", "Lena Karlsson"), ("Gilla räcker", "Jonas Berg")):
        held = Held(anna, "**/beslut/no_reply/**")
        with anna.expect_request("**/beslut/no_reply/**"):
            anna.get_by_role("button", name="Ej till oss").click()
        click_ahead(anna, clicked)
        held.let_go()
        is_open(anna, following)
        if clicked == "Hänvisa":
            expect(anna.locator("#redirect-label")).to_be_visible()
            anna.get_by_role("link", name="Inget svar behövs").click()
        else:
            expect(anna.locator(".verdicts .button", has_text=clicked)).to_be_focused()
    assert ruled("no_reply")[-2:] == ["Sara Lindgren", "Lena Karlsson"]
    assert not Outgoing.objects.filter(kind="like").exists()


def test_a_button_that_goes_under_the_hand_is_still_clicked_when_it_is_let_go(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Sara Lindgren", "?beslut=no_reply")
    held = Held(anna, "**/beslut/no_reply/**")
    with anna.expect_request("**/beslut/no_reply/**"):
        anna.get_by_role("button", name="Ej till oss").click()
    anna.get_by_role("link", name="Besked", exact=True).hover()
    anna.mouse.down()
    held.let_go()
    is_open(anna, "Lena Karlsson")
    anna.mouse.up()
    expect(anna.get_by_label("Svar utlovat")).to_be_visible()
    is_open(anna, "Lena Karlsson")


def test_a_double_click_decides_once(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Ida Tränare")
    anna.get_by_role("button", name="Gilla räcker", exact=True).dblclick()
    expect(anna.locator(".toast")).to_contain_text("Gillas om 10 sekunder.")
    assert Outgoing.objects.filter(kind="like").count() == 1


def test_a_click_that_waited_for_what_was_refused_or_failed_is_let_be(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Sara Lindgren")
    for status in (None, 502):
        held = Held(anna, "**/svara/**")
        with anna.expect_request("**/svara/**"):
            anna.locator("[data-send]").click()
        click_ahead(anna, "Besked")
        if status is None:
            held.let_go()
            expect(anna.locator("#reply-error")).to_be_visible()
            anna.locator("#text").fill("Hej Sara!")
        else:
            held.routes[0].fulfill(status=status, body="")
            anna.unroute("**/svara/**")
            expect(anna.locator(".toast.error")).to_be_visible()
    expect(anna.locator("#text")).to_have_value("Hej Sara!")
    expect(anna.locator("#promised_day")).to_have_count(0)
