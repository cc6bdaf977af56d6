"""A real Chromium in front of the real application over the test database."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import wraps
from typing import Any

import pytest
import requests
import time_machine
from django.db import connection
from django.test import Client
from playwright.sync_api import BrowserContext, Error, Locator, Page, expect

from scripts import chromium
from tests.browser.scene import NOW, Scene, build
from tests.plugins.counting import AT_WORK
from tests.plugins.server import running_server

# Playwright's synchronous API runs inside an event loop, in which Django would refuse to query.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 20_000  # milliseconds that what must come may take to come, on a machine with other work
EXPECTED = ("status of 403", "status of 404", "status of 422", "502")  # what the tests themselves bring about

expect.set_options(timeout=PATIENCE)


def when_loaded(act: Callable[..., Any], page_of: Callable[[Any], Page]) -> Callable[..., Any]:
    """Let something be done only to a page whose scripts have run, as people do: they read it first.

    What a click leads to is there when the click is over, but may still be coming in: its words can be seen while its
    deferred scripts have not run, and a key that is pressed then is lost.
    """

    @wraps(act)
    def patiently(*given: Any, **named: Any) -> Any:
        page_of(given[0] if given else None).wait_for_load_state("domcontentloaded")
        return act(*given, **named)

    return patiently


for _way in ("click", "dispatch_event", "focus", "press"):
    setattr(Locator, _way, when_loaded(getattr(Locator, _way), lambda locator: locator.page))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return browser_type_launch_args | {"executable_path": chromium.find(), "args": list(FLAGS)}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], server: str) -> dict[str, Any]:
    size = {"width": 1280, "height": 800}
    return browser_context_args | {"base_url": server, "viewport": size, "locale": "sv-SE"}


@pytest.fixture(scope="session")
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    with django_db_blocker.unblock(), running_server(NOW) as address:
        yield address


@pytest.fixture
def scene(transactional_db: None, default_policy: None) -> Scene:
    with time_machine.travel(NOW, tick=True):
        return build()


@pytest.fixture
def sign_in(scene: Scene, server: str) -> Iterator[Callable[..., None]]:
    """Let a page be signed in as somebody, by the cookie that a sign-in gives.

    An open page asks for news and says that it is there, and that it leaves, also while the database is emptied for
    the next test, which then deadlocks: so it is cut off first, left, and what it has asked for is waited for.
    """
    contexts: list[BrowserContext] = []

    def signed_in(page: Page, name: str = "Anna") -> None:
        contexts.append(page.context)
        page.set_default_timeout(PATIENCE)
        for way in ("press", "type"):
            setattr(page.keyboard, way, when_loaded(getattr(page.keyboard, way), lambda _key: page))
        client = Client()
        with time_machine.travel(NOW, tick=True):
            client.force_login(scene.people[name], backend="accounts.backends.Users")
        page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": server}])

    yield signed_in
    for context in contexts:
        with suppress(Error):  # closed by its test
            context.set_offline(True)
            for page in context.pages:
                page.goto("about:blank")
    wait_until_idle(server)


def wait_until_idle(server: str) -> None:
    """Wait until the server works on nothing, and nobody else is at work in the database."""
    busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' AND pid <> %s"
    deadline, quiet = time.monotonic() + 20, 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        own = cursor.fetchone()
        while quiet < 5 and time.monotonic() < deadline:
            cursor.execute("SELECT pg_sleep(0.02)")
            cursor.execute(busy, own)
            is_idle = cursor.fetchone() == (0,) and requests.get(server + AT_WORK, timeout=20).text == "0"
            quiet = quiet + 1 if is_idle else 0


def listen(page: Page) -> list[str]:
    """Collect what the console complains of: errors of scripts, and all that the content security policy stops."""
    heard: list[str] = []

    def hear(message: Any) -> None:
        is_expected = any(text in message.text for text in EXPECTED)
        if message.type in ("error", "warning") and not is_expected:
            heard.append(f"{page.url}: {message.text}")

    page.on("console", hear)
    page.on("pageerror", lambda error: heard.append(f"{page.url}: {error}"))
    return heard


@pytest.fixture
def anna(page: Page, sign_in: Callable[..., None]) -> Iterator[Page]:
    """A page of somebody who may answer, whose console must stay silent."""
    heard = listen(page)
    sign_in(page)
    yield page
    assert not heard
