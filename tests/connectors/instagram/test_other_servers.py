"""Instagram on a server that does much of it another way: everything is found all the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import Known, Permanent, PlatformError
from tests.connectors.facebook.odd import START
from tests.connectors.instagram.odd import ACCOUNT, OddInstagram
from tests.connectors.instagram.test_mapping import JSON
from tests.connectors.reader import Reader, Round


@pytest.fixture
def odd() -> Iterator[OddInstagram]:
    graph = OddInstagram()
    yield graph
    graph.stop()


@pytest.fixture
def reader() -> Reader:
    return Reader()


def poll(odd: OddInstagram, reader: Reader, *, minutes: float = 60, full: bool = False) -> Round:
    return reader.poll(odd.instagram(), "comments", now=START + timedelta(minutes=minutes), full=full)


def talk(odd: OddInstagram, media: str, *, count: int = 40, first: int = 100) -> set[str]:
    """Comments, every fourth with an answer."""
    written = set()
    for number in range(first, first + count):
        top = odd.said(media, number, number / 10)
        written.add(top)
        if number % 4 == 0:
            written.add(odd.said(media, number + 5000, number / 10 + 0.01, parent=top))
    return written


WAYS: dict[str, dict[str, Any]] = {
    "as the manual says": {},
    "no comments inside media": {"expands": False},
    "no answers inside comments": {"answers_inside": False},
    "nothing inside anything": {"expands": False, "answers_inside": False},
    "answers beside comments": {"flat": True},
    "oldest first": {"newest_first": False},
    "no counts": {"counted": False},
    "seven on a page": {"most": 7},
    "no parent named": {"without": ("parent_id",)},
}


@pytest.mark.parametrize("way", WAYS)
def test_everything_is_found_and_then_what_is_new(way: str, odd: OddInstagram, reader: Reader) -> None:
    odd.__dict__.update(WAYS[way])
    media = [odd.picture(number, number) for number in range(1, 4)]
    written = talk(odd, media[0]) | talk(odd, media[2], first=300)
    poll(odd, reader)
    assert set(reader.items) == written
    assert poll(odd, reader).is_quiet
    top = odd.said(media[1], 700, 61)
    new = {top, odd.said(media[1], 701, 62, parent=top)}
    poll(odd, reader, minutes=63)
    assert set(reader.items) == written | new


@pytest.mark.parametrize("way", [way for way in WAYS if way not in ("no counts",)])
def test_an_answer_under_an_old_comment_is_found_by_the_next_poll(way: str, odd: OddInstagram, reader: Reader) -> None:
    odd.__dict__.update(WAYS[way])
    media = odd.picture(1)
    written = talk(odd, media)
    poll(odd, reader)
    answer = odd.said(media, 700, 61, parent=min(id for id in written if not odd.rows[id].get("parent_id")))
    assert [item.external_id for item in poll(odd, reader, minutes=63).new] == [answer]


@pytest.mark.parametrize("name", ["hidden", "from", "parent_id", "username", "media_type", "comments_count", "replies"])
def test_an_unknown_field_is_left_out_and_not_asked_for_again(name: str, odd: OddInstagram, reader: Reader) -> None:
    odd.unknown, media = (name,), odd.picture(1)
    odd.without = (name,)
    odd.answers_inside = name != "replies"
    odd.counted = name != "comments_count"
    written = talk(odd, media)
    poll(odd, reader)
    assert set(reader.items) == written
    odd.log.clear()
    poll(odd, reader)
    assert not [line for line in odd.log if name in line]


@pytest.mark.parametrize("name", ["from", "hidden", "username", "replies"])
def test_a_refusal_that_names_no_field_ends_in_what_may_be_read(name: str, odd: OddInstagram, reader: Reader) -> None:
    odd.refused, media = (name,), odd.picture(1)
    odd.without, odd.answers_inside = (name,), name != "replies"
    written = talk(odd, media)
    poll(odd, reader)
    assert set(reader.items) == written
    calls = [poll(odd, reader).calls for _ in range(2)]
    assert max(calls) <= 3


def test_where_nothing_may_be_read_a_person_is_told(odd: OddInstagram, reader: Reader) -> None:
    odd.picture(1)
    odd.refused = ("id",)
    with pytest.raises(Permanent) as caught:
        poll(odd, reader)
    assert caught.value.code == "permission"
    assert len(odd.log) <= 6


def test_an_account_that_is_not_there_is_told(odd: OddInstagram, reader: Reader) -> None:
    odd.answer = lambda path, args: odd.gone(ACCOUNT)
    with pytest.raises(Permanent, match="visar inte kontot"):
        poll(odd, reader)


def test_one_picture_that_may_not_be_read_does_not_stop_the_others(odd: OddInstagram, reader: Reader) -> None:
    closed, other = odd.picture(1), odd.picture(2)
    talk(odd, closed, first=1000)
    written = talk(odd, other)
    odd.refused = (closed,)
    done = poll(odd, reader)
    assert written <= set(reader.items)
    assert any("gick inte att läsa" in note for note in done.notes)
    odd.refused = ()
    poll(odd, reader)
    assert len(reader.items) == len(odd.rows) - 2


def test_a_server_that_finds_it_too_much_is_asked_for_less(odd: OddInstagram, reader: Reader) -> None:
    media = [odd.picture(number, number) for number in range(1, 4)]
    written = set().union(*(talk(odd, one, first=1000 * number) for number, one in enumerate(media)))
    odd.bytes_at_once = 4000
    poll(odd, reader)
    assert set(reader.items) == written
    odd.log.clear()
    poll(odd, reader)
    assert len(odd.log) <= 3


def test_nothing_is_followed_to_another_server(odd: OddInstagram, reader: Reader) -> None:
    odd.next_host = "https://example.org"
    talk(odd, odd.picture(1))
    done = poll(odd, reader)
    assert done.incomplete == ["comments"]
    assert "annan server" in done.notes[0]


def test_a_media_posted_while_we_read_is_there_the_next_time(odd: OddInstagram, reader: Reader) -> None:
    talk(odd, odd.picture(1))
    poll(odd, reader)
    media = odd.picture(2, 61)
    top = odd.said(media, 900, 62)
    assert [item.external_id for item in poll(odd, reader, minutes=63).new] == [top]


def test_a_count_that_lags_behind_hides_no_new_comment(odd: OddInstagram, reader: Reader) -> None:
    odd.counted, media = False, odd.picture(1)
    odd.rows[media]["comments_count"] = 3
    written = talk(odd, media)
    poll(odd, reader)
    for minute in range(61, 64):
        new = {odd.said(media, 1000 * minute + number, minute) for number in range(23)}
        assert {item.external_id for item in poll(odd, reader, minutes=minute + 0.5).new} == new
        written |= new
    assert set(reader.items) == written


def test_a_count_that_runs_ahead_costs_a_few_calls_and_not_a_reading_each_time(
    odd: OddInstagram, reader: Reader
) -> None:
    odd.counted, odd.most, media = False, 10, odd.picture(1)
    odd.rows[media]["comments_count"] = 4000
    talk(odd, media, count=400)
    poll(odd, reader)
    odd.rows[media]["comments_count"] = 4001
    assert poll(odd, reader, minutes=61).calls <= 8
    assert poll(odd, reader, minutes=62).calls == 1


def test_a_comment_from_the_future_does_not_blind_us(odd: OddInstagram, reader: Reader) -> None:
    media = odd.picture(1)
    written = talk(odd, media) | {odd.said(media, 900, 60 * 24 * 365)}
    poll(odd, reader)
    for minute in range(61, 64):
        written |= talk(odd, media, count=20, first=minute * 1000)
        poll(odd, reader, minutes=minute + 0.5)
    assert set(reader.items) == written


def test_ids_that_are_numbers_and_media_shown_twice_are_read_once(odd: OddInstagram, reader: Reader) -> None:
    media = odd.picture(1)
    row = {"id": int(media), "timestamp": odd.rows[media]["timestamp"], "comments_count": 1}
    comment = {"id": 178, "text": "Hej", "timestamp": "2026-11-20T08:13:54+0000", "from": {"id": 77, "username": "å"}}
    listed = {"data": [{**row, "comments": {"data": [comment, comment]}}, row]}
    odd.answer = lambda path, args: (200, {}, listed)
    done = poll(odd, reader)
    assert [item.external_id for item in done.new] == ["178"]
    assert done.new[0].author is not None
    assert (done.new[0].author.external_id, done.new[0].post) == ("77", media)
    assert poll(odd, reader).is_quiet


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=st.lists(JSON, min_size=1, max_size=4), full=st.booleans())
def test_no_answer_is_odd_enough_to_surprise_us(answers: list[Any], full: bool, odd: OddInstagram) -> None:
    """Lists of anything: read as far as it goes, or one of our errors."""
    told = iter(answers * 200)
    odd.answer = lambda path, args: (200, {}, next(told))
    known = Known(live_ids=lambda: ["1"], posts=lambda: ["2"])
    cursor = {} if full else {"at": START.isoformat()}
    connector = odd.instagram(hashtags=("bad",))
    for surface in connector.surfaces():
        try:
            pages = list(connector.poll(surface, cursor, known=known, now=START, full=full))
        except PlatformError:
            continue
        assert all(item.posted_at.tzinfo for page in pages for item in page.items)
