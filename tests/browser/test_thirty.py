"""Thirty mixed items of five platforms: every verdict by keyboard alone, and what their platforms show of it then.

Run with `-s` to read what each takes: keys pressed, letters typed, queries of the server and milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Page, expect

from tests.browser.scene import NOW
from tests.browser.test_ten_tasks import Day
from tests.browser.test_triage import is_open
from tests.browser.thirty import PROMISE, THIRTY, Thirty, Written, build, expected, written
from tests.sandbox_server import RunningSandbox

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOST_KEYS = 12  # of any item, beside the letters of what is written
BY_HAND = 4 * 60  # seconds for all thirty
A_KEY, A_LETTER = 0.45, 0.2  # seconds: 0.28 s a key and as much again to find it; sixty words a minute


@pytest.fixture
def scene(transactional_db: None, default_policy: None, sandbox: RunningSandbox, settings: Any) -> Thirty:
    with time_machine.travel(NOW, tick=True):
        return build(sandbox, settings)


class Walk(Day):
    """A keyboard that goes from one item to the next, each of which must have the focus when it is there."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.total = self.typed = 0
        self.took = 0.0

    def item(self, each: Written) -> None:
        is_open(self.page, each.name)
        expect(self.page.locator("#who")).to_be_focused()
        self.step(each, BY_KEY[each.verdict])

    def step(self, each: Written, do: Callable[[Walk, Written], None]) -> None:
        self.keys = self.letters = self.queries = 0
        began = perf_counter()
        do(self, each)
        expect(self.page.locator("#who")).not_to_contain_text(each.name)
        took = 1000 * (perf_counter() - began)
        self.total, self.typed, self.took = self.total + self.keys, self.typed + self.letters, self.took + took
        self.lines.append(
            f"{each.name:<16}{each.platform:<11}{do.__name__:<17}{self.keys:>5}{self.letters:>9}{self.queries:>9}{took:>8.0f}"
        )
        assert self.keys <= MOST_KEYS, each

    def sends(self) -> None:
        expect(self.page.locator("#text")).to_be_focused()
        self.press("Control+Enter")

    def told(self, words: str) -> None:
        expect(self.page.locator(".toast", has_text=words).last).to_be_visible()


def answer(walk: Walk, each: Written) -> None:
    walk.press("r")
    expect(walk.page.locator("#text")).to_be_focused()
    walk.write(each.words)
    walk.sends()


def holding(walk: Walk, each: Written) -> None:
    walk.press("b")
    expect(walk.page.locator("#text")).to_have_value(f"Hej {each.name.split()[0]}! " + PROMISE)
    walk.sends()


def redirect(walk: Walk, each: Written) -> None:
    walk.press("h")
    expect(walk.page.locator(".choices [data-key='1']")).to_be_focused()
    walk.press(str(each.choice))
    expect(walk.page.locator("#text")).not_to_have_value("")
    walk.sends()


def like(walk: Walk, each: Written) -> None:
    walk.press("g")


def like_elsewhere(walk: Walk, each: Written) -> None:
    walk.press("g")
    expect(walk.page.get_by_role("button", name="Markera gjord där")).to_be_focused()
    walk.press("1")


def no_reply(walk: Walk, each: Written) -> None:
    walk.press("e")
    expect(walk.page.locator(".choices button").first).to_be_focused()
    walk.press(str(each.choice))


def undone(walk: Walk, each: Written) -> None:
    """Taken back by one key, and decided again."""
    no_reply(walk, each)
    expect(walk.page.locator("#who")).not_to_contain_text(each.name)
    walk.press("å")
    is_open(walk.page, each.name)
    expect(walk.page.locator("#who")).to_be_focused()
    no_reply(walk, each)


def hide(walk: Walk, each: Written) -> None:
    walk.press("d")
    expect(walk.page.get_by_role("radio", name="Dölj")).to_be_focused()
    walk.press("Tab")
    expect(walk.page.get_by_role("combobox", name="Grund")).to_be_focused()
    walk.write("Svord")
    walk.press("Control+Enter")


def delete(walk: Walk, each: Written) -> None:
    walk.press("d")
    expect(walk.page.get_by_role("radio", name="Dölj")).to_be_focused()
    walk.press("ArrowDown", "Tab")
    walk.write("Olaga hot")
    walk.press("Tab")
    walk.write("Det är ett hot.")
    walk.press("Control+Enter")


def ask_expert(walk: Walk, each: Written) -> None:
    walk.press("f")
    expect(walk.page.get_by_role("combobox", name="Kollega")).to_be_focused()
    walk.write("Per")
    walk.press("Control+Enter")
    walk.told("Skicka ett besked också?")
    expect(walk.page.locator("#who")).to_be_focused()
    holding(walk, each)


def helped(walk: Walk, each: Written) -> None:
    walk.press("s")


def rest(walk: Walk, each: Written) -> None:
    """Somebody is given it, it gets a note, and rests."""
    walk.press("m")
    expect(walk.page.locator(".assign summary")).to_contain_text("Anna Ek")
    walk.press("i")
    expect(walk.page.locator("#note")).to_be_focused()
    walk.write("Ring Karin.")
    walk.press("Control+Enter")
    expect(walk.page.locator(".item.note")).to_contain_text("Ring Karin.")
    walk.press("v")
    expect(walk.page.get_by_role("button", name="I eftermiddag 15.00")).to_be_focused()
    walk.press("Enter")


BY_KEY: dict[str, Callable[[Walk, Written], None]] = {
    "answer": answer, "holding": holding, "redirect": redirect, "message": redirect, "like": like,
    "like elsewhere": like_elsewhere, "no_reply": no_reply, "undone": undone, "reopened": no_reply, "hide": hide,
    "delete": delete, "ask_expert": ask_expert, "helped": helped, "rest": rest,
}  # fmt: skip


def watch(walk: Walk, each: Written) -> None:
    """Without a deadline it is not in the list of those that wait: it is searched for."""
    found(walk, each, "snöigt")
    walk.press("o")
    walk.told(f"{each.name}: bevakas.")


def reopen(walk: Walk, each: Written) -> None:
    found(walk, each, "jaha")
    walk.press("u")
    walk.told("Återöppnad.")
    expect(walk.page.locator("#who")).to_be_focused()
    answer(walk, each)


def found(walk: Walk, each: Written, letters: str) -> None:
    walk.press("q")
    expect(walk.page.locator("#search")).to_be_focused()
    walk.write(letters)
    with walk.page.expect_navigation():
        walk.press("Enter")
    walk.press("j", "Enter")
    is_open(walk.page, each.name)
    expect(walk.page.locator("#who")).to_be_focused()


def test_thirty_mixed_items_are_triaged_by_keyboard_alone(anna: Page, scene: Thirty, mailoutbox: list[Any]) -> None:
    walk = Walk(anna)
    anna.goto("/")
    walk.press("j", "Enter")
    for each in THIRTY:
        if each.verdict in BY_KEY:
            walk.item(each)
    walk.step(written("Lova Engman"), watch)
    walk.step(written("Tyra Åkesson"), reopen)
    by_hand = walk.total * A_KEY + walk.typed * A_LETTER
    print(f"\n{'':<44}{'keys':>5}{'letters':>9}{'queries':>9}{'ms':>8}\n" + "\n".join(walk.lines))
    print(f"{'all, and by hand in seconds':<44}{walk.total:>5}{walk.typed:>9}{by_hand:>9.0f}{walk.took:>8.0f}")
    assert by_hand <= BY_HAND
    scene.deliver()
    assert {each.name: scene.standing(each.name) for each in THIRTY} == {each.name: expected(each) for each in THIRTY}
    assert [mail.to for mail in mailoutbox] == [["per@example.org"]]
