"""The pages of rosters, relay, approval and house rules: no barrier, and a reply that goes from hand to hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts import relay
from accounts.models import Baton, Channel, Dialogue, NeutralPeriod, NoticeSettings, Role, Shift
from inbox.house import changeover
from inbox.models import Changeover, Conversation
from inbox.writing import approvals
from tests.browser.conftest import listen
from tests.browser.scene import NOW, Scene
from tests.browser.test_barriers import AXE, SCHEMES, WIDTHS, barriers, is_narrow
from tests.browser.test_register_pages import PICTURES
from tests.factories import ChannelFactory, ThreadFactory, UserFactory, waiting_conversation

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def house(scene: Scene) -> Scene:
    """The scene with a relay account in Elin's week, rosters, a dialogue, and replies that wait."""
    people, monday = scene.people, relay.monday_of(NOW)
    elin = people["Elin"] = UserFactory(name="Elin Holm", username="elin", role=Role.RELAY)
    instagram = scene.channels["relay"] = ChannelFactory(
        kind=Channel.Kind.RELAY, platform="instagram", name="Jobba i Exempelby", owner=people["Anna"]
    )
    facts = {"channel": instagram, "workplace": "Förskolan Lyckan", "manager": "Karin Åberg"}
    scene.baton = Baton.objects.create(user=elin, monday=monday, consented_at=NOW, **facts)  # type: ignore[attr-defined]
    Baton.objects.create(user=UserFactory(name="Omar Said"), monday=monday + timedelta(weeks=1), **facts)
    scene.asked = waiting_conversation(  # type: ignore[attr-defined]
        thread=ThreadFactory(channel=instagram), text="Hur är det att jobba på förskolan?", posted_at=NOW
    )
    anna = people["Anna"]
    Shift.objects.create(user=anna, starts_at=NOW - timedelta(hours=2), ends_at=NOW + timedelta(days=2))
    Shift.objects.create(user=people["Karin"], kind=Shift.Kind.ON_CALL, starts_at=NOW, ends_at=NOW + timedelta(days=6))
    NoticeSettings.objects.update_or_create(
        user=people["Lars"], defaults={"absent_from": NOW.date(), "absent_until": NOW.date(), "deputy": anna}
    )
    dialogue = Dialogue.objects.create(
        channel=scene.channels["facebook"], question="Hur vill du ha hamnen?", purpose="Underlag.", hashtag="hamnen",
        first_day=NOW.date(), last_day=NOW.date() + timedelta(days=9), department=instagram.department, owner=anna,
    )  # fmt: skip
    dialogue.staff.set([anna])
    NeutralPeriod.objects.create(name="Val", first_day=NOW.date(), last_day=NOW.date() + timedelta(days=9))
    Changeover.objects.create(
        giver=people["Karin"], receiver=anna, given_at=NOW, note="Lugnt.", facts=changeover.state(anna, NOW).facts
    )
    scene.dialogue = dialogue  # type: ignore[attr-defined]
    return scene


def addresses(scene: Any) -> dict[str, list[str]]:
    card = f"/bemanning/stafett/{scene.baton.pk}/kort/"
    return {
        "Elin": ["/", card, "/godkanna/", f"/k/{scene.asked.pk}/"],
        "Anna": [
            "/bemanning/", "/bemanning/overlamning/", "/bemanning/overlamning/?slag=vacation", "/godkanna/",
            f"/godkanna/{scene.pending.pk}/", f"/k/{scene.asked.pk}/", f"/?konto={scene.channels['relay'].pk}",
            "/dialoger/", "/dialoger/ny/", f"/dialoger/{scene.dialogue.pk}/", "/husregler/",
        ],
        "Lars": [
            "/bemanning/", "/bemanning/pass/", "/bemanning/stafett/", f"/bemanning/stafett/{scene.baton.pk}/",
            "/husregler/", "/manniskor/behorigheter/",
        ],
    }  # fmt: skip


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_page_has_a_barrier(scheme: Any, page: Page, house: Any, sign_in: Callable[..., None]) -> None:
    relay.open_card(house.baton, now=NOW)
    facts = {"kind": "answer", "text": "Roligt att du frågar!", "key": "k", "now": NOW, "sign": True}
    other = Conversation.objects.exclude(pk=house.asked.pk).filter(status="open").latest("pk")
    Conversation.objects.filter(pk=other.pk).update(lane=Conversation.Lane.URGENT)
    house.pending = approvals.submit(house.asked.pk, by=house.people["Elin"], **facts)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    found, heard = [], listen(page)
    for who, paths in addresses(house).items():
        page.context.clear_cookies()
        sign_in(page, who)
        for path in paths:
            page.goto(path)
            page.evaluate(AXE)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                found += [f"{who} {path} at {width}: {what}" for what in barriers(page, axe=is_narrow(width))]
                if PICTURES:
                    name = f"{who}{path.replace('/', '_').replace('?', '_')}-{width}-{scheme}.png"
                    page.screenshot(path=Path(PICTURES) / name, full_page=True)
    assert not found, "\n".join(found)
    assert not heard, "\n".join(heard)


def test_a_relays_reply_goes_from_hand_to_hand(page: Page, house: Any, sign_in: Callable[..., None]) -> None:
    """By keyboard: the card, the reply that waits, the approver's word, and what the author sees of it."""
    sign_in(page, "Elin")
    page.goto("/")
    expect(page.locator(".relay")).to_contain_text("är din")
    page.get_by_role("link", name="Överlämningskortet").press("Enter")
    page.get_by_role("button", name="Jag har läst kortet").press("Enter")
    page.goto(f"/k/{house.asked.pk}/")
    page.locator("#text").fill("Det är toppen att jobba här!")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Väntar på godkännande")
    page.context.clear_cookies()
    sign_in(page, "Anna")
    page.goto(f"/k/{house.asked.pk}/")
    form = page.locator(".pending")
    expect(form.get_by_label("som väntar på dig")).to_have_value("Det är toppen att jobba här! /Elin")
    form.get_by_label("som väntar på dig").fill("Det är roligt att jobba här! /Elin")
    form.get_by_role("button", name="Godkänn och skicka").press("Enter")
    expect(page.locator("#toasts")).to_contain_text("från Elin är godkänt")
    page.context.clear_cookies()
    sign_in(page, "Elin")
    page.goto("/godkanna/")
    expect(page.locator("del")).to_have_text("toppen")
    expect(page.locator("ins")).to_have_text("roligt")
