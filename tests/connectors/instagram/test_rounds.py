"""Rounds of a random world: what stands on Instagram in the end is what we hold, item by item."""

from __future__ import annotations

import contextlib
import random
from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import PlatformError
from connectors.instagram.connector import Instagram
from sandbox.entries import Entry
from tests.connectors.instagram.stage import InstagramStage
from tests.connectors.reader import Reader

FAULTS = ("server_error", "drop_after", "html_502", "empty_page", "repeat_page", "missing_next", "rate_limit")


class Town:
    """Writes, answers, edits, deletes and hides as chance has it; an hour passes with each round."""

    def __init__(self, stage: InstagramStage, seed: int) -> None:
        self.stage, self.world, self.rng = stage, stage.world, random.Random(seed)
        self.posts = [stage.we_post(f"Bild {number}", ago=timedelta(days=20 * number + 1)) for number in range(5)]
        self.now = datetime.now(UTC)
        self.world.now = lambda: self.now

    def live(self) -> list[Entry]:
        return self.world.entries("instagram", kind="comment")

    def go_on(self) -> None:
        self.now += timedelta(hours=1)
        for _ in range(self.rng.choice([0, 1, 3, 30, 90])):
            self.do_something()

    def do_something(self) -> None:
        rng, live = self.rng, self.live()[:60]
        at = self.now - timedelta(seconds=rng.randrange(3000))
        act = rng.random()
        if act < 0.5 or not live:
            withheld = {"from_withheld": True} if rng.random() < 0.1 else {}
            self.stage.citizen_writes(f"Fråga {rng.random()}", post=rng.choice(self.posts), at=at, **withheld)
        elif act < 0.8:
            self.stage.answer(rng.choice(live), f"Svar {rng.random()}", by_us=rng.random() < 0.3, at=at)
        elif act < 0.87:
            self.world.edit(rng.choice(live).id, f"Rättat {rng.random()}")
        elif act < 0.94:
            self.world.delete(rng.choice(live).id)
        else:
            self.world.hide(rng.choice(live).id, rng.random() < 0.7)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_both_agree_in_the_end(stage: InstagramStage, seed: int) -> None:
    town, reader, connector = Town(stage, seed), Reader(), Instagram(stage.context())
    for number in range(20):
        town.go_on()
        fault = town.rng.choice(FAULTS) if town.rng.random() < 0.4 else None
        if fault:
            stage.fault(fault, times=town.rng.choice([1, None]))
        with contextlib.suppress(PlatformError):
            reader.poll(connector, "comments", now=town.now, full=number % 7 == 6)
        stage.mend()
    for _ in range(3):
        town.now += timedelta(minutes=5)
        reader.poll(connector, "comments", now=town.now, full=True)
    there = {entry.id: entry for entry in town.live() if thread_lives(town, entry)}
    ours = {id: item for id, item in reader.items.items() if id not in reader.deleted}
    assert set(ours) == set(there)
    for id, item in ours.items():
        entry = there[id]
        assert (item.text, item.hidden) == (entry.text, entry.hidden)
        assert (item.thread, item.parent, item.post) == (entry.thread, entry.parent, entry.root)


@pytest.mark.parametrize("seed", range(3))
def test_without_faults_each_round_is_whole_before_any_full_poll(stage: InstagramStage, seed: int) -> None:
    """Top-level comments by the next poll; answers too, but for what a deletion in the same hour hides in the count."""
    town, reader, connector = Town(stage, seed + 100), Reader(), Instagram(stage.context())
    for _ in range(12):
        town.go_on()
        reader.poll(connector, "comments", now=town.now)
        tops = {entry.id for entry in town.live() if entry.parent is None}
        assert tops <= set(reader.items)
    reader.poll(connector, "comments", now=town.now, full=True)
    assert {entry.id for entry in town.live() if thread_lives(town, entry)} <= set(reader.items)


def thread_lives(town: Town, entry: Entry) -> bool:
    top = town.world.entry(entry.thread or "")
    return top is not None and not top.is_deleted
