"""Exactly one request a write, whatever comes of it, and nothing in it but what must be."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from connectors.base import Capability, Gone, OutcomeUnknown, Permanent, PlatformError, Target
from connectors.facebook.connector import Facebook, same_text
from tests.connectors.facebook.odd import PAGE, START, OddGraph, at
from tests.connectors.facebook.stage import US, FacebookStage

TARGET = Target("1_2", thread="1_2", post=f"{PAGE}_1")
WRITES: dict[str, Callable[[Facebook], object]] = {
    "reply": lambda facebook: facebook.reply(TARGET, "Hej & välkommen"),
    "publish": lambda facebook: facebook.publish("Badet öppnar"),
    "like": lambda facebook: facebook.moderate(TARGET, Capability.LIKE),
    "hide": lambda facebook: facebook.moderate(TARGET, Capability.HIDE),
    "unhide": lambda facebook: facebook.moderate(TARGET, Capability.UNHIDE),
    "delete": lambda facebook: facebook.moderate(TARGET, Capability.DELETE),
    "edit": lambda facebook: facebook.moderate(TARGET, Capability.EDIT, "Rättat"),
}


class Wire:
    """A bare socket: reads requests whole, answers what it was told, and drops the connection."""

    def __init__(self, answer: bytes = b"") -> None:
        self.answer, self.seen = answer, list[bytes]()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                self.seen.append(self._request(connection))
                connection.sendall(self.answer)

    def _request(self, connection: socket.socket) -> bytes:
        got = b""
        while b"\r\n\r\n" not in got:
            got += connection.recv(65536)
        head, _, body = got.partition(b"\r\n\r\n")
        sizes = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
        while sizes and len(body) < int(sizes[0]):
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.listening.close()


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{",
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>",
        b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 307 Over there\r\nLocation: /v26.0/x\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"\x00\x01\x02",
    ],
    ids=["dropped", "cut", "502", "503", "307", "empty", "noise"],
)
def test_a_write_without_an_answer_is_one_request_and_unknown(name: str, answer: bytes, wire: Wire) -> None:
    wire.answer = answer
    facebook = OddGraph.connector(wire)  # type: ignore[arg-type]
    with pytest.raises(OutcomeUnknown):
        WRITES[name](facebook)
    assert len(wire.seen) == 1
    assert facebook.calls == 1


@pytest.mark.parametrize("name", WRITES)
def test_no_write_asks_for_fields_and_each_is_signed(name: str, odd: OddGraph) -> None:
    sent: list[dict[str, str]] = []

    def accept(path: str, args: dict[str, str]) -> object:
        sent.append(args)
        return 200, {}, {"id": "1_3"} if name in ("reply", "publish") else {"success": True}

    odd.answer = accept  # type: ignore[assignment]
    WRITES[name](odd.connector(app_secret="hemligt"))
    (args,) = sent
    assert "fields" not in args
    assert (args["access_token"], len(args["appsecret_proof"])) == ("EAAodd", 64)


def test_a_reply_goes_out_byte_for_byte_and_its_token_not_in_the_address(wire: Wire) -> None:
    text = "  Hej & <b>välkommen</b>\r\n\r\n100 % 👨‍👩‍👧 + ’citat’ /Anna "
    with pytest.raises(OutcomeUnknown):
        OddGraph.connector(wire).reply(TARGET, text)  # type: ignore[arg-type]
    head, _, body = wire.seen[0].partition(b"\r\n\r\n")
    assert parse_qs(body.decode(), keep_blank_values=True)["message"] == [text]
    assert b"EAAodd" not in head


def test_an_answer_without_id_is_unknown(odd: OddGraph) -> None:
    for body in ({}, {"success": True}, [], True, {"id": ""}):
        odd.answer = lambda path, args, body=body: (200, {}, body)  # type: ignore[misc]
        with pytest.raises(OutcomeUnknown):
            odd.connector().reply(TARGET, "Hej")


def test_the_old_bare_true_is_a_success_and_false_a_refusal(odd: OddGraph) -> None:
    odd.answer = lambda path, args: (200, {}, True)
    odd.connector().moderate(TARGET, Capability.HIDE)
    odd.answer = lambda path, args: (200, {}, {"success": False})
    with pytest.raises(Permanent):
        odd.connector().moderate(TARGET, Capability.HIDE)


def test_moderation_does_what_it_says(stage: FacebookStage) -> None:
    facebook, theirs = Facebook(stage.context()), stage.citizen_writes("Opassande")
    ours = stage.answer(theirs, "Hej å hå", by_us=True)
    facebook.moderate(stage.target(theirs), Capability.LIKE)
    facebook.moderate(stage.target(ours), Capability.EDIT, "Hej och hå")
    entry, own = stage.world.entry(theirs.id), stage.world.entry(ours.id)
    assert entry is not None
    assert own is not None
    assert (entry.extra["likes"], own.text) == ([US], "Hej och hå")
    facebook.moderate(stage.target(theirs), Capability.DELETE)
    with pytest.raises(Gone):
        facebook.moderate(stage.target(theirs), Capability.DELETE)


def test_what_we_publish_stands_on_the_page(stage: FacebookStage) -> None:
    sent = Facebook(stage.context()).publish("Badet öppnar på lördag")
    entry = stage.world.entry(sent.external_id)
    assert entry is not None
    assert (entry.author, entry.wall, entry.text) == (US, US, "Badet öppnar på lördag")


def test_a_reply_to_an_answer_is_found_in_its_thread(stage: FacebookStage) -> None:
    facebook, since = Facebook(stage.context()), datetime.now(UTC)
    top = stage.citizen_writes("När öppnar badet?")
    target = stage.target(stage.answer(top, "Undrar jag med"))
    sent = facebook.reply(target, "Klockan nio.")
    found = facebook.find_sent(target, "Klockan  nio.\n", since=since, exclude=())
    assert found is not None
    assert found.external_id == sent.external_id
    assert found.posted_at is not None


def find(odd: OddGraph, text: str = "Hej", *, minutes: float = 20, exclude: tuple[str, ...] = ()) -> str | None:
    found = odd.connector().find_sent(TARGET, text, since=START + timedelta(minutes=minutes), exclude=exclude)
    return found.external_id if found else None


def test_only_what_we_wrote_since_then_is_taken_for_our_reply(odd: OddGraph) -> None:
    post = odd.post(1)
    odd.comment(post, 2, 0)
    mine = {"message": "Hej", "from": {"id": PAGE}}
    odd.comment(post, 3, 9, parent="1_2", **mine)  # too early
    odd.comment(post, 4, 21, parent="1_2", message="Hej")  # a citizen's
    assert find(odd) is None
    odd.comment(post, 5, 11, parent="1_2", **mine)  # our clocks differ
    odd.comment(post, 6, 21, parent="1_2", **mine)
    assert find(odd) == "1_5"
    assert find(odd, exclude=("1_5",)) == "1_6"
    assert find(odd, exclude=("1_5", "1_6")) is None


def test_a_reply_on_the_last_of_many_pages_is_found(odd: OddGraph) -> None:
    post, odd.orders = odd.post(1), False
    odd.comment(post, 2, 0)
    for number in range(250):
        odd.comment(post, 100 + number, 1, parent="1_2")
    odd.comment(post, 999, 30, parent="1_2", message="Hej", **{"from": {"id": PAGE}})
    assert find(odd) == "1_999"


def test_a_look_up_that_could_not_see_everything_is_no_absence(odd: OddGraph) -> None:
    row = {"id": "1_3", "message": "Annat", "created_time": at(30), "from": {"id": PAGE}}
    odd.answer = lambda path, args: (200, {}, {"data": [row], "paging": {"next": f"{odd.url}/v26.0/{path}?x"}})
    with pytest.raises(PlatformError):
        find(odd)
    odd.answer = lambda path, args: odd.gone("1_2")
    with pytest.raises(Gone):
        find(odd)


def test_a_reply_whose_author_is_withheld_counts_as_ours(odd: OddGraph) -> None:
    post, odd.without = odd.post(1), ("from",)
    odd.comment(post, 2, 0)
    odd.comment(post, 3, 21, parent="1_2", message="Hej")
    assert find(odd) == "1_3"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("A & B <3", "A &amp; B &lt;3"),
        ("Hej\r\n\r\nAnna", "Hej\n\nAnna "),
        ("Hej", "@Tuva.Ekdahl  Hej"),
        ("@tuva Hej", "Hej"),
    ],
)
def test_texts_compare_as_people_read_them(sent: str, shown: str) -> None:
    assert same_text(sent) == same_text(shown)
    assert same_text(sent) != same_text(shown + "!")
