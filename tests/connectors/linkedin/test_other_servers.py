"""Servers that answer otherwise than our stand-in does, as LinkedIn itself may."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from connectors.base import Context, Exhausted, Known, Permanent, Temporary
from connectors.linkedin.connector import LinkedIn
from tests.connectors.linkedin.payloads import ACTIVITY, US, comment, load, page, raw, urn
from tests.connectors.linkedin.stage import NOW
from tests.connectors.linkedin.test_mapping import RUBBISH
from tests.connectors.reader import Reader
from tests.connectors.youtube.odd_server import Answer, Asked, OddServer

SHARE = "urn:li:share:7092217928969244488"
POST = {"id": SHARE, "commentary": "Vi söker", "publishedAt": 1791957600000, "lifecycleState": "PUBLISHED"}
Handler = Callable[[Asked], Answer]


def linkedin(server: OddServer) -> LinkedIn:
    return LinkedIn(Context(US, "", {"access_token": "t"}, server.url, version="202609"))


def serve(comments: Handler, *, count: int | None = None, answers: Handler | None = None) -> OddServer:
    """One post; `comments` answers for its list, `answers` for those of comments; `count` for the metadata, if any."""

    def answer(asked: Asked) -> Answer:
        path = unquote(asked.path)
        if path == "/rest/posts":
            return page(POST, total=1)
        if path == "/rest/socialMetadata":
            counted = {"commentSummary": {"count": count, "topLevelCount": count}}
            return {"results": {SHARE.replace(":", "%3A"): counted}} if count is not None else (404, b"")
        if path.startswith("/rest/socialActions/urn:li:comment:"):
            return answers(asked) if answers else page(total=0)
        return comments(asked)

    return OddServer(answer)


def numbers(reader: Reader) -> list[int]:
    return sorted(int(id.rpartition(",")[2].rstrip(")")) for id in reader.items)


def test_the_minimal_page_of_the_manual_is_enough(reader: Reader) -> None:
    with serve(lambda asked: load("comments_page_minimal")) as server:
        reader.poll(linkedin(server))
    assert numbers(reader) == [83]
    assert reader.find("fint").post == SHARE


def test_metadata_with_encoded_keys_is_understood(reader: Reader) -> None:
    with serve(lambda asked: page(comment(1), total=1), count=1) as server:
        done = reader.poll(linkedin(server))
    assert reader.posts[SHARE].comment_count == 1
    assert done.pages[-1].platform_count == 1


def test_answers_shown_among_what_they_answer_are_no_threads(reader: Reader) -> None:
    records = [comment(1), comment(2, parentComment=urn(1)), comment(3)]
    with serve(lambda asked: page(*records, total=3), count=3) as server:
        reader.poll(linkedin(server))
        assert not [asked for asked in server.asked if "comment%3A%28" in asked.path and "%2C2%29" in asked.path]
    assert {item.external_id: item.parent for item in reader.items.values()} == {
        urn(1): None, urn(2): urn(1), urn(3): None,
    }  # fmt: skip


def test_a_list_without_total_or_links_is_read_while_its_pages_are_full(reader: Reader) -> None:
    def comments(asked: Asked) -> Answer:
        start = int(asked.query["start"])
        return {"elements": [comment(number) for number in range(start + 1, min(start + 100, 250) + 1)]}

    with serve(comments, count=250) as server:
        reader.poll(linkedin(server))
    assert numbers(reader) == list(range(1, 251))


def test_links_are_followed_where_they_lead(reader: Reader) -> None:
    def comments(asked: Asked) -> Answer:
        start = int(asked.query["start"])
        links = [{"rel": "next", "href": f"/rest/x?count=10&start={start + 10}"}] if start < 40 else []
        return {"elements": [comment(start + 1)], "paging": {"start": start, "count": 10, "links": links}}

    with serve(comments, count=5) as server:
        reader.poll(linkedin(server))
    assert numbers(reader) == [1, 11, 21, 31, 41]


def test_an_endless_list_of_links_is_left(reader: Reader) -> None:
    def comments(asked: Asked) -> Answer:
        start = int(asked.query["start"])
        return {"elements": [], "paging": {"links": [{"rel": "next", "href": f"?start={start + 10}"}]}}

    with serve(comments, count=5) as server:
        done = reader.poll(linkedin(server))
        assert len(server.asked) < 10
    assert done.incomplete


def test_a_count_that_holds_what_is_not_shown_ends_the_list(reader: Reader) -> None:
    def comments(asked: Asked) -> Answer:
        shown = [comment(number) for number in range(15)] if asked.query["start"] == "0" else []
        return page(*shown, total=18)

    with serve(comments, count=18) as server:
        done = reader.poll(linkedin(server))
        assert not done.incomplete
        quiet = reader.poll(linkedin(server))
    assert len(reader.items) == 15
    assert quiet.calls <= 3


def test_comments_in_no_order_at_all_are_found(reader: Reader) -> None:
    times = {number: 1791957601000 + (number * 7919) % 1000 for number in range(230)}
    standing, alone = list(range(210)), {"totalFirstLevelComments": 0}

    def comments(asked: Asked) -> Answer:
        start = int(asked.query["start"])
        ranked = sorted(standing, key=lambda number: (number * 31) % 101)
        records = [comment(number, at=times[number], commentsSummary=alone) for number in ranked[start : start + 100]]
        return page(*records, start=start, total=len(standing))

    with serve(comments, count=None) as server:
        reader.poll(linkedin(server))
        assert numbers(reader) == standing
        standing += range(210, 230)
        reader.poll(linkedin(server), full=True)
        assert numbers(reader) == standing


def test_answers_are_looked_for_where_nobody_counts_them(reader: Reader) -> None:
    def answers(asked: Asked) -> Answer:
        return page(comment(9, parentComment=urn(1)), total=1) if "%2C1%29" in asked.path else page(total=0)

    with serve(lambda asked: page(comment(1), comment(2), total=2), answers=answers) as server:
        reader.poll(linkedin(server))
    assert numbers(reader) == [1, 2, 9]


def look_up(together: Answer, alone: Handler) -> OddServer:
    return OddServer(lambda asked: together if "ids" in asked.query else alone(asked))


@pytest.mark.parametrize("together", [(400, b"{}"), (405, b""), page(comment(7)), {"elements": []}])
def test_where_several_cannot_be_looked_up_each_is(together: Answer) -> None:
    def alone(asked: Asked) -> Answer:
        return comment(1) if asked.path.endswith("/1") else (404, b"")

    with look_up(together, alone) as server:
        found = linkedin(server).read([urn(1), urn(2)])
    assert [item.external_id for item in found.items] == [urn(1)]
    assert found.missing == (urn(2),)


def test_what_may_not_be_looked_at_is_not_called_gone() -> None:
    statuses = {
        "results": {"1": comment(1)},
        "statuses": {"1": 200, "2": 403, "3": 404},
        "errors": {"2": {"status": 403}},
    }
    with look_up(statuses, lambda asked: (500, b"")) as server:
        found = linkedin(server).read([urn(1), urn(2), urn(3), urn(4)])
    assert found.missing == (urn(3), urn(4))


@pytest.mark.parametrize("status", [403, 426, 429, 500])
def test_a_look_up_that_is_refused_is_an_error_and_no_absence(status: int) -> None:
    with OddServer(lambda asked: (status, b"{}")) as server, pytest.raises((Permanent, Exhausted, Temporary)):
        linkedin(server).read([urn(1)])


def test_a_post_that_cannot_be_read_stops_no_other(reader: Reader) -> None:
    other = "urn:li:ugcPost:7095646487569856783"

    def answer(asked: Asked) -> Answer:
        path = unquote(asked.path)
        if path == "/rest/posts":
            return page(POST, {**POST, "id": other}, total=2)
        if path == "/rest/socialMetadata":
            return {"results": {id: {"commentSummary": {"count": 1}} for id in (SHARE, other)}}
        return (403, b"{}") if SHARE in path else page(comment(1), total=1)

    with OddServer(answer) as server:
        done = reader.poll(linkedin(server))
    assert numbers(reader) == [1]
    assert done.notes and not done.incomplete


@pytest.mark.parametrize("name", ["error_401_token_revoked", "error_426_version_sunset", "error_429_daily_limit"])
def test_no_refusal_is_ever_an_empty_inbox(reader: Reader, name: str) -> None:
    with OddServer(lambda asked: (load(name)["status"], raw(name))) as server, pytest.raises(Exception) as caught:
        reader.poll(linkedin(server))
    assert caught.value.code in {"auth_expired", "version_sunset", "quota_exhausted"}  # type: ignore[attr-defined]


@pytest.mark.parametrize("odd", [rubbish for rubbish in RUBBISH if rubbish == rubbish and rubbish != "\ud800"])
@pytest.mark.parametrize("where", ["elements", "paging", "results", "statuses"])
def test_an_answer_with_nonsense_inside_is_never_a_crash(where: str, odd: Any) -> None:
    def answer(asked: Asked) -> Answer:
        whole: dict[str, Any] = {**page(POST if "posts" in asked.path else comment(1), total=1), "results": {}}
        return {**whole, where: odd}

    with OddServer(answer) as server:
        connector = linkedin(server)
        for act in (
            lambda: list(connector.poll("comments", {}, known=Known(), now=NOW, full=True)),
            lambda: connector.read([urn(1)]),
            lambda: connector.verify(),
        ):
            try:
                act()
            except (Permanent, Temporary) as error:
                assert str(error).endswith(".")
        assert len(server.asked) < 30


def test_the_object_of_a_comment_is_kept_as_it_came(reader: Reader) -> None:
    with serve(lambda asked: page(comment(1), total=1), count=1) as server:
        reader.poll(linkedin(server))
    assert json.loads(json.dumps(reader.items[urn(1)].raw))["object"] == ACTIVITY
