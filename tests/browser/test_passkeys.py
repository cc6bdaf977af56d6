"""A security key as the second factor, with a virtual one in a real browser."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import listen
from tests.browser.scene import PASSWORD, Scene
from tests.browser.test_barriers import AXE, barriers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def plug_in_a_key(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def sign_in(page: Page, root: str) -> None:
    page.goto(f"{root}/konto/login/")
    page.locator("#id_login").fill("anna")
    page.locator("#id_password").fill(PASSWORD)
    page.locator(".form button.primary").click()


def test_a_key_is_added_and_asked_for_at_the_next_sign_in(page: Page, scene: Scene, server: str) -> None:
    root = f"http://localhost:{urlsplit(server).port}"  # a key belongs to a name, never to an address
    heard = listen(page)
    sign_in(page, root)
    plug_in_a_key(page)
    page.goto(f"{root}/konto/2fa/webauthn/add/")
    page.evaluate(AXE)
    assert barriers(page) == []
    page.locator("#id_name").fill("Nyckelknippan")
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url(lambda url: "/add/" not in url)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto(f"{root}/konto/2fa/webauthn/")
    expect(page.get_by_role("link", name="Nyckelknippan", exact=True)).to_be_visible()
    page.evaluate(AXE)
    assert barriers(page) == []

    page.context.clear_cookies()
    sign_in(page, root)
    page.wait_for_url("**/2fa/authenticate/")
    page.evaluate(AXE)
    assert barriers(page) == []
    page.locator("#mfa_webauthn_authenticate").click()
    expect(page.locator("header.head")).to_be_visible()
    assert heard == []
