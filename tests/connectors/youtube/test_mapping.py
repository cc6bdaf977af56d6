"""YouTube's JSON becomes our values, whatever is missing in it."""

from __future__ import annotations

import copy
import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.youtube import mapping
from tests.connectors.youtube.payloads import LISTS, comment, load, thread
from tests.connectors.youtube.stage import US

RUBBISH: list[Any] = [None, "", 0, -1, 1.5, True, [], {}, [[]], {"a": None}, "\ud800", "\x00", "9" * 5000, float("nan")]


def read(record: dict[str, Any]) -> mapping.ThreadReading:
    return mapping.thread_of(record, us=US)


@pytest.mark.parametrize("name", [name for name in LISTS if name.startswith("comment_threads")])
def test_recorded_threads_are_read_whole(name: str) -> None:
    records = load(name)["items"]
    for record in records:
        reading = read(record)
        shown = 1 + len(record.get("replies", {}).get("comments", []))
        assert (reading.id, len(reading.items), reading.unreadable) == (record["id"], shown, ())
        assert reading.total == record["snippet"]["totalReplyCount"]


@pytest.mark.parametrize("name", LISTS)
def test_the_html_of_recorded_texts_becomes_what_the_author_wrote(name: str) -> None:
    for record in load(name)["items"]:
        snippet = record["snippet"].get("topLevelComment", record)["snippet"]
        assert mapping.plain(snippet["textDisplay"]) == snippet["textOriginal"]


@pytest.mark.parametrize(
    ("shown", "written"),
    [
        ("Tack &amp; hej", "Tack & hej"),
        ("rad ett<br>rad två<br />rad tre", "rad ett\nrad två\nrad tre"),
        ("n&#39;n &quot;sa&quot; &lt;3", 'n\'n "sa" <3'),
        ('se <a href="https://example.org/a?b=1&amp;c=2">example.org</a>', "se example.org"),
        ("<b>fet</b> och <i>kursiv</i>", "fet och kursiv"),
    ],
)
def test_html_becomes_plain_text(shown: str, written: str) -> None:
    assert mapping.plain(shown) == written


@pytest.mark.parametrize(
    "text", ["a <3 b", "A & B", "R&D &lt;x&gt;", "5 < 6 &amp; 7 > 6", "<script>", "a<b", "AT&T;", "<3 &amp; <3", ""]
)
def test_plain_text_is_left_alone(text: str) -> None:
    assert mapping.plain(text) == text


def test_the_original_text_wins_over_what_is_displayed() -> None:
    item = mapping.item_of(comment("Ug1", "a &amp; b", textOriginal="a &amp; b"), us=US)
    assert item.text == "a &amp; b"


def test_a_reply_belongs_to_its_thread_and_its_video() -> None:
    record = load("comment_threads_with_replies")["items"][0]
    reply = read(record).items[1]
    assert (reply.thread, reply.parent, reply.post) == (record["id"], record["id"], "eIKfUWv1Y0E")


def test_a_reply_alone_finds_its_thread_in_parent_id_or_in_its_own_id() -> None:
    named = mapping.item_of(comment("X.1", parentId="Ug1"), us=US)
    bare = mapping.item_of(comment("Ug1.9abc"), us=US)
    assert (named.thread, named.parent) == ("Ug1", "Ug1")
    assert (bare.thread, bare.parent) == ("Ug1", "Ug1")


def test_our_own_edited_reply_is_ours_and_edited() -> None:
    ours = read(load("comment_threads_with_replies")["items"][0]).items[2]
    assert ours.from_us
    assert ours.posted_at == datetime(2026, 10, 13, 7, 5, 12, tzinfo=UTC)
    assert ours.edited_at == datetime(2026, 10, 13, 7, 21, 40, tzinfo=UTC)


def test_both_spellings_of_a_time_are_the_same_and_no_edit() -> None:
    item = mapping.item_of(comment("Ug1", updatedAt="2026-11-20T10:00:00.000Z"), us=US)
    assert item.edited_at is None


def test_a_thread_without_a_video_has_no_post_and_no_address() -> None:
    lone = [read(record).items[0] for record in load("comment_threads_all_related")["items"]][2]
    assert (lone.post, lone.url) == (None, "")


@pytest.mark.parametrize("channel", [None, {}, {"value": ""}, {"value": 7}, []])
def test_a_comment_without_a_channel_has_no_author(channel: Any) -> None:
    item = mapping.item_of(comment("Ug1", authorChannelId=channel), us=US)
    assert item.author is None
    assert not item.from_us


def test_a_comment_held_for_review_is_hidden() -> None:
    held = read(load("comment_threads_with_replies")["items"][1]).items[0]
    assert held.hidden


def test_an_unreadable_top_comment_costs_none_of_its_replies() -> None:
    record = load("comment_threads_with_replies")["items"][0]
    del record["snippet"]["topLevelComment"]["snippet"]["publishedAt"]
    reading = read(record)
    assert len(reading.items) == 5
    assert len(reading.unreadable) == 1
    assert reading.unreadable[0].raw.isascii()


@pytest.mark.parametrize("record", [None, "x", 3, [], {}, {"id": "Ug1"}, {"snippet": None}])
def test_what_is_no_thread_is_kept_raw(record: Any) -> None:
    reading = read(record)
    assert not reading.items
    assert json.loads(reading.unreadable[0].raw) == record


def test_more_replies_than_shown_are_noticed() -> None:
    assert read(thread("Ug1", replies=1)).has_more
    assert not read(thread("Ug1", replies=0)).has_more
    assert not read({**thread("Ug1"), "snippet": {**thread("Ug1")["snippet"], "totalReplyCount": None}}).has_more


@pytest.mark.parametrize("seed", range(200))
def test_no_damaged_record_is_ever_a_crash(seed: int) -> None:
    chance = random.Random(seed)
    record = copy.deepcopy(chance.choice(load("comment_threads_with_replies")["items"]))
    for _ in range(chance.randint(1, 4)):
        _damage(record, chance)
    reading = read(record)
    assert len(reading.items) + len(reading.unreadable) >= 1
    for item in reading.items:
        assert item.external_id
        assert item.thread
        assert item.posted_at.tzinfo is not None
        assert isinstance(item.text, str)
    assert isinstance(mapping.post_of(record), mapping.Post | None)


def _damage(record: Any, chance: random.Random) -> None:
    """Replace or remove something at random, anywhere inside."""
    while True:
        keys = list(record) if isinstance(record, dict) else range(len(record))
        if not keys:
            return
        key = chance.choice(list(keys))
        inner = record[key]
        if isinstance(inner, dict | list) and inner and chance.random() < 0.8:
            record = inner
            continue
        if isinstance(record, dict) and chance.random() < 0.3:
            del record[key]
        else:
            record[key] = chance.choice(RUBBISH)
        return


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Klockan nio.", "  Klockan nio.\n", True),
        ("Klockan nio & tio", "Klockan nio &amp; tio", True),
        ("Klockan nio.", "@vera Klockan nio.", True),
        ("@vera @bo Klockan nio.", "\u200b@vera\u200b Klockan nio.", True),
        ("Klockan nio.", "Klockan tio.", False),
        ("Klockan nio.", "Klockan nio. @vera", False),
    ],
)
def test_texts_are_the_same_but_for_escaping_space_and_leading_names(one: str, other: str, same: bool) -> None:
    assert mapping.same_text(one, other) is same
