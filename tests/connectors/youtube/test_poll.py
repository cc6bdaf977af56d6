"""Nothing that citizens write is missed, and a round without news is cheap."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Connector, Exhausted, Permanent
from tests.connectors.reader import Reader, Round
from tests.connectors.youtube.stage import LONG_AGO, NOW, YouTubeStage

# Everything is found


def test_replies_beyond_the_embedded_ones_are_found(stage: YouTubeStage, connector: Connector, reader: Reader) -> None:
    first = stage.citizen_writes("Fråga")
    for number in range(230):
        stage.answer(first, f"Svar {number}")
    done = reader.poll(connector, "comments")
    assert reader.items.keys() == stage.shown()
    assert done.calls == 1 + 1 + 3  # the list, the video, the replies


def test_a_new_reply_on_an_old_thread_is_found_in_the_next_poll(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    old = stage.many(260)[0]
    reader.poll(connector, "comments")
    late = stage.answer(old, "Sent svar")
    assert reader.poll(connector, "comments").texts == [late.text]


def test_it_is_found_by_the_sweep_where_the_videos_tell_no_count(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    stage.world.annotate(stage.video.id, comment_count=7)
    old = stage.many(260)[0]
    reader.poll(connector, "comments")
    late = stage.answer(old, "Sent svar")
    for _ in range(4):  # 160 threads stand below the first page, 49 of them are looked at each time
        reader.poll(connector, "comments")
    assert late.text in reader.texts


def test_a_reply_in_a_long_thread_costs_its_newest_page_only(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    first = stage.citizen_writes("Fråga", at=LONG_AGO)
    with stage.world.together():
        for number in range(450):
            stage.answer(first, f"Svar {number}", at=LONG_AGO + timedelta(minutes=number))
    reader.poll(connector, "comments")
    late = stage.answer(first, "Sent svar")
    done = reader.poll(connector, "comments")
    assert done.texts == [late.text]
    assert done.calls <= 4
    assert reader.poll(connector, "comments").calls <= 3


def test_many_replies_at_once_in_a_known_thread_are_all_found(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    first = stage.citizen_writes("Fråga")
    for number in range(20):
        stage.answer(first, f"Svar {number}")
    reader.poll(connector, "comments")
    for number in range(150):
        stage.answer(first, f"Nytt {number}")
    assert len(reader.poll(connector, "comments").new) == 150


def test_a_comment_released_far_down_the_list_is_found(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    held = stage.many(230)[3]
    stage.world.hide(held.id)
    reader.poll(connector, "comments")
    assert held.text not in reader.texts
    stage.world.hide(held.id, False)
    assert reader.poll(connector, "comments").texts == [held.text]


def test_a_gap_left_by_a_poll_that_broke_off_is_closed(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    stage.many(5)
    reader.poll(connector, "comments")
    stage.many(350, at=NOW - timedelta(hours=9))
    pages = connector.poll("comments", reader.cursors["comments"], known=reader.known(), now=NOW)
    for _ in range(2):
        for item in next(pages).items:
            reader._store(item, Round())
    pages.close()
    reader.poll(connector, "comments")
    assert reader.items.keys() == stage.shown()


def test_a_list_cut_off_by_a_missing_next_is_made_whole_by_the_count(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    stage.many(250)
    stage.sandbox.faults.add("youtube", "missing_next", times=1)
    reader.poll(connector, "comments")
    assert reader.items.keys() == stage.shown()


def test_a_reply_on_a_video_without_a_turn_among_the_busy_ones_is_found(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    videos = [stage.film(f"Film {number}") for number in range(120)]
    threads = [stage.many(1, at=LONG_AGO + timedelta(days=n), video=video)[0] for n, video in enumerate(videos)]
    stage.many(200, at=NOW - timedelta(days=2))
    reader.poll(connector, "comments")
    late = stage.answer(threads[0], "Sent svar")
    for _ in range(12):
        reader.poll(connector, "comments")
    assert late.text in reader.texts


@pytest.mark.parametrize("seed", range(4))
def test_after_every_poll_we_hold_what_the_platform_shows(
    stage: YouTubeStage, connector: Connector, reader: Reader, seed: int
) -> None:
    chance = random.Random(seed)
    stage.set_ours(page_size=chance.choice([3, 20, 100]))
    videos = [stage.video, stage.film("Två"), stage.film("Tre")]
    for _ in range(25):
        for _ in range(chance.randint(0, 6)):
            threads = stage.world.entries("youtube", kind="comment", parent=None)
            at = datetime.now(UTC) - timedelta(seconds=chance.choice([0, 0, 0, 10**5]))
            if not threads or chance.random() < 0.4:
                stage.citizen_writes(f"Fråga {chance.random()}", at=at, video=chance.choice(videos))
            else:
                for _ in range(chance.choice([1, 1, 2, 9])):
                    stage.answer(chance.choice(threads), f"Svar {chance.random()}", by_us=chance.random() < 0.3, at=at)
        done = reader.poll(connector, "comments")
        assert stage.shown() <= reader.items.keys()
        assert not done.incomplete
        assert reader.poll(connector, "comments").calls <= 3


# What it costs


@pytest.mark.parametrize(("threads", "replies"), [(2300, 0), (400, 4), (60, 37), (1, 2299)])
def test_a_storm_is_read_in_as_few_calls_as_can_be(
    stage: YouTubeStage, connector: Connector, reader: Reader, threads: int, replies: int
) -> None:
    for first in stage.many(threads, at=NOW - timedelta(hours=40)):
        with stage.world.together():
            for number in range(replies):
                stage.answer(first, f"Svar {number}", at=first.created_at + timedelta(seconds=number))
    fewest = math.ceil(threads / 100) + (threads * math.ceil(replies / 100) if replies > 5 else 0)
    done = reader.poll(connector, "comments")
    assert reader.items.keys() == stage.shown()
    assert done.calls <= max(1.2 * fewest, fewest + 1)
    assert not done.incomplete
    assert reader.poll(connector, "comments").calls <= 3


def test_a_round_without_news_is_cheap_on_short_pages_too(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    stage.set_ours(page_size=20)
    stage.many(200, at=NOW - timedelta(hours=30))
    reader.poll(connector, "comments")
    assert len(reader.items) == 200
    assert reader.poll(connector, "comments").calls <= 3


def test_a_count_that_nothing_explains_does_not_cost_much_each_time(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    stage.many(430)
    reader.poll(connector, "comments")
    stage.world.annotate(stage.video.id, comment_count=999)
    reader.poll(connector, "comments")
    stage.world.annotate(stage.video.id, comment_count=1001)
    assert reader.poll(connector, "comments").calls <= 3
    later = datetime.now(UTC) + timedelta(hours=1)
    assert reader.poll(connector, "comments", now=later).calls > 3
    assert reader.poll(connector, "comments", now=later).calls <= 3


def test_the_cost_of_the_pages_is_the_units_of_the_calls(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    stage.many(130)
    done = reader.poll(connector, "comments")
    assert {page.cost.unit for page in done.pages} == {"units"}
    assert sum(page.cost.amount for page in done.pages) == done.calls


def test_a_reply_of_ours_that_is_known_already_hides_no_other_one(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    old = stage.many(230)[0]
    reader.poll(connector, "comments")
    ours = stage.answer(old, "Klockan nio.", by_us=True)
    known = connector.read([ours.id]).items[0]
    reader._store(known, Round())
    reader.poll(connector, "comments")
    late = stage.answer(old, "Tack!")
    assert reader.poll(connector, "comments").texts == [late.text]


# Posts


def test_a_video_comes_with_its_title_and_its_count(stage: YouTubeStage, connector: Connector, reader: Reader) -> None:
    stage.answer(stage.citizen_writes("Fråga"), "Svar")
    done = reader.poll(connector, "comments")
    post = reader.posts[stage.video.id]
    assert (post.text, post.comment_count) == ("Så bygger vi den nya skolan", 2)
    assert done.pages[-1].platform_count == 2


def test_the_first_page_already_knows_its_videos(stage: YouTubeStage, connector: Connector, reader: Reader) -> None:
    stage.many(120)
    first = next(connector.poll("comments", {}, known=reader.known(), now=NOW))
    assert {item.post for item in first.items} <= {post.external_id for post in first.posts}


def test_every_video_of_a_long_history_gets_its_title(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    videos = [stage.film(f"Film {number}") for number in range(130)]
    for number, video in enumerate(videos):
        stage.citizen_writes("Fråga", at=LONG_AGO + timedelta(hours=number), video=video)
    assert reader.poll(connector, "comments").calls <= 2 + 3
    assert {video.id for video in videos} <= reader.posts.keys()


@pytest.mark.parametrize("kind", ["server_error", "html_502", "drop_before", "empty_200"])
def test_titles_that_cannot_be_read_stop_no_comment(
    stage: YouTubeStage, connector: Connector, reader: Reader, kind: str
) -> None:
    stage.citizen_writes("Fråga")
    stage.fault(kind, path="/videos")
    done = reader.poll(connector, "comments")
    assert done.texts == ["Fråga"]
    assert done.notes
    assert not done.incomplete


# What stops a poll


def test_a_spent_quota_stops_the_poll_and_the_next_one_goes_on(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    stage.set_ours(quota=4)
    stage.many(450)
    with pytest.raises(Exhausted):
        reader.poll(connector, "comments")
    assert reader.items
    stage.set_ours()
    reader.poll(connector, "comments")
    assert reader.items.keys() == stage.shown()


def test_one_repeated_page_is_got_over(stage: YouTubeStage, connector: Connector, reader: Reader) -> None:
    stage.many(450)
    stage.sandbox.faults.add("youtube", "repeat_page", times=2)
    done = reader.poll(connector, "comments")
    assert reader.items.keys() == stage.shown()
    assert not done.incomplete


def test_an_endless_list_is_left_after_a_few_pages(stage: YouTubeStage, connector: Connector, reader: Reader) -> None:
    stage.many(450)
    stage.fault("repeat_page")
    done = reader.poll(connector, "comments")
    assert done.incomplete
    assert done.calls < 12


def test_a_channel_that_is_not_there_is_a_clear_sentence(stage: YouTubeStage, reader: Reader) -> None:
    with pytest.raises(Permanent) as caught:
        reader.poll(stage.connector(external_id="UCnone"))
    assert caught.value.code == "channel_not_found"


def test_an_unknown_surface_is_refused(connector: Connector, reader: Reader) -> None:
    with pytest.raises(Permanent):
        reader.poll(connector, "comments", "ads")


@pytest.mark.parametrize(
    "cursor",
    [
        {"newest_at": 5, "videos": [], "replies": "x", "gone": 3, "walked": {"v": 1}, "turn": []},
        {"newest_at": "yesterday", "videos": {"v": "x"}, "turn": {"hot": None}, "video_after": None},
        {"something": "else"},
    ],
)
def test_a_cursor_of_another_time_counts_as_none(
    stage: YouTubeStage, connector: Connector, reader: Reader, cursor: dict[str, Any]
) -> None:
    stage.many(130)
    reader.cursors["comments"] = cursor
    reader.poll(connector, "comments")
    assert reader.items.keys() == stage.shown()
