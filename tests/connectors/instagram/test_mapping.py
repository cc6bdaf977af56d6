"""Recorded answers of Instagram, and odd ones, become our values."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import ItemKind
from connectors.instagram import mapping
from connectors.instagram.mapping import Place, Unmappable, Us

PAYLOADS = Path(__file__).parents[2] / "payloads" / "instagram"
US = Us("17801909472523235").called("exempelby")
TOP = Place(post="1789", thread="178", parent=None, url="https://example.org/p/x/")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def test_a_comment_becomes_an_item() -> None:
    raw = {
        "id": "17870776271699139",
        "text": "När öppnar badet? <b>",
        "timestamp": "2026-11-24T12:00:00+0000",
        "from": {"id": "232938645", "username": "ellenfurumo"},
        "username": "ellenfurumo",
        "hidden": False,
    }
    item = mapping.comment(raw, TOP, US)
    assert (item.external_id, item.thread, item.parent, item.post) == ("17870776271699139", "178", None, "1789")
    assert (item.text, item.kind, item.posted_at, item.edited_at) == (raw["text"], ItemKind.COMMENT, NOW, None)
    assert item.author is not None
    assert (item.author.external_id, item.author.name) == ("232938645", "ellenfurumo")
    assert (item.from_us, item.can_reply, item.url) == (False, True, TOP.url)


@pytest.mark.parametrize("name", ["comments_page_with_next", "comments_last_page_without_paging"])
def test_recorded_comments_without_author_are_items_without_author(name: str) -> None:
    items = [mapping.comment(raw, TOP, US) for raw in payload(name)["data"]]
    assert [(item.author, item.from_us) for item in items] == [(None, False)] * 2
    assert all(item.posted_at.year == 2020 for item in items)


def test_a_recorded_comment_of_ours_is_known_by_its_username() -> None:
    ours, theirs = (mapping.comment(raw, TOP, US) for raw in payload("comments_by_ids").values())
    assert (ours.from_us, theirs.from_us) == (True, False)
    assert theirs.author is not None
    assert (theirs.author.external_id, theirs.author.handle) == ("brittaekdal481", "brittaekdal481")
    assert ours.text == "@exempelby  Okej, tack"
    assert ours.mentions == ("exempelby",)


def test_equal_texts_with_different_ids_are_different_comments() -> None:
    first, second = (mapping.comment(raw, TOP, US) for raw in payload("comments_page_with_next")["data"])
    assert first.text == second.text
    assert first.external_id != second.external_id


def test_recorded_media_are_posts_with_their_count() -> None:
    posts = [mapping.media_post(raw) for raw in payload("media_page_with_next")["data"]]
    assert [(post.text, post.comment_count) for post in posts] == [("", 0), ("", 6)]
    assert all(post.url.startswith("https://example.org/p/") and post.posted_at for post in posts)


def test_a_recorded_album_shows_all_its_pictures() -> None:
    single, album = payload("media_by_ids_with_album").values()
    assert (len(mapping.pictures(single)), len(mapping.pictures(album))) == (1, 3)
    assert max(len(link) for link in mapping.pictures(album)) > 500


def test_recorded_hashtag_media_without_time_were_written_when_they_were_seen() -> None:
    items = [mapping.hashtag_hit(raw, NOW) for raw in payload("hashtag_media_page_with_next")["data"]]
    assert len(items) == 5
    assert {(item.kind, item.posted_at, item.author) for item in items} == {(ItemKind.HASHTAG, NOW, None)}
    assert not any(item.addressed or item.can_reply for item in items)


def test_recorded_mentions_are_items_that_name_us() -> None:
    comment = mapping.mention(payload("mentioned_comment")["mentioned_comment"], US, {})
    media = mapping.mention(payload("mentioned_media")["mentioned_media"], US, {})
    assert (comment.kind, comment.text, comment.thread) == (ItemKind.MENTION, "@exempelby ojdå", "17971669045450919")
    assert (media.text, media.author, media.post) == ("@exempelby hit", None, None)
    assert len(media.media) == 1


def test_the_end_of_paging_is_a_missing_next_or_a_missing_paging() -> None:
    assert "paging" not in payload("comments_last_page_without_paging")
    assert payload("hashtag_media_page_with_next")["paging"]["cursors"]["after"] == "QVFIR"


def test_no_token_stays_in_what_we_store() -> None:
    for name in ("comments_page_with_next", "media_page_with_next", "hashtag_media_page_with_next"):
        assert "EAAExempel01" not in mapping.unreadable(payload(name), "x", "comments").raw
        assert "EAAExempel01" not in json.dumps(mapping.without_edges(payload(name)))


@pytest.mark.parametrize(
    "who",
    [{"id": US.id}, {"id": 17801909472523235}, {"id": "1", "self_ig_scoped_id": US.id}, {"username": "Exempelby"}],
)
def test_we_are_known_by_each_of_our_names(who: dict[str, Any]) -> None:
    assert US.wrote({"from": who})
    assert not US.wrote({"from": {"id": "1", "username": "exempelby2"}})
    assert not Us("").wrote({"from": {"id": ""}})


def test_a_username_that_was_seen_with_its_id_is_that_id() -> None:
    author = mapping.author_of({"username": "Ellen"}, {"ellen": "232938645"})
    assert author is not None
    assert (author.external_id, author.name) == ("232938645", "Ellen")


NAMES = [
    "id", "text", "timestamp", "username", "from", "hidden", "parent_id", "caption", "comments_count", "permalink",
    "media", "media_url", "children", "data", "replies", "comments", "paging", "next", "self_ig_scoped_id",
]  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["17", "2026-11-24T12:00:00+0000", "https://[", "\ud800", "@", "@a.", "exempelby"]),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inside: st.one_of(st.lists(inside, max_size=3), st.dictionaries(st.sampled_from(NAMES), inside, max_size=6)),
    max_leaves=25,
)
RECORDED = [name for name in sorted(path.stem for path in PAYLOADS.glob("*.json")) if "webhook" not in name]


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_no_record_is_odd_enough_to_surprise_us(raw: dict[str, Any]) -> None:
    check(raw)


@given(st.data(), st.sampled_from(RECORDED))
def test_no_variant_of_a_recorded_answer_surprises_us(data: st.DataObject, name: str) -> None:
    """Keys missing, null, of another type, and unknown ones."""
    for raw in records(payload(name)):
        changed = dict(raw)
        for key in data.draw(st.lists(st.sampled_from(sorted(raw)), max_size=4)):
            if data.draw(st.booleans()):
                changed.pop(key, None)
            else:
                changed[key] = data.draw(JSON)
        check({**changed, "colour": "blue"})


def records(answer: Any) -> list[dict[str, Any]]:
    rows = answer.get("data") or [one for one in answer.values() if isinstance(one, dict)]
    return [row for row in rows if isinstance(row, dict)]


def check(raw: dict[str, Any]) -> None:
    assert mapping.unreadable(raw, "x", "comments").raw.isascii()
    for make in (
        lambda: mapping.comment(raw, TOP, US),
        lambda: mapping.mention(raw, US, {}),
        lambda: mapping.hashtag_hit(raw, NOW),
    ):
        try:
            item = make()
        except Unmappable:
            continue
        assert isinstance(item.external_id, str)
        assert item.posted_at.tzinfo is not None
        assert isinstance(item.text, str)
