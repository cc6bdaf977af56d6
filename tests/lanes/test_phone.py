"""On a telephone: woken for what is urgent in words that say nothing, and an honest page without a network."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from django.test import Client

from accounts.models import Shift
from inbox.models import Conversation, PushSubscription
from inbox.telling import alarms, push
from tests.factories import NOW, UserFactory

pytestmark = pytest.mark.django_db
Write = Callable[..., Conversation]


class Service:
    """A push service on this machine: what it was sent, and what it answers."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 201
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                service.got.append((self.path, dict(self.headers), body))
                self.send_response(service.status)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def service(settings: Any) -> Iterator[Service]:
    made = Service()
    settings.PUSH_KEY, settings.PUSH_SERVICES = "hemlig-nyckel", [made.url]
    yield made
    made.server.shutdown()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_what_is_urgent_wakes_the_browser_of_who_is_on_call_and_tells_it_nothing(
    service: Service, write: Write, mailoutbox: list[Any]
) -> None:
    person = UserFactory(role="on_call")
    Shift.objects.create(user=person, kind="on_call", starts_at=NOW, ends_at=NOW + timedelta(hours=9))
    assert push.subscribe(person, f"{service.url}/abc", now=NOW)
    write("Vi vet var ni bor")
    assert alarms.send(NOW + timedelta(minutes=1)) == 1
    ((path, headers, body),) = service.got
    assert (path, body) == ("/abc", b"")
    token, key = headers["Authorization"].removeprefix("vapid t=").split(", k=")
    head, claims, signature = token.split(".")
    assert json.loads(decoded(claims))["aud"] == service.url
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(key))
    r, s = (int.from_bytes(part) for part in (decoded(signature)[:32], decoded(signature)[32:]))
    public.verify(utils.encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))


def test_the_woken_browser_shows_a_number_and_no_words(write: Write, anna: Client) -> None:
    assert anna.get("/push/ord/").json()["title"] == "Du har fått något i Inkorgen"
    row = write("Vi vet var ni bor")
    said = anna.get("/push/ord/").json()
    assert said == {"title": "1 akut i Inkorgen", "url": "/?vy=urgent"}
    assert str(row.contact) not in str(said)


def test_a_browser_that_has_let_go_is_forgotten_and_one_that_fails_is_kept(service: Service) -> None:
    person = UserFactory()
    push.subscribe(person, f"{service.url}/abc", now=NOW)
    service.status = 503
    assert push.wake([person.pk], NOW) == set() and PushSubscription.objects.exists()
    service.status = 410
    assert push.wake([person.pk], NOW) == set() and not PushSubscription.objects.exists()


ELSEWHERE = (
    "http://169.254.169.254/latest", "https://ond.example/x", "file:///etc/passwd",
    "https://fcm.googleapis.com.ond.example/",
    "https://x@fcm.googleapis.com/", "https://fcm.googleapis.com:22/", "http://fcm.googleapis.com/", "", "https://[",
    "x" * 2000,
)  # fmt: skip


@pytest.mark.parametrize("address", ELSEWHERE)
def test_an_address_that_is_no_push_service_is_never_called(address: str, anna: Client, settings: Any) -> None:
    settings.PUSH_KEY = "hemlig-nyckel"
    assert anna.post("/push/", {"address": address}).status_code == 422
    assert not PushSubscription.objects.exists()


def test_a_browser_is_remembered_encrypted_and_forgotten(anna: Client, settings: Any) -> None:
    settings.PUSH_KEY = "hemlig-nyckel"
    address = "https://web.push.apple.com/abc"
    assert anna.post("/push/", {"address": address}).status_code == 204
    assert address not in PushSubscription.objects.get().encrypted
    assert "data-push" in anna.get("/jag/").content.decode()
    anna.post("/push/", {"address": address, "off": "1"})
    assert not PushSubscription.objects.exists()


def test_without_a_key_push_is_not_offered(anna: Client) -> None:
    assert "data-push" not in anna.get("/jag/").content.decode()
    assert push.wake([1], NOW) == set()


def test_the_worker_keeps_no_page_but_the_honest_one(client: Client) -> None:
    code = client.get("/sw.js")
    assert code.headers["Content-Type"].startswith("text/javascript")
    assert "/static/" in code.content.decode() and "cache.put" in code.content.decode()
    page = client.get("/utan-nat/").content.decode()
    assert "Ingen kontakt med servern" in page and "Inget går att läsa eller skicka" in page
