"""Nothing that citizens write is missed, and a round without news is cheap."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Connector, Exhausted, Permanent, Temporary
from sandbox.entries import Entry
from tests.connectors.reader import Reader
from tests.connectors.youtube.stage import ANNA, US, YouTubeStage
from tests.sandbox_server import RunningSandbox

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=200)


@pytest.fixture
def stage(sandbox: RunningSandbox) -> YouTubeStage:
    return YouTubeStage(sandbox)


@pytest.fixture
def connector(stage: YouTubeStage) -> Connector:
    return stage.connector()


@pytest.fixture
def reader() -> Reader:
    return Reader()


def many(stage: YouTubeStage, count: int, *, at: datetime = LONG_AGO, video: Entry | None = None) -> list[Entry]:
    """Let a citizen write many threads, a minute apart, the oldest first."""
    with stage.world.together():
        return [
            stage.citizen_writes(f"Fråga {number} {at}", at=at + timedelta(minutes=number), video=video)
            for number in range(count)
        ]


def set_ours(stage: YouTubeStage, **extra: Any) -> None:
    stage.world.add_account("youtube", "Exempelby kommun", id=US, ours=True, extra=extra)


def on_the_platform(stage: YouTubeStage) -> set[str]:
    return {entry.id for entry in stage.world.entries("youtube", kind="comment")}


# Everything is found


def test_replies_beyond_the_embedded_ones_are_found(stage: YouTubeStage, connector: Connector, reader: Reader) -> None:
    first = stage.citizen_writes("Fråga")
    for number in range(230):
        stage.answer(first, f"Svar {number}")
    done = reader.poll(connector)
    assert reader.items.keys() == on_the_platform(stage)
    assert done.calls == 1 + 1 + 3  # the list, the video, the replies


def test_a_new_reply_on_an_old_thread_is_found_in_the_next_poll(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    old = many(stage, 260)[0]
    reader.poll(connector)
    late = stage.answer(old, "Sent svar")
    assert reader.poll(connector).texts == [late.text]


def test_it_is_found_by_the_sweep_where_the_videos_tell_no_count(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    stage.world.annotate(stage.video.id, comment_count=7)
    old = many(stage, 260)[0]
    reader.poll(connector)
    late = stage.answer(old, "Sent svar")
    for _ in range(4):  # 160 threads stand below the first page, 49 of them are looked at each time
        reader.poll(connector)
    assert late.text in reader.texts


def test_a_reply_in_a_long_thread_costs_its_newest_page_only(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    first = stage.citizen_writes("Fråga", at=LONG_AGO)
    with stage.world.together():
        for number in range(450):
            stage.answer(first, f"Svar {number}", at=LONG_AGO + timedelta(minutes=number))
    reader.poll(connector)
    late = stage.answer(first, "Sent svar")
    done = reader.poll(connector)
    assert done.texts == [late.text]
    assert done.calls <= 4
    assert reader.poll(connector).calls <= 3


def test_many_replies_at_once_in_a_known_thread_are_all_found(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    first = stage.citizen_writes("Fråga")
    for number in range(20):
        stage.answer(first, f"Svar {number}")
    reader.poll(connector)
    for number in range(150):
        stage.answer(first, f"Nytt {number}")
    assert len(reader.poll(connector).new) == 150


def test_a_comment_released_far_down_the_list_is_found(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    held = many(stage, 230)[3]
    stage.world.hide(held.id)
    reader.poll(connector)
    assert held.text not in reader.texts
    stage.world.hide(held.id, False)
    assert reader.poll(connector).texts == [held.text]


def test_a_gap_left_by_a_poll_that_broke_off_is_closed(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    many(stage, 5)
    reader.poll(connector)
    many(stage, 350, at=NOW - timedelta(hours=9))
    pages = connector.poll("comments", reader.cursors["comments"], known=reader.known(), now=NOW)
    for _ in range(2):
        for item in next(pages).items:
            reader._store(item, type("Round", (), {"new": [], "changed": []})())
    pages.close()
    reader.poll(connector)
    assert reader.items.keys() == on_the_platform(stage)


def test_a_list_cut_off_by_a_missing_next_is_made_whole_by_the_count(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    many(stage, 250)
    stage.sandbox.faults.add("youtube", "missing_next", times=1)
    reader.poll(connector)
    assert reader.items.keys() == on_the_platform(stage)


def test_a_reply_on_a_video_without_a_turn_among_the_busy_ones_is_found(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    videos = [stage.film(f"Film {number}") for number in range(120)]
    threads = [many(stage, 1, at=LONG_AGO + timedelta(days=n), video=video)[0] for n, video in enumerate(videos)]
    many(stage, 200, at=NOW - timedelta(days=2))
    reader.poll(connector)
    late = stage.answer(threads[0], "Sent svar")
    for _ in range(12):
        reader.poll(connector)
    assert late.text in reader.texts


@pytest.mark.parametrize("seed", range(4))
def test_after_every_poll_we_hold_what_the_platform_shows(
    stage: YouTubeStage, connector: Connector, reader: Reader, seed: int
) -> None:
    chance = random.Random(seed)
    set_ours(stage, page_size=chance.choice([3, 20, 100]))
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
        done = reader.poll(connector)
        assert on_the_platform(stage) <= reader.items.keys()
        assert not done.incomplete
        assert reader.poll(connector).calls <= 3


# What it costs


@pytest.mark.parametrize(("threads", "replies"), [(2300, 0), (400, 4), (60, 37), (1, 2299)])
def test_a_storm_is_read_in_as_few_calls_as_can_be(
    stage: YouTubeStage, connector: Connector, reader: Reader, threads: int, replies: int
) -> None:
    for first in many(stage, threads, at=NOW - timedelta(hours=40)):
        with stage.world.together():
            for number in range(replies):
                stage.answer(first, f"Svar {number}", at=first.created_at + timedelta(seconds=number))
    fewest = math.ceil(threads / 100) + (threads * math.ceil(replies / 100) if replies > 5 else 0)
    done = reader.poll(connector)
    assert reader.items.keys() == on_the_platform(stage)
    assert done.calls <= max(1.2 * fewest, fewest + 1)
    assert not done.incomplete
    assert reader.poll(connector).calls <= 3


def test_a_round_without_news_is_cheap_on_short_pages_too(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    set_ours(stage, page_size=20)
    many(stage, 200, at=NOW - timedelta(hours=30))
    reader.poll(connector)
    assert len(reader.items) == 200
    assert reader.poll(connector).calls <= 3


def test_a_count_that_nothing_explains_is_not_looked_into_each_time(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    many(stage, 230)
    reader.poll(connector)
    stage.world.annotate(stage.video.id, comment_count=999)
    reader.poll(connector)
    stage.world.annotate(stage.video.id, comment_count=1001)
    assert reader.poll(connector).calls <= 3
    later = datetime.now(UTC) + timedelta(hours=1)
    assert reader.poll(connector, now=later).calls > 3
    assert reader.poll(connector, now=later).calls <= 3


def test_the_cost_of_the_pages_is_the_units_of_the_calls(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    many(stage, 130)
    done = reader.poll(connector)
    assert {page.cost.unit for page in done.pages} == {"units"}
    assert sum(page.cost.amount for page in done.pages) == done.calls


# Posts


def test_a_video_comes_with_its_title_and_its_count(stage: YouTubeStage, connector: Connector, reader: Reader) -> None:
    stage.answer(stage.citizen_writes("Fråga"), "Svar")
    done = reader.poll(connector)
    post = reader.posts[stage.video.id]
    assert (post.text, post.comment_count) == ("Så bygger vi den nya skolan", 2)
    assert done.pages[-1].platform_count == 2


def test_the_first_page_already_knows_its_videos(stage: YouTubeStage, connector: Connector, reader: Reader) -> None:
    many(stage, 120)
    first = next(connector.poll("comments", {}, known=reader.known(), now=NOW))
    assert {item.post for item in first.items} <= {post.external_id for post in first.posts}


def test_every_video_of_a_long_history_gets_its_title(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    videos = [stage.film(f"Film {number}") for number in range(130)]
    for number, video in enumerate(videos):
        stage.citizen_writes("Fråga", at=LONG_AGO + timedelta(hours=number), video=video)
    assert reader.poll(connector).calls <= 2 + 3
    assert {video.id for video in videos} <= reader.posts.keys()


@pytest.mark.parametrize("kind", ["server_error", "html_502", "drop_before", "empty_200"])
def test_titles_that_cannot_be_read_stop_no_comment(
    stage: YouTubeStage, connector: Connector, reader: Reader, kind: str
) -> None:
    stage.citizen_writes("Fråga")
    stage.fault(kind, path="/videos")
    done = reader.poll(connector)
    assert done.texts == ["Fråga"]
    assert done.notes
    assert not done.incomplete


# What is gone


def test_a_full_poll_asks_only_for_what_it_did_not_see(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    entries = many(stage, 90)
    reader.poll(connector)
    for gone in entries[:3]:
        stage.world.delete(gone.id)
    first, second = reader.poll(connector, full=True), reader.poll(connector, full=True)
    assert first.calls == second.calls == 3  # the list, the video, one look-up
    assert sorted(second.deleted) == sorted(gone.id for gone in entries[:3])


def test_a_deleted_reply_deep_in_a_thread_is_missed(stage: YouTubeStage, connector: Connector, reader: Reader) -> None:
    first = stage.citizen_writes("Fråga")
    replies = [stage.answer(first, f"Svar {number}") for number in range(30)]
    reader.poll(connector)
    stage.world.delete(replies[2].id)
    reader.poll(connector, full=True)
    assert reader.poll(connector, full=True).deleted == [replies[2].id]


def test_nothing_counts_as_gone_where_nothing_can_be_looked_up(
    stage: YouTubeStage, connector: Connector, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = many(stage, 20)
    reader.poll(connector)
    stage.world.delete(entries[0].id)
    monkeypatch.setattr("sandbox.youtube.routes._ids", lambda args: [])  # a look-up that shows nothing at all
    done = reader.poll(connector, full=True)
    assert not [id for page in done.pages for id in page.missing]
    assert done.notes


def test_what_we_hid_is_hidden_and_not_gone(stage: YouTubeStage, connector: Connector, reader: Reader) -> None:
    entry = stage.citizen_writes("Opassande")
    stage.citizen_writes("Passande")
    reader.poll(connector)
    stage.world.hide(entry.id)
    reader.poll(connector, full=True)
    assert not reader.poll(connector, full=True).deleted
    assert reader.find("Opassande").hidden


def test_an_old_thread_that_is_deleted_is_missing_in_its_sweep(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    old = many(stage, 130)[0]
    reply = stage.answer(old, "Svar", at=LONG_AGO)
    reader.poll(connector)
    stage.world.delete(old.id)
    missing = {id for page in reader.poll(connector).pages for id in page.missing}
    assert missing == {old.id, reply.id}


def test_a_reading_of_one_comment_says_what_is_missing(stage: YouTubeStage, connector: Connector) -> None:
    there, gone = stage.citizen_writes("Kvar"), stage.citizen_writes("Borta")
    stage.world.delete(gone.id)
    page = connector.read([there.id, gone.id])
    assert [item.text for item in page.items] == ["Kvar"]
    assert page.missing == (gone.id,)


# What stops a poll


def test_a_spent_quota_stops_the_poll_and_the_next_one_goes_on(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    set_ours(stage, quota=4)
    many(stage, 450)
    with pytest.raises(Exhausted):
        reader.poll(connector)
    assert reader.items
    set_ours(stage)
    reader.poll(connector)
    assert reader.items.keys() == on_the_platform(stage)


def test_one_repeated_page_is_got_over(stage: YouTubeStage, connector: Connector, reader: Reader) -> None:
    many(stage, 450)
    stage.sandbox.faults.add("youtube", "repeat_page", times=2)
    done = reader.poll(connector)
    assert reader.items.keys() == on_the_platform(stage)
    assert not done.incomplete


def test_an_endless_list_is_left_after_a_few_pages(stage: YouTubeStage, connector: Connector, reader: Reader) -> None:
    many(stage, 450)
    stage.fault("repeat_page")
    done = reader.poll(connector)
    assert done.incomplete
    assert done.calls < 12


def test_a_channel_that_is_not_there_is_a_clear_sentence(stage: YouTubeStage, reader: Reader) -> None:
    with pytest.raises(Permanent) as caught:
        reader.poll(stage.connector(external_id="UCnone"))
    assert caught.value.code == "channel_not_found"


def test_an_unknown_surface_is_refused(connector: Connector, reader: Reader) -> None:
    with pytest.raises(Permanent):
        reader.poll(connector, "ads")


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
    many(stage, 130)
    reader.cursors["comments"] = cursor
    reader.poll(connector)
    assert reader.items.keys() == on_the_platform(stage)


# Answers of ours


def test_our_reply_is_found_on_the_second_page_of_a_long_thread(stage: YouTubeStage, connector: Connector) -> None:
    first = stage.citizen_writes("Fråga")
    since = datetime.now(UTC)
    sent = connector.reply(stage.target(first), "Klockan nio.")
    for number in range(130):
        stage.answer(first, f"Svar {number}")
    found = connector.find_sent(stage.target(first), "Klockan nio.", since=since, exclude=())
    assert found is not None
    assert found.external_id == sent.external_id


def test_an_older_reply_and_a_citizens_same_words_are_not_ours(stage: YouTubeStage, connector: Connector) -> None:
    first = stage.citizen_writes("Fråga", at=NOW - timedelta(days=1))
    stage.answer(first, "Klockan nio.", by_us=True, at=NOW - timedelta(minutes=30))
    stage.answer(first, "Klockan nio.")
    assert connector.find_sent(stage.target(first), "Klockan nio.", since=NOW, exclude=()) is None


def test_a_look_up_in_a_thread_that_is_gone_is_no_absence(stage: YouTubeStage, connector: Connector) -> None:
    first = stage.citizen_writes("Fråga")
    stage.world.delete(first.id)
    with pytest.raises(Permanent):
        connector.find_sent(stage.target(first), "Klockan nio.", since=NOW, exclude=())


def test_a_repeating_list_is_no_absence(stage: YouTubeStage, connector: Connector) -> None:
    first = stage.citizen_writes("Fråga")
    for number in range(130):
        stage.answer(first, f"Svar {number}")
    stage.fault("repeat_page")
    with pytest.raises(Temporary):
        connector.find_sent(stage.target(first), "Klockan nio.", since=NOW, exclude=())


def test_a_reply_to_a_reply_stands_in_the_thread(stage: YouTubeStage, connector: Connector) -> None:
    reply = stage.answer(stage.citizen_writes("Fråga"), "Svar")
    sent = connector.reply(stage.target(reply), "Klockan nio.")
    written = stage.world.entry(sent.external_id)
    assert written is not None
    assert written.parent == reply.thread
    assert sent.posted_at == written.created_at.replace(microsecond=0)
    assert ANNA != written.author == US
