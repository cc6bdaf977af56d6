"""Recorded answers of Facebook, and odd ones, become our values."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import ItemKind
from connectors.facebook import mapping
from connectors.facebook.mapping import Place, Unmappable

PAYLOADS = Path(__file__).parents[2] / "payloads" / "facebook"
PAGE = "19216351233"
TOP = Place(post=f"{PAGE}_1", visitor=False, thread="1_2", parent=None)


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def test_a_comment_becomes_an_item() -> None:
    raw = {
        "id": "1_2",
        "message": "När öppnar badet? <b>",
        "created_time": "2026-11-24T12:00:00+0000",
        "from": {"id": "77", "name": "Åsa"},
        "permalink_url": "https://example.org/x?comment_id=2",
    }
    item = mapping.comment(raw, TOP, PAGE)
    assert (item.external_id, item.thread, item.parent, item.post) == ("1_2", "1_2", None, f"{PAGE}_1")
    assert item.posted_at == datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert item.author is not None
    assert (item.author.external_id, item.author.name) == ("77", "Åsa")
    assert (item.text, item.kind, item.from_us, item.edited_at) == (raw["message"], ItemKind.COMMENT, False, None)


def test_recorded_comments_without_id_cannot_be_read() -> None:
    for raw in payload("comments_filter_stream_page_1")["data"]:
        with pytest.raises(Unmappable, match="id"):
            mapping.comment(raw, TOP, PAGE)


def test_recorded_comments_without_author_are_items_without_author() -> None:
    items = [mapping.comment(raw, TOP, PAGE) for raw in payload("comments_by_ids").values()]
    assert [(item.author, item.from_us) for item in items] == [(None, False)] * 2
    assert items[0].text == "Vi ses på invigningen"


def test_an_answer_is_known_by_its_address_where_the_parent_is_left_out() -> None:
    parents = []
    for number, raw in enumerate(payload("comments_filter_stream_page_1")["data"]):
        own = raw["permalink_url"].rpartition("=")[2]
        parents.append(mapping.parent_of({**raw, "id": f"10150260322158369_{own}"}))
        assert (parents[number] is None) == ("reply_comment_id" not in raw["permalink_url"])
    assert parents[5] == "10150260322158369_10153573419828447"


def test_recorded_posts_become_posts_with_the_count_they_were_given() -> None:
    posts = [mapping.post(raw, 13) for raw in payload("feed_page_with_attachments")["data"]]
    assert [post.external_id.partition("_")[0] for post in posts] == [PAGE] * 3
    assert posts[0].posted_at == datetime(2021, 7, 15, 23, 9, 9, tzinfo=UTC)
    assert "comments" not in posts[0].raw
    assert posts[0].comment_count == 13


def test_tags_fit_the_text_and_name_whom_it_speaks_of() -> None:
    for raw in payload("feed_page_with_attachments")["data"]:
        for tag in raw["message_tags"]:
            assert raw["message"][tag["offset"] : tag["offset"] + tag["length"]] == tag["name"]
        assert mapping.tags(raw) == tuple(tag["id"] for tag in raw["message_tags"])


def test_tags_in_the_old_shape_are_read_too() -> None:
    assert mapping.tags({"message_tags": {"0": [{"id": 7}], "9": [{"id": "8"}, {}]}}) == ("7", "8")


def test_pictures_of_posts_and_comments_are_given_by_address() -> None:
    first = payload("feed_page_with_attachments")["data"][0]
    assert mapping.media(first) == (first["attachments"]["data"][0]["media"]["image"]["src"],)
    assert mapping.media({"attachment": {"media": {"image": {"src": "https://example.org/1.jpg"}}}}) == (
        "https://example.org/1.jpg",
    )
    assert mapping.media({"attachment": {"media": {"image": {"src": "javascript:alert(1)"}}}}) == ()


def test_an_album_shows_all_its_pictures() -> None:
    parts = [{"media": {"image": {"src": f"https://example.org/{n}.jpg"}}} for n in range(3)]
    raw = {"attachments": {"data": [{"type": "album", "subattachments": {"data": parts}}]}}
    assert len(mapping.media(raw)) == 3


def test_what_a_visitor_writes_is_the_thread_of_what_hangs_under_it() -> None:
    raw = {"id": f"{PAGE}_9", "created_time": "2026-11-24T12:00:00+0000", "from": {"id": "77"}}
    item = mapping.post_of_others(raw, PAGE)
    below = mapping.comment({**raw, "id": "9_1"}, Place(f"{PAGE}_9", True, "9_1", None), PAGE)
    assert (item.kind, item.thread, item.parent, item.text) == (ItemKind.VISITOR_POST, item.external_id, None, "")
    assert (below.thread, below.parent, below.post) == (item.external_id, item.external_id, None)


def test_an_author_with_only_an_id_is_kept() -> None:
    author = mapping.author_of({"from": {"id": 115777720233908}})
    assert author is not None
    assert (author.external_id, author.name) == ("115777720233908", "")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-24T13:00:00+0100", datetime(2026, 11, 24, 12, tzinfo=UTC)),
        ("2026-11-24T12:00:00Z", datetime(2026, 11, 24, 12, tzinfo=UTC)),
        ("2026-11-24T12:00:00.500+00:00", datetime(2026, 11, 24, 12, 0, 0, 500000, tzinfo=UTC)),
        (1791964949, datetime(2026, 10, 14, 8, 2, 29, tzinfo=UTC)),
        ("2026-11-24T12:00:00", None),
        ("0001-01-01T00:00:00+1400", None),
        ("i går", None),
        (10**30, None),
        (True, None),
        (None, None),
    ],
)
def test_times_are_read_or_not(value: Any, expected: datetime | None) -> None:
    assert mapping.time_of(value) == expected


def test_no_token_stays_in_what_we_store() -> None:
    page = payload("accounts_page_with_next")
    assert "EAAExempel01" not in json.dumps(mapping.clean(page))
    assert "EAAExempel01" not in mapping.unreadable(page, "x", "comments").raw


def test_what_cannot_be_read_is_stored_as_ascii() -> None:
    assert mapping.unreadable({"message": "å\ud800"}, "x", "comments").raw.isascii()


NAMES = [
    "id", "message", "created_time", "from", "parent", "permalink_url", "comment_count", "is_hidden", "message_tags",
    "attachment", "attachments", "story", "data", "media", "image", "src", "name", "subattachments", "source",
]  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["1_2", "2026-11-24T12:00:00+0000", "/x?comment_id=1&reply_comment_id=2", "https://[", "\ud800"]),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inside: st.one_of(st.lists(inside, max_size=3), st.dictionaries(st.sampled_from(NAMES), inside, max_size=6)),
    max_leaves=25,
)


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_no_record_is_odd_enough_to_surprise_us(raw: dict[str, Any]) -> None:
    mapping.parent_of(raw)
    mapping.is_visitors(raw, PAGE)
    mapping.replies(raw)
    assert mapping.unreadable(raw, "x", "comments").raw.isascii()
    for make in (lambda: mapping.comment(raw, TOP, PAGE), lambda: mapping.post_of_others(raw, PAGE)):
        try:
            item = make()
        except Unmappable:
            continue
        assert isinstance(item.external_id, str)
        assert item.posted_at.tzinfo is not None
        assert isinstance(item.text, str)
