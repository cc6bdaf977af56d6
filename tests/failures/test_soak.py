"""A random world on all five platforms, with edits, deletions, answers in the app, faults and killed workers.

At the end inbox and platform agree item by item, and no reply of ours stands twice. `SOAK_ROUNDS=200 SOAK_SEED=7 pytest
tests/failures/test_soak.py` runs longer, with other chances.
"""

from __future__ import annotations

import logging
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts import channels
from inbox import actions, outbox, poll
from inbox.deciding import guard
from inbox.models import Conversation, Item, Outgoing
from sandbox.entries import Entry
from tests.failures.conftest import Watched
from tests.inbox.scene import PLATFORMS
from tests.outbox_processes.test_kill import environment
from tests.sandbox_server import RunningSandbox

log = logging.getLogger(__name__)
ROUNDS, SEED = int(os.environ.get("SOAK_ROUNDS", "4")), int(os.environ.get("SOAK_SEED", "1"))
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes, pytest.mark.timeout(60 + 60 * ROUNDS)]

REST = 20  # rounds after which all comes to rest and is compared
READING = ("server_error", "html_502", "drop_before", "drop_after", "empty_200", "rate_limit", "quota", "empty_page",
           "repeat_page", "missing_next")  # fmt: skip
WRITING = ("server_error", "drop_before", "drop_after", "html_502", "html_502_after", "empty_200_after", "rate_limit")
KILLING = ("hold_before", "hold_after")
LATER = [timedelta(minutes=minutes) for minutes in (3, 14, 70, 140, 1500)]


class Worker:
    """Does jobs in processes of their own; one that hangs in a call is killed."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        more = {"INSTAGRAM_GRAPH_URL": sandbox.url, "LINKEDIN_API_URL": sandbox.url, "LINKEDIN_OAUTH_URL": sandbox.url}
        self.sandbox, self.killed = sandbox, 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.failures.worker"], env=environment(sandbox, **more),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip
        assert self.line() == "ready"

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def do(self, job: str, channel_id: int, *, until_held: bool = False) -> None:
        """Do a job to its end; with `until_held` the first call that hangs is its last."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{job} {channel_id}\n")
        pid = int(self.line())
        if until_held and self._hangs(pid):
            os.kill(pid, 9)
            self.sandbox.faults.release()
            self.killed += 1
            assert self.line() == "-9"
        else:
            assert self.line() == "0"

    def _hangs(self, pid: int) -> bool:
        while not self.sandbox.faults.held():
            try:
                state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            except (FileNotFoundError, ProcessLookupError):  # gone before it was opened, or while it was read
                return False
            if state == "Z":
                return False
            time.sleep(0.005)
        return True

    def stop(self) -> None:
        self.process.kill()
        self.process.communicate()


class Place:
    """One platform: its people write and change their minds, and so do we."""

    def __init__(self, watched: Watched, chance: random.Random) -> None:
        self.watched, self.stage, self.chance, self.number = watched, watched.stage, chance, 0
        self.replies: list[str] = []
        channels.ensure_surfaces(watched.channel, timezone.now())

    def live(self, kind: str) -> list[Entry]:
        """Give what citizens, or we, have written and can be acted on."""
        entries = self.stage.world.entries(self.stage.platform, kind=("comment", "tweet"))
        there = [entry for entry in entries if self.stands(entry)]
        return [entry for entry in there if (entry.author == self.stage.our_id) == (kind == "ours")]

    def stands(self, entry: Entry) -> bool:
        """Tell whether the platform shows it: all but X take away what hangs under what is gone."""
        above = () if self.stage.platform == "twitter" else (entry.thread, entry.root)
        found = [self.stage.world.entry(id) for id in above if id]
        return not entry.is_deleted and not any(one and one.is_deleted for one in found)

    def happens(self) -> None:
        """Let something happen on the platform."""
        self.number += 1
        text, theirs = f"{self.stage.platform} {self.number} öppet?", self.live("theirs")
        what = self.chance.choice(["writes", "writes", "answers", "answers us", "edits", "deletes"])
        if what == "writes" or not theirs:
            self.stage.citizen_writes(text)
        elif what == "answers":
            self.stage.answer(self.chance.choice(theirs), text)
        elif what == "answers us":
            self.stage.answer(self.chance.choice(theirs), f"App: {text}", by_us=True)
        elif what == "edits":
            entry = self.chance.choice(theirs)
            self.stage.world.edit(entry.id, f"{entry.text} igen")
        else:
            self.stage.world.delete(self.chance.choice(theirs).id)

    def answers(self) -> None:
        """Let Anna answer somebody who waits, if nobody does already."""
        waiting = Conversation.objects.filter(channel=self.watched.channel, due_at__isnull=False).order_by("pk")
        free = [row for row in waiting if guard.reply_on_its_way(row) is None]
        if not free:
            return
        self.number += 1
        text = f"Svar {self.number} på {self.stage.platform}."
        try:
            self.watched.reply(self.chance.choice(free), text=text, key=text)
        except actions.Refused:
            return  # all that somebody wrote has gone
        self.replies.append(text)

    def concerns_us(self, entry: Entry) -> bool:
        """On X what we begin is a post and no item, and what others say to each other is none of ours."""
        if entry.author == self.stage.our_id:
            return entry.parent is not None
        names_us = f"@{self.watched.channel.handle}".lower() in entry.text.lower()
        return names_us or bool(self.stage.world.entries("twitter", thread=entry.thread, author=self.stage.our_id))

    def settled(self) -> None:
        """Let a person look for what nobody can look up."""
        for outgoing in Outgoing.objects.filter(conversation__channel=self.watched.channel, status="unknown"):
            standing = self.stage.our_entries(outgoing.text)
            id = standing[0].id if standing else None
            by, now = self.watched.anna, timezone.now()
            actions.settle_unknown(outgoing.pk, was_sent=bool(standing), external_id=id, by=by, now=now)

    def agrees(self) -> None:
        """Hold the inbox to the platform, item by item, and each reply to standing once at most."""
        shown = {entry.id: entry for entry in (*self.live("theirs"), *self.live("ours"))}
        if self.stage.platform == "twitter":
            shown = {id: entry for id, entry in shown.items() if self.concerns_us(entry)}
        items = Item.objects.filter(channel=self.watched.channel, deleted_at=None)
        stored = {item.external_id: item for item in items.select_related("thread")}
        assert stored.keys() == shown.keys(), f"{self.stage.platform}, seed {SEED}"
        for id, entry in shown.items():
            item = stored[id]
            assert (item.text, item.from_us) == (entry.text, entry.author == self.stage.our_id)
            assert item.thread.external_id == entry.thread
        written = Counter(entry.text for entry in self.stage.world.entries(
            self.stage.platform, author=self.stage.our_id, include_deleted=True
        ))  # fmt: skip
        assert not [text for text in self.replies if written[text] > 1]
        for outgoing in Outgoing.objects.filter(conversation__channel=self.watched.channel):
            assert outgoing.status in ("sent", "failed"), (outgoing.status, outgoing.error_code)
            assert written[outgoing.text] == (outgoing.status == "sent"), (outgoing.text, outgoing.status)


@pytest.fixture
def places(sandbox: RunningSandbox, settings: Any) -> list[Place]:
    chance = random.Random(SEED)
    return [Place(Watched(sandbox, platform, settings), chance) for platform in PLATFORMS]


@pytest.fixture
def worker(places: list[Place], sandbox: RunningSandbox) -> Iterator[Worker]:
    running = Worker(sandbox)
    yield running
    running.stop()


def test_inbox_and_platform_agree_after_a_random_life(
    places: list[Place], worker: Worker, sandbox: RunningSandbox
) -> None:
    chance = random.Random(SEED)
    for number in range(1, ROUNDS + 1):
        for place in chance.sample(places, 3):
            live_through(place, worker, chance)
        if number % REST == 0 or number == ROUNDS:
            come_to_rest(places, sandbox)
            for place in places:
                place.agrees()
            log.info("%s rounds, %s workers killed: inbox and platforms agree", number, worker.killed)
    assert worker.killed or ROUNDS < 4


def live_through(place: Place, worker: Worker, chance: random.Random) -> None:
    """Let something happen, answer, read and deliver, and let one of these go wrong or be killed."""
    for _ in range(chance.randint(1, 4)):
        place.happens()
    place.answers()
    for job, faults, method in (("poll", READING, "GET"), ("deliver", WRITING, "POST")):
        dies, goes_wrong = chance.random() < 0.25, chance.random() < 0.4
        if dies:
            place.stage.fault(chance.choice(KILLING), method=method, times=1)
        elif goes_wrong:
            place.stage.fault(chance.choice(faults), method=method, times=chance.randint(1, 3))
        worker.do("full" if job == "poll" and chance.random() < 0.2 else job, place.watched.channel.pk, until_held=dies)
        place.stage.mend()


def come_to_rest(places: list[Place], sandbox: RunningSandbox) -> None:
    """Mend everything, let time pass for what waits, and read everything thrice."""
    sandbox.faults.remove()
    for _ in range(2):
        for later in LATER:
            outbox.deliver(timezone.now() + later)
        for place in places:
            place.settled()
        read_all(places)
    read_all(places, full=True)
    read_all(places, full=True)


def read_all(places: list[Place], *, full: bool = False) -> None:
    for place in places:
        reports = place.watched.read(full=full)
        assert not place.watched.errors(reports), place.watched.errors(reports)
    poll.settle_left_over(timezone.now() + timedelta(minutes=10))
