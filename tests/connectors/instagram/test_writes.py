"""Exactly one request a write, whatever comes of it, and nothing in it but what must be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from connectors.base import Capability, Gone, ItemKind, Known, OutcomeUnknown, Permanent, PlatformError, Target
from connectors.instagram.connector import Instagram
from tests.connectors.facebook.odd import START
from tests.connectors.facebook.test_writes import Wire
from tests.connectors.instagram.odd import ACCOUNT, OddInstagram
from tests.connectors.instagram.stage import TUVA, InstagramStage
from tests.connectors.instagram.test_mapping import payload

TOP = "17870776271699139"
TARGET = Target(TOP, thread=TOP, post="17890009080717304")
WRITES: dict[str, Callable[[Instagram], object]] = {
    "reply": lambda instagram: instagram.reply(TARGET, "Hej & välkommen"),
    "hide": lambda instagram: instagram.moderate(TARGET, Capability.HIDE),
    "unhide": lambda instagram: instagram.moderate(TARGET, Capability.UNHIDE),
    "delete": lambda instagram: instagram.moderate(TARGET, Capability.DELETE),
}


@pytest.fixture
def odd() -> Iterator[OddInstagram]:
    graph = OddInstagram()
    yield graph
    graph.stop()


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    yield made
    made.listening.close()


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{",
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>",
        b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 307 Over there\r\nLocation: /v26.0/x\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["dropped", "cut", "502", "503", "307", "empty"],
)
def test_a_write_without_an_answer_is_one_request_and_unknown(name: str, answer: bytes, wire: Wire) -> None:
    wire.answer = answer
    instagram = OddInstagram.instagram(wire)  # type: ignore[arg-type]
    with pytest.raises(OutcomeUnknown):
        WRITES[name](instagram)
    assert len(wire.seen) == 1
    assert instagram.calls == 1


@pytest.mark.parametrize("name", WRITES)
def test_no_write_asks_for_fields_and_each_is_signed(name: str, odd: OddInstagram) -> None:
    sent: list[dict[str, str]] = []

    def accept(path: str, args: dict[str, str]) -> Any:
        sent.append({"path": path, **args})
        return 200, {}, {"id": "17"} if name == "reply" else {"success": True}

    odd.answer = accept
    WRITES[name](odd.instagram(token={"access_token": "EAAodd", "app_secret": "hemligt"}))
    (args,) = sent
    assert "fields" not in args
    assert (args["access_token"], len(args["appsecret_proof"])) == ("EAAodd", 64)
    expected = {"reply": ("message", "Hej & välkommen"), "hide": ("hide", "true"), "unhide": ("hide", "false")}
    assert args["path"] == (f"{TOP}/replies" if name == "reply" else TOP)
    if name in expected:
        assert args[expected[name][0]] == expected[name][1]


def test_a_reply_goes_out_byte_for_byte_and_its_token_not_in_the_address(wire: Wire) -> None:
    text = "  Hej & <b>välkommen</b>\r\n\r\n100 % 👨‍👩‍👧 + ’citat’ /Anna "
    with pytest.raises(OutcomeUnknown):
        OddInstagram.instagram(wire).reply(TARGET, text)  # type: ignore[arg-type]
    head, _, body = wire.seen[0].partition(b"\r\n\r\n")
    assert parse_qs(body.decode(), keep_blank_values=True)["message"] == [text]
    assert b"EAAodd" not in head


def test_the_error_after_which_a_comment_stood_there_all_the_same_is_unknown(odd: OddInstagram) -> None:
    odd.answer = lambda path, args: (400, {}, payload("error_20_comment_created_anyway"))
    with pytest.raises(OutcomeUnknown):
        odd.instagram().reply(TARGET, "Hej")


def test_an_answer_without_id_is_unknown(odd: OddInstagram) -> None:
    for body in ({}, {"success": True}, [], True, {"id": ""}):
        odd.answer = lambda path, args, body=body: (200, {}, body)  # type: ignore[misc]
        with pytest.raises(OutcomeUnknown):
            odd.instagram().reply(TARGET, "Hej")


def test_a_reply_to_an_answer_stands_in_its_thread(stage: InstagramStage) -> None:
    instagram, since = Instagram(stage.context()), datetime.now(UTC)
    top = stage.citizen_writes("När öppnar badet?")
    target = stage.target(stage.answer(top, "Undrar jag med"))
    sent = instagram.reply(target, "@bo.lindh Klockan nio.")
    entry = stage.world.entry(sent.external_id)
    assert entry is not None
    assert (entry.parent, entry.thread) == (top.id, top.id)
    found = instagram.find_sent(target, "@bo.lindh  Klockan nio.\n", since=since, exclude=())
    assert found is not None
    assert found.external_id == sent.external_id
    assert found.posted_at is not None


def test_what_is_hidden_takes_no_reply(stage: InstagramStage) -> None:
    top = stage.citizen_writes("Opassande")
    stage.world.hide(top.id)
    with pytest.raises(Permanent):
        Instagram(stage.context()).reply(stage.target(top), "Hej")


def test_moderation_does_what_it_says(stage: InstagramStage) -> None:
    instagram, theirs = Instagram(stage.context()), stage.citizen_writes("Opassande")
    instagram.moderate(stage.target(theirs), Capability.HIDE)
    entry = stage.world.entry(theirs.id)
    assert entry is not None
    assert entry.hidden
    instagram.moderate(stage.target(theirs), Capability.DELETE)
    with pytest.raises(Gone):
        instagram.moderate(stage.target(theirs), Capability.DELETE)


def test_what_only_the_app_can_do_is_refused(stage: InstagramStage) -> None:
    instagram = Instagram(stage.context())
    with pytest.raises(Permanent, match="bild"):
        instagram.publish("Badet öppnar")
    with pytest.raises(Permanent):
        instagram.moderate(TARGET, Capability.LIKE)
    assert instagram.calls == 0


def find(odd: OddInstagram, text: str = "Hej", *, minutes: float = 20, exclude: tuple[str, ...] = ()) -> str | None:
    (top,) = (id for id, row in odd.rows.items() if "media" in row and "parent_id" not in row)
    target, since = Target(top, thread=top), START + timedelta(minutes=minutes)
    found = odd.instagram().find_sent(target, text, since=since, exclude=exclude)
    return found.external_id if found else None


def ours(id: str = ACCOUNT, **more: Any) -> dict[str, Any]:
    return {"text": "Hej", "username": "oss", "from": {"id": id, "username": "oss"}, **more}


def test_only_what_we_wrote_since_then_is_taken_for_our_reply(odd: OddInstagram) -> None:
    top = odd.said(odd.picture(1), 2, 0)
    odd.said("x", 3, 9, parent=top, **ours())  # too early
    odd.said("x", 4, 21, parent=top, text="Hej")  # a citizen's
    assert find(odd) is None
    first = odd.said("x", 5, 11, parent=top, **ours())  # our clocks differ
    second = odd.said("x", 6, 21, parent=top, **ours())
    assert find(odd) == first
    assert find(odd, exclude=(first,)) == second
    assert find(odd, exclude=(first, second)) is None


def test_a_reply_on_the_last_of_many_pages_is_found(odd: OddInstagram) -> None:
    odd.newest_first = False
    top = odd.said(odd.picture(1), 2, 0)
    for number in range(250):
        odd.said("x", 100 + number, 1, parent=top)
    last = odd.said("x", 999, 30, parent=top, **ours())
    assert find(odd) == last


def test_our_reply_is_found_under_a_username_that_we_had_not_heard_of(odd: OddInstagram) -> None:
    """Taken for absent it would be sent a second time."""
    top = odd.said(odd.picture(1), 2, 0)
    sent = odd.said("x", 3, 21, parent=top, **ours())
    odd.without = ("from",)
    target = Target(top, thread=top)
    instagram = odd.instagram(handle="gamla_namnet")
    found = instagram.find_sent(target, "Hej", since=START + timedelta(minutes=20), exclude=())
    assert found is not None
    assert found.external_id == sent


def test_a_look_up_that_could_not_see_everything_is_no_absence(odd: OddInstagram) -> None:
    top = odd.said(odd.picture(1), 2, 0)
    row = odd.rows[top]
    odd.answer = lambda path, args: (200, {}, {"data": [row], "paging": {"next": f"{odd.url}/v26.0/{path}?x"}})
    with pytest.raises(PlatformError):
        find(odd)
    odd.answer = lambda path, args: odd.gone(top)
    with pytest.raises(Gone):
        find(odd)


# Mentions


def test_a_mention_in_a_comment_is_read_by_its_id_and_answered(stage: InstagramStage) -> None:
    instagram = Instagram(stage.context())
    media = stage.citizen_posts("Semesterbild")
    entry = stage.world.write("instagram", "comment", TUVA, "@exempelby är det här er brygga?", root=media.id)
    page = instagram.read([entry.id])
    (item,) = page.items
    assert (item.kind, item.external_id, item.text, item.post) == (ItemKind.MENTION, entry.id, entry.text, None)
    target = Target(entry.id, thread=entry.id, kind=ItemKind.MENTION)
    stage.forget_wire()
    sent = instagram.reply(target, "Ja, det är vår.")
    assert len(stage.writes()) == 1
    answer = stage.world.entry(sent.external_id)
    assert answer is not None
    assert (answer.parent, answer.root) == (entry.id, media.id)
    with pytest.raises(PlatformError):
        instagram.find_sent(target, "Ja, det är vår.", since=datetime.now(UTC), exclude=())


def test_a_mention_in_a_caption_is_read_by_its_id_and_answered(stage: InstagramStage) -> None:
    instagram, media = Instagram(stage.context()), stage.citizen_posts("Hos @exempelby i dag")
    (item,) = instagram.read([media.id]).items
    assert (item.kind, item.text) == (ItemKind.MENTION, media.text)
    sent = instagram.reply(Target(media.id, thread=media.id, kind=ItemKind.MENTION), "Välkommen!")
    answer = stage.world.entry(sent.external_id)
    assert answer is not None
    assert (answer.parent, answer.root) == (None, media.id)


def test_what_others_wrote_without_naming_us_is_not_there_for_us(stage: InstagramStage) -> None:
    media = stage.citizen_posts("Semesterbild")
    entry = stage.world.write("instagram", "comment", TUVA, "Fint!", root=media.id)
    page = Instagram(stage.context()).read([entry.id, media.id])
    assert (page.items, page.missing) == ((), (entry.id, media.id))


# Reading by id


def test_read_brings_comments_and_says_what_is_not_there(stage: InstagramStage) -> None:
    top, gone = stage.citizen_writes("Hej"), stage.citizen_writes("Ångrar mig")
    answer = stage.answer(top, "Hej själv")
    stage.world.delete(gone.id)
    page = Instagram(stage.context()).read([answer.id, gone.id, top.id])
    shown = {item.external_id: (item.thread, item.parent, item.post) for item in page.items}
    assert shown == {answer.id: (top.id, top.id, stage.post.id), top.id: (top.id, None, stage.post.id)}
    assert page.missing == (gone.id,)


def test_what_both_a_poll_and_a_read_bring_is_the_same(stage: InstagramStage) -> None:
    top = stage.citizen_writes("Hej")
    stage.answer(top, "Hej själv")
    instagram = Instagram(stage.context())
    polled: dict[str, Any] = {}
    for page in instagram.poll("comments", {}, known=Known(), now=datetime.now(UTC)):
        polled |= {item.external_id: item for item in page.items}
    for item in instagram.read(list(polled)).items:
        same = polled[item.external_id]
        assert (item.thread, item.parent, item.post, item.url) == (same.thread, same.parent, same.post, same.url)
        assert (item.author, item.text, item.posted_at) == (same.author, same.text, same.posted_at)


def test_reading_by_id_asks_for_less_where_a_field_is_refused(odd: OddInstagram) -> None:
    top = odd.said(odd.picture(1), 2, 0)
    odd.unknown = ("hidden",)
    assert [item.external_id for item in odd.instagram().read([top]).items] == [top]
    odd.unknown, odd.refused = (), ("from",)
    odd.without = ("from",)
    assert [item.external_id for item in odd.instagram().read([top]).items] == [top]
    odd.unknown = ("parent_id",)  # nobody knows in which thread: left to the next poll
    page = odd.instagram().read([top])
    assert (page.items, page.missing) == ((), ())


def test_the_answer_of_a_write_tells_no_secret(stage: InstagramStage) -> None:
    stage.fault("server_error", method="POST")
    with pytest.raises(OutcomeUnknown) as caught:
        Instagram(stage.context()).reply(stage.target(stage.citizen_writes("Hej")), "Hej")
    assert not [secret for secret in stage.secrets if secret in json.dumps([str(caught.value), repr(caught.value)])]
