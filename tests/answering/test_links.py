"""Do the links live: what counts as dead, what is never asked, what a dead one stops, and who is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from inbox.deciding.acting import Refused
from inbox.models import LinkCheck, RedirectTarget
from inbox.writing import links
from inbox.writing.links import State
from tests.factories import NOW, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db


class Pages(BaseHTTPRequestHandler):
    """/ok, /gone, /moved → /ok, /round → itself, /head: no HEAD, /busy; counts what is asked."""

    asked: list[str]

    def do_GET(self) -> None:
        type(self).asked.append(f"{self.command} {self.path}")
        status = {"/gone": 404, "/moved": 302, "/round": 302, "/busy": 503}.get(self.path, 200)
        if self.path == "/head" and self.command == "HEAD":
            status = 404
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/ok" if self.path == "/moved" else "/round")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *args: object) -> None:
        """Keep still."""


@pytest.fixture
def site() -> Iterator[str]:
    Pages.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def anywhere(address: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("path", "state"),
    [
        ("/ok", State.OK), ("/gone", State.DEAD), ("/moved", State.OK), ("/head", State.OK), ("/busy", State.UNSURE),
        ("/round", State.UNSURE),
    ],
)  # fmt: skip
def test_only_what_surely_is_gone_is_dead(site: str, path: str, state: State) -> None:
    assert links.look(site + path, anywhere).state == state


@pytest.mark.parametrize(
    ("url", "state"),
    [
        ("https://exempelby.example/x", State.UNSURE),
        ("ftp://exempelby.se/", State.DEAD),
        ("http://", State.DEAD),
        ("http://[::1", State.DEAD),
        ("http://" + "å" * 80 + ".se/", State.DEAD),
        ("http://håll-ut.invalid:99999/", State.DEAD),
        ("http://håll-ut.invalid/sök?q=å#x", State.UNSURE),
        ("http://anna:hemligt@127.0.0.1:1/", State.UNSURE),
        ("http://127.0.0.1:1/", State.UNSURE),
        ("http://finns-inte.invalid/", State.UNSURE),
    ],
)
def test_a_look_never_fails_whatever_the_address(url: str, state: State) -> None:
    assert links.look(url).state == state


def test_nothing_inside_the_house_is_asked(site: str) -> None:
    assert links.look(f"{site}/ok") == links.Seen(State.UNSURE, "ligger inte på internet")
    assert Pages.asked == []


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0", "::1", "fe80::1", "fd00::1",
     "::ffff:10.0.0.1", "100.64.0.1", "224.0.0.1"],
)  # fmt: skip
def test_addresses_of_the_house_are_not_public(address: str) -> None:
    assert not links.is_public(address)
    assert links.is_public("193.10.10.10") and links.is_public("2001:6b0::1")


def test_a_link_of_a_sentence_is_found_without_its_full_stop() -> None:
    assert links.in_text("Se https://a.se/x. (https://b.se/y) https://a.se/x!") == ["https://a.se/x", "https://b.se/y"]


def test_a_dead_link_is_told_once_to_the_owner_and_forgotten_when_it_lives(site: str) -> None:
    owner = UserFactory(name="Eva Ek")
    target = RedirectTarget.objects.create(name="Felanmälan", text="Anmäl här:", url=f"{site}/gone", owner=owner)
    assert [links.check_all(NOW, anywhere), links.check_all(NOW + timedelta(days=1), anywhere)] == [1, 1]
    [letter] = mail.outbox
    assert letter.to == [owner.email] and "Felanmälan" in letter.subject and "(404)" in letter.body
    target.url = f"{site}/ok"
    target.save()
    assert links.check_all(NOW + timedelta(days=2), anywhere) == 0
    assert list(LinkCheck.objects.values_list("url", "state")) == [(f"{site}/ok", "ok")]


def test_a_night_without_internet_kills_nothing_and_revives_nothing(site: str) -> None:
    for path in ("ok", "gone"):
        RedirectTarget.objects.create(name=path, text="x", url=f"{site}/{path}")
    links.check_all(NOW, anywhere)
    links.check_all(NOW + timedelta(days=1))  # nothing may be asked now
    assert dict(LinkCheck.objects.values_list("url", "state")) == {f"{site}/ok": "ok", f"{site}/gone": "dead"}


def test_a_dead_link_stops_an_answer_and_one_that_lived_lately_is_not_asked(site: str) -> None:
    with pytest.raises(Refused, match="fungerar inte: sidan finns inte"):
        links.stop_dead(f"Se {site}/gone.", NOW, anywhere)
    RedirectTarget.objects.create(name="a", text="x", url=f"{site}/ok")
    links.check_all(NOW, anywhere)
    Pages.asked.clear()
    links.stop_dead(f"Se {site}/ok", NOW + timedelta(minutes=59), anywhere)
    links.stop_dead("Ingen länk alls", NOW, anywhere)
    assert Pages.asked == []


def test_the_composer_marks_what_the_night_found_dead(anna: Client) -> None:
    url = "https://a.example/x"
    target = RedirectTarget.objects.create(name="Felanmälan", text="Anmäl", url=url)
    LinkCheck.objects.create(url=url, state="dead", reason="borta", checked_at=NOW, dead_since=NOW)
    row = waiting_conversation()
    assert "länken fungerar inte" in anna.get(f"/k/{row.pk}/?beslut=redirect").content.decode()
    assert "fungerar inte sedan" in anna.get(reverse("inbox:redirects")).content.decode()
    assert target.pk


def test_links_are_checked_by_hand_too(anna: Client) -> None:
    RedirectTarget.objects.create(name="Felanmälan", text="Anmäl", url="https://a.example/x")
    page = anna.post(reverse("inbox:check_links"), follow=True).content.decode()
    assert "Inga döda länkar." in page
