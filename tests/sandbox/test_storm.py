"""The storm: thousands under one post within the hour, and the town that goes on writing."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import timedelta
from statistics import median
from typing import Any

import pytest
import requests

from sandbox import municipality
from sandbox.citizens import mix
from sandbox.citizens.live import Citizens
from sandbox.citizens.stage import Stage
from sandbox.citizens.week import write_week
from sandbox.entries import Entry
from tests.sandbox_server import RunningSandbox

HOUR = timedelta(hours=1)


def storm(sandbox: RunningSandbox, **wanted: Any) -> Entry:
    answer = requests.post(sandbox.url + "/_sandbox/storm", json=wanted, timeout=30)
    assert answer.status_code == 200, answer.text
    post = sandbox.world.entry(answer.json()["id"])
    assert post is not None
    return post


def under(sandbox: RunningSandbox, post: Entry) -> list[Entry]:
    found = sandbox.world.entries(post.platform, root=post.id, include_deleted=True, order="old")
    return [entry for entry in found if entry.id != post.id]


def until(condition: Any) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


@pytest.mark.parametrize("platform", ["facebook", "twitter", "youtube"])
def test_two_thousand_write_under_one_post_within_the_hour(sandbox: RunningSandbox, platform: str) -> None:
    post = storm(sandbox, platform=platform, at_once=True)
    written = under(sandbox, post)
    assert len(written) == 2000
    assert written[-1].created_at - post.created_at <= HOUR
    assert written[-1].created_at <= sandbox.world.now()


def test_a_storm_has_the_mix_of_a_boil_notice(sandbox: RunningSandbox) -> None:
    written = under(sandbox, storm(sandbox, platform="facebook", at_once=True))
    kinds = Counter((entry.truth or {})["category"] for entry in written)
    assert 100 * kinds["A1"] / 2000 == pytest.approx(mix.STORM["same_question"] + mix.STORM["also_here"], abs=4)
    assert 100 * kinds["A4"] / 2000 == pytest.approx(mix.STORM["complaint"], abs=3)
    assert kinds["A15"] > 0


def test_a_storm_is_nested_and_rises_to_a_peak(sandbox: RunningSandbox) -> None:
    post = storm(sandbox, platform="facebook", at_once=True)
    written = under(sandbox, post)
    nested = sum(entry.parent is not None for entry in written)
    middle = median((entry.created_at - post.created_at).total_seconds() for entry in written)
    assert 0.1 < nested / len(written) < 0.4
    assert 15 * 60 < middle < 30 * 60


def test_most_texts_of_a_storm_differ_though_they_ask_the_same(sandbox: RunningSandbox) -> None:
    written = under(sandbox, storm(sandbox, platform="facebook", at_once=True))
    clusters = Counter((entry.truth or {})["cluster_id"] for entry in written)
    assert len({entry.text for entry in written}) > 0.6 * len(written)
    assert clusters.most_common(1)[0][1] > 50


def test_a_storm_can_come_comment_by_comment(sandbox: RunningSandbox) -> None:
    post = storm(sandbox, platform="youtube", count=20, minutes=0.03)
    until(lambda: len(under(sandbox, post)) == 20)
    assert {entry.parent is None for entry in under(sandbox, post)} >= {True}


def test_a_storm_ends_with_the_server(sandbox: RunningSandbox) -> None:
    post = storm(sandbox, platform="facebook", count=100_000, minutes=600)
    sandbox._server.stop()
    count = len(under(sandbox, post))
    assert threading.active_count() < 100
    assert len(under(sandbox, post)) == count


@pytest.mark.parametrize(
    "wrong", [{"platform": "myspace"}, {"platform": "linkedin"}, {"platform": "facebook", "count": 0}, {"minutes": 5}]
)
def test_a_storm_that_cannot_be_is_refused(sandbox: RunningSandbox, wrong: dict[str, Any]) -> None:
    assert requests.post(sandbox.url + "/_sandbox/storm", json=wrong, timeout=5).status_code == 400
    assert sandbox.world.count() == 0


def test_the_town_goes_on_writing_until_it_is_stopped(sandbox: RunningSandbox) -> None:
    world = sandbox.world
    municipality.settle(world)
    write_week(world, seed=1, now=world.now())
    before = world.count(include_deleted=True)
    citizens = Citizens(world, seed=1, pause=0.02)
    citizens.start()
    until(lambda: world.count(include_deleted=True) > before + 5)
    citizens.stop()
    after = world.count(include_deleted=True)
    threading.Event().wait(0.1)
    assert world.count(include_deleted=True) == after


def test_the_town_goes_on_after_somebody_has_emptied_the_world(sandbox: RunningSandbox) -> None:
    world = sandbox.world
    municipality.settle(world)
    write_week(world, seed=1, now=world.now())
    citizens = Citizens(world, seed=1, pause=0.01)
    citizens.start()
    requests.post(sandbox.url + "/_sandbox/reset", timeout=10)
    until(lambda: world.count() > 10)
    citizens.stop()


def test_nobody_answers_for_the_municipality_while_it_is_live(sandbox: RunningSandbox) -> None:
    world = sandbox.world
    municipality.settle(world)
    write_week(world, seed=1, now=world.now())
    began = world.now()
    citizens = Citizens(world, seed=1, pause=0.01)
    citizens.start()
    until(lambda: world.count(since=began) > 30)
    citizens.stop()
    assert [entry for entry in world.entries(since=began) if entry.extra.get("native")] == []


def test_an_empty_town_says_nothing_and_does_not_fail(sandbox: RunningSandbox) -> None:
    stage = Stage(sandbox.world, 1, sandbox.world.now())
    assert stage.comment(sandbox.world.now(), platform="facebook") is None
