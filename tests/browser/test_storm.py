"""A storm: 2,000 comments an hour over 20,000 rows, and nothing moves under the hand of whoever reads."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from playwright.sync_api import Page, expect

from inbox import live
from tests.browser.scene import NOW, Scene
from tests.browser.test_triage import is_open

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BEHIND = 20_000
BURST = 17  # in half a minute, of 2,000 an hour
HALF_A_MINUTE = timedelta(seconds=30)
LAST_LONGEST = 400  # ms of one key, with a test machine's margin


LISTEN = """() => {
    window.said = [];
    const place = document.getElementById("announce");
    new MutationObserver(() => window.said.push(place.textContent)).observe(place, { childList: true, subtree: true });
}"""


POUR = """
WITH numbers AS (SELECT n FROM generate_series(%(start)s, %(start)s + %(count)s - 1) n),
people AS (
    INSERT INTO inbox_contact (platform, external_id, name, handle)
    SELECT 'facebook', 'storm' || n, 'Storm ' || n, '' FROM numbers RETURNING id, external_id),
threads AS (
    INSERT INTO inbox_thread (channel_id, external_id, last_activity_at, item_count, we_wrote, is_private)
    SELECT %(channel)s, 'storm' || n, %(at)s, 1, false, false FROM numbers RETURNING id, external_id)
INSERT INTO inbox_conversation (channel_id, thread_id, contact_id, root_external_id, status, due_at, due_soon_at,
    last_item_at, arrived_at, preview, item_count, before_connection, revision)
SELECT %(channel)s, threads.id, people.id, '', 'open', %(due)s, %(due)s - interval '4 hours', %(at)s, %(at)s,
    'Vattnet är borta på vår gata, ' || external_id, 1, false, 0
FROM threads JOIN people USING (external_id)
"""


def pour(scene: Scene, count: int, *, start: int, due_in: timedelta, at: datetime) -> None:
    """Store conversations that wait, as polls would have."""
    given = {"channel": scene.channels["facebook"].pk, "start": start, "count": count, "at": at, "due": NOW + due_in}
    with connection.cursor() as cursor:
        cursor.execute(POUR, given)


def place_of(page: Page) -> dict[str, float]:
    return page.evaluate("""() => {
        const row = document.querySelector("a.row[aria-current]");
        return { top: row.getBoundingClientRect().top, place: [...document.querySelectorAll("a.row")].indexOf(row),
                 scrolled: document.getElementById("list").scrollTop };
    }""")


def test_a_storm_moves_nothing_under_the_hand(anna: Page, scene: Scene) -> None:
    pour(scene, BEHIND, start=0, due_in=timedelta(hours=20), at=NOW - timedelta(hours=1))
    anna.goto("/")
    anna.wait_for_load_state()
    for key in ("j", "j", "j", "j", "Enter"):
        anna.keyboard.press(key)
    is_open(anna, "Moa Halland")
    anna.locator("#text").fill("Ett halvt svar")
    anna.keyboard.press("Escape")
    anna.evaluate("document.getElementById('list').scrollTop = 60")
    before = place_of(anna)
    anna.evaluate(LISTEN)
    for round_ in range(4):
        at = NOW + HALF_A_MINUTE * (round_ + 1)
        pour(scene, BURST, start=BEHIND + round_ * BURST, due_in=timedelta(minutes=30), at=at)
        with time_machine.travel(at):
            live.announce()
        expect(anna.locator("#news")).to_contain_text(f"{(round_ + 1) * BURST} nya – visa")
        assert place_of(anna) == before
    assert len(anna.evaluate("window.said")) <= 2  # told at most once in half a minute
    slowest = anna.evaluate("""async () => {
        const times = [];
        for (let n = 0; n < 20; n += 1) {
            const began = performance.now();
            const key = new KeyboardEvent("keydown", { key: n % 2 ? "k" : "j", bubbles: true });
            document.activeElement.dispatchEvent(key);
            await new Promise(requestAnimationFrame);
            times.push(performance.now() - began);
        }
        return Math.max(...times);
    }""")
    assert slowest < LAST_LONGEST
    anna.reload()
    is_open(anna, "Moa Halland")
    expect(anna.locator("#text")).to_have_value("Ett halvt svar")
    anna.set_viewport_size({"width": 700, "height": 800})
    anna.set_viewport_size({"width": 1280, "height": 800})
    expect(anna.locator("#text")).to_have_value("Ett halvt svar")


def test_list_thread_and_composer_stand_side_by_side_where_there_is_room(anna: Page, scene: Scene) -> None:
    anna.goto(f"/k/{scene.conversations['Jonas Berg'].pk}/")
    shown = {1280: (True, True, True), 900: (False, True, True), 800: (False, True, True), 700: (False, False, True)}
    for width, (menu, beside, composer) in shown.items():
        anna.set_viewport_size({"width": width, "height": 800})
        left = anna.locator(".list").bounding_box()
        views, pane = anna.locator(".views").bounding_box(), anna.locator("#pane").bounding_box()
        assert pane is not None
        assert (left is not None and left["x"] + left["width"] <= pane["x"] + 1) is beside
        assert (views is not None and left is not None and views["x"] + views["width"] <= left["x"] + 1) is menu
        assert anna.locator("#composer").is_visible() is composer
        assert anna.evaluate("document.documentElement.scrollWidth") == width
        expect(anna.locator("#who")).to_contain_text("Jonas Berg")
