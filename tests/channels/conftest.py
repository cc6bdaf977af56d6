"""Our accounts on the platforms of a running sandbox, and an administrator who connects them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import Channel, Role
from sandbox import oauth
from sandbox.municipality import FACEBOOK_MAIN, INSTAGRAM_RELAY, X_MAIN, YOUTUBE_MAIN
from sandbox.municipality import Channel as Ours
from tests.factories import ChannelFactory, UserFactory
from tests.sandbox_server import RunningSandbox

LINKEDIN = Ours("linkedin", "employer_brand", "Exempelby kommun", "", "urn:li:organization:48217", "HR", "…", "…")
OURS = {one.platform: one for one in (FACEBOOK_MAIN, INSTAGRAM_RELAY, X_MAIN, YOUTUBE_MAIN, LINKEDIN)}
PLATFORMS = tuple(OURS)
OTHERS = {
    "facebook": "100071946620817",
    "instagram": "17841447203355999",
    "twitter": "2907164418",
    "youtube": "UCandraKanalenIExempelby",
    "linkedin": "urn:li:organization:48299",
}


class Town:
    """A municipality of the sandbox, one account a platform, none of them connected."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.sandbox, self.world = sandbox, sandbox.world
        for one in OURS.values():
            extra = {"enterprise": True} if one.platform == "twitter" else {}
            self.world.add_account(
                one.platform, one.name, id=one.external_id, handle=one.handle, ours=True, extra=extra
            )
        self.world.add_account(
            "facebook", FACEBOOK_MAIN.name, id=FACEBOOK_MAIN.external_id, handle=FACEBOOK_MAIN.handle, ours=True,
            extra={"instagram": INSTAGRAM_RELAY.external_id},
        )  # fmt: skip

    def another(self, platform: str, name: str = "Trafik i Exempelby") -> str:
        """Give the municipality a second account on a platform."""
        id = OTHERS[platform]
        self.world.add_account(platform, name, id=id, handle="trafikexempelby", ours=True)
        if platform == "instagram":
            self.world.add_account(
                "facebook", name, id=OTHERS["facebook"], handle="trafik", ours=True, extra={"instagram": id}
            )
        return id

    def channel(self, platform: str, **given: Any) -> Channel:
        """Register a channel without a key."""
        facts = {"external_id": OURS[platform].external_id, "handle": "", "is_sandbox": True, **given}
        channel: Channel = ChannelFactory(platform=platform, **facts)
        channel.credential.delete()
        return Channel.objects.get(pk=channel.pk)


@pytest.fixture
def town(sandbox: RunningSandbox, settings: Any, tmp_path: Path) -> Town:
    settings.VAR_DIR = tmp_path
    (tmp_path / "sandbox.json").write_text(json.dumps({"url": sandbox.url, "apps": oauth.apps()}))
    return Town(sandbox)


class Admin(Client):
    """An administrator's browser: on our pages a test client, on the platform's real requests."""

    def connect(self, channel: Channel, *, as_: str = "", says: str = "ja") -> HttpResponse:
        """Walk the whole way: explain, leave, answer the platform, come back; give what the last page led to."""
        assert self.get(reverse("accounts:connect", args=[channel.pk])).status_code == 200
        dialog = self.get(reverse("accounts:connect_leave", args=[channel.pk])).headers["Location"]
        page = requests.get(dialog, timeout=10)
        assert page.status_code == 200, page.text
        answer = {"svar": says, "konto": as_ or channel.external_id}
        back = requests.post(dialog, data=answer, allow_redirects=False, timeout=10).headers["Location"]
        return self.come_back(back)

    def come_back(self, address: str) -> HttpResponse:
        parts = urlsplit(address)
        return self.get(f"{parts.path}?{parts.query}", follow=True)


@pytest.fixture
def admin(db: None) -> Iterator[Admin]:
    client = Admin()
    client.force_login(UserFactory(role=Role.ADMIN, name="Mona Sand", username="mona"))
    yield client


@pytest.fixture
def as_role(db: None) -> Callable[[str], Client]:
    def signed_in(role: str) -> Client:
        client = Client()
        client.force_login(UserFactory(role=role))
        return client

    return signed_in
