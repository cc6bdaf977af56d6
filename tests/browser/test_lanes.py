"""What stands above the deadline, in a real browser: no barrier on its pages, by keys, and by a thumb."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import Topic
from inbox.incoming import sorting
from inbox.models import Conversation, Item
from tests.browser.conftest import listen
from tests.browser.scene import NOW, Scene
from tests.browser.test_barriers import AXE, SCHEMES, barriers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MINUTE = timedelta(minutes=1)
WROTE = (
    ("Hot Hotsson", "Ni är idioter, vi vet var ni bor"),
    ("Nöd Ställd", "ni har avslagit mitt försörjningsstöd, hur överlever vi"),
    ("Rätt Kravsson", "jag begär ut alla handlingar om badhuset"),
)


@pytest.fixture
def lanes(scene: Scene) -> dict[str, Conversation]:
    Topic.objects.create(tag="hamnen", name="Hamnen", department=scene.channels["harbour"].department)
    for place, (name, text) in enumerate(WROTE):
        item = scene.says(name, text, NOW - (9 - place) * MINUTE)
        Item.objects.filter(pk=item.pk).update(unsettled=True)
        sorting.sort([item.thread_id], NOW - 5 * MINUTE)
        Item.objects.filter(pk=item.pk).update(unsettled=False)
    return {name: scene.conversations[name] for name, _text in WROTE}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_page_above_the_deadline_has_a_barrier(
    scheme: Any, page: Page, lanes: dict[str, Conversation], sign_in: Callable[..., None]
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce", contrast="more" if scheme == "dark" else None)
    heard, found = listen(page), []
    k = [f"/k/{row.pk}/" for row in lanes.values()]
    paths = {
        "": ["/tillganglighet/", "/tillganglighet/brist/"],
        "Lars": [*k, f"{k[0]}amne/", "/?vy=legal", "/regler/", "/regler/ny/", "/regler/spar/", "/jag/"],
    }
    for who, addresses in paths.items():
        if who:
            sign_in(page, who)
        for path in addresses:
            page.goto(path)
            page.evaluate(AXE)
            for width in (1280, 320):
                page.set_viewport_size({"width": width, "height": 800})
                found += [f"{path} at {width}: {what}" for what in barriers(page)]
    assert not found, "\n".join(found)
    assert not heard, "\n".join(heard)


def test_lanes_topics_and_protected_mode_by_keys(anna: Page, lanes: dict[str, Conversation]) -> None:
    anna.goto("/")
    expect(anna.locator(".rows > li").nth(0)).to_contain_text("Hot Hotsson")
    expect(anna.locator(".rows > li").nth(1)).to_contain_text("Nöd Ställd")
    expect(anna.locator(".rows > li").nth(2)).to_contain_text("Rätt Kravsson")
    expect(anna.locator(".rows > li").nth(0)).to_contain_text("Akut: Hot")
    anna.keyboard.press("z")
    expect(anna.locator(".rows > li").nth(0)).to_contain_text("Dolt innehåll")
    anna.goto(f"/k/{lanes['Hot Hotsson'].pk}/")
    expect(anna.get_by_text("vi vet var ni bor")).to_be_hidden()
    anna.locator(".blurred summary").focus()
    with anna.expect_response("**/skydd/visad/"):
        anna.keyboard.press("Space")
    expect(anna.get_by_text("vi vet var ni bor")).to_be_visible()
    anna.locator("#who").focus()
    anna.locator("#who").dispatch_event("keydown", {"key": "ä", "bubbles": True})
    anna.get_by_role("button", name="Hamnen").click()
    expect(anna.get_by_role("link", name="Ämne: Hamnen")).to_be_visible()
    anna.locator("#who").focus()
    anna.keyboard.press("p")
    anna.get_by_role("button", name="Vanlig", exact=True).click()
    expect(anna.locator("#lane")).to_have_count(0)


def test_a_swipe_asks_why_or_lets_rest_and_a_thumb_reaches_the_rest(
    browser: Browser, browser_context_args: dict[str, Any], lanes: dict[str, Conversation], sign_in: Callable[..., None]
) -> None:
    args = browser_context_args | {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
    page = browser.new_context(**args).new_page()
    sign_in(page)
    page.goto("/")
    for name in ("Inkorg", "Akut", "Lovade", "Jag"):
        box = page.locator(".head nav").get_by_role("link", name=name, exact=True).bounding_box()
        assert box and box["y"] > 560 and box["height"] >= 44
    page.evaluate("""() => {
        const li = document.querySelector(".rows > li");
        const at = (x) => [new Touch({identifier: 1, target: li, clientX: x, clientY: 300})];
        const send = (name, touches) => li.dispatchEvent(new TouchEvent(name, {bubbles: true, touches}));
        send("touchstart", at(40)); send("touchmove", at(250)); send("touchend", []);
    }""")
    expect(page.get_by_text("Varför behövs inget svar?")).to_be_visible()
    page.context.close()
