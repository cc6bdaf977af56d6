"""What is public under a hashtag: read for a day, never answered, and searched within Instagram's limit."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import Exhausted, ItemKind, Permanent
from connectors.instagram.connector import Instagram
from tests.connectors.instagram.odd import OddInstagram
from tests.connectors.instagram.stage import US, InstagramStage
from tests.connectors.instagram.test_mapping import payload
from tests.connectors.reader import Reader, Round

SURFACE = "hashtag:exempelby"


@pytest.fixture
def reader() -> Reader:
    return Reader()


def poll(stage: InstagramStage, reader: Reader, surface: str = SURFACE, *, full: bool = False) -> Round:
    return reader.poll(Instagram(stage.context(hashtags=("exempelby",))), surface, full=full)


def test_each_watched_hashtag_is_a_surface_beside_the_comments(stage: InstagramStage) -> None:
    watched = stage.context(hashtags=("exempelby", "#bad", " exempelby ", ""))
    assert Instagram(watched).surfaces() == ("comments", "hashtag:exempelby", "hashtag:bad")
    with pytest.raises(ValueError, match="no surface"):
        Instagram(watched).poll("mentions", {}, known=Reader().known(), now=datetime.now(UTC))


def test_what_is_tagged_can_be_read_and_not_answered(stage: InstagramStage, reader: Reader) -> None:
    entry = stage.citizen_posts("Solnedgång vid #Exempelby hamn", media=["https://example.org/1.jpg"])
    poll(stage, reader)
    item = reader.items[entry.id]
    assert (item.kind, item.text, item.thread, item.post) == (ItemKind.HASHTAG, entry.text, entry.id, None)
    assert (item.author, item.addressed, item.can_reply, item.from_us) == (None, False, False, False)
    assert abs(item.posted_at - entry.created_at) < timedelta(seconds=1)
    assert item.url.startswith("https://www.instagram.com/p/")
    assert item.media == ("https://example.org/1.jpg",)


def test_what_we_tagged_ourselves_is_no_hit(stage: InstagramStage, reader: Reader) -> None:
    ours, theirs = stage.we_post("Vi visar #exempelby", ago=timedelta(hours=2)), stage.citizen_posts("#exempelby")
    connector = Instagram(stage.context(hashtags=("exempelby",)))
    reader.poll(connector)
    assert ours.id in reader.posts
    assert set(reader.items) == {theirs.id}


def test_what_is_older_than_a_day_or_only_begins_like_it_is_not_in_the_list(
    stage: InstagramStage, reader: Reader
) -> None:
    stage.citizen_posts("#exempelby i går", ago=timedelta(hours=25))
    stage.citizen_posts("#exempelbydagen")
    poll(stage, reader)
    assert not reader.items


def test_the_id_is_asked_for_once_and_a_round_without_news_is_one_call(stage: InstagramStage, reader: Reader) -> None:
    stage.citizen_posts("#exempelby")
    assert [poll(stage, reader).calls for _ in range(3)] == [2, 1, 1]
    assert poll(stage, reader).is_quiet


def test_the_same_cursor_on_every_page_leads_through_all_of_them(stage: InstagramStage, reader: Reader) -> None:
    written = {stage.citizen_posts(f"#exempelby {number}").id for number in range(173)}
    assert poll(stage, reader).calls == 5
    assert set(reader.items) == written
    assert poll(stage, reader).calls == 3  # nobody promises an order, so three pages are read each time


def test_a_hashtag_that_nobody_has_used_is_empty_and_says_so(stage: InstagramStage, reader: Reader) -> None:
    done = poll(stage, reader)
    assert (done.new, done.incomplete) == ([], [])
    assert "Ingen har använt #exempelby" in done.notes[0]
    entry = stage.citizen_posts("Nu: #exempelby")
    poll(stage, reader)
    assert set(reader.items) == {entry.id}


def test_the_thirty_first_hashtag_in_seven_days_has_to_wait(stage: InstagramStage, reader: Reader) -> None:
    connector = Instagram(stage.context())
    for number in range(31):
        stage.citizen_posts(f"#tagg{number}")
    for number in range(30):
        reader.poll(connector, f"hashtag:tagg{number}")
    with pytest.raises(Exhausted) as caught:
        reader.poll(connector, "hashtag:tagg30")
    assert caught.value.until > datetime.now(UTC) + timedelta(hours=23)
    assert reader.poll(connector, "hashtag:tagg3").calls == 1  # those that were searched go on


def test_a_hashtag_never_deletes_and_a_deleted_comment_is_not_a_hit(stage: InstagramStage, reader: Reader) -> None:
    hit, comment = stage.citizen_posts("#exempelby"), stage.citizen_writes("Hej")
    connector = Instagram(stage.context(hashtags=("exempelby",)))
    reader.poll(connector)
    stage.world.delete(hit.id)
    stage.world.delete(comment.id)
    for _ in range(2):
        reader.poll(connector, full=True)
    assert reader.deleted == {comment.id}


def test_a_hit_without_time_keeps_the_time_when_it_was_first_seen(reader: Reader) -> None:
    odd = OddInstagram()
    page = payload("hashtag_media_page_with_next")
    del page["paging"]
    search = {"data": [{"id": "17824917726369111"}]}
    odd.answer = lambda path, args: (200, {}, search if path == "ig_hashtag_search" else page)
    first = datetime(2026, 11, 24, 12, tzinfo=UTC)
    for minutes in (0, 10, 20):
        reader.poll(odd.instagram(), SURFACE, now=first + timedelta(minutes=minutes))
    odd.stop()
    assert {item.posted_at for item in reader.items.values()} == {first}
    assert len(reader.items) == 5
    assert len(json.dumps(reader.cursors)) < 500


def test_without_the_permission_it_is_an_error_and_no_empty_list(reader: Reader) -> None:
    odd = OddInstagram()
    odd.refused = ("ig_hashtag_search",)
    with pytest.raises(Permanent) as caught:
        reader.poll(odd.instagram(), SURFACE)
    odd.stop()
    assert caught.value.code == "permission"


def test_a_field_that_is_refused_is_left_out(stage: InstagramStage, reader: Reader) -> None:
    odd = OddInstagram()
    odd.unknown = ("media_url",)
    media = odd.picture(1)
    original = odd.respond

    def answer(path: str, args: dict[str, str]) -> object:
        if path == "ig_hashtag_search":
            return 200, {}, {"data": [{"id": "17824917726369111"}]}
        return original(path.replace("17824917726369111/recent_media", f"{US}/media"), args)

    odd.answer = answer  # type: ignore[assignment]
    reader.poll(odd.instagram(), SURFACE)
    odd.stop()
    assert set(reader.items) == {media}
