"""The pages about people, the register and the trail have no barrier either, and are worked by keyboard."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Channel, Department, Surface, Topic, User
from tests.browser.conftest import listen
from tests.browser.scene import NOW, Scene
from tests.browser.test_barriers import AXE, SCHEMES, WIDTHS, barriers, is_narrow
from tests.factories import UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("PICTURES_TO", "")  # a folder, for whoever wants to look


@pytest.fixture
def register(scene: Scene) -> Scene:
    """The scene, with accounts to review, a hashtag, and somebody who has left."""
    today, anna = NOW.date(), scene.people["Anna"]
    place = Department.objects.get(name="Teknik och gata")
    Topic.objects.create(tag="hamnen", name="Hamnen", department=place, owner=anna)
    Channel.objects.filter(pk=scene.channels["harbour"].pk).update(review_on=today - timedelta(days=20))
    Channel.objects.filter(pk=scene.channels["youtube"].pk).update(review_on=today + timedelta(days=9))
    part = Surface.objects.filter(channel=scene.channels["harbour"], name="messages")
    assert part.update(off_since=NOW, off_by=anna)
    UserFactory(name="Bo Borta", username="bo", is_active=False)
    return scene


def addresses(scene: Scene) -> dict[str, list[str]]:
    channel, anna = scene.channels["harbour"].pk, scene.people["Anna"].pk
    return {
        "": ["/kontolista/"],
        "Olle": ["/manniskor/behorigheter/", "/manniskor/", "/register/hashtaggar/", "/konto/inloggningar/"],
        "Anna": ["/register/provning/", f"/register/{channel}/avsluta/", f"/register/{channel}/profil/"],
        "Lars": [
            "/manniskor/", "/manniskor/ny/", f"/manniskor/{anna}/", "/manniskor/forvaltningar/", "/logg/",
            "/logg/?vad=x", "/register/", f"/register/{channel}/", f"/register/{channel}/andra/", "/register/nytt/",
            "/register/provning/", "/register/aktivitet/", "/register/hashtaggar/",
            f"/register/{scene.channels['twitter'].pk}/avsluta/",
        ],
    }  # fmt: skip


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_page_has_a_barrier(scheme: Any, page: Page, register: Scene, sign_in: Callable[..., None]) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    found, heard = [], listen(page)
    for who, paths in addresses(register).items():
        page.context.clear_cookies()
        if who:
            sign_in(page, who)
        for path in paths:
            page.goto(path)
            page.evaluate(AXE)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                found += [f"{who} {path} at {width}: {what}" for what in barriers(page, axe=is_narrow(width))]
                if PICTURES:
                    name = f"{who}{path.replace('/', '_')}-{width}-{scheme}.png"
                    page.screenshot(path=Path(PICTURES) / name, full_page=True)
    assert not found, "\n".join(found)
    assert not heard, "\n".join(heard)


def test_somebody_is_added_by_keyboard_alone(page: Page, register: Scene, sign_in: Callable[..., None]) -> None:
    sign_in(page, "Lars")
    page.goto("/manniskor/ny/")
    page.locator("#id_name").focus()
    for text in ("Eva Ek", "Planerare", "eva", "eva@exempelby.example"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    for _ in ("role", "department"):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")  # no invitation: the password is shown
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Lösenord till Eva Ek")).to_be_visible()
    assert User.objects.get(username="eva").must_change_password
