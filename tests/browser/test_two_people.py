"""Two browsers at one conversation: who is here, who writes, taking over, the guard, the shared draft."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest
import time_machine
from playwright.sync_api import APIResponse, Browser, Page, Route, expect

from connectors.base import Sent
from inbox import live
from inbox.leaving import sending
from inbox.models import Draft, Outgoing
from tests.browser.conftest import listen
from tests.browser.scene import NOW, Scene
from tests.browser.test_triage import opened
from tests.browser.test_writing import barriers, photograph
from tests.factories import ItemFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def per(browser: Browser, browser_context_args: dict[str, Any], sign_in: Callable[..., None]) -> Iterator[Page]:
    """Another colleague, in a browser of his own, whose console must stay silent too."""
    page = browser.new_context(**browser_context_args).new_page()
    heard = listen(page)
    sign_in(page, "Per")
    yield page
    page.context.close()
    assert not heard


def test_two_people_at_one_conversation_get_in_nobodys_way(anna: Page, per: Page, scene: Scene) -> None:
    opened(anna, scene, "Jonas Berg", "?beslut=answer")
    opened(per, scene, "Jonas Berg", "?beslut=answer")
    expect(anna.locator("#present")).to_contain_text("Per tittar")
    expect(per.locator("#present")).to_contain_text("Anna tittar")

    per.locator("#text").fill("Hej Jonas, vi öppnar")
    expect(anna.locator("#present")).to_contain_text("Per skriver")
    expect(anna.locator("#lock")).to_contain_text("Per skriver ett svar här.")
    expect(anna.locator("#text")).not_to_be_editable()
    expect(anna.get_by_role("button", name="Skicka svaret")).to_be_disabled()
    assert barriers(anna) == []
    photograph(anna, "locked")

    anna.get_by_role("button", name="Ta över").click()
    expect(anna.locator("#toasts")).to_contain_text("Per får veta det och har kvar sin text.")
    expect(anna.locator("#text")).to_be_editable()
    expect(per.locator("#lock")).to_contain_text("Anna tog över svaret. Din text är kvar som utkast.")
    expect(per.locator("#text")).to_have_value("Hej Jonas, vi öppnar")
    expect(per.locator("#text")).not_to_be_editable()
    photograph(per, "taken-over")

    per.get_by_role("button", name="Dela utkastet").click()
    expect(per.locator("#toasts")).to_contain_text("Utkastet delas")
    anna.reload()
    anna.locator("summary", has_text="Per delar ett utkast").click()
    anna.get_by_role("link", name="Ta över texten").click()
    expect(anna.locator("#text")).to_have_value("Hej Jonas, vi öppnar")
    photograph(anna, "shared")

    anna.locator("#text").fill("Hej Jonas, vi öppnar 9.")
    expect(anna.locator("#writing")).to_contain_text("Utkast")
    anna.get_by_role("button", name="Skicka svaret").click()
    expect(anna.locator("#toasts")).to_contain_text("skickas om 10 sekunder")
    expect(per.locator("#meanwhile")).to_contain_text("Anna har redan ett svar på väg till samma person.")
    expect(per.locator("#text")).to_have_value("Hej Jonas, vi öppnar")
    sent = platform_takes(Outgoing.objects.get(conversation=scene.conversations["Jonas Berg"]))
    per.reload()
    per.get_by_role("link", name="Svara", exact=True).click()
    expect(per.locator(".item.ours")).to_contain_text(sent.text)
    assert Draft.objects.get(user=scene.people["Per"]).shared


def platform_takes(outgoing: Outgoing) -> Outgoing:
    at = outgoing.not_before + timedelta(seconds=1)  # the server's clock has gone on since the scene was made
    with time_machine.travel(at, tick=False):
        claimed = sending.claim(outgoing.pk, now=at, holder="test")
        assert claimed is not None
        sending.accepted(claimed, Sent("reply-by-anna", at), at)
    live.announce()
    return claimed


def test_an_answer_written_in_the_platforms_own_app_is_told_while_somebody_writes(anna: Page, scene: Scene) -> None:
    opened(anna, scene, "Jonas Berg", "?beslut=answer")
    anna.locator("#text").fill("Hej Jonas")
    row, at = scene.conversations["Jonas Berg"], NOW + timedelta(hours=1)
    ItemFactory(conversation=row, from_us=True, native=True, text="Hej Jonas! 9-17.", posted_at=at, fetched_at=at)
    live.announce()
    expect(anna.locator("#meanwhile")).to_contain_text("svarade för")
    expect(anna.locator("#meanwhile")).to_contain_text("från appen. Din text är kvar.")
    anna.get_by_role("link", name="Visa det nya").click()
    expect(anna.locator(".item.ours").last).to_contain_text("9-17.")
    expect(anna.locator("#text")).to_have_value("Hej Jonas")


def test_what_was_drawn_before_a_draft_was_kept_does_not_empty_the_field_when_it_comes(
    anna: Page, scene: Scene
) -> None:
    opened(anna, scene, "Jonas Berg", "?beslut=answer")
    late: list[tuple[Route, APIResponse]] = []
    anna.route("**/k/*/?beslut=answer*", lambda route: late.append((route, route.fetch())))
    with anna.expect_request("**/k/*/?beslut=answer*"):
        anna.get_by_role("link", name="Svara", exact=True).click()
    end = monotonic() + 20
    while not late and monotonic() < end:
        anna.wait_for_timeout(20)  # Playwright works while it waits
    anna.locator("#text").fill("Hej Jonas")
    expect(anna.locator("#writing")).to_contain_text("Utkast")
    route, drawn = late.pop()
    with anna.expect_response("**/k/*/?beslut=answer*"):
        route.fulfill(response=drawn)
    expect(anna.locator("#composer .htmx-request")).to_have_count(0)
    expect(anna.locator("#text")).to_have_value("Hej Jonas")
