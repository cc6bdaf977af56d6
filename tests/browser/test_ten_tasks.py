"""Ten tasks of an ordinary day by keyboard alone: each is done, and told is what it takes.

Run with `-s` to read the table: keys pressed, letters typed, queries of the server and milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import pytest
from playwright.sync_api import Page, Response, expect

from accounts.models import Department
from inbox.models import Conversation, Outgoing, ReplyTemplate, VerdictEvent
from tests.browser.scene import DAY, NOW, Scene
from tests.browser.test_finding import palette
from tests.browser.test_triage import felanmalan, is_open, press_swedish
from tests.plugins.counting import HEADER

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOST_KEYS = 12  # of any task, beside the letters of what is written
MOST_QUERIES = 90  # of any task, all its pages and parts together: a page has at most twelve


class Day:
    """A keyboard that counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.lines = page, []
        self.keys = self.letters = self.queries = 0
        page.on("response", self._answered)

    def _answered(self, response: Response) -> None:
        if "/nytt/" not in response.url and "/handelser/" not in response.url:
            self.queries += int(response.headers.get(HEADER.lower(), 0))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.keys += 1
            press_swedish(self.page, key) if key in "åäö§" else self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        self.letters += len(text)
        self.page.keyboard.type(text)

    def command(self, letters: str) -> None:
        """Do something by the palette."""
        self.keys += 2
        self.letters += len(letters)
        palette(self.page, letters)
        self.page.keyboard.press("Enter")

    def task(self, name: str, path: str, do: Callable[[], None], done: Callable[[], Any]) -> None:
        self.page.goto(path)
        self.page.wait_for_load_state()
        self.keys = self.letters = self.queries = 0
        began = perf_counter()
        do()
        assert done(), name
        took = 1000 * (perf_counter() - began)
        self.lines.append(f"{name:<44}{self.keys:>5}{self.letters:>9}{self.queries:>9}{took:>8.0f}")
        assert self.keys <= MOST_KEYS, name
        assert 0 < self.queries <= MOST_QUERIES, name


def test_ten_tasks_of_a_day(anna: Page, scene: Scene) -> None:
    day, rows = Day(anna), scene.conversations
    press, write = day.press, day.write
    ReplyTemplate.objects.create(
        name="Öppettider",
        text="Hej {namn}! Vi öppnar 9.",
        review_at=NOW.date(),
        changed_at=NOW,
        owner=scene.people["Anna"],
    )
    Department.objects.create(name="Skola")
    scene.says("Snö Sven", "När plogas snön på Ringvägen?", NOW - 7 * DAY)

    def at(name: str) -> str:
        return f"/k/{rows[name].pk}/"

    def sent(name: str, kind: str) -> bool:
        return Outgoing.objects.filter(conversation=rows[name], kind=kind, status="queued").exists()

    def with_a_template() -> None:
        press("r")
        expect(anna.locator("#text")).to_be_focused()
        press("§")
        expect(anna.locator("#bank-search")).to_be_focused()
        write("oppe")
        press("Enter")
        expect(anna.locator("#text")).to_have_value("Hej Jonas! Vi öppnar 9.")
        press("Control+Enter")
        expect(anna.locator(".toast")).to_contain_text("skickas om 10 sekunder")

    def a_fault_report() -> None:
        press("h", "2")
        expect(anna.locator("#text")).to_have_value("Hej Moa! " + felanmalan())
        press("Control+Enter")
        expect(anna.locator(".toast")).to_contain_text("skickas om 10 sekunder")

    def to_another_department() -> None:
        day.command("lamna over")
        expect(anna.locator("#department")).to_be_focused()
        write("Skola")
        press("Tab")
        write("Det gäller ansökan.")
        press("Control+Enter")
        expect(anna.locator("#who")).not_to_contain_text("Kent")

    def last_weeks_question() -> None:
        press("q")
        write("snö vecka:förra")
        press("Enter")
        expect(anna.locator(".hit mark")).to_have_text("snön")
        anna.wait_for_load_state()
        press("j", "Enter")
        is_open(anna, "Snö Sven")

    def a_promise() -> None:
        press("b")
        expect(anna.locator("#text")).to_be_focused()
        press("Control+Enter")
        expect(anna.locator(".toast")).to_contain_text("Besked till Nils W")

    def praise() -> None:
        press("g")
        expect(anna.locator(".toast")).to_contain_text("Gillas om 10 sekunder")

    def three_at_once() -> None:
        press("j", "x", "j", "x", "j", "x", "e", "3")
        expect(anna.locator(".toast")).to_contain_text("3 är klara utan svar.")

    def taken_back() -> None:
        press("e")
        expect(anna.locator(".choices button").first).to_be_focused()
        press("1")
        expect(anna.locator(".toast")).to_be_visible()
        press("å")
        expect(anna.locator(".toast", has_text="Ångrat")).to_be_visible()

    def mine() -> None:
        press("m")
        expect(anna.locator(".assign summary")).to_contain_text("Anna Ek")

    started = VerdictEvent.objects.count()
    day.task("Svara med en mall", at("Jonas Berg"), with_a_template, lambda: sent("Jonas Berg", "answer"))
    day.task("Hänvisa en felanmälan", at("Moa Halland"), a_fault_report, lambda: sent("Moa Halland", "redirect"))
    day.task(
        "Lämna över till en annan förvaltning",
        at("Kent Andersson"),
        to_another_department,
        lambda: Conversation.objects.get(pk=rows["Kent Andersson"].pk).department,
    )
    day.task("Hitta förra veckans fråga om snö", "/", last_weeks_question, lambda: True)
    day.task("Ge besked och lova ett svar", at("Nils W"), a_promise, lambda: sent("Nils W", "holding"))
    day.task("Gilla ett beröm", at("Ida Tränare"), praise, lambda: sent("Ida Tränare", "like"))
    day.task("Avsluta tre utan svar", "/", three_at_once, lambda: VerdictEvent.objects.count() >= started + 3)
    day.task(
        "Ångra ett beslut",
        at("Erik Ström"),
        taken_back,
        lambda: VerdictEvent.objects.filter(conversation=rows["Erik Ström"]).last().undone_at,
    )
    day.task(
        "Ta en fråga själv",
        at("Erik Ström"),
        mine,
        lambda: Conversation.objects.get(pk=rows["Erik Ström"].pk).assignee_id == scene.people["Anna"].pk,
    )
    day.task("Byta till det som förfaller i dag", "/", lambda: _view(day, "Förfaller i dag"), lambda: True)
    print(f"\n{'':<44}{'keys':>5}{'letters':>9}{'queries':>9}{'ms':>8}\n" + "\n".join(day.lines))
    assert len(day.lines) == 10


def _view(day: Day, name: str) -> None:
    day.command("forfaller")
    expect(day.page.get_by_role("heading", name=name)).to_be_visible()
