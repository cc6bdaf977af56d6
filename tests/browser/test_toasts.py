"""What was done is told where it hides nothing, one word of it at a time, and taken back one by one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from playwright.sync_api import Page, expect

from inbox.models import VerdictEvent
from tests.browser.scene import Scene
from tests.browser.test_triage import is_open, opened, press_swedish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def ruled(verdict: str) -> list[str]:
    events = VerdictEvent.objects.filter(verdict=verdict, undone_at=None).order_by("pk")
    return [event.conversation.contact.name for event in events.select_related("conversation__contact")]


# The ten seconds in which something can be taken back do not pass, however slow the machine is.
NO_HASTE = "const start = setTimeout; setTimeout = (act, after) => after === 10000 ? 0 : start(act, after);"
UNDER = """() => {
  const boxes = [...document.querySelectorAll(".toast:not([hidden])")].map((toast) => toast.getBoundingClientRect());
  const hit = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    const panes = [...document.querySelectorAll(".views, .list, .thread, .composer")];
    const clips = panes.filter((pane) => pane.contains(element));
    const bottom = Math.min(box.bottom, ...clips.map((pane) => pane.getBoundingClientRect().bottom));
    return { left: box.left, right: box.right, top: box.top, bottom };
  };
  return [...document.querySelectorAll("a, button, summary, input, select, textarea")]
    .filter((element) => !element.closest(".toast, .skip") && element.checkVisibility())
    .filter((element) => boxes.some((box) => hit(box, seen(element)))).map((element) => element.textContent.trim());
}"""


@pytest.mark.parametrize("width", [1280, 320])
def test_what_was_done_hides_nothing_and_is_taken_back_one_by_one(anna: Page, scene: Scene, width: int) -> None:
    anna.add_init_script(NO_HASTE)
    anna.set_viewport_size({"width": width, "height": 640})
    opened(anna, scene, "Sara Lindgren", "?beslut=no_reply")
    names = ["Sara Lindgren", "Lena Karlsson", "Jonas Berg"]
    for name in names:
        is_open(anna, name)
        if name != names[0]:
            anna.get_by_role("link", name="Inget svar behövs").click()
        anna.get_by_role("button", name="Ej till oss").click()
    toast = anna.locator(".toast:visible")
    expect(toast).to_have_count(1)
    expect(toast).to_contain_text("Jonas Berg: inget svar behövs.")
    expect(toast).to_contain_text("2 till går att ångra")
    assert anna.evaluate(UNDER) == []
    VerdictEvent.objects.update(at=F("at") + timedelta(hours=1))
    for name in reversed(names):
        press_swedish(anna, "å")
        is_open(anna, name)
        assert anna.locator(".toast:visible").count() <= 2
    expect(toast).to_have_count(1)
    expect(toast).to_contain_text("Ångrat.")
    assert ruled("no_reply") == ["Britta Falk"]
    assert anna.evaluate(UNDER) == []
