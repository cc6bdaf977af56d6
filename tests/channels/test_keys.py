"""Keys: warned of before they end, told of when they die, encrypted anew, forgotten when Meta says so."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import channels, tokens
from accounts.management.commands import rotate_token_keys
from accounts.models import Channel, Credential, Role
from config.commands import Stop
from inbox import poll
from inbox.incoming import reading, watchdog
from sandbox import oauth
from tests.channels.conftest import PLATFORMS, Admin, Town
from tests.factories import ChannelFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def ending(in_: timedelta, **people: Any) -> Channel:
    channel: Channel = ChannelFactory(name="Huvudkontot", **people)
    Credential.objects.filter(channel=channel).update(expires_at=NOW + in_)
    return channel


def test_each_step_before_the_end_is_told_once() -> None:
    channel = ending(timedelta(days=40), owner=UserFactory())
    end = NOW + timedelta(days=40)
    told = {day: watchdog.watch(end - timedelta(days=day, hours=-1))["ending"] for day in range(40, 0, -1)}
    assert [day for day, mails in told.items() if mails] == [30, 14, 7, 1]
    assert watchdog.watch(end - timedelta(minutes=1))["ending"] == 0
    assert len(mail.outbox) == 4 and channel.name in mail.outbox[0].subject


def test_a_key_added_a_week_before_its_end_is_warned_of_once_and_not_three_times() -> None:
    ending(timedelta(days=6), owner=UserFactory())
    assert [watchdog.watch(NOW)["ending"], watchdog.watch(NOW)["ending"]] == [1, 0]


def test_owner_deputy_and_administrators_are_told_each_in_a_mail_of_their_own() -> None:
    owner, deputy, admin = UserFactory(), UserFactory(), UserFactory(role=Role.ADMIN)
    UserFactory()
    ending(timedelta(days=6), owner=owner, deputy=deputy)
    watchdog.watch(NOW)
    assert sorted(each.to[0] for each in mail.outbox) == sorted([owner.email, deputy.email, admin.email])


def test_a_new_key_with_a_new_end_is_warned_of_anew() -> None:
    channel = ending(timedelta(days=6), owner=UserFactory())
    watchdog.watch(NOW)
    channels.save_token(channel.pk, {"access_token": "x", "expires_at": (NOW + timedelta(days=5)).isoformat()})
    assert watchdog.watch(NOW)["ending"] == 1


def test_a_mail_that_cannot_go_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise ConnectionRefusedError

    ending(timedelta(days=6), owner=UserFactory())
    with monkeypatch.context() as patched:
        patched.setattr(watchdog, "send_mail", refuse)
        assert watchdog.watch(NOW)["ending"] == 0
    assert watchdog.watch(NOW)["ending"] == 1


def test_a_channel_that_is_paused_warns_nobody() -> None:
    ending(timedelta(days=6), owner=UserFactory(), status=Channel.Status.PAUSED)
    assert watchdog.watch(NOW)["ending"] == 0


def test_the_channels_page_says_how_many_days_are_left(admin: Admin) -> None:
    channel = ChannelFactory()
    Credential.objects.filter(channel=channel).update(expires_at=timezone.now() + timedelta(days=6, hours=2))
    page = admin.get(reverse("accounts:channel", args=[channel.pk])).content.decode()
    assert "Nyckeln går ut om 6 dagar." in page


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_token_revoked_at_the_platform_is_told_within_two_polls(town: Town, admin: Admin, platform: str) -> None:
    owner = UserFactory(name="Karin Ek")
    channel = town.channel(platform, owner=owner)
    admin.connect(channel)
    for token in town.world.tokens(platform):
        town.world.revoke(token.token)
    now = timezone.now()
    for surface in channel.surfaces.select_related("channel")[:2]:
        poll.poll_surface(surface, now=now, holder=poll.new_holder())
    assert Credential.objects.get(channel=channel).dead_since
    assert any(each.pk == channel.pk and each.error for each in reading.health(now).failing)
    page = admin.get(reverse("accounts:channel", args=[channel.pk])).content.decode()
    assert "Anslut på nytt" in page and "En administratör behöver ansluta" in page
    assert watchdog.watch(now)["dead"] == 1 and watchdog.watch(now)["dead"] == 0
    assert owner.email in [each.to[0] for each in mail.outbox]


def test_a_dead_key_is_told_of_again_if_it_dies_again_after_it_was_replaced() -> None:
    channel = ChannelFactory(owner=UserFactory())
    channels.mark_dead(channel.pk, NOW)
    watchdog.watch(NOW)
    channels.replace_token(channel, {"access_token": "ny"}, by=None, now=NOW)
    channels.mark_dead(channel.pk, NOW + timedelta(hours=1))
    assert watchdog.watch(NOW + timedelta(hours=1))["dead"] == 1


def test_a_key_that_one_surface_takes_and_another_refuses_is_not_mailed_each_minute() -> None:
    channel = ChannelFactory(owner=UserFactory())
    told = 0
    for minute in range(5):
        at = NOW + timedelta(minutes=minute)
        Credential.objects.filter(channel=channel).update(dead_since=None)
        channels.mark_dead(channel.pk, at)
        told += watchdog.watch(at)["dead"]
    assert told == 1


def test_a_channel_that_is_not_connected_is_no_empty_inbox() -> None:
    channel = ChannelFactory()
    channel.credential.delete()
    assert [each.pk for each in reading.health(NOW).failing] == [channel.pk]


def test_keys_are_encrypted_anew_with_the_first_key(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    channel = ChannelFactory(token={"access_token": "hemligt"})
    settings.TOKEN_KEYS = ["en-ny-nyckel", *settings.TOKEN_KEYS]
    rotate_token_keys.Command().handle()
    assert json.loads(capsys.readouterr().out) == {"rotated": 1}
    settings.TOKEN_KEYS = ["en-ny-nyckel"]
    assert tokens.decrypt(Credential.objects.get(channel=channel).encrypted) == {"access_token": "hemligt"}


def test_a_token_that_no_key_opens_is_named_and_the_others_are_encrypted_anew(settings: Any) -> None:
    lost, fine = ChannelFactory(), ChannelFactory()
    Credential.objects.filter(channel=lost).update(encrypted="gAAAAAskräp")
    settings.TOKEN_KEYS = ["en-ny-nyckel", *settings.TOKEN_KEYS]
    with pytest.raises(Stop, match="Credential"):
        rotate_token_keys.Command().handle()
    settings.TOKEN_KEYS = ["en-ny-nyckel"]
    assert tokens.decrypt(Credential.objects.get(channel=fine).encrypted)


# Meta's data-deletion callback


def signed(payload: dict[str, Any], secret: str = "appens hemlighet") -> str:
    def packed(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    about = packed(json.dumps(payload).encode())
    return f"{packed(hmac.new(secret.encode(), about.encode(), hashlib.sha256).digest())}.{about}"


@pytest.fixture
def app(settings: Any) -> None:
    settings.PLATFORM_APPS = {**settings.PLATFORM_APPS, "facebook": ("1", "appens hemlighet")}


@pytest.mark.usefixtures("app")
def test_who_asks_meta_to_be_forgotten_has_the_keys_removed_and_a_receipt(
    client: Client, town: Town, admin: Admin
) -> None:
    channel = town.channel("facebook")
    admin.connect(channel)
    kept = ChannelFactory()
    response = client.post(reverse("forgetting"), {"signed_request": signed({"user_id": oauth.SOMEBODY})})
    assert set(response.json()) == {"url", "confirmation_code"}
    assert [row.channel_id for row in Credential.objects.all()] == [kept.pk]
    page = client.get(response.json()["url"]).content.decode()
    assert "1 nyckel" in page and oauth.SOMEBODY not in page


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    "request_",
    ["", ".", "a.b", "åäö.åäö", signed({"user_id": "1"}, "annat"), signed({}), signed({"user_id": None})],
)
def test_an_unsigned_or_empty_request_forgets_nobody(client: Client, request_: str) -> None:
    ChannelFactory(token={"access_token": "x", "granted_by": "1"})
    assert client.post(reverse("forgetting"), {"signed_request": request_}).status_code == 400
    assert Credential.objects.count() == 1


def test_without_an_app_no_signature_is_right(client: Client) -> None:
    assert client.post(reverse("forgetting"), {"signed_request": signed({"user_id": "1"}, "")}).status_code == 400
