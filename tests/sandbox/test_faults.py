"""Faults really happen on the wire: over real sockets, seen from the client's side."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.entries import Entry
from sandbox.facebook import issue_tokens
from tests.sandbox_server import RunningSandbox

PAGE = "100064718203355"


class Page:
    """A page with one post, and somebody who comments through the Graph API."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.sandbox, self.world, self.faults = sandbox, sandbox.world, sandbox.faults
        self.world.add_account("facebook", "Exempelby kommun", id=PAGE, ours=True)
        self.token = issue_tokens(self.world, PAGE)["access_token"]
        self.post: Entry = self.world.write("facebook", "post", PAGE, "Hej", wall=PAGE)

    @property
    def path(self) -> str:
        return f"/v26.0/{self.post.id}/comments"

    @property
    def comments(self) -> list[str]:
        return [entry.text for entry in self.world.entries("facebook", kind="comment", order="old")]

    def write(self, text: str, session: Any = requests) -> requests.Response:
        data = {"message": text, "access_token": self.token}
        answer: requests.Response = session.post(self.sandbox.url + self.path, data=data, timeout=10)
        return answer

    def write_in_thread(self, text: str) -> tuple[threading.Thread, list[Any]]:
        answers: list[Any] = []

        def send() -> None:
            try:
                answers.append(self.write(text))
            except requests.ConnectionError as error:
                answers.append(error)

        thread = threading.Thread(target=send)
        thread.start()
        return thread, answers


@pytest.fixture
def board(sandbox: RunningSandbox) -> Page:
    return Page(sandbox)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


def test_without_faults_a_write_is_answered(board: Page) -> None:
    assert board.write("Hej").json()["id"]
    assert board.comments == ["Hej"]


def test_a_connection_dropped_before_leaves_nothing_written(board: Page) -> None:
    board.faults.add("facebook", "drop_before", times=1)
    with pytest.raises(requests.ConnectionError):
        board.write("Hej")
    assert board.comments == []


def test_a_connection_dropped_after_leaves_it_written_once(board: Page) -> None:
    board.faults.add("facebook", "drop_after", times=1)
    with pytest.raises(requests.ConnectionError):
        board.write("Hej")
    assert board.comments == ["Hej"]


def test_not_a_byte_comes_over_a_dropped_connection(board: Page) -> None:
    board.faults.add("facebook", "drop_after")
    where = urlsplit(board.sandbox.url)
    body = f"message=Hej&access_token={board.token}".encode()
    with socket.create_connection((where.hostname, where.port), timeout=10) as raw:
        head = f"POST {board.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
        raw.sendall(head.encode() + b"Content-Type: application/x-www-form-urlencoded\r\n\r\n" + body)
        assert raw.recv(1000) == b""


@pytest.mark.parametrize(("kind", "written"), [("html_502", []), ("html_502_after", ["Hej"])])
def test_a_502_is_html_and_may_hide_a_write(board: Page, kind: str, written: list[str]) -> None:
    board.faults.add("facebook", kind, times=1)
    answer = board.write("Hej")
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    assert board.comments == written


@pytest.mark.parametrize(("kind", "written"), [("empty_200", []), ("empty_200_after", ["Hej"])])
def test_a_200_may_hold_no_json(board: Page, kind: str, written: list[str]) -> None:
    board.faults.add("facebook", kind, times=1)
    answer = board.write("Hej")
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert board.comments == written


def test_a_request_held_before_is_written_only_when_let_go(board: Page) -> None:
    board.faults.add("facebook", "hold_before", times=1)
    thread, answers = board.write_in_thread("Hej")
    held = board.faults.wait_for_held()
    assert (held[0]["method"], held[0]["path"]) == ("POST", board.path)
    assert board.comments == []
    board.faults.release()
    thread.join()
    assert answers[0].status_code == 200
    assert board.comments == ["Hej"]


def test_a_request_held_after_is_written_but_not_answered(board: Page) -> None:
    board.faults.add("facebook", "hold_after", times=1)
    thread, answers = board.write_in_thread("Hej")
    board.faults.wait_for_held()
    assert (board.comments, answers) == (["Hej"], [])
    board.faults.release()
    thread.join()
    assert answers[0].status_code == 200


def test_a_client_that_is_gone_has_written_once_let_go(board: Page) -> None:
    board.faults.add("facebook", "hold_before", times=1)
    where = urlsplit(board.sandbox.url)
    client = http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)
    body = json.dumps({"message": "Hej", "access_token": board.token})
    client.request("POST", board.path, body, {"Content-Type": "application/json"})
    board.faults.wait_for_held()
    client.close()
    board.faults.release()
    until(lambda: bool(board.sandbox.requests) and board.sandbox.requests[-1]["status"] is not None)
    assert board.faults.held() == []


def test_a_killed_clients_held_form_is_still_written(board: Page) -> None:
    board.faults.add("facebook", "hold_before", times=1)
    where = urlsplit(board.sandbox.url)
    client = http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)
    body = f"message=Hej&access_token={board.token}"
    client.request("POST", board.path, body, {"Content-Type": "application/x-www-form-urlencoded"})
    board.faults.wait_for_held()
    client.close()
    board.faults.release()
    until(lambda: board.comments == ["Hej"])


def test_one_held_request_can_be_let_go_alone(board: Page) -> None:
    board.faults.add("facebook", "hold_before", times=2)
    threads = [board.write_in_thread(text)[0] for text in ("A", "B")]
    held = board.faults.wait_for_held(2)
    assert board.faults.release(held[0]["id"]) == 1
    until(lambda: len(board.comments) == 1)
    assert [one["id"] for one in board.faults.held()] == [held[1]["id"]]
    board.faults.release()
    for thread in threads:
        thread.join()


def test_a_fault_happens_as_often_as_told(board: Page) -> None:
    board.faults.add("facebook", "html_502", times=2)
    assert [board.write("Hej").status_code for _ in range(3)] == [502, 502, 200]
    assert board.faults.listed() == []


def test_a_fault_for_writes_leaves_readings_alone(board: Page) -> None:
    board.faults.add("facebook", "html_502", method="post")
    url = f"{board.sandbox.url}{board.path}"
    assert requests.get(url, params={"access_token": board.token}, timeout=5).status_code == 200
    assert board.write("Hej").status_code == 502


def test_a_fault_for_one_path_leaves_others_alone(board: Page) -> None:
    board.faults.add("facebook", "html_502", path=r"/feed$")
    assert board.write("Hej").status_code == 200


def test_a_fault_of_one_platform_leaves_others_alone(board: Page) -> None:
    board.faults.add("twitter", "html_502")
    assert board.write("Hej").status_code == 200


def test_the_platform_speaks_its_own_faults(board: Page) -> None:
    board.faults.add("facebook", "rate_limit", times=1)
    answer = board.write("Hej")
    assert answer.json()["error"]["code"] in (4, 17, 32, 613, 80001)
    assert board.comments == []
    assert board.write("Hej").status_code == 200


def test_pages_and_control_are_never_disturbed(board: Page) -> None:
    board.faults.add("facebook", "drop_before")
    assert requests.get(board.sandbox.url + "/", timeout=5).status_code == 200
    assert requests.get(board.sandbox.url + "/_sandbox/faults", timeout=5).json()[0]["kind"] == "drop_before"


def test_the_log_tells_requests_that_got_no_answer(board: Page) -> None:
    board.faults.add("facebook", "drop_after", times=1)
    with pytest.raises(requests.ConnectionError):
        board.write("Hej")
    until(lambda: board.sandbox.requests[-1]["fault"] == "drop_after")
    line = board.sandbox.requests[-1]
    assert (line["status"], line["account"]) == (None, PAGE)


def test_a_connection_is_kept_open_between_requests(board: Page) -> None:
    where = urlsplit(board.sandbox.url)
    client = http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)
    ports = set()
    for _ in range(3):
        client.request("GET", f"{board.path}?access_token={board.token}")
        client.getresponse().read()
        ports.add(client.sock.getsockname()[1])
    assert len(ports) == 1
    client.close()


def test_a_body_nobody_reads_does_not_spoil_the_next_request(board: Page) -> None:
    with requests.Session() as session:
        assert session.post(board.sandbox.url + "/2/nowhere", data="x" * 100_000, timeout=5).status_code == 404
        assert board.write("Hej", session).status_code == 200


def test_stopping_closes_connections_that_clients_keep(board: Page) -> None:
    with requests.Session() as session:
        board.write("Hej", session)
        board.sandbox._server.stop()
        with pytest.raises(requests.ConnectionError):
            board.write("Hej igen", session)


@pytest.mark.parametrize(
    "wrong", [{"kind": "earthquake"}, {"kind": "html_502", "times": 0}, {"kind": "html_502", "path": "("}]
)
def test_a_fault_that_cannot_be_is_refused(board: Page, wrong: dict[str, Any]) -> None:
    answer = requests.post(board.sandbox.url + "/_sandbox/faults", json={"platform": "facebook", **wrong}, timeout=5)
    assert answer.status_code == 400
    assert board.faults.listed() == []


def test_faults_are_switched_over_http(board: Page) -> None:
    url = board.sandbox.url + "/_sandbox/faults"
    id = requests.post(url, json={"platform": "facebook", "kind": "html_502"}, timeout=5).json()["id"]
    assert board.write("Hej").status_code == 502
    requests.delete(f"{url}/{id}", timeout=5)
    assert board.write("Hej").status_code == 200
