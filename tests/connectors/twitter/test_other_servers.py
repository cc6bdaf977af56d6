"""Other servers of X's API, written by the manual alone: small ids, fields left out, since_id ignored."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.base import Author, Context, OutcomeUnknown, PlatformError, Target, Temporary
from connectors.twitter.connector import Twitter
from tests.connectors.reader import Reader

NOW = datetime.now(UTC)


class Frugal:
    """Answers with what it was given for each path, newest first, in pages of two, and keeps what was written."""

    def __init__(self) -> None:
        self.lists: dict[str, list[dict[str, Any]]] = {"/2/users/9/mentions": [], "/2/users/9/tweets": []}
        self.asked: list[str] = []
        self.posted: list[dict[str, Any]] = []
        self.raw: dict[str, tuple[int, bytes]] = {}
        self.headers: dict[str, str] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        frugal = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = urlsplit(self.path)
                frugal.asked.append(self.path)
                self.answer(*(frugal.raw.get(path.path) or frugal.page(path.path, parse_qs(path.query))))

            def do_POST(self) -> None:
                frugal.posted.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.answer(*(frugal.raw.get(self.path) or (201, b'{"data":{"id":"77","text":"x"}}')))

            def answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                for name, value in {**frugal.headers, "content-length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        return Handler

    def page(self, path: str, query: dict[str, list[str]]) -> tuple[int, bytes]:
        if path not in self.lists:
            return 404, b"not found"
        start = int(query.get("pagination_token", ["0"])[0])
        shown = self.lists[path][start : start + 2]
        body: dict[str, Any] = {"data": shown} if shown else {}
        body["meta"] = {"result_count": len(shown)}
        if start + 2 < len(self.lists[path]):
            body["meta"]["next_token"] = str(start + 2)
        return 200, json.dumps(body).encode()


@pytest.fixture
def frugal() -> Iterator[Frugal]:
    made = Frugal()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def connector(frugal: Frugal) -> Twitter:
    return Twitter(Context("9", "kommunen", {"access_token": "t"}, frugal.url))


def tweet(id: int, text: str, **more: Any) -> dict[str, Any]:
    at = (NOW - timedelta(minutes=100 - id)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"id": str(id), "text": text, "author_id": "5", "created_at": at, **more}


def mentions(frugal: Frugal, *tweets: dict[str, Any]) -> None:
    frugal.lists["/2/users/9/mentions"] = sorted(tweets, key=lambda each: -int(each["id"]))


def test_small_ids_without_includes_are_read_over_all_pages(frugal: Frugal, connector: Twitter) -> None:
    mentions(frugal, *(tweet(n, f"@kommunen {n}") for n in (8, 9, 10, 11, 100)))
    reader = Reader()
    done = reader.poll(connector, "mentions")
    assert [item.external_id for item in done.new] == ["100", "11", "10", "9", "8"]
    assert {item.author for item in done.new} == {Author("5")}
    assert {item.thread for item in done.new} == {"100", "11", "10", "9", "8"}


def test_a_server_that_ignores_since_id_is_read_only_to_what_is_known(frugal: Frugal, connector: Twitter) -> None:
    old = [tweet(n, f"@kommunen {n}") for n in range(1, 41)]
    mentions(frugal, *old)
    reader = Reader()
    reader.poll(connector, "mentions")
    mentions(frugal, *old, tweet(41, "@kommunen ny"))
    done = reader.poll(connector, "mentions")
    assert (done.texts, done.calls) == (["@kommunen ny"], 2)
    assert reader.poll(connector, "mentions").is_quiet


def test_old_small_ids_are_read_again_from_a_day_back(frugal: Frugal, connector: Twitter) -> None:
    days = {7: 3, 8: 2, 9: 0}
    times = {n: (NOW - timedelta(days=d, hours=1)).isoformat().replace("+00:00", "Z") for n, d in days.items()}
    mentions(frugal, *(tweet(n, f"@kommunen {n}", created_at=at) for n, at in times.items()))
    reader = Reader()
    reader.poll(connector, "mentions")
    reader.poll(connector, "mentions")
    assert "since_id=8" in frugal.asked[-1]


def test_a_server_without_search_still_gives_mentions_and_our_own(frugal: Frugal, connector: Twitter) -> None:
    mentions(frugal, tweet(1, "@kommunen hej"))
    replied = [{"type": "replied_to", "id": "1"}]
    frugal.lists["/2/users/9/tweets"] = [tweet(2, "Hej!", author_id="9", referenced_tweets=replied)]
    reader = Reader()
    reader.poll(connector, "mentions", "own")
    assert reader.find("Hej!").from_us
    assert (reader.find("Hej!").parent, reader.find("Hej!").thread) == ("1", "1")
    with pytest.raises(PlatformError):
        reader.poll(connector, "conversation")


def test_a_small_id_in_the_answer_tells_no_time(frugal: Frugal, connector: Twitter) -> None:
    sent = connector.reply(Target("1", thread="1"), "Hej & välkommen <3")
    assert (sent.external_id, sent.posted_at) == ("77", None)
    assert frugal.posted == [{"reply": {"in_reply_to_tweet_id": "1"}, "text": "Hej & välkommen <3"}]


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"5", b'"hej"', b"<html>", b'{"data":null}', b'{"data":{}}', b'{"data":{"id":""}}'],
)
def test_an_answer_to_a_write_that_names_no_tweet_is_unknown(frugal: Frugal, connector: Twitter, body: bytes) -> None:
    for status in (200, 201, 204):
        frugal.raw["/2/tweets"] = (status, body if status != 204 else b"")
        with pytest.raises(OutcomeUnknown):
            connector.reply(Target("1", thread="1"), "Hej")


def test_a_redirected_write_is_not_sent_again(frugal: Frugal, connector: Twitter) -> None:
    frugal.raw["/2/tweets"] = (307, b"")
    with pytest.raises(OutcomeUnknown):
        connector.reply(Target("1", thread="1"), "Hej")
    assert len(frugal.posted) == 1


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"5", b"<html>", b'{"errors":5}'])
def test_an_answer_that_is_no_list_is_never_an_empty_list(frugal: Frugal, connector: Twitter, body: bytes) -> None:
    frugal.raw["/2/users/9/mentions"] = frugal.raw["/2/users/9/tweets"] = (200, body)
    with pytest.raises(Temporary):
        Reader().poll(connector, "mentions")
    with pytest.raises(PlatformError):
        connector.find_sent(Target("1", thread="1"), "Hej", since=NOW, exclude=())


@pytest.mark.parametrize(
    "body", [b'{"data":[]}', b'{"data":null,"meta":{}}', b'{"meta":{"result_count":0}}', b'{"meta":null}']
)
def test_an_empty_list_is_empty_in_any_form(frugal: Frugal, connector: Twitter, body: bytes) -> None:
    frugal.raw["/2/users/9/mentions"] = (200, body)
    reader = Reader()
    assert reader.poll(connector, "mentions").is_quiet
    assert "mentions" in reader.cursors


def test_an_account_that_is_not_there_is_an_error_and_no_empty_list(frugal: Frugal, connector: Twitter) -> None:
    error = {"title": "Not Found Error", "detail": "Could not find user with id: [9].", "resource_id": "9"}
    frugal.raw["/2/users/9/mentions"] = (200, json.dumps({"errors": [error]}).encode())
    with pytest.raises(PlatformError):
        Reader().poll(connector, "mentions")


def test_what_was_sent_is_found_where_nothing_but_id_and_text_is_told(frugal: Frugal, connector: Twitter) -> None:
    frugal.lists["/2/users/9/tweets"] = [{"id": str(n), "text": f"Svar {n}"} for n in range(9, 0, -1)]
    target = Target("1", thread="1")
    found = connector.find_sent(target, "Svar 3", since=NOW, exclude=())
    assert found is not None
    assert (found.external_id, found.posted_at) == ("3", None)
    assert connector.find_sent(target, "Svar 3", since=NOW, exclude={"3"}) is None


def test_an_answer_that_cannot_be_unpacked_is_unknown_for_a_write(frugal: Frugal, connector: Twitter) -> None:
    frugal.headers = {"content-encoding": "gzip"}
    with pytest.raises(OutcomeUnknown):
        connector.reply(Target("1", thread="1"), "Hej")
    with pytest.raises(Temporary):
        Reader().poll(connector, "mentions")
    assert len(frugal.posted) == 1


def test_a_page_on_which_nothing_can_be_read_is_not_the_end(frugal: Frugal, connector: Twitter) -> None:
    good = [tweet(n, f"@kommunen {n}") for n in (9, 8, 2, 1)]
    frugal.lists["/2/users/9/mentions"] = [*good[:2], {"text": "x"}, {"id": None}, *good[2:]]
    reader = Reader()
    done = reader.poll(connector, "mentions")
    assert [item.external_id for item in done.new] == ["9", "8", "2", "1"]
    assert (len(reader.unreadable), done.incomplete) == (2, [])


def test_a_server_that_lists_the_oldest_first_loses_nothing(frugal: Frugal, connector: Twitter) -> None:
    old = [tweet(n, f"@kommunen {n}") for n in range(1, 8)]
    frugal.lists["/2/users/9/mentions"] = list(old)
    reader = Reader()
    reader.poll(connector, "mentions")
    frugal.lists["/2/users/9/mentions"] = [*old, tweet(8, "@kommunen ny")]
    done = reader.poll(connector, "mentions", full=True)
    assert len(reader.items) == 8
    assert done.incomplete == ["mentions"]  # this server looks nothing up, so what is gone is not known
