"""What goes out to LinkedIn: one request a write, wholly encoded, and the id taken from wherever it stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from connectors import http
from connectors.base import Capability, Connector, Context, OutcomeUnknown, Permanent, Target, Temporary
from connectors.linkedin.connector import LinkedIn
from tests.connectors.linkedin.payloads import load, raw, urn
from tests.connectors.linkedin.stage import US, LinkedInStage
from tests.connectors.reader import Reader
from tests.connectors.youtube.odd_server import Answer, Asked, Drop, OddServer

TO = Target(urn(84), thread=urn(83), post="urn:li:share:7092217928969244488")
AT = {"created": {"time": 1791957601000}}


def odd(server: OddServer, **changes: Any) -> LinkedIn:
    token = {"access_token": "token-1"}
    given = {"external_id": "48217", "handle": "", "token": token, "base_url": server.url, "version": "202609"}
    return LinkedIn(Context(**{**given, **changes}))


def drop(asked: Asked) -> Answer:
    raise Drop


# One request, as LinkedIn wants it


def test_a_reply_is_one_request_wholly_encoded_to_the_top_level_comment() -> None:
    with OddServer(lambda asked: (201, load("comment_create"))) as server:
        sent = odd(server).reply(TO, "Uppföljande svar från oss.")
        (asked,) = server.asked
    assert sent.external_id == urn("7106515644026753936")
    assert (asked.method, asked.path) == (
        "POST",
        "/rest/socialActions/urn%3Ali%3Acomment%3A%28urn%3Ali%3Aactivity%3A7092217928969244495%2C83%29/comments",
    )
    assert json.loads(asked.body) == {
        "actor": US,
        "object": "urn:li:activity:7092217928969244495",
        "message": {"text": "Uppföljande svar från oss."},
        "parentComment": urn(83),
    }
    wanted = {
        "linkedin-version": "202609",
        "x-restli-protocol-version": "2.0.0",
        "authorization": "Bearer token-1",
        "content-type": "application/json",
    }
    assert wanted.items() <= asked.headers.items()


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"id": 99, **AT}, {}),
        ({"id": "99", **AT}, {}),
        ({"commentUrn": "urn:li:comment:(urn:li:ugcPost:7,99)", **AT}, {}),
        ({"$URN": urn(99), **AT}, {}),
        ({}, {"x-restli-id": "99"}),
        ({}, {"X-RestLi-Id": "urn%3Ali%3Acomment%3A%28urn%3Ali%3Aactivity%3A7%2C99%29"}),
        (b"", {"x-restli-id": "99"}),
    ],
)
def test_the_new_id_is_taken_from_wherever_it_stands(body: Any, headers: dict[str, str]) -> None:
    with OddServer(lambda asked: (201, body, headers)) as server:
        sent = odd(server).reply(TO, "Hej")
    assert sent.external_id == urn(99)
    assert (sent.posted_at is not None) is (isinstance(body, dict) and "created" in body)


@pytest.mark.parametrize(
    "answer",
    [
        drop,
        lambda asked: (201, {}),
        lambda asked: (201, {"id": None}),
        lambda asked: (201, b"<html>"),
        lambda asked: (200, []),
        lambda asked: (500, b""),
        lambda asked: (502, b"<html>"),
        lambda asked: (307, b"", {"Location": "/elsewhere"}),
        lambda asked: (408, b""),
    ],
)
def test_whatever_may_have_been_done_is_unknown_after_one_request(answer: Callable[[Asked], Answer]) -> None:
    with OddServer(answer) as server:
        connector = odd(server)
        for write in (
            lambda: connector.reply(TO, "Hej"),
            lambda: connector.moderate(TO, Capability.LIKE),
            lambda: connector.moderate(TO, Capability.DELETE),
            lambda: connector.moderate(TO, Capability.EDIT, "Hej"),
        ):
            server.asked.clear()
            try:
                write()
            except OutcomeUnknown:
                pass
            else:
                assert answer is not drop
            assert len(server.asked) == 1


def test_a_write_whose_token_has_died_is_not_sent_again_but_can_be() -> None:
    def answer(asked: Asked) -> Answer:
        if asked.path == "/oauth/v2/accessToken":
            return {"access_token": "token-2", "expires_in": 5_184_000}
        return (
            (401, raw("error_401_token_revoked")) if asked.headers["authorization"].endswith("1") else (201, {"id": 9})
        )

    token = {"access_token": "token-1", "refresh_token": "r", "client_id": "c", "client_secret": "s"}
    with OddServer(answer) as server:
        connector = odd(server, token=token)
        with pytest.raises(Temporary):
            connector.reply(TO, "Hej")
        assert [asked.path.rpartition("/")[2] for asked in server.asked] == ["comments", "accessToken"]
        assert connector.reply(TO, "Hej").external_id == urn(9)


@pytest.mark.parametrize(
    "target", [Target("7", thread="7"), Target("", thread=""), Target("urn:li:share:7", thread="x")]
)
def test_what_is_no_comment_is_refused_before_anything_is_sent(target: Target) -> None:
    with OddServer(lambda asked: (201, {"id": 9})) as server:
        for act in (lambda: odd(server).reply(target, "Hej"), lambda: odd(server).moderate(target, Capability.LIKE)):
            with pytest.raises(Permanent):
                act()
        assert server.asked == []


def test_nothing_is_published_from_here(connector: Connector) -> None:
    with pytest.raises(Permanent):
        connector.publish("Hej")


# On the stand-in


def test_an_answer_to_an_answer_stands_in_the_thread(
    stage: LinkedInStage, connector: Connector, reader: Reader
) -> None:
    first = stage.citizen_writes("Fråga")
    second = stage.answer(first, "Också jag")
    sent = connector.reply(stage.target(second), "Klockan nio.")
    reader.poll(connector)
    item = reader.find("Klockan nio.")
    assert (item.external_id, item.thread, item.parent) == (sent.external_id, first.id, first.id)
    assert sent.posted_at == item.posted_at


def test_our_own_answer_can_be_edited_and_deleted(stage: LinkedInStage, connector: Connector) -> None:
    ours = stage.answer(stage.citizen_writes("Fråga"), "Klockan nio.", by_us=True)
    connector.moderate(stage.target(ours), Capability.EDIT, "Klockan tio.")
    assert stage.world.entry(ours.id).text == "Klockan tio."
    connector.moderate(stage.target(ours), Capability.DELETE)
    assert stage.world.entry(ours.id).is_deleted


def test_a_members_comment_can_be_deleted_and_liked_but_not_edited(stage: LinkedInStage, connector: Connector) -> None:
    entry = stage.citizen_writes("Opassande")
    connector.moderate(stage.target(entry), Capability.LIKE)
    assert stage.world.entry(entry.id).extra["reactions"] == {US: "LIKE"}
    with pytest.raises(Permanent) as caught:
        connector.moderate(stage.target(entry), Capability.EDIT, "Snällare")
    assert caught.value.code == "permission"
    connector.moderate(stage.target(entry), Capability.DELETE)
    assert stage.world.entry(entry.id).is_deleted


def test_a_text_that_is_too_long_is_called_so(stage: LinkedInStage, connector: Connector) -> None:
    entry = stage.citizen_writes("Fråga")
    with pytest.raises(Permanent) as caught:
        connector.reply(stage.target(entry), stage.too_long)
    assert caught.value.code == "too_long"


def test_a_sunset_version_stops_a_write_with_what_to_do(stage: LinkedInStage) -> None:
    entry = stage.citizen_writes("Fråga")
    with pytest.raises(Permanent) as caught:
        stage.connector(version="202501").reply(stage.target(entry), "Hej")
    assert caught.value.code == "version_sunset"
    assert not stage.our_entries("Hej")


def test_a_reply_sent_twice_by_people_is_two_and_the_older_is_found_first(
    stage: LinkedInStage, connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "TIMEOUT", (2, 5))
    entry = stage.citizen_writes("Fråga")
    target = stage.target(entry)
    first, second = connector.reply(target, "Ja."), connector.reply(target, "Ja.")
    since = stage.world.now()
    assert connector.find_sent(target, "Ja.", since=since, exclude=()) == first
    assert connector.find_sent(target, "Ja.", since=since, exclude={first.external_id}) == second
