"""The real worker and beat, over a broker that is killed and emptied: the rows are the truth, so all goes on."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db.models import F

from config import servers
from inbox.models import Outgoing
from tests.inbox.scene import Scene
from tests.outbox_processes.test_kill import environment
from tests.sandbox_server import RunningSandbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


class Celery:
    """A worker and beat, started as `up` does, with a Redis of their own."""

    def __init__(self, folder: Path, sandbox: RunningSandbox) -> None:
        self.socket = folder / "redis.sock"
        listening = ["--port", "0", "--unixsocket", str(self.socket), "--save", "", "--dir", str(folder)]
        self.redis = subprocess.Popen([servers.redis_binary(), *listening], stdout=subprocess.DEVNULL)
        root_is_fine = "ignore:You're running the worker with superuser"
        self.environment = environment(sandbox, REDIS_URL=f"unix://{self.socket}", PYTHONWARNINGS=root_is_fine)
        self.beat = self._celery("beat", "--schedule", str(folder / "beat"), "--pidfile", "")
        self.start()

    def start(self) -> None:
        self.worker = self._celery("worker", "--queues", "deliver", "--pool", "threads", "--concurrency", "2")

    def kill(self) -> None:
        self.worker.kill()
        self.worker.wait()

    def forget(self) -> None:
        """Empty the broker: queues, bindings, all of it."""
        redis.Redis(unix_socket_path=str(self.socket)).flushall()

    def stop(self) -> None:
        for process in (self.worker, self.beat, self.redis):
            process.kill()
            process.wait()

    def _celery(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "celery", "--quiet", "-A", "config", *arguments, "--loglevel", "WARNING"]
        return subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL)


@pytest.fixture
def scene(sandbox: RunningSandbox, settings: Any) -> Scene:
    return Scene(sandbox, "facebook", settings)


@pytest.fixture
def celery(tmp_path: Path, scene: Scene, sandbox: RunningSandbox) -> Iterator[Celery]:
    running = Celery(tmp_path, sandbox)
    yield running
    running.stop()


def comes_to(outgoing: Outgoing, status: str) -> None:
    deadline = time.monotonic() + 45
    while outgoing.status != status:
        assert time.monotonic() < deadline, f"still {outgoing.status} {outgoing.error}"
        time.sleep(0.05)
        outgoing.refresh_from_db()


def test_a_worker_is_killed_in_the_middle_of_a_reply_and_the_next_one_finds_out(scene: Scene, celery: Celery) -> None:
    scene.stage.fault("hold_after", method="POST", times=1)
    outgoing = scene.reply()
    scene.stage.sandbox.faults.wait_for_held(timeout=45)
    celery.kill()
    scene.stage.sandbox.faults.release()
    celery.forget()
    celery.start()
    two_minutes = timedelta(minutes=2)
    Outgoing.objects.update(claimed_at=F("claimed_at") - two_minutes)  # as if so much time had passed
    comes_to(outgoing, "unknown")
    Outgoing.objects.update(next_lookup_at=F("next_lookup_at") - two_minutes)
    comes_to(outgoing, "sent")
    assert [entry.id for entry in scene.on_the_platform()] == [outgoing.external_id]


def test_all_goes_on_when_the_broker_forgets_everything(scene: Scene, celery: Celery) -> None:
    for number in range(3):
        outgoing = scene.reply(text=f"Svar {number}.")
        comes_to(outgoing, "sent")
        celery.forget()
    assert scene.writes() == 3
