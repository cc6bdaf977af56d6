"""No page has a barrier: axe, reflow, targets; every page light at 1280 and 320, and in every setting on demand.

`EVERY_SETTING=1` adds dark, 800 and 1920 pixels, and text at twice its size.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserType, Page, expect

from accounts.models import Surface
from tests.browser.conftest import listen
from tests.browser.scene import NOW, Scene, stop_reading

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
EVERY = bool(os.environ.get("EVERY_SETTING"))
SETTINGS = [("light", 1280, 100), ("light", 320, 100)]
if EVERY:
    SETTINGS += [("light", 800, 100), ("light", 1920, 100), ("light", 1280, 200), ("dark", 1280, 200)]
    SETTINGS += [("dark", width, 100) for width in (320, 800, 1280, 1920)]
PAGE_ID = ["-".join(map(str, setting)) for setting in SETTINGS]
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}


def addresses(scene: Scene) -> dict[str, list[str]]:
    """Every page in its states, by who looks at it ("" is nobody)."""
    k = {name: f"/k/{row.pk}/" for name, row in scene.conversations.items()}
    channel = scene.channels["facebook"].pk
    return {
        "": ["/konto/login/", "/konto/password/reset/", "/konto/password/reset/done/"],
        "Nina": ["/"],
        "Olle": ["/", k["Jonas Berg"]],
        "Anna": [
            "/",
            "/?vy=mine&konto=4",
            "/?vy=check",
            "/?vy=done",
            k["Jonas Berg"],
            k["Mona Rask"],
            k["Erik Ström"],
            k["Göran Persson"],
            k["<b>Kalle</b> & Co"],
            k["Långa Lotta"],
            k["Moa Halland"] + "?beslut=holding",
            k["Moa Halland"] + "?beslut=redirect&hanvisning=2",
            k["Moa Halland"] + "?beslut=no_reply",
            k["Tore Vik"] + "?vy=check",
            k["Ulla Ek"] + "?vy=check",
            "/hjalp/",
            "/hanvisningar/",
            "/hanvisningar/ny/",
            "/register/",
            "/uppfoljning/",
            "/konto/password/change/",
            "/konto/2fa/",
            "/konto/reauthenticate/",
            "/konto/logout/",
            "/register/nytt/",
            "/finns-inte/",
        ],
        "Lars": ["/stil/", "/register/", f"/register/{channel}/", f"/register/{channel}/andra/", "/register/nytt/"],
    }


@pytest.fixture
def setting(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def sized(
    page: Page, setting: Any, browser_type: BrowserType, browser_type_launch_args: dict[str, Any], server: str
) -> Iterator[Page]:
    """A page of the setting's width and scheme; with text at twice its size in a browser that was told so."""
    scheme, width, text = setting
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    if text == 100:
        yield page
        return
    flags = [*browser_type_launch_args["args"], f"--blink-settings=defaultFontSize={16 * text // 100}"]
    browser = browser_type.launch(**{**browser_type_launch_args, "args": flags})
    context = browser.new_context(base_url=server, viewport={"width": width, "height": 800}, color_scheme=scheme)
    yield context.new_page()
    browser.close()


@pytest.mark.parametrize("setting", SETTINGS, indirect=True, ids=PAGE_ID)
def test_no_page_has_a_barrier(sized: Page, scene: Scene, sign_in: Callable[..., None]) -> None:
    page, found, heard = sized, [], listen(sized)
    for who, paths in addresses(scene).items():
        page.context.clear_cookies()
        if who:
            sign_in(page, who)
        for path in paths:
            page.goto(path)
            found += [f"{who} {path}: {what}" for what in barriers(page)]
    assert not found, "\n".join(found)
    assert not heard, "\n".join(heard)


def barriers(page: Page) -> list[str]:
    found = []
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if overflow > 0:
        found.append(f"{overflow} pixels wider than the window")
    if page.locator("h1").count() != 1:
        found.append(f"{page.locator('h1').count()} first headings")
    if not page.title().endswith(" · Gensvar") or page.title().startswith(" · "):
        found.append(f"title {page.title()!r}")
    result = Axe().run(page, options=RULES)
    for violation in result.response["violations"]:
        where = "; ".join(
            " ".join(node["target"]) if isinstance(node["target"][0], str) else str(node["target"])
            for node in violation["nodes"][:3]
        )
        found.append(f"{violation['id']} ({violation['help']}) at {where}")
    return found


def test_the_verdicts_lie_under_the_thumb_of_a_phone(
    browser: Any, browser_context_args: dict[str, Any], scene: Scene, sign_in: Callable[..., None]
) -> None:
    args = browser_context_args | {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
    page = browser.new_context(**args).new_page()
    sign_in(page)
    page.goto("/")
    page.locator(".row", has_text="Sara").tap()
    for name in ("Svara", "Besked", "Hänvisa", "Inget svar behövs"):
        box = page.get_by_role("link", name=name, exact=True).bounding_box()
        assert box and box["y"] > 480 and box["y"] + box["height"] <= 640 and box["height"] >= 44 and box["width"] >= 44
    page.get_by_role("link", name="Inget svar behövs", exact=True).tap()
    page.get_by_role("button", name="Annat").tap()
    expect(page.locator("#who")).to_contain_text("Lena")
    assert small_targets(page) == []
    page.goto("/")
    assert small_targets(page) == []
    page.context.close()


def small_targets(page: Page) -> list[str]:
    """What is to be touched and is lower than 44 pixels, but for links within a sentence."""
    return page.evaluate("""() => [...document.querySelectorAll("a, button, summary, select, input:not([type=hidden])")]
        .filter((element) => element.checkVisibility({visibilityProperty: true, opacityProperty: true})
            && !element.closest("p, .post, .by, .skip") && !element.matches(".skip"))
        .filter((element) => element.getBoundingClientRect().height < 43.5)
        .map((element) => `${element.outerHTML.slice(0, 90)} ${element.getBoundingClientRect().height}`)""")


def test_a_failing_channel_is_told_on_top_and_an_empty_list_does_not_lie(anna: Page, scene: Scene) -> None:
    stop_reading(scene.channels["harbour"])
    Surface.objects.filter(channel=scene.channels["harbour"]).update(last_success_at=NOW - timedelta(hours=3))
    anna.goto(f"/?vy=mine&konto={scene.channels['harbour'].pk}")
    expect(anna.locator("#alerts")).to_contain_text("Facebook (Hamnstaden växer) har inte kunnat läsas på 3 h.")
    expect(anna.locator(".empty").first).to_contain_text("alla konton kan inte läsas")
    expect(anna.locator(".empty").first).to_contain_text("Nästa frist: i dag")
    expect(anna.locator("#health")).to_contain_text("1 konto läses inte")


def test_the_language_is_switched_where_one_stands(anna: Page, scene: Scene) -> None:
    anna.goto(f"/k/{scene.conversations['Jonas Berg'].pk}/?vy=mine")
    anna.locator("details.menu summary").first.click()
    anna.get_by_role("button", name="In English").click()
    expect(anna.get_by_role("link", name="Reply", exact=True)).to_be_visible()
    assert anna.url.endswith("?vy=mine")
    assert anna.locator("html").get_attribute("lang") == "en"


def test_a_printed_conversation_has_the_words_and_none_of_the_buttons(anna: Page, scene: Scene) -> None:
    anna.goto(f"/k/{scene.conversations['Jonas Berg'].pk}/")
    anna.emulate_media(media="print")
    expect(anna.locator(".theirs")).to_be_visible()
    for hidden in (".head", ".views", ".composer", ".list", ".tools"):
        expect(anna.locator(hidden).first).to_be_hidden()


def test_the_policy_lets_nothing_in_from_elsewhere(anna: Page, scene: Scene) -> None:
    answer = anna.goto("/")
    assert answer is not None
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert anna.locator("script:not([src]), style, [style], [onclick]").count() == 0
