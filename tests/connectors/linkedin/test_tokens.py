"""LinkedIn's tokens: refreshed ahead of time, by one at a time, saved before they are used."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import AuthExpired, Context, PlatformError
from connectors.linkedin import oauth
from connectors.linkedin.connector import LinkedIn
from sandbox.entries import iso
from tests.connectors.linkedin.stage import LinkedInStage
from tests.connectors.reader import Reader
from tests.connectors.youtube.odd_server import Answer, Asked, OddServer


def in_(days: float) -> str:
    text = iso(datetime.now(UTC) + timedelta(days=days))
    assert text is not None
    return text


def refreshes(stage: LinkedInStage) -> int:
    return sum(line["path"] == "/oauth/v2/accessToken" for line in stage.wire())


def test_a_token_near_its_end_is_refreshed_and_saved_before_it_is_used(stage: LinkedInStage, reader: Reader) -> None:
    connector = stage.connector(token={**stage.token, "expires_at": in_(3)})
    reader.poll(connector)
    assert refreshes(stage) == 1
    (saved,) = stage.saved
    assert saved["access_token"] != stage.token["access_token"]
    assert saved["client_secret"] == stage.token["client_secret"]
    assert timedelta(days=59) < oauth.expires_at(saved) - datetime.now(UTC) < timedelta(days=61)


def test_a_token_with_weeks_left_is_left_alone(stage: LinkedInStage, reader: Reader) -> None:
    reader.poll(stage.connector())
    assert refreshes(stage) == 0


def test_a_read_whose_token_has_died_is_done_again_with_a_fresh_one(stage: LinkedInStage, reader: Reader) -> None:
    entry = stage.citizen_writes("Fråga")
    stage.world.revoke(stage.token["access_token"])
    connector = stage.connector()
    reader.poll(connector)
    assert reader.texts == {entry.text}
    assert refreshes(stage) == 1


def test_trouble_with_a_refresh_ahead_of_time_is_no_trouble_yet(stage: LinkedInStage, reader: Reader) -> None:
    stage.citizen_writes("Fråga")
    stage.fault("html_502", path="accessToken")
    done = reader.poll(stage.connector(token={**stage.token, "expires_at": in_(3)}))
    assert done.texts == ["Fråga"]
    assert refreshes(stage) == 1


def test_a_token_that_has_ended_and_cannot_be_refreshed_needs_a_person(stage: LinkedInStage, reader: Reader) -> None:
    alone = {"access_token": stage.token["access_token"]}
    stage.revoke()
    for token in (stage.token, {**stage.token, "expires_at": in_(-1)}, alone, {"refresh_token": "x"}, {}):
        with pytest.raises(AuthExpired):
            reader.poll(stage.connector(token=token))


def test_a_refresh_token_alone_will_do(stage: LinkedInStage, reader: Reader) -> None:
    token = {key: value for key, value in stage.token.items() if key != "access_token"}
    reader.poll(stage.connector(token=token))
    assert stage.saved


def test_what_another_process_has_refreshed_is_taken(stage: LinkedInStage, reader: Reader) -> None:
    stored = {**stage.token, "access_token": "new"}

    @contextlib.contextmanager
    def lock() -> Iterator[dict[str, Any]]:
        yield stored

    context = stage.context(refresh_lock=lock)
    session = stage.connector()._client._session  # type: ignore[attr-defined]
    stale = {**stage.token, "expires_at": in_(-1)}
    assert oauth.refreshed(context, session, stale, datetime.now(UTC)) == stored
    assert refreshes(stage) == 0


@pytest.mark.parametrize(
    ("token_url", "address"),
    [
        ("", "https://api.example.org/oauth/v2/accessToken"),
        ("https://www.example.org", "https://www.example.org/oauth/v2/accessToken"),
        ("https://www.example.org/oauth/v2/accessToken", "https://www.example.org/oauth/v2/accessToken"),
    ],
)
def test_tokens_are_refreshed_where_the_context_says(token_url: str, address: str) -> None:
    context = Context("1", "", {}, "https://api.example.org/", token_url=token_url)
    assert oauth.address(context) == address


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"<html>"),
        (200, []),
        (200, {"access_token": 7}),
        (400, b"<html>"),
        (500, b""),
        (429, {}),
        (401, {"error": "invalid_client"}),
    ],
)
def test_an_odd_answer_to_a_refresh_is_an_error_of_ours_without_secrets(answer: Answer) -> None:
    def odd(asked: Asked) -> Answer:
        return answer

    token = {"refresh_token": "hemlig-r", "client_id": "c", "client_secret": "hemlig-s"}
    with OddServer(odd) as server:
        context = Context("1", "", token, server.url, version="202609")
        with pytest.raises(PlatformError) as caught:
            LinkedIn(context).verify()
    assert "hemlig" not in str(caught.value)


@pytest.mark.parametrize("said", [None, "", "soon", True, [], float("inf"), "2026-13-01T00:00:00Z"])
def test_an_end_that_cannot_be_read_is_no_end(said: Any) -> None:
    assert oauth.expires_at({"expires_at": said}) is None
