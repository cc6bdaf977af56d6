"""What platforms push: only if signed, stored first, read back, twice no more than once, and never relied on."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.connecting import verify_token
from accounts.models import Channel, Credential
from config.celery import app as celery
from connectors.webhooks import Sign, signs
from inbox import tasks
from inbox.incoming import webhooks
from inbox.models import Item, WebhookDelivery
from sandbox import facebook, instagram, linkedin
from sandbox.entries import Entry
from sandbox.pushing import BODIES, signed
from sandbox.twitter import issue_oauth1
from tests.channels.conftest import OURS, Town
from tests.factories import ChannelFactory

pytestmark = pytest.mark.django_db
PLATFORMS = ("facebook", "instagram", "linkedin", "twitter")
ISSUE: dict[str, Callable[..., dict[str, Any]]] = {
    "facebook": facebook.issue_tokens,
    "instagram": instagram.issue_tokens,
    "linkedin": linkedin.issue_tokens,
    "twitter": issue_oauth1,
}
PAYLOADS = Path(__file__).parent.parent / "payloads"
SECRET = {"linkedin": "client_secret", "twitter": "consumer_secret"}
ACTIVITY = "urn:li:activity:7625123517274498455"
NONSENSE = [b"", b"null", b"[]", b"{", b'{"entry": 7}', b'{"data": []}', b"[" * 50_000, b"\xff\xfe"]


class Pushed:
    """A channel of a platform with a pasted key, and a citizen who writes to it."""

    def __init__(self, town: Town, platform: str) -> None:
        self.town, self.world, self.platform = town, town.world, platform
        ours = OURS[platform]
        self.token = ISSUE[platform](self.world, ours.external_id)
        self.channel: Channel = ChannelFactory(
            platform=platform, external_id=ours.external_id, handle=ours.handle, is_sandbox=True, token=self.token,
            clock_from=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip
        self.world.add_account(platform, "Jonas Berg", id=self.citizen, handle="jonasberg")
        self.root = None
        if platform != "twitter":
            self.root = self.world.write(platform, "post", ours.external_id, "Höstlov!", wall=ours.external_id).id

    @property
    def citizen(self) -> str:
        return "urn:li:person:Kd82PqR7sT" if self.platform == "linkedin" else "17841400000000901"

    @property
    def secret(self) -> str:
        return str(self.token[SECRET.get(self.platform, "app_secret")])

    def writes(self, text: str = "När öppnar simhallen?") -> Entry:
        if self.platform == "twitter":
            return self.world.write("twitter", "tweet", self.citizen, f"@{OURS['twitter'].handle} {text}")
        return self.world.write(self.platform, "comment", self.citizen, text, root=self.root)

    def body(self, entry: Entry, what: str = "write") -> bytes:
        account = self.world.account(self.channel.external_id, self.platform)
        return json.dumps(BODIES[self.platform](self.world, account, what, entry)).encode()

    def deliver(self, client: Client, body: bytes, secret: str = "") -> int:
        headers = signed(self.platform, body, secret or self.secret)
        headers.pop("Content-Type")
        given = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
        response = client.post(reverse("webhook", args=[self.platform]), body, content_type="application/json", **given)
        return int(response.status_code)


@pytest.fixture(params=PLATFORMS)
def pushed(request: pytest.FixtureRequest, town: Town) -> Pushed:
    return Pushed(town, request.param)


@pytest.fixture
def on_facebook(town: Town) -> Pushed:
    return Pushed(town, "facebook")


def stored(pushed: Pushed) -> list[str]:
    return list(Item.objects.filter(channel=pushed.channel).values_list("external_id", flat=True))


def test_what_is_pushed_is_read_back_and_waits_for_an_answer(pushed: Pushed, client: Client) -> None:
    entry = pushed.writes()
    assert pushed.deliver(client, pushed.body(entry)) == 200
    assert webhooks.handle(timezone.now()) == 1
    item = Item.objects.get(channel=pushed.channel, external_id=entry.id)
    assert item.conversation is not None and item.conversation.due_at is not None
    assert item.text == entry.text


def test_the_same_delivery_again_is_one_delivery_and_one_item(pushed: Pushed, client: Client) -> None:
    body = pushed.body(pushed.writes())
    assert [pushed.deliver(client, body) for _ in range(3)] == [200, 200, 200]
    webhooks.handle(timezone.now())
    pushed.deliver(client, body)
    webhooks.handle(timezone.now())
    assert WebhookDelivery.objects.count() == 1 and len(stored(pushed)) == 1


def test_a_delivery_that_was_not_signed_with_our_secret_is_refused_and_not_kept(pushed: Pushed, client: Client) -> None:
    body = pushed.body(pushed.writes())
    assert pushed.deliver(client, body, secret="någon annans") == 403
    assert (
        client.post(reverse("webhook", args=[pushed.platform]), body, content_type="application/json").status_code
        == 403
    )
    assert not WebhookDelivery.objects.exists()


def test_the_signature_covers_the_raw_bytes_and_not_what_they_mean(on_facebook: Pushed, client: Client) -> None:
    body = b'{"object": "page",\n  "entry": [], "\\u00e5": "\xc3\xa5"}'
    assert on_facebook.deliver(client, body) == 200
    assert bytes(WebhookDelivery.objects.get().body) == body


def test_a_deletion_that_the_platform_tells_and_shows_is_a_tombstone(on_facebook: Pushed, client: Client) -> None:
    entry = on_facebook.writes()
    on_facebook.deliver(client, on_facebook.body(entry))
    webhooks.handle(timezone.now())
    on_facebook.world.delete(entry.id)
    on_facebook.deliver(client, on_facebook.body(entry, "delete"))
    webhooks.handle(timezone.now())
    assert Item.objects.get(external_id=entry.id).deleted_at is not None


def test_a_deletion_that_is_only_told_is_not_believed(on_facebook: Pushed, client: Client) -> None:
    entry = on_facebook.writes()
    on_facebook.deliver(client, on_facebook.body(entry))
    on_facebook.deliver(client, on_facebook.body(entry, "delete"))
    webhooks.handle(timezone.now())
    assert Item.objects.get(external_id=entry.id).deleted_at is None


def test_every_change_of_every_entry_is_read(on_facebook: Pushed, client: Client) -> None:
    entries = [on_facebook.writes(f"Fråga {n}") for n in range(6)]
    bodies = [json.loads(on_facebook.body(entry)) for entry in entries]
    changes = [body["entry"][0]["changes"][0] for body in bodies]
    whole = {"object": "page", "entry": [
        {"id": on_facebook.channel.external_id, "time": 1, "changes": changes[:3]},
        {"id": on_facebook.channel.external_id, "time": 2, "changes": changes[3:]},
    ]}  # fmt: skip
    on_facebook.deliver(client, json.dumps(whole).encode())
    webhooks.handle(timezone.now())
    assert sorted(stored(on_facebook)) == sorted(entry.id for entry in entries)


def test_many_deliveries_are_read_back_in_few_calls(on_facebook: Pushed, client: Client) -> None:
    for n in range(20):
        on_facebook.deliver(client, on_facebook.body(on_facebook.writes(f"Fråga {n}")))
    on_facebook.town.sandbox.app.config["REQUESTS"].clear()
    assert webhooks.handle(timezone.now()) == 20
    assert len(stored(on_facebook)) == 20 and len(on_facebook.town.sandbox.requests) <= 4


def test_a_flood_is_left_to_a_poll_that_fetches_it_in_fewer_calls(
    on_facebook: Pushed, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MOST_IDS", 3)
    surface = on_facebook.channel.surfaces.create(name="comments", next_poll_at=timezone.now() + timedelta(hours=1))
    for n in range(4):
        on_facebook.deliver(client, on_facebook.body(on_facebook.writes(f"Fråga {n}")))
    webhooks.handle(timezone.now())
    surface.refresh_from_db()
    assert surface.next_poll_at <= timezone.now() and not stored(on_facebook)


def test_what_cannot_be_read_back_is_left_to_the_next_poll(pushed: Pushed, client: Client) -> None:
    surface = pushed.channel.surfaces.create(name="comments", next_poll_at=timezone.now() + timedelta(hours=1))
    pushed.deliver(client, pushed.body(pushed.writes()))
    pushed.town.sandbox.faults.add(pushed.platform, "html_502", method="GET")
    assert webhooks.handle(timezone.now()) == 1
    surface.refresh_from_db()
    assert surface.next_poll_at <= timezone.now()


def test_a_spent_quota_is_not_spent_further_by_what_is_pushed(on_facebook: Pushed) -> None:
    later = timezone.now() + timedelta(hours=1)
    surface = on_facebook.channel.surfaces.create(name="comments", next_poll_at=later, error_code="rate_limit")
    webhooks.poll_next(on_facebook.channel, timezone.now())
    surface.refresh_from_db()
    assert surface.next_poll_at == later


def test_a_delivery_for_a_channel_that_is_registered_later_is_read_then(on_facebook: Pushed, client: Client) -> None:
    entry, id = on_facebook.writes(), on_facebook.channel.external_id
    Channel.objects.filter(pk=on_facebook.channel.pk).update(external_id="annat")
    on_facebook.deliver(client, on_facebook.body(entry))
    now = timezone.now()
    assert webhooks.handle(now) == 0
    Channel.objects.filter(pk=on_facebook.channel.pk).update(external_id=id)
    assert webhooks.handle(now + timedelta(hours=2)) == 1
    assert stored(on_facebook) == [entry.id]


def test_deliveries_are_let_go_after_a_week_and_their_words_as_soon_as_they_are_read(
    on_facebook: Pushed, client: Client
) -> None:
    on_facebook.deliver(client, on_facebook.body(on_facebook.writes()))
    now = timezone.now()
    webhooks.handle(now)
    assert bytes(WebhookDelivery.objects.get().body) == b""
    assert webhooks.purge(now + timedelta(days=6)) == 0
    assert webhooks.purge(now + timedelta(days=8)) == 1


def test_a_worker_that_dies_with_a_delivery_leaves_it_to_the_next(
    on_facebook: Pushed, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = on_facebook.writes()
    on_facebook.deliver(client, on_facebook.body(entry))
    now = timezone.now()
    with monkeypatch.context() as patched:
        patched.setattr(webhooks, "_look", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            webhooks.handle(now)
    assert webhooks.handle(now + timedelta(minutes=1)) == 0
    assert webhooks.handle(now + timedelta(minutes=3)) == 1
    assert stored(on_facebook) == [entry.id]


def test_trouble_with_us_is_no_200_so_that_it_is_delivered_again(
    on_facebook: Pushed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(webhooks, "store", away)
    client = Client(raise_request_exception=False)
    assert on_facebook.deliver(client, on_facebook.body(on_facebook.writes())) == 500


@pytest.mark.parametrize("body", NONSENSE)
def test_what_is_signed_but_makes_no_sense_is_kept_quiet_about(pushed: Pushed, client: Client, body: bytes) -> None:
    assert pushed.deliver(client, body) == 200
    assert webhooks.handle(timezone.now()) == 1


def test_youtube_pushes_nothing(client: Client) -> None:
    assert client.post("/webhook/youtube/").status_code == client.post("/webhook/okänd/").status_code == 404


# Handshakes


@pytest.mark.parametrize("platform", ["facebook", "instagram"])
def test_metas_handshake_is_echoed_only_with_our_own_word(client: Client, platform: str) -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": verify_token()}
    address = reverse("webhook", args=[platform])
    assert client.get(address, asked).content == b"1158201444"
    assert client.get(address, {**asked, "hub.verify_token": "annat"}).status_code == 403
    assert client.get(address).status_code == 403


def test_xs_check_is_answered_with_the_consumer_secret(client: Client, settings: Any) -> None:
    settings.X_CONSUMER_SECRET = "hemligt"
    right = base64.b64encode(hmac.new(b"hemligt", b"challenge", hashlib.sha256).digest()).decode()
    answer = client.get(reverse("webhook", args=["twitter"]), {"crc_token": "challenge"}).json()
    assert answer == {"response_token": f"sha256={right}"}


def test_linkedins_challenge_is_answered_with_the_clients_secret(client: Client, settings: Any) -> None:
    settings.PLATFORM_APPS = {**settings.PLATFORM_APPS, "linkedin": ("77", "hemligt")}
    code = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
    answer = client.get(reverse("webhook", args=["linkedin"]), {"challengeCode": code}).json()
    right = hmac.new(b"hemligt", code.encode(), hashlib.sha256).hexdigest()
    assert answer == {"challengeCode": code, "challengeResponse": right}


@pytest.mark.parametrize("platform", ["linkedin", "twitter"])
def test_without_a_secret_no_handshake_is_answered(client: Client, platform: str) -> None:
    assert client.get(reverse("webhook", args=[platform]), {"crc_token": "x", "challengeCode": "x"}).status_code == 403


# The recorded payloads


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("facebook/webhook_batch_add_edited_remove", [
            Sign("286982291924612", "288161405326204_288156668660350"),
            Sign("286982291924612", "288161405326204_288156668660350", is_gone=True),
        ]),
        ("twitter/activity_post_mention_create", [Sign("1698610011305870259", "2107084230753678271")]),
        ("twitter/activity_post_delete", [Sign("1698610011305870259", "2107079684125834855", is_gone=True)]),
        ("linkedin/webhook_comment", [
            Sign("urn:li:organization:48217", f"urn:li:comment:({ACTIVITY},7322241979476957435)")
        ]),
    ],
)  # fmt: skip
def test_a_recorded_delivery_tells_what_to_read(file: str, told: list[Sign]) -> None:
    assert signs(file.split("/")[0], (PAYLOADS / f"{file}.json").read_bytes()) == told


@pytest.mark.parametrize("path", sorted([*PAYLOADS.glob("*/webhook_*"), *PAYLOADS.glob("twitter/activity_*")]), ids=str)
def test_every_recorded_delivery_names_its_account(path: Path) -> None:
    told = signs(path.parent.name, path.read_bytes())
    assert told and all(sign.account for sign in told)


# From written to seen


@pytest.fixture
def worker_at_hand() -> Iterator[None]:
    """What is queued is done at once, as a worker with nothing else to do would."""
    celery.conf.update(task_always_eager=True)
    yield
    celery.conf.update(task_always_eager=False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("worker_at_hand")
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_written_comment_stands_in_the_inbox_within_two_seconds(town: Town, live_server: Any, platform: str) -> None:
    pushed = Pushed(town, platform)
    requests.post(f"{town.sandbox.url}/_sandbox/webhooks", json={"url": f"{live_server.url}/webhook/"}, timeout=5)
    began = time.monotonic()
    entry = pushed.writes()
    while not Item.objects.filter(external_id=entry.id, conversation__due_at__isnull=False).exists():
        assert time.monotonic() - began < 2, town.sandbox.app.config["PUSHER"].answers
        time.sleep(0.02)


def test_the_sweep_takes_what_a_lost_message_left(on_facebook: Pushed, client: Client) -> None:
    entry = on_facebook.writes()
    on_facebook.deliver(client, on_facebook.body(entry))
    tasks.poll_what_was_pushed()
    assert stored(on_facebook) == [entry.id]


def test_a_token_that_no_key_opens_does_not_stop_the_others(on_facebook: Pushed, client: Client) -> None:
    lost = ChannelFactory(platform="facebook", external_id="1")
    Credential.objects.filter(channel=lost).update(encrypted="gAAAAskräp")
    assert on_facebook.deliver(client, on_facebook.body(on_facebook.writes())) == 200
