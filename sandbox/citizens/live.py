"""Now: a thread in which the town goes on writing, editing and deleting."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from sandbox import municipality
from sandbox.citizens import unread
from sandbox.citizens.stage import Stage
from sandbox.citizens.week import Agenda
from sandbox.world import World

SHORTEST, LONGEST = 20 / 45, 90 / 45  # of the average pause between two comments
POST_EVERY = 200  # average pauses between two posts of our own
UNREAD_EVERY = 4  # average pauses between two comments where nobody has registered the account
TICK = 1.0


def follow(world: World, agenda: Agenda, ended: threading.Event) -> None:
    """Let happen what is on the agenda when its time comes, until nothing is left or it is ended."""
    while (at := agenda.next_at()) is not None:
        if ended.wait(min(TICK, max(0.0, (at - world.now()).total_seconds()))):
            return
        with world.together():
            agenda.run_until(world.now())


class Citizens:
    """The town, writing by itself; `pause` is the average time between two comments, in seconds."""

    def __init__(self, world: World, *, seed: int, pause: float) -> None:
        self._world = world
        self._stage = Stage(world, seed * 1000 + world.count(include_deleted=True) + 1, world.now())
        self._agenda = Agenda(self._stage, None)
        self._pause = pause
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="citizens", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Stop writing; returns when the last word is written."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        self._plan(self._comment, 1)
        self._plan(self._publish, POST_EVERY)
        self._plan(self._unread, UNREAD_EVERY)
        follow(self._world, self._agenda, self._ended)

    def _plan(self, deed: Callable[[], None], pauses: float) -> None:
        drawn = min(max(self._stage.rng.expovariate(1), SHORTEST), LONGEST)
        self._agenda.add(self._world.now() + timedelta(seconds=self._pause * pauses * drawn), lambda _: deed())

    def _comment(self) -> None:
        entry = self._stage.comment(self._world.now())
        if entry is not None:
            self._agenda.aftermath(entry)
        self._plan(self._comment, 1)

    def _unread(self) -> None:
        unread.write_one(self._stage, self._world.now())
        self._plan(self._unread, UNREAD_EVERY)

    def _publish(self) -> None:
        self._stage.publish(self._stage.rng.choice(municipality.CHANNELS), self._world.now())
        self._plan(self._publish, POST_EVERY)
