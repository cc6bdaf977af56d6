"""The pretend platforms in a real Chromium: no barriers, no sideways scrolling, nothing from elsewhere, kept fresh."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright, expect

from sandbox import municipality
from sandbox.citizens.week import write_week
from tests.sandbox_server import RunningSandbox

pytestmark = pytest.mark.browser

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")


@pytest.fixture(scope="module")
def town() -> Iterator[RunningSandbox]:
    running = RunningSandbox()
    municipality.settle(running.world)
    write_week(running.world, seed=1, now=running.world.now())
    running.faults.add("facebook", "drop_after", times=2)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    yield browser
    browser.close()


@pytest.fixture(params=[("light", 1280), ("dark", 320)], ids=["light", "dark, 320 px"])
def screen(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    scheme, width = request.param
    context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    yield context.new_page()
    context.close()


def test_no_page_has_barriers_or_scrolls_sideways(town: RunningSandbox, screen: Page) -> None:
    foreign: list[str] = []
    screen.on("request", lambda asked: None if asked.url.startswith(town.url) else foreign.append(asked.url))
    screen.on("console", lambda said: foreign.append(said.text))
    edited = next(entry for entry in town.world.entries("facebook") if entry.is_edited)
    tweet = town.world.entries("twitter", limit=1)[0]
    paths = [f"/facebook/tråd/{edited.root}", f"/facebook/svara/{edited.id}", f"/twitter/svara/{tweet.id}"]
    for path in ("/", "/facebook/", "/twitter/", "/youtube/", *paths):
        screen.goto(town.url + path)
        found = Axe().run(screen).response
        assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == [], path
        assert len(found["passes"]) > 10
        assert screen.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    assert foreign == []


def test_a_new_comment_shows_by_itself_unless_somebody_is_writing(town: RunningSandbox, chromium: Browser) -> None:
    page = chromium.new_page()
    page.clock.install()
    page.goto(town.url + "/facebook/")
    post = town.world.entries("facebook", kind="post", limit=1)[0]
    author = town.world.accounts("facebook", ours=False)[0].id
    page.get_by_label("Kommentera som").first.fill("Halvfärdigt")
    town.world.write("facebook", "comment", author, "Medan någon skriver", root=post.id)
    page.clock.run_for(20_000)
    expect(page.get_by_text("Medan någon skriver")).to_have_count(0)
    page.get_by_label("Kommentera som").first.fill("")
    page.locator("h1").click()
    page.clock.run_for(5_000)
    expect(page.get_by_text("Medan någon skriver")).to_be_visible(timeout=10_000)
    page.close()


def test_a_comment_is_written_with_the_keyboard_alone(town: RunningSandbox, chromium: Browser) -> None:
    page = chromium.new_page()
    page.goto(town.url + "/facebook/")
    page.get_by_label("Kommentera som").first.focus()
    page.keyboard.type("Bara tangenter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Bara tangenter")).to_be_visible()
    assert town.world.entries("facebook", limit=1)[0].text == "Bara tangenter"
    page.close()
