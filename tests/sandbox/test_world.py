"""The store of all that anybody wrote: ids, threads, versions, what is shown when."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.entries import Entry, iso
from sandbox.world import UnknownEntry, World

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "world.sqlite3", now=lambda: NOW)
    yield made
    made.close()


def post(world: World, at: datetime = NOW - HOUR) -> Entry:
    return world.write("facebook", "post", "page", "Hej", wall="page", at=at)


def comment(world: World, text: str, **more: object) -> Entry:
    return world.write("facebook", "comment", "bo", text, **{"at": NOW, **more})  # type: ignore[arg-type]


def test_a_comment_stands_on_the_wall_of_its_post(world: World) -> None:
    written = comment(world, "Fråga", root=post(world).id)
    assert (written.wall, written.parent, written.thread) == ("page", None, written.id)


def test_answering_a_post_is_writing_at_its_top_level(world: World) -> None:
    top = post(world)
    written = comment(world, "Fråga", parent=top.id)
    assert (written.parent, written.root) == (None, top.id)


def test_an_answer_belongs_to_the_thread_of_what_it_answers(world: World) -> None:
    first = comment(world, "Fråga", root=post(world).id)
    answer = comment(world, "Svar", parent=first.id)
    assert (answer.parent, answer.thread, answer.root) == (first.id, first.id, first.root)


def test_an_answer_to_an_answer_on_youtube_answers_the_thread(world: World) -> None:
    video = world.write("youtube", "video", "us", "", wall="us", at=NOW)
    first = world.write("youtube", "comment", "bo", "Fråga", root=video.id, at=NOW)
    second = world.write("youtube", "comment", "us", "Svar", parent=first.id, at=NOW)
    third = world.write("youtube", "comment", "bo", "Tack", parent=second.id, at=NOW)
    assert third.parent == first.id
    assert third.id.startswith(f"{first.id}.9")


def test_a_first_tweet_is_its_own_conversation(world: World) -> None:
    first = world.write("twitter", "tweet", "bo", "Hej", at=NOW)
    reply = world.write("twitter", "tweet", "us", "Hej själv", parent=first.id, at=NOW)
    assert first.thread == first.root == first.id == reply.thread == reply.root


def test_a_tweets_id_tells_its_time(world: World) -> None:
    tweet = world.write("twitter", "tweet", "bo", "Hej", at=NOW)
    assert (int(tweet.id) >> 22) + 1_288_834_974_657 == int(NOW.timestamp() * 1000)


@pytest.mark.parametrize(("platform", "kind"), [("twitter", "tweet"), ("facebook", "post")])
def test_of_two_written_in_the_same_instant_the_later_has_the_higher_id(world: World, platform: str, kind: str) -> None:
    ids = [world.write(platform, kind, "bo", "Hej", wall="page", at=NOW).id for _ in range(5)]
    assert ids == sorted(ids, key=lambda id: int(id.rpartition("_")[2]))
    assert len(set(ids)) == 5


def test_ids_look_like_the_platforms(world: World) -> None:
    video = world.write("youtube", "video", "us", "", wall="us", at=NOW)
    thread = world.write("youtube", "comment", "bo", "Hej", root=video.id, at=NOW)
    top = post(world)
    number = top.id.removeprefix("page_")
    assert (len(video.id), len(thread.id), thread.id[:2]) == (11, 26, "Ug")
    assert number.isdecimal()
    assert comment(world, "Hej", root=top.id).id.startswith(f"{number}_")


def test_an_edit_keeps_the_id_and_the_older_version(world: World) -> None:
    written = comment(world, "Frga", root=post(world).id)
    edited = world.edit(written.id, "Fråga", NOW + HOUR)
    assert (edited.id, edited.text, edited.created_at) == (written.id, "Fråga", written.created_at)
    assert edited.earlier == ({"id": written.id, "text": "Frga", "at": iso(NOW)},)


def test_an_edited_tweet_gets_a_new_id_and_the_old_one_still_finds_it(world: World) -> None:
    tweet = world.write("twitter", "tweet", "bo", "Frga", at=NOW)
    edited = world.edit(tweet.id, "Fråga", NOW + HOUR)
    assert int(edited.id) > int(tweet.id)
    assert world.entry(tweet.id) == edited
    assert edited.thread == tweet.id


def test_a_tweet_edited_twice_is_found_by_its_first_id(world: World) -> None:
    tweet = world.write("twitter", "tweet", "bo", "1", at=NOW)
    world.edit(tweet.id, "2", NOW + HOUR)
    newest = world.edit(tweet.id, "3", NOW + 2 * HOUR)
    assert world.entry(tweet.id) == newest
    assert [version["text"] for version in newest.earlier] == ["1", "2"]


def test_what_is_deleted_is_no_longer_listed_but_known(world: World) -> None:
    written = comment(world, "Fråga", root=post(world).id)
    world.delete(written.id)
    assert world.count("facebook", kind="comment") == 0
    assert world.count("facebook", kind="comment", include_deleted=True) == 1
    assert world.entry(written.id).is_deleted  # type: ignore[union-attr]


def test_a_second_deletion_keeps_the_time_of_the_first(world: World) -> None:
    written = comment(world, "Fråga", root=post(world).id)
    first = world.delete(written.id, NOW)
    assert world.delete(written.id, NOW + HOUR).deleted_at == first.deleted_at


def test_a_late_arrival_is_not_listed_before_it_becomes_visible(world: World) -> None:
    top = post(world)
    comment(world, "Sen", root=top.id, at=NOW - HOUR, extra={"visible_at": iso(NOW + HOUR)})
    assert world.entries("facebook", root=top.id) == []
    world.now = lambda: NOW + HOUR
    assert [entry.created_at for entry in world.entries("facebook", root=top.id)] == [NOW - HOUR]


def test_lists_can_be_had_from_either_end_and_in_part(world: World) -> None:
    top = post(world)
    for minute in range(4):
        comment(world, str(minute), root=top.id, at=NOW - timedelta(minutes=9 - minute))
    newest = world.entries("facebook", root=top.id, limit=2)
    oldest = world.entries("facebook", root=top.id, order="old", limit=2, offset=1)
    assert [entry.text for entry in newest] == ["3", "2"]
    assert [entry.text for entry in oldest] == ["1", "2"]


def test_the_top_level_can_be_asked_for_alone(world: World) -> None:
    first = comment(world, "Fråga", root=post(world).id)
    comment(world, "Svar", parent=first.id)
    assert [entry.text for entry in world.entries("facebook", kind="comment", parent=None)] == ["Fråga"]


def test_an_answer_to_what_never_was_is_refused(world: World) -> None:
    with pytest.raises(UnknownEntry):
        comment(world, "Svar", parent="1_2")


def test_a_platform_that_is_not_there_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="platform"):
        world.write("myspace", "post", "bo", "Hej")


def test_a_comment_under_nothing_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="stands under"):
        comment(world, "Hej")


def test_an_id_that_is_taken_is_refused_and_nothing_is_half_written(world: World) -> None:
    comment(world, "Fråga", root=post(world).id, id="7")
    with pytest.raises(sqlite3.IntegrityError), world.together():
        comment(world, "Annan", id="8", parent="7")
        comment(world, "Dubbel", id="7", parent="8")
    assert world.entry("8") is None


def test_a_time_without_zone_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="no zone"):
        comment(world, "Fråga", root=post(world).id, at=datetime(2026, 11, 24))  # noqa: DTZ001


def test_any_text_comes_back_as_it_was_written(world: World) -> None:
    text = "NUL \x00, ZWJ 👩‍👩‍👧, RTL ‮abc, 'citat'; DROP TABLE entries; --\n" + "å" * 10_000
    assert comment(world, text, root=post(world).id).text == text


def test_a_revoked_or_expired_token_is_not_valid(world: World) -> None:
    token = world.issue_token("facebook", "page", expires_at=NOW + HOUR)
    assert token.is_valid(NOW)
    assert not token.is_valid(NOW + HOUR)
    world.revoke(token.token)
    assert not world.token(token.token).is_valid(NOW)  # type: ignore[union-attr]


def test_everything_is_there_after_closing_and_opening_again(tmp_path: Path) -> None:
    first = World(tmp_path / "again.sqlite3")
    written = post(first)
    first.close()
    second = World(tmp_path / "again.sqlite3")
    assert second.entry(written.id) == written
    second.close()


def test_many_threads_write_at_once_without_losing_anything(world: World) -> None:
    top = post(world)
    threads = [
        threading.Thread(target=lambda: [comment(world, "Hej", root=top.id) for _ in range(25)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = {entry.id for entry in world.entries("facebook", root=top.id)}
    assert len(ids) == world.count("facebook", root=top.id) == 200
