"""Nothing that members write is missed, and a round without news is cheap."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Connector, Exhausted, Permanent
from tests.connectors.linkedin.stage import LONG_AGO, NOW, US, LinkedInStage
from tests.connectors.reader import Reader, Round

BOTH_ORDERS = pytest.mark.parametrize("oldest_first", [False, True])


# Everything is found


@BOTH_ORDERS
def test_a_new_answer_in_an_old_thread_is_found_in_the_next_poll(
    stage: LinkedInStage, connector: Connector, reader: Reader, oldest_first: bool
) -> None:
    stage.set_ours(oldest_first=oldest_first)
    old = stage.many(260)[130]
    reader.poll(connector)
    late = stage.answer(old, "Sent svar")
    assert reader.poll(connector).texts == [late.text]
    assert reader.find(late.text).parent == old.id


@BOTH_ORDERS
def test_a_new_comment_costs_one_page_however_long_the_list(
    stage: LinkedInStage, connector: Connector, reader: Reader, oldest_first: bool
) -> None:
    stage.set_ours(oldest_first=oldest_first)
    stage.many(750)
    reader.poll(connector)
    new = stage.citizen_writes("Ny fråga")
    done = reader.poll(connector)
    assert done.texts == [new.text]
    assert done.calls <= 4
    assert reader.poll(connector).calls <= 3


@BOTH_ORDERS
def test_a_new_answer_in_a_long_thread_costs_few_pages(
    stage: LinkedInStage, connector: Connector, reader: Reader, oldest_first: bool
) -> None:
    stage.set_ours(oldest_first=oldest_first)
    first = stage.citizen_writes("Fråga", at=LONG_AGO)
    with stage.world.together():
        for number in range(450):
            stage.answer(first, f"Svar {number}", at=LONG_AGO + timedelta(minutes=number))
    reader.poll(connector)
    late = stage.answer(first, "Sent svar")
    done = reader.poll(connector)
    assert done.texts == [late.text]
    assert done.calls <= 5


def test_a_new_post_is_found_with_what_stands_under_it(
    stage: LinkedInStage, connector: Connector, reader: Reader
) -> None:
    stage.many(3)
    reader.poll(connector)
    post = stage.publish("Nytt", at=datetime.now(UTC))
    new = stage.citizen_writes("Grattis", post=post)
    assert reader.poll(connector).texts == [new.text]
    assert reader.find(new.text).post == post.id


def test_a_comment_under_a_post_far_back_is_found_in_its_turn(
    stage: LinkedInStage, connector: Connector, reader: Reader
) -> None:
    posts = [stage.publish(f"Inlägg {number}", at=LONG_AGO + timedelta(days=number)) for number in range(130)]
    stage.many(5, post=posts[-1])
    reader.poll(connector)
    late = stage.citizen_writes("Sen fråga", post=posts[0])
    for _ in range(9):  # 130 posts, of which 10 more are looked at each time
        assert reader.poll(connector).calls <= 6
    assert late.text in reader.texts


def test_one_that_goes_and_one_that_comes_leave_the_count_and_are_found_all_the_same(
    stage: LinkedInStage, connector: Connector, reader: Reader
) -> None:
    first = stage.citizen_writes("Ångrar mig")
    reader.poll(connector)
    stage.world.delete(first.id)
    new = stage.citizen_writes("Ny fråga")
    assert reader.poll(connector).texts == [new.text]


def test_an_edit_on_the_newest_page_is_found_without_a_full_poll(
    stage: LinkedInStage, connector: Connector, reader: Reader
) -> None:
    entry = stage.citizen_writes("När öpnar badet?")
    reader.poll(connector)
    stage.world.edit(entry.id, "När öppnar badet?")
    assert [item.text for item in reader.poll(connector).changed] == ["När öppnar badet?"]


def test_an_answer_of_ours_that_is_known_already_is_no_reason_to_read_far(
    stage: LinkedInStage, connector: Connector, reader: Reader
) -> None:
    entries = stage.many(430)
    reader.poll(connector)
    sent = connector.reply(stage.target(entries[-1]), "Klockan nio.")
    reader.take(connector.read([sent.external_id]))
    assert reader.poll(connector).calls <= 4


def test_a_gap_left_by_a_poll_that_broke_off_is_closed(
    stage: LinkedInStage, connector: Connector, reader: Reader
) -> None:
    stage.many(5)
    reader.poll(connector)
    stage.many(350, at=NOW - timedelta(hours=9))
    pages = connector.poll("comments", reader.cursors["comments"], known=reader.known(), now=NOW)
    for _ in range(2):
        reader.take(next(pages))
    pages.close()
    reader.poll(connector)
    assert reader.items.keys() == stage.shown()


@pytest.mark.parametrize("seed", range(6))
def test_after_every_poll_we_hold_what_the_platform_shows(
    stage: LinkedInStage, connector: Connector, reader: Reader, seed: int
) -> None:
    chance = random.Random(seed)
    stage.set_ours(page_size=chance.choice([3, 20, 100]), oldest_first=chance.random() < 0.5)
    posts = [stage.post, stage.publish("Två"), stage.publish("Tre")]
    for _ in range(25):
        for _ in range(chance.randint(0, 6)):
            threads = [entry for entry in stage.world.entries("linkedin", kind="comment") if entry.parent is None]
            at = datetime.now(UTC) - timedelta(seconds=chance.choice([0, 0, 0, 10**5]))
            if not threads or chance.random() < 0.4:
                stage.citizen_writes(f"Fråga {chance.random()}", at=at, post=chance.choice(posts))
            else:
                for _ in range(chance.choice([1, 1, 2, 9])):
                    stage.answer(chance.choice(threads), f"Svar {chance.random()}", by_us=chance.random() < 0.3, at=at)
        done = reader.poll(connector)
        assert stage.shown() <= reader.items.keys()
        assert not done.incomplete
        assert reader.poll(connector).calls <= 3


@pytest.mark.parametrize("seed", range(3))
def test_two_full_polls_know_all_that_is_gone(
    stage: LinkedInStage, connector: Connector, reader: Reader, seed: int
) -> None:
    chance = random.Random(seed)
    other = stage.publish("Två")
    for entry in [*stage.many(30), *stage.many(20, post=other)]:
        for number in range(chance.choice([0, 0, 3])):
            stage.answer(entry, f"Svar {number}", by_us=chance.random() < 0.5)
    reader.poll(connector)
    for entry in stage.world.entries("linkedin", kind="comment"):
        if chance.random() < 0.2:
            stage.world.delete(entry.id)
    for _ in range(2):
        reader.poll(connector, full=True)
    assert reader.items.keys() - reader.deleted == stage.shown()


def test_what_stood_under_a_removed_post_is_gone(stage: LinkedInStage, connector: Connector, reader: Reader) -> None:
    post = stage.publish("Fel")
    doomed = stage.many(120, post=post)
    stays = stage.citizen_writes("Står kvar")
    reader.poll(connector)
    stage.world.delete(post.id)
    first = reader.poll(connector, full=True)
    second = reader.poll(connector, full=True)
    assert reader.deleted == {entry.id for entry in doomed}
    assert not first.deleted and stays.id not in second.deleted


def test_posts_that_are_no_longer_shown_at_all_delete_nothing(
    stage: LinkedInStage, connector: Connector, reader: Reader
) -> None:
    stage.many(3)
    reader.poll(connector)
    stage.world.delete(stage.post.id)
    done = [reader.poll(connector, full=True) for _ in range(3)]
    assert not reader.deleted
    assert all(one.notes for one in done)


# What it costs


@BOTH_ORDERS
@pytest.mark.parametrize(("threads", "replies"), [(2300, 0), (400, 4), (60, 37), (1, 2299)])
def test_a_storm_is_read_in_as_few_calls_as_can_be(
    stage: LinkedInStage, connector: Connector, reader: Reader, threads: int, replies: int, oldest_first: bool
) -> None:
    stage.set_ours(oldest_first=oldest_first)
    for first in stage.many(threads, at=NOW - timedelta(hours=40)):
        with stage.world.together():
            for number in range(replies):
                stage.answer(first, f"Svar {number}", at=first.created_at + timedelta(seconds=number))
    fewest = 1 + math.ceil(threads / 100) + threads * math.ceil(replies / 100)
    done = reader.poll(connector)
    assert reader.items.keys() == stage.shown()
    assert done.calls <= max(1.2 * fewest, fewest + 1)
    assert not done.incomplete
    assert reader.poll(connector).calls <= 3


def test_a_server_that_gives_less_at_a_time_loses_nothing(
    stage: LinkedInStage, connector: Connector, reader: Reader
) -> None:
    stage.set_ours(page_size=20)
    stage.many(200, at=NOW - timedelta(hours=30))
    reader.poll(connector)
    assert len(reader.items) == 200
    assert reader.poll(connector).calls <= 3


def test_a_count_that_nothing_explains_does_not_cost_much_each_time(
    stage: LinkedInStage, connector: Connector, reader: Reader
) -> None:
    stage.many(730)
    stage.world.annotate(stage.post.id, comment_count=731)
    reader.poll(connector)
    stage.world.annotate(stage.post.id, comment_count=999)
    reader.poll(connector)
    stage.world.annotate(stage.post.id, comment_count=1001)
    assert reader.poll(connector).calls <= 3


def test_the_cost_of_the_pages_is_the_calls(stage: LinkedInStage, connector: Connector, reader: Reader) -> None:
    stage.many(130)
    done = reader.poll(connector)
    assert {page.cost.unit for page in done.pages} == {"calls"}
    assert sum(page.cost.amount for page in done.pages) == done.calls


# Posts


def test_a_post_comes_with_its_plain_text_and_its_count(
    stage: LinkedInStage, connector: Connector, reader: Reader
) -> None:
    stage.answer(stage.citizen_writes("Fråga"), "Svar")
    done = reader.poll(connector)
    post = reader.posts[stage.post.id]
    assert (post.text, post.comment_count) == ("Vi söker undersköterskor #jobb (heltid)", 2)
    assert done.pages[-1].platform_count == 2


def test_the_first_page_already_knows_its_post(stage: LinkedInStage, connector: Connector, reader: Reader) -> None:
    stage.many(120)
    first = next(connector.poll("comments", {}, known=reader.known(), now=NOW))
    assert {item.post for item in first.items} <= {post.external_id for post in first.posts}


# A server without counts


def test_a_server_without_counts_is_read_all_the_same(
    stage: LinkedInStage, connector: Connector, reader: Reader
) -> None:
    stage.set_ours(no_metadata=True)
    first = stage.citizen_writes("Fråga")
    stage.answer(first, "Svar")
    reader.poll(connector)
    assert reader.items.keys() == stage.shown()
    new, later = stage.citizen_writes("Ny"), stage.answer(first, "Sent svar")
    reader.poll(connector)
    assert {new.text, later.text} <= reader.texts
    assert reader.poll(connector).calls <= 4


# What stops a poll


def test_a_spent_day_stops_the_poll_and_the_next_one_goes_on(
    stage: LinkedInStage, connector: Connector, reader: Reader
) -> None:
    stage.set_ours(daily_limit=4)
    stage.many(450)
    with pytest.raises(Exhausted) as caught:
        reader.poll(connector)
    assert caught.value.until.time() == datetime.min.time()
    stage.set_ours()
    reader.poll(connector)
    assert reader.items.keys() == stage.shown()


def test_a_sunset_version_is_told_and_not_taken_for_an_empty_page(stage: LinkedInStage, reader: Reader) -> None:
    stage.citizen_writes("Fråga")
    for version, code in (("202501", "version_sunset"), ("", "configuration")):
        with pytest.raises(Permanent) as caught:
            reader.poll(stage.connector(version=version))
        assert caught.value.code == code


def test_a_page_that_is_not_ours_is_a_clear_sentence(stage: LinkedInStage, reader: Reader) -> None:
    with pytest.raises(Permanent) as caught:
        reader.poll(stage.connector(external_id="999"))
    assert caught.value.code == "permission"


def test_one_repeated_page_is_got_over(stage: LinkedInStage, connector: Connector, reader: Reader) -> None:
    stage.many(450)
    stage.fault("repeat_page", times=1)
    reader.poll(connector)
    reader.poll(connector, full=True)
    assert reader.items.keys() == stage.shown()


def test_an_endless_list_is_left_after_a_few_pages(stage: LinkedInStage, connector: Connector, reader: Reader) -> None:
    stage.many(950)
    stage.fault("repeat_page")
    done = reader.poll(connector)
    assert done.incomplete
    assert done.calls < 8


def test_an_unknown_surface_is_refused(connector: Connector, reader: Reader) -> None:
    with pytest.raises(Permanent):
        reader.poll(connector, "ads")


def test_the_bare_number_of_the_organisation_will_do(stage: LinkedInStage, reader: Reader) -> None:
    connector = stage.connector(external_id="48217", own_ids=frozenset({"48217"}))
    ours = stage.answer(stage.citizen_writes("Fråga"), "Svar", by_us=True)
    reader.poll(connector)
    assert reader.find(ours.text).from_us
    assert connector.verify().external_id == "48217"
    assert reader.find(ours.text).author.external_id == US


@pytest.mark.parametrize(
    "cursor",
    [
        {"posts": 5, "replies": [], "walked": {"a": 3}, "turns": 4, "oldest_first": "x", "begun": 1},
        {"posts": {"urn:li:share:1": [1]}, "replies": {"a": "b"}, "walked": {"a": "2026-01-01"}, "begun": True},
        {"something": "else"},
    ],
)
def test_a_cursor_of_another_time_counts_as_none(
    stage: LinkedInStage, connector: Connector, reader: Reader, cursor: dict[str, Any]
) -> None:
    stage.many(130)
    reader.cursors["comments"] = cursor
    reader.poll(connector)
    assert reader.items.keys() == stage.shown()


def test_read_gives_what_is_there_and_names_what_is_not(stage: LinkedInStage, connector: Connector) -> None:
    first, gone = stage.citizen_writes("Fråga"), stage.citizen_writes("Ångrar mig")
    answer = stage.answer(first, "Svar")
    stage.world.delete(gone.id)
    page = connector.read([first.id, gone.id, answer.id, "nonsense"])
    assert {item.external_id: item.parent for item in page.items} == {first.id: None, answer.id: first.id}
    assert page.missing == (gone.id,)
    assert page.cost.amount == 1


def test_rounds_are_quiet_where_nothing_happens(stage: LinkedInStage, connector: Connector, reader: Reader) -> None:
    stage.many(3)
    reader.poll(connector)
    done: list[Round] = [reader.poll(connector) for _ in range(5)]
    assert all(one.is_quiet and one.calls <= 3 for one in done)
