"""No page has a barrier: axe, reflow, targets; every page light at 1280 and 320, and in every setting on demand.

`EVERY_SETTING=1` adds dark, 800 and 1920 pixels, text at twice its size, and axe at 1280 on the pages beside the inbox,
which it looks at otherwise at 320, where more can go wrong.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, BrowserType, Page, expect

from accounts.models import Surface
from tests.browser.conftest import listen
from tests.browser.scene import NOW, Scene, stop_reading

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
EVERY = bool(os.environ.get("EVERY_SETTING"))
WIDTHS = (1280, 320, 800, 1920) if EVERY else (1280, 320)
PAIRS = tuple(zip(WIDTHS[::2], WIDTHS[1::2], strict=True))  # a test of its own each, which ends in time
SCHEMES = ("light", "dark") if EVERY else ("light",)
HALVES = ("conversations and lists", "other pages")
AXE = next(Path(axe_playwright_python.__file__).parent.glob("**/axe.min.js")).read_text()
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "resultTypes": ["violations"],
}
SIZE = "target-size"


def addresses(scene: Scene) -> dict[str, list[str]]:
    """Every page in its states, by who looks at it ("" is nobody)."""
    k = {name: f"/k/{row.pk}/" for name, row in scene.conversations.items()}
    channel = scene.channels["facebook"].pk
    return {
        "": ["/sa-snabbt-svarar-vi/", "/konto/login/", "/konto/password/reset/", "/konto/password/reset/done/"],
        "Nina": ["/"],
        "Olle": ["/", k["Jonas Berg"]],
        "Anna": [
            "/",
            "/?vy=mine&konto=4",
            "/?vy=check",
            "/?vy=done",
            "/?sok=simhallen",
            "/?sok=knoto:x+finnsej",
            "/vyer/",
            k["Jonas Berg"],
            k["Mona Rask"],
            k["Erik Ström"],
            k["Göran Persson"],
            k["<b>Kalle</b> & Co"],
            k["Långa Lotta"],
            k["Moa Halland"] + "?beslut=holding",
            k["Moa Halland"] + "?beslut=redirect&hanvisning=2",
            k["Moa Halland"] + "?beslut=no_reply",
            k["Moa Halland"] + "?beslut=like",
            k["Moa Halland"] + "?beslut=moderate",
            k["Moa Halland"] + "?beslut=ask_expert",
            "/?vy=expert",
            k["Tore Vik"] + "?vy=check",
            k["Ulla Ek"] + "?vy=check",
            "/hjalp/",
            "/hanvisningar/",
            "/hanvisningar/ny/",
            "/vems/",
            "/vems/nytt/",
            "/svarsbank/",
            "/svarsbank/fraser/",
            "/svarsbank/fraser/ny/",
            k["Jonas Berg"] + "?sida=anteckning",
            k["Jonas Berg"] + "?sida=overlamna",
            "/register/",
            "/uppfoljning/",
            "/uppfoljning/rader/?figur=open_first",
            "/uppfoljning/rapporter/",
            "/uppfoljning/namndtext/",
            k["Jonas Berg"] + "trad/",
            k["Jonas Berg"] + "ansvarig/",
            k["Jonas Berg"] + "frist/",
            k["Mona Rask"] + "frist/",
            "/mandagsstart/",
            "/helgkoll/",
            "/svarstid/",
            "/svarstid/mal/se24/?tid=2026-11-27T15:00",
            "/jag/",
            "/?vy=snoozed",
            "/konto/password/change/",
            "/konto/2fa/",
            "/konto/reauthenticate/",
            "/konto/logout/",
            "/register/nytt/",
            "/finns-inte/",
        ],
        "Lars": [
            "/drift/",
            "/stil/",
            "/register/",
            f"/register/{channel}/",
            f"/register/{channel}/andra/",
            "/register/nytt/",
            "/svarstid/",
            "/svarstid/mal/se24/andra/",
            "/svarstid/nytt/",
            "/svarstid/helgdagar/2027/",
        ],
    }


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("widths", PAIRS, ids=str)
@pytest.mark.parametrize("half", HALVES)
def test_no_page_has_a_barrier(
    half: str, widths: tuple[int, ...], scheme: Any, page: Page, scene: Scene, sign_in: Callable[..., None]
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # a colour on its way to another is none yet
    look_at(page, half, widths, scene, sign_in)


@pytest.mark.skipif(not EVERY, reason="only with EVERY_SETTING=1")
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("half", HALVES)
def test_text_at_twice_its_size_makes_no_barrier(
    half: str,
    scheme: Any,
    scene: Scene,
    sign_in: Callable[..., None],
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
    server: str,
) -> None:
    flags = [*browser_type_launch_args["args"], "--blink-settings=defaultFontSize=32"]
    browser = browser_type.launch(**{**browser_type_launch_args, "args": flags})
    page = browser.new_context(base_url=server, color_scheme=scheme, reduced_motion="reduce").new_page()
    look_at(page, half, (1280,), scene, sign_in)
    browser.close()


def look_at(page: Page, half: str, widths: tuple[int, ...], scene: Scene, sign_in: Callable[..., None]) -> None:
    """Open every page of one half of them, and look at it in each width."""
    found, heard = [], listen(page)
    for who, paths in addresses(scene).items():
        page.context.clear_cookies()
        if who:
            sign_in(page, who)
        for path in paths:
            if path.startswith(("/k/", "/?")) is not (half == "conversations and lists"):
                continue
            page.goto(path)
            page.evaluate(AXE)
            for width in widths:
                page.set_viewport_size({"width": width, "height": 800})
                is_looked_through = half != "other pages" or is_narrow(width)
                found += [f"{who} {path} at {width}: {what}" for what in barriers(page, axe=is_looked_through)]
    assert not found, "\n".join(found)
    assert not heard, "\n".join(heard)


def is_narrow(width: int) -> bool:
    """Whether axe looks at a page beside the inbox in this width."""
    return EVERY or width == min(WIDTHS)


def barriers(page: Page, *, axe: bool = True) -> list[str]:
    found = []
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if overflow > 0:
        found.append(f"{overflow} pixels wider than the window")
    if page.locator("h1").count() != 1:
        found.append(f"{page.locator('h1').count()} first headings")
    if not page.title().endswith(" · Gensvar") or page.title().startswith(" · "):
        found.append(f"title {page.title()!r}")
    for violation in violations(page) if axe else ():
        where = "; ".join(str(node["target"]) for node in violation["nodes"][:3])
        found.append(f"{violation['id']} ({violation['help']}) at {where}")
    return found


def violations(page: Page) -> list[Any]:
    """What axe finds. What the verdicts at a phone's lower edge lie over just now is looked at as if scrolled there."""
    run = "rules => axe.run(document, rules)"
    found = page.evaluate(run, RULES)["violations"]
    if not any(each["id"] == SIZE for each in found):
        return found
    page.evaluate("document.getElementById('composer')?.style.setProperty('position', 'static')")
    sizes = page.evaluate(run, {"runOnly": [SIZE], "resultTypes": ["violations"]})["violations"]
    page.evaluate("document.getElementById('composer')?.style.removeProperty('position')")
    return [each for each in found if each["id"] != SIZE] + sizes


def test_the_verdicts_lie_under_the_thumb_of_a_phone(
    browser: Browser, browser_context_args: dict[str, Any], scene: Scene, sign_in: Callable[..., None]
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
    box, row = page.locator(".pick input").first.bounding_box(), page.locator(".rows > li").first
    assert box and box["width"] >= 44
    words, chip = row.locator(".what").bounding_box(), row.locator(".frist .chip").bounding_box()
    assert words and chip and chip["y"] >= words["y"] + words["height"] - 1
    page.context.close()


def test_the_box_of_a_row_is_24_pixels_for_a_mouse_and_marks_beside_what_is_drawn(anna: Page) -> None:
    anna.goto("/")
    box = anna.locator(".pick input").first.bounding_box()
    assert box and min(box["width"], box["height"]) >= 24
    anna.mouse.click(box["x"] + 1.5, box["y"] + 1.5)
    expect(anna.locator("[data-chosen]")).to_have_text("1 markerad")


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
    anna.goto("/?vy=open")
    anna.locator("a.row", has_text="Jonas Berg").click()
    expect(anna.locator("#who")).to_contain_text("Jonas Berg")
    anna.locator("details.menu summary").first.click()
    anna.get_by_role("button", name="In English").click()
    expect(anna.get_by_role("link", name="Reply", exact=True)).to_be_visible()
    assert anna.url.endswith(f"/k/{scene.conversations['Jonas Berg'].pk}/?vy=open")
    assert anna.locator("html").get_attribute("lang") == "en"


def test_a_printed_conversation_has_the_words_and_none_of_the_buttons(anna: Page, scene: Scene) -> None:
    anna.goto(f"/k/{scene.conversations['Jonas Berg'].pk}/")
    anna.emulate_media(media="print")
    expect(anna.locator(".theirs")).to_be_visible()
    for hidden in (".head", ".views", ".composer", ".list", ".tools"):
        expect(anna.locator(hidden).first).to_be_hidden()


def test_the_figures_keep_their_tables_on_paper_their_bars_on_a_phone_and_take_the_colours_of_the_reader(
    anna: Page, scene: Scene
) -> None:
    anna.goto("/uppfoljning/")
    table = anna.locator("table.hours")
    expect(table).to_be_hidden()
    anna.emulate_media(media="print")
    expect(table).to_be_visible()
    expect(anna.locator(".choices select").first).to_be_hidden()
    anna.emulate_media(media="screen", forced_colors="active")
    paint = "svg => getComputedStyle(svg).fill"
    ink = anna.locator("svg.line text.end").first.evaluate(paint)
    assert ink == anna.locator("body").evaluate("body => getComputedStyle(body).color")
    assert ink == anna.locator("svg.heat rect.mark").first.evaluate(paint)
    anna.set_viewport_size({"width": 320, "height": 640})
    widths = anna.locator("svg.meter").evaluate_all("all => all.map(svg => svg.getBoundingClientRect().width)")
    assert widths and min(widths) >= 40
    assert anna.evaluate("document.documentElement.scrollWidth") == 320


def test_the_policy_lets_nothing_in_from_elsewhere(anna: Page, scene: Scene) -> None:
    answer = anna.goto("/")
    assert answer is not None
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert anna.locator("script:not([src]), style, [style], [onclick]").count() == 0
