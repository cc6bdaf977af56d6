"""Google's client over requests: one request per write, tokens refreshed once, threads get their own answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httplib2
import pytest

from connectors.base import (
    AuthExpired,
    Capability,
    Context,
    Gone,
    Known,
    OutcomeUnknown,
    PlatformError,
    Target,
    Temporary,
)
from connectors.youtube.connector import YouTube
from tests.connectors.youtube.odd_server import Asked, Drop, OddServer
from tests.connectors.youtube.payloads import LISTS, comment, error, load, threads
from tests.connectors.youtube.stage import US, YouTubeStage

FULL_TOKEN = {
    "client_id": "app",
    "client_secret": "GOCSPX-secret",
    "refresh_token": "1//refresh",
    "access_token": "ya29.old",
    "expires_at": "2020-01-01T00:00:00Z",
}
TARGET = Target("Ug1", thread="Ug1")
FRESH = {"access_token": "ya29.fresh", "expires_in": 3599, "token_type": "Bearer", "scope": "x"}


def context(url: str, token: Mapping[str, Any], **more: Any) -> Context:
    return Context(US, "exempelby", token, url, token_url=f"{url}/token", **more)


def connector(url: str, token: Mapping[str, Any] | None = None, **more: Any) -> YouTube:
    return YouTube(context(url, {"access_token": "ya29.only"} if token is None else token, **more))


def bearer(asked: Asked) -> str:
    return asked.headers.get("authorization", "").removeprefix("Bearer ")


# One request per write


@pytest.mark.parametrize("reused", [False, True])
def test_a_dropped_write_is_one_request_on_a_new_and_on_a_reused_connection(reused: bool) -> None:
    def answer(asked: Asked) -> Any:
        if asked.method == "GET":
            return {"items": [{"id": US}]}
        raise Drop

    with OddServer(answer) as server:
        youtube = connector(server.url)
        if reused:
            youtube.verify()
            with pytest.raises(OutcomeUnknown):
                youtube.reply(TARGET, "Hej")
        with pytest.raises(OutcomeUnknown):
            youtube.reply(TARGET, "Hej")
        assert len(server.paths("POST")) == 1 + reused


@pytest.mark.parametrize("action", [Capability.HIDE, Capability.UNHIDE, Capability.DELETE, Capability.EDIT])
def test_every_kind_of_write_is_one_request_when_dropped(action: Capability) -> None:
    def answer(asked: Asked) -> Any:
        raise Drop

    with OddServer(answer) as server, pytest.raises(OutcomeUnknown):
        connector(server.url).moderate(TARGET, action, "Hej")
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 301, 307, 308])
def test_no_answer_makes_a_write_go_out_twice(status: int) -> None:
    def answer(asked: Asked) -> Any:
        return status, {"error": {"code": status}}, {"Location": "/youtube/v3/comments", "Retry-After": "0"}

    with OddServer(answer) as server, pytest.raises(PlatformError):
        connector(server.url).reply(TARGET, "Hej")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "answer", [b"", b"<html></html>", b"null", b"[]", b'"Ug1"', b"{}", b'{"id": 5}', b'{"id": ""}', b"\xff"]
)
def test_an_unreadable_success_of_a_write_is_unknown(answer: bytes) -> None:
    with OddServer(lambda asked: (200, answer)) as server, pytest.raises(OutcomeUnknown):
        connector(server.url).reply(TARGET, "Hej")


@pytest.mark.parametrize("message", [None, 5, {"a": 1}, ["x"]])
def test_an_odd_message_does_not_hide_a_clear_refusal(message: Any) -> None:
    body = {"error": {"code": 404, "message": message, "errors": [{"reason": "parentCommentNotFound"}]}}
    with OddServer(lambda asked: (404, body)) as server, pytest.raises(Gone):
        connector(server.url).reply(TARGET, "Hej")


def test_httplib2_is_never_asked_to_send(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httplib2.Http, "request", lambda *args, **kwargs: pytest.fail("httplib2 was used"))
    with OddServer(lambda asked: {"items": [{"id": US, "snippet": {"title": "Exempelby"}}]}) as server:
        assert connector(server.url).verify().name == "Exempelby"


def test_the_text_goes_out_character_for_character_under_the_top_comment() -> None:
    text = "  Klockan nio & tio <3 \n\n«Välkommen» 🎉 /Anna "
    with OddServer(lambda asked: comment("Ug1.9a")) as server:
        sent = connector(server.url).reply(Target("Ug1.9x", thread="Ug1"), text)
    assert json.loads(server.asked[0].body) == {"snippet": {"parentId": "Ug1", "textOriginal": text}}
    assert (sent.external_id, sent.posted_at) == ("Ug1.9a", datetime(2026, 11, 20, 10, tzinfo=UTC))


def test_eight_threads_get_their_own_answers() -> None:
    def answer(asked: Asked) -> Any:
        snippet = json.loads(asked.body)["snippet"]
        return comment(f"{snippet['parentId']}.{snippet['textOriginal']}")

    with OddServer(answer) as server:

        def work(worker: int) -> list[bool]:
            youtube = connector(server.url)
            wanted = [(f"Ug{worker}", str(number)) for number in range(20)]
            return [youtube.reply(Target(t, thread=t), n).external_id == f"{t}.{n}" for t, n in wanted]

        with ThreadPoolExecutor(8) as pool:
            assert all(all(right) for right in pool.map(work, range(8)))
        assert len(server.asked) == 160


# Tokens


def test_an_access_token_alone_is_enough() -> None:
    with OddServer(lambda asked: {"items": [{"id": US}]}) as server:
        connector(server.url, {"access_token": "ya29.only", "expires_at": "2020-01-01T00:00:00Z"}).verify()
    assert [bearer(asked) for asked in server.asked] == ["ya29.only"]


def test_an_expired_token_is_refreshed_before_a_write_saved_and_counted() -> None:
    saved: list[Mapping[str, Any]] = []
    with OddServer(lambda asked: FRESH if asked.path == "/token" else comment("Ug1.9a")) as server:
        youtube = connector(server.url, FULL_TOKEN, save_token=saved.append)
        youtube.reply(TARGET, "Hej")
    assert [asked.path for asked in server.asked] == ["/token", "/youtube/v3/comments"]
    assert bearer(server.asked[1]) == "ya29.fresh"
    assert youtube.calls == 2
    assert saved[0]["refresh_token"] == "1//refresh"
    assert saved[0]["access_token"] == "ya29.fresh"
    left = datetime.fromisoformat(saved[0]["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=55) < left < timedelta(minutes=61)


def test_a_token_saved_by_a_refresh_is_used_as_it_is() -> None:
    saved: list[Mapping[str, Any]] = []
    with OddServer(lambda asked: FRESH if asked.path == "/token" else {"items": [{"id": US}]}) as server:
        connector(server.url, FULL_TOKEN, save_token=saved.append).verify()
        connector(server.url, saved[0]).verify()
    assert [asked.path for asked in server.asked].count("/token") == 1


def test_a_refused_read_is_asked_once_more_with_a_fresh_token() -> None:
    def answer(asked: Asked) -> Any:
        if asked.path == "/token":
            return FRESH
        return {"items": [{"id": US}]} if bearer(asked) == "ya29.fresh" else error(401, "authError")

    with OddServer(answer) as server:
        youtube = connector(server.url, {**FULL_TOKEN, "expires_at": None})
        assert youtube.verify().external_id == US
        assert youtube.calls == 3


def test_a_read_refused_for_ever_is_asked_twice_at_most() -> None:
    def answer(asked: Asked) -> Any:
        return FRESH if asked.path == "/token" else error(401, "authError")

    with OddServer(answer) as server, pytest.raises(AuthExpired):
        connector(server.url, {**FULL_TOKEN, "expires_at": None}).verify()
    assert len(server.paths()) == 2


def test_a_refused_write_goes_out_once_and_waits_with_a_fresh_token() -> None:
    saved: list[Mapping[str, Any]] = []

    def answer(asked: Asked) -> Any:
        if asked.path == "/token":
            return FRESH
        return comment("Ug1.9a") if bearer(asked) == "ya29.fresh" else error(401, "authError")

    with OddServer(answer) as server:
        youtube = connector(server.url, {**FULL_TOKEN, "expires_at": None}, save_token=saved.append)
        with pytest.raises(Temporary) as caught:
            youtube.reply(TARGET, "Hej")
        assert [asked.path for asked in server.asked] == ["/youtube/v3/comments", "/token"]
        assert caught.value.code == "token_renewed"
        assert connector(server.url, saved[0]).reply(TARGET, "Hej").external_id == "Ug1.9a"


def test_a_revoked_grant_needs_a_person_and_no_write_goes_out() -> None:
    revoked = (400, load("error_400_oauth_invalid_grant"))
    with OddServer(lambda asked: revoked) as server, pytest.raises(AuthExpired):
        connector(server.url, FULL_TOKEN).reply(TARGET, "Hej")
    assert [asked.path for asked in server.asked] == ["/token"]


@pytest.mark.parametrize("answer", [(500, b"<html>"), (503, b""), (403, b"<html>no</html>"), (200, b"<html>"), {}, []])
def test_a_refresh_that_fails_otherwise_is_temporary(answer: Any) -> None:
    with OddServer(lambda asked: answer) as server, pytest.raises(Temporary):
        connector(server.url, FULL_TOKEN).reply(TARGET, "Hej")
    assert {asked.path for asked in server.asked} == {"/token"}


def test_a_token_endpoint_that_cannot_be_reached_is_temporary() -> None:
    with OddServer(lambda asked: FRESH) as server:
        nowhere = Context(US, "", FULL_TOKEN, server.url, token_url="http://127.0.0.1:9/token")
        with pytest.raises(Temporary):
            YouTube(nowhere).reply(TARGET, "Hej")
    assert server.asked == []


@pytest.mark.parametrize("token", [{}, {"refresh_token": "1//x"}, {"access_token": ""}])
def test_a_token_with_nothing_to_use_needs_a_person(token: Mapping[str, Any]) -> None:
    with OddServer(lambda asked: FRESH) as server, pytest.raises(AuthExpired):
        connector(server.url, token).verify()
    assert server.asked == []


def test_only_one_of_many_refreshes_and_the_others_take_its_token() -> None:
    stored: dict[str, Any] = dict(FULL_TOKEN)
    one_at_a_time = threading.Lock()

    @contextmanager
    def lock() -> Iterator[Mapping[str, Any]]:
        with one_at_a_time:
            yield dict(stored)

    with OddServer(lambda asked: FRESH if asked.path == "/token" else {"items": [{"id": US}]}) as server:
        made = [connector(server.url, FULL_TOKEN, save_token=stored.update, refresh_lock=lock) for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            assert {identity.external_id for identity in pool.map(YouTube.verify, made)} == {US}
    assert [asked.path for asked in server.asked].count("/token") == 1


def test_the_sandbox_refreshes_like_google(stage: YouTubeStage) -> None:
    youtube = stage.connector(token={**stage.token, "expires_at": "2020-01-01T00:00:00Z"})
    assert youtube.verify().external_id == US
    assert stage.saved[0]["access_token"] != stage.token["access_token"]
    assert stage.saved[0]["refresh_token"] == stage.token["refresh_token"]


def test_a_token_that_expires_under_way_is_refreshed_for_the_next_read(stage: YouTubeStage) -> None:
    stage.world.revoke(stage.token["access_token"])
    assert stage.connector().verify().external_id == US


# Answers of any shape


@pytest.mark.parametrize("name", LISTS)
def test_every_recorded_list_is_polled_without_loss(name: str) -> None:
    recorded = load(name)
    recorded.pop("nextPageToken", None)
    replies = load("comments_by_parent_page_2")

    def answer(asked: Asked) -> Any:
        if asked.path.endswith("commentThreads"):
            return recorded
        return replies if asked.path.endswith("comments") else {}

    with OddServer(answer) as server:
        pages = list(connector(server.url).poll("comments", {}, known=Known(), now=datetime.now(UTC)))
    found = {item.external_id for page in pages for item in page.items}
    lost = {record["id"] for record in recorded["items"]} - found
    assert not lost
    assert pages[-1].complete


@pytest.mark.parametrize("answer", [[], "x", None, 5, {"items": None}, {"items": {}}, {"items": ["x", None, 3]}])
def test_an_answer_of_another_shape_is_no_crash(answer: Any) -> None:
    with OddServer(lambda asked: answer) as server:
        try:
            pages = list(connector(server.url).poll("comments", {}, known=Known(), now=datetime.now(UTC)))
        except Temporary:
            return
    assert not [item for page in pages for item in page.items]


def test_an_address_never_grows_past_what_is_sent_as_a_get(stage: YouTubeStage) -> None:
    first = stage.citizen_writes("Fråga")
    replies = [stage.answer(first, f"Svar {number}").id for number in range(120)]
    page = stage.connector().read([first.id, *replies])
    assert len(page.items) == 121
    assert {line["method"] for line in stage.wire()} == {"GET"}


def test_an_empty_list_of_threads_is_an_empty_poll() -> None:
    with OddServer(lambda asked: threads()) as server:
        pages = list(connector(server.url).poll("comments", {}, known=Known(), now=datetime.now(UTC)))
    assert server.paths() == ["commentThreads"]
    assert pages[-1].complete
