"""What the invented town writes: proportions, rhythm, variety, ground truth, and the same again from the same seed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sandbox import credentials, municipality
from sandbox.citizens import mix, overlays, rhythm
from sandbox.citizens.compose import Occasion, compose
from sandbox.citizens.grammar import scene, sentence, topics, topics_of
from sandbox.citizens.people import Town
from sandbox.citizens.stage import Stage
from sandbox.citizens.unread import write_one, write_unread
from sandbox.citizens.week import write_week
from sandbox.entries import Entry
from sandbox.world import World

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def week(folder: Path, seed: int) -> World:
    world = World(folder / f"week-{seed}.sqlite3", now=lambda: NOW)
    municipality.settle(world)
    write_week(world, seed=seed, now=NOW)
    return world


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[World]]:
    worlds = [week(tmp_path_factory.mktemp("weeks"), seed) for seed in (1, 2, 3, 4)]
    yield worlds
    for world in worlds:
        world.close()


@pytest.fixture(scope="module")
def comments(weeks: list[World]) -> list[Entry]:
    return [entry for world in weeks for entry in written_by_citizens(world)]


@pytest.fixture(scope="module")
def composed() -> list[str]:
    rng, town = Random(7), Town(7, 11)
    texts = []
    for number in range(3000):
        platform = ("facebook", "facebook", "twitter", "youtube")[number % 4]
        occasion = Occasion(platform, rng.choice(topics_of(11)), "exempelby", {}, town.somebody(rng).first_name)
        texts.append(compose(rng, town, mix.draw(rng, mix.category_weights(platform)), occasion).text)
    return texts


def written_by_citizens(world: World) -> list[Entry]:
    return [entry for entry in world.entries(include_deleted=True, order="old") if "category" in (entry.truth or {})]


def truths(entries: list[Entry]) -> list[dict[str, Any]]:
    return [dict(entry.truth or {}) for entry in entries]


def test_the_same_seed_and_start_give_the_same_week(tmp_path: Path, weeks: list[World]) -> None:
    again = week(tmp_path, 1)
    assert again.entries(include_deleted=True) == weeks[0].entries(include_deleted=True)
    again.close()


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 10, 26, 0, 30, tzinfo=UTC),
        datetime(2027, 3, 29, 22, 30, tzinfo=UTC),
        datetime(2028, 3, 1, tzinfo=UTC),
        datetime(2027, 7, 4, 12, tzinfo=UTC),
    ],
    ids=["winter time begins", "summer time begins", "leap day", "July"],
)
def test_a_week_can_be_written_at_any_time_of_the_year(tmp_path: Path, now: datetime) -> None:
    world = World(tmp_path / "some.sqlite3", now=lambda: now)
    municipality.settle(world)
    write_week(world, seed=1, now=now)
    assert len(written_by_citizens(world)) > 300
    assert all(entry.created_at < now for entry in world.entries(include_deleted=True))
    world.close()


def test_another_seed_gives_another_week(weeks: list[World]) -> None:
    first, second = ({entry.text for entry in written_by_citizens(world) if entry.text} for world in weeks[:2])
    assert len(first & second) < 0.12 * len(first)


def test_on_facebook_each_kind_is_as_common_as_in_an_ordinary_week(comments: list[Entry]) -> None:
    facebook = Counter(truth["category"] for truth in truths([e for e in comments if e.platform == "facebook"]))
    shares = {code: 100 * facebook[code] / facebook.total() for code in mix.BY_CODE}
    off = {code: round(share - mix.BY_CODE[code].share, 1) for code, share in shares.items()}
    assert all(abs(difference) < 3 for difference in off.values()), off


def test_the_kinds_sum_up_to_a_hundred() -> None:
    assert sum(category.share for category in mix.CATEGORIES) == pytest.approx(100)
    assert sum(mix.STORM.values()) == pytest.approx(100)
    assert sum(category.share * category.owes for category in mix.CATEGORIES) == pytest.approx(39, abs=0.5)


def test_politics_is_commoner_on_x_and_spam_on_youtube() -> None:
    facebook, x, youtube = (mix.category_weights(name) for name in ("facebook", "twitter", "youtube"))
    assert (x["A9"], x["A7"]) == (facebook["A9"] * 4, facebook["A7"] * 0.2)
    assert (youtube["A11"], youtube["A10"]) == (facebook["A11"] * 3, facebook["A10"] * 3)
    assert mix.category_weights("youtube", council=True)["A9"] == facebook["A9"] * 5


def test_praise_and_emoji_are_commoner_on_instagram_and_people_ask_for_jobs(comments: list[Entry]) -> None:
    facebook, instagram = mix.category_weights("facebook"), mix.category_weights("instagram")
    assert (instagram["A5"], instagram["A6"], instagram["A3"]) == pytest.approx(
        (facebook["A5"] * 2.2, facebook["A6"] * 2, facebook["A3"] * 0.3)
    )
    about = Counter((entry.platform, (entry.truth or {})["topic"]) for entry in comments)
    assert about["instagram", "jobs"] > 0.05 * sum(n for (platform, _), n in about.items() if platform == "instagram")


def test_each_thing_on_instagram_has_a_picture(weeks: list[World]) -> None:
    posts = weeks[0].entries("instagram", kind="post")
    assert len(posts) >= 5
    assert all(post.extra["media"] and "#viexempelby" in post.text for post in posts)


def test_about_two_in_five_owe_an_answer(comments: list[Entry]) -> None:
    owing = sum(truth["owes_answer"] for truth in truths(comments)) / len(comments)
    assert 0.34 < owing < 0.44


def test_each_full_day_brings_40_to_150_comments(weeks: list[World]) -> None:
    for world in weeks:
        days = Counter(entry.created_at.astimezone(rhythm.STOCKHOLM).date() for entry in written_by_citizens(world))
        full = sorted(days)[1:-1]
        assert all(40 <= days[day] <= 150 for day in full), days


def test_people_write_at_breakfast_lunch_and_in_the_evening(comments: list[Entry]) -> None:
    hours = Counter(entry.created_at.astimezone(rhythm.STOCKHOLM).hour for entry in comments)
    night = sum(hours[hour] for hour in range(6)) / 6
    for peak in (7, 12, 19, 20, 21):
        assert hours[peak] > 4 * night, hours
    assert hours[20] > hours[14]


def test_four_in_five_come_within_48_hours_of_the_post(weeks: list[World]) -> None:
    near = Counter[bool]()
    for world in weeks:
        for entry in written_by_citizens(world):
            root = world.entry(entry.root) if entry.root else None
            if root and entry.platform == "facebook":
                near[entry.created_at - root.created_at <= 2 * DAY] += 1
    assert 0.72 < near[True] / near.total() < 0.9


def test_one_comment_brings_others_soon_after(comments: list[Entry]) -> None:
    """Half of the gaps between two comments are shorter than they would be if nobody read anybody."""
    times = sorted(entry.created_at for entry in comments[: len(comments) // 4])
    gaps = sorted((later - earlier).total_seconds() for earlier, later in pairwise(times))
    mean = sum(gaps) / len(gaps)
    assert gaps[len(gaps) // 2] < 0.6 * mean


def test_nothing_is_written_after_now(weeks: list[World]) -> None:
    for entry in weeks[0].entries(include_deleted=True):
        assert max(entry.created_at, entry.updated_at, entry.deleted_at or entry.created_at) < NOW


def test_among_three_thousand_texts_at_least_95_of_100_differ(composed: list[str]) -> None:
    assert len(set(composed)) >= 0.95 * len(composed)


def test_no_text_shows_its_pattern(composed: list[str]) -> None:
    assert [text for text in composed if re.search(r"[\[\]{}|]|  ", text)] == []


def test_x_posts_fit_into_280_characters(comments: list[Entry]) -> None:
    assert [entry.text for entry in comments if entry.platform == "twitter" and len(entry.text) > 280] == []


def test_half_of_the_comments_on_facebook_have_about_eleven_words(comments: list[Entry]) -> None:
    talking = {"A1", "A2", "A3", "A4", "A5", "A9", "A18"}
    lengths = sorted(
        len(entry.text.split())
        for entry in comments
        if entry.platform == "facebook" and (entry.truth or {})["category"] in talking
    )
    assert 8 <= lengths[len(lengths) // 2] <= 14
    assert lengths[-1] > 150


def test_the_truth_has_every_key_and_no_deadline(comments: list[Entry]) -> None:
    keys = set(mix.truth("A1"))
    assert keys == {
        "category", "owes_answer", "lane", "topic", "department", "redirect_target", "language", "sarcasm",
        "cluster_id", "duplicate_of", "pii", "legal_ground", "resident", "author_kind",
    }  # fmt: skip
    assert all(set(truth) == keys for truth in truths(comments))


def test_other_languages_are_written_too(composed: list[str], comments: list[Entry]) -> None:
    languages = Counter(truth["language"] for truth in truths(comments))
    spoken = languages.total() - languages["und"]
    assert 0.05 < 1 - languages["sv"] / spoken < 0.14
    assert {"en", "ar"} <= set(languages)


def test_some_edit_delete_repeat_and_write_elsewhere_too(comments: list[Entry]) -> None:
    edited = sum(entry.is_edited for entry in comments) / len(comments)
    deleted = sum(entry.is_deleted for entry in comments) / len(comments)
    repeated = sum(truth["duplicate_of"] is not None for truth in truths(comments)) / len(comments)
    assert 0.015 < edited < 0.045
    assert 0.008 < deleted < 0.035
    assert 0.01 < repeated < 0.06


def test_a_repetition_names_what_it_repeats(weeks: list[World]) -> None:
    world = weeks[0]
    for entry in written_by_citizens(world):
        if original := (entry.truth or {}).get("duplicate_of"):
            assert world.entry(original).created_at < entry.created_at  # type: ignore[union-attr]


def test_threads_are_no_deeper_than_on_the_platform(weeks: list[World]) -> None:
    for world in weeks:
        for entry in written_by_citizens(world):
            depth, above = 0, entry
            while above.parent and (above := world.entry(above.parent) or above).parent is not None:
                depth += 1
            assert depth <= {"youtube": 1, "instagram": 1, "facebook": 4, "twitter": 14}[entry.platform]


def test_most_of_what_owes_an_answer_got_one_within_the_promise_and_some_did_not(weeks: list[World]) -> None:
    in_time = Counter[bool]()
    for world in weeks:
        for entry in written_by_citizens(world):
            if not (entry.truth or {})["owes_answer"] or entry.created_at > NOW - 2 * DAY or entry.is_deleted:
                continue
            if entry.platform == "youtube" and entry.parent:  # its answer stands under the thread, for anybody
                continue
            in_time[any(is_in_time(entry, reply) for reply in answers_to(world, entry))] += 1
    assert 0.78 < in_time[True] / in_time.total() < 0.95


def test_of_the_last_day_most_is_open(weeks: list[World]) -> None:
    recent = [(world, e) for world in weeks for e in written_by_citizens(world) if e.created_at > NOW - DAY]
    owing = [bool(answers_to(world, e)) for world, e in recent if (e.truth or {})["owes_answer"]]
    assert sum(owing) < 0.3 * len(owing)


def test_old_answers_are_signed_and_come_from_the_platforms_app(weeks: list[World]) -> None:
    ours = [entry for entry in weeks[0].entries() if entry.extra.get("native")]
    assert len(ours) > 50
    assert all(re.search(r"/\w+$", entry.text) or entry.platform == "twitter" for entry in ours)


def answers_to(world: World, entry: Entry) -> list[Entry]:
    ours = {channel.external_id for channel in municipality.CHANNELS}
    parents = {entry.id, *(str(version["id"]) for version in entry.earlier)}
    found = [reply for parent in parents for reply in world.entries(entry.platform, parent=parent)]
    return [reply for reply in found if reply.author in ours and reply.created_at > entry.created_at]


def is_in_time(entry: Entry, reply: Entry) -> bool:
    """A day; over a weekend until the end of Monday."""
    written = entry.created_at.astimezone(rhythm.STOCKHOLM)
    days = {4: 3.5, 5: 2.9, 6: 1.9}.get(written.weekday(), 1)
    return reply.created_at - entry.created_at <= DAY * days


def test_what_a_comment_owes_nothing_is_not_answered_but_sometimes_thanked(weeks: list[World]) -> None:
    emoji = [entry for entry in written_by_citizens(weeks[0]) if (entry.truth or {})["category"] in ("A6", "A7")]
    assert [entry for entry in emoji if entry.platform == "facebook" and answers_to(weeks[0], entry)] == []


def test_authors_join_the_platform_with_a_name(weeks: list[World]) -> None:
    world = weeks[0]
    for entry in world.entries(include_deleted=True):
        account = world.account(entry.author, entry.platform)
        assert account is not None
        assert account.name
        assert account.handle or entry.platform == "facebook"


def test_a_personal_number_has_a_valid_check_digit_and_belongs_to_nobody() -> None:
    for seed in range(200):
        number = overlays.personal_number(Random(seed)).replace("-", "")
        doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(number)]
        assert sum(value // 10 + value % 10 for value in doubled) % 10 == 0
        assert 980 <= int(number[6:9]) <= 999


def test_telephone_numbers_are_those_kept_for_fiction() -> None:
    made = {overlays.phone(Random(seed)) for seed in range(200)}
    assert all(re.fullmatch(r"070-17406\d\d|031-39006\d\d|08-465004\d\d|0980-3192\d\d", number) for number in made)


@pytest.mark.parametrize("month", range(1, 13))
def test_there_is_something_to_talk_about_in_every_month(month: int) -> None:
    season = topics_of(month)
    assert {topic.twitter for topic in season} == {"main", "traffic"}
    assert {topic.facebook for topic in season} == {"main", "culture"}
    assert all(topic.list("simple") for topic in season)
    assert sum(bool(topic.list("posts_instagram")) for topic in season) >= 4


def test_nobody_talks_of_snow_in_july() -> None:
    assert "snow" not in {topic.key for topic in topics_of(7)}


def test_every_pattern_of_every_topic_can_be_said() -> None:
    for topic in topics():
        for patterns in topic.lists.values():
            for pattern in patterns:
                assert "{" not in scene(Random(1), topic, svar="", till="", ansvar="").say(pattern)


def test_one_text_speaks_of_one_place_and_of_another_when_it_says_so() -> None:
    for seed in range(50):
        first, again, other = scene(Random(seed)).say("{ort} {ort} {ort2}").split()
        assert first == again != other


def test_a_sentence_begins_with_a_capital_and_ends_once() -> None:
    assert sentence("åker ni", "?") == "Åker ni?"
    assert sentence("Nej!", ".") == "Nej!"


def test_the_office_answers_on_working_days_only() -> None:
    rng = Random(3)
    for hours in range(0, 400, 3):
        at = rhythm.office_time(rng, NOW + timedelta(hours=hours)).astimezone(rhythm.STOCKHOLM)
        assert at.weekday() < 5
        assert at >= NOW + timedelta(hours=hours)


def test_youtube_holds_back_some_spam_and_nothing_else(comments: list[Entry]) -> None:
    held = [entry for entry in comments if entry.extra.get("moderation")]
    assert held
    assert {(entry.platform, (entry.truth or {})["lane"]) for entry in held} <= {
        ("youtube", "moderate"),
        ("youtube", "urgent"),
    }


def test_each_platform_has_an_account_that_nobody_has_registered_and_citizens_write_to_it(tmp_path: Path) -> None:
    world = week(tmp_path, 5)
    write_unread(world, seed=5, now=NOW)
    listed = {row["external_id"] for row in credentials.registered(world)}
    for channel in municipality.UNREGISTERED:
        assert world.account(channel.external_id, channel.platform) and channel.external_id not in listed
        (post,) = world.entries(channel.platform, author=channel.external_id)
        assert len([entry for entry in world.entries(channel.platform, root=post.id) if entry != post]) == 3
    platforms = {row.platform for row in municipality.CHANNELS}
    assert {channel.platform for channel in municipality.UNREGISTERED} == platforms
    world.close()


def test_what_nobody_reads_leaves_the_week_as_it_is(tmp_path: Path, weeks: list[World]) -> None:
    world = week(tmp_path, 1)
    write_unread(world, seed=1, now=NOW)
    own = {channel.external_id for channel in municipality.UNREGISTERED}
    unread = {entry.id for channel in own for entry in world.entries(author=channel)}
    kept = [one for one in world.entries(include_deleted=True) if {one.id, one.root, one.parent}.isdisjoint(unread)]
    assert kept == weeks[0].entries(include_deleted=True)
    world.close()


def test_citizens_go_on_writing_to_an_account_without_a_post(tmp_path: Path) -> None:
    world = World(tmp_path / "empty.sqlite3", now=lambda: NOW)
    municipality.settle(world)
    entry = write_one(Stage(world, 1, NOW), NOW)
    assert world.entry(entry.root or "").author in {one.external_id for one in municipality.UNREGISTERED}
    world.close()
