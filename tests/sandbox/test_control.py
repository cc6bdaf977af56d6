"""The control API: how tests and the demo write and look."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.sandbox_server import RunningSandbox


def post(sandbox: RunningSandbox, path: str, **given: Any) -> requests.Response:
    return requests.post(f"{sandbox.url}/_sandbox/{path}", json=given, timeout=5)


def tweet(sandbox: RunningSandbox, text: str = "Hej", **more: Any) -> Any:
    return post(sandbox, "write", platform="twitter", kind="tweet", author="7", text=text, **more).json()


def test_what_is_written_is_listed_with_its_truth(sandbox: RunningSandbox) -> None:
    written = tweet(sandbox, truth={"category": "A1"}, extra={"lang": "sv"}, at="2026-11-24T10:00:00+01:00")
    listed = requests.get(sandbox.url + "/_sandbox/entries?platform=twitter&author=7", timeout=5).json()
    assert listed == [written]
    assert (written["created_at"], written["truth"], written["extra"]) == (
        "2026-11-24T09:00:00Z",
        {"category": "A1"},
        {"lang": "sv"},
    )


def test_an_entry_is_edited_hidden_and_deleted(sandbox: RunningSandbox) -> None:
    first = tweet(sandbox)["id"]
    edited = post(sandbox, "edit", id=first, text="Hej!").json()
    assert (edited["text"], edited["earlier"][0]["id"]) == ("Hej!", first)
    assert post(sandbox, "hide", id=first).json()["hidden"] is True
    assert post(sandbox, "delete", id=first).json()["deleted_at"]
    assert requests.get(f"{sandbox.url}/_sandbox/entries/{first}", timeout=5).json()["id"] == edited["id"]


def test_tokens_are_issued_and_revoked(sandbox: RunningSandbox) -> None:
    post(sandbox, "accounts", platform="facebook", id="1", name="Exempelby", ours=True)
    token = post(sandbox, "tokens", platform="facebook", account="1", kind="page").json()["token"]
    assert post(sandbox, "revoke", platform="facebook").json() == {"revoked": 1}
    assert sandbox.world.token(token).revoked  # type: ignore[union-attr]


def test_a_reset_forgets_all(sandbox: RunningSandbox) -> None:
    tweet(sandbox)
    sandbox.faults.add("twitter", "html_502")
    post(sandbox, "reset")
    assert (sandbox.world.count(), sandbox.faults.listed(), sandbox.requests) == (0, [], [])


def test_the_log_can_be_read_and_emptied(sandbox: RunningSandbox) -> None:
    requests.get(sandbox.url + "/2/tweets?ids=1", timeout=5)
    (line,) = requests.get(sandbox.url + "/_sandbox/requests?platform=twitter", timeout=5).json()
    assert (line["method"], line["path"], line["query"], line["status"]) == ("GET", "/2/tweets", "ids=1", 401)
    requests.delete(sandbox.url + "/_sandbox/requests", timeout=5)
    assert sandbox.requests == []


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("write", {"platform": "twitter"}),
        ("write", {"platform": "myspace", "kind": "post", "author": "7", "text": "Hej"}),
        ("write", {"platform": "twitter", "kind": "tweet", "author": "7", "text": "Hej", "at": "2026-11-24T10:00:00"}),
        ("write", {"platform": "facebook", "kind": "comment", "author": "7", "text": "Hej"}),
        ("edit", {"text": "Hej"}),
        ("tokens", {"platform": "twitter"}),
        ("revoke", {}),
    ],
)
def test_what_cannot_be_understood_is_refused_in_words(
    sandbox: RunningSandbox, path: str, given: dict[str, Any]
) -> None:
    answer = post(sandbox, path, **given)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert sandbox.world.count() == 0


def test_json_that_is_none_is_refused(sandbox: RunningSandbox) -> None:
    for body in ("{", "[]", "7"):
        assert requests.post(sandbox.url + "/_sandbox/write", data=body, timeout=5).status_code == 400


def test_what_is_not_there_cannot_be_changed(sandbox: RunningSandbox) -> None:
    for path in ("edit", "delete", "hide"):
        assert post(sandbox, path, id="404", text="Hej").status_code == 404
