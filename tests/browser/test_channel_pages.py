"""The pages on which channels are connected and their quotas shown have no barrier, in light and in dark."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from accounts.models import Credential, DataDeletion, Surface
from tests.browser.conftest import listen
from tests.browser.scene import NOW, Scene
from tests.browser.test_barriers import AXE, SCHEMES, WIDTHS, barriers, is_narrow

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("PICTURES_TO", "")  # a folder, for whoever wants to look


@pytest.fixture
def troubled(scene: Scene) -> Scene:
    """The scene, with a key that ends, one that is dead, a channel without one, and limits in every state."""
    ending, dead, none = (scene.channels[name].pk for name in ("twitter", "youtube", "harbour"))
    Credential.objects.filter(channel=ending).update(expires_at=NOW + timedelta(days=6, hours=1))
    Credential.objects.filter(channel=dead).update(dead_since=NOW - timedelta(hours=1))
    Credential.objects.filter(channel=none).delete()
    Surface.objects.filter(channel=ending).update(
        error_code="credits_depleted", error="Krediterna är slut.", next_poll_at=NOW + timedelta(hours=2)
    )
    Surface.objects.filter(channel__platform="facebook").update(quota={"percent": 85})
    DataDeletion.objects.create(code="abc123", asked_at=NOW, keys_forgotten=2)
    return scene


def addresses(scene: Scene) -> dict[str, list[str]]:
    pages = [f"/register/{scene.channels[name].pk}/" for name in ("twitter", "youtube", "harbour")]
    return {"": ["/meta/radera/abc123/"], "Lars": [*pages, *(f"{page}anslut/" for page in pages), "/register/kvot/"]}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_page_has_a_barrier(scheme: Any, page: Page, troubled: Scene, sign_in: Callable[..., None]) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    found, heard = [], listen(page)
    for who, paths in addresses(troubled).items():
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
