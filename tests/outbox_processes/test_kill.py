"""Kill −9 of the process that sends, before, while and after the platform takes the reply: none lost, none doubled."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.db import connection

from inbox.models import Outgoing
from tests.inbox.scene import PLATFORMS, Scene
from tests.sandbox_server import RunningSandbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
TIMES = 20  # each, going round the three platforms
PAUSES = [timedelta(minutes=2, seconds=n) for n in (1, 2)] + [timedelta(minutes=m) for m in (5, 15, 16)]


class Worker:
    """A process that lets others deliver, which a test may kill."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.outbox_processes.worker"],
            env=environment(sandbox), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip
        assert self.line() == "ready"

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def start(self, platform: str, url: str) -> int:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{platform} {url}\n")
        return int(self.line())

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        assert self.line() == str(-signal.SIGKILL)

    def stop(self) -> None:
        self.process.kill()
        self.process.communicate()


def environment(sandbox: RunningSandbox, **more: str) -> dict[str, str]:
    """Name the test's own database to the program, as an installation would, and the sandbox as its platforms."""
    place = connection.settings_dict
    host = quote(str(place["OPTIONS"].get("host") or place["HOST"]), safe="")
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"postgresql://{place['USER']}@/{place['NAME']}?host={host}",
        "REDIS_URL": django_settings.REDIS_URL,
        "SECRET_KEY": django_settings.SECRET_KEY,
        "TOKEN_KEYS": ",".join(django_settings.TOKEN_KEYS),
        "TWITTER_API_URL": sandbox.url,
        "FACEBOOK_GRAPH_URL": sandbox.url,
        "YOUTUBE_API_URL": sandbox.url,
        "GOOGLE_TOKEN_URL": f"{sandbox.url}/token",
        **more,
    }


@pytest.fixture
def scenes(sandbox: RunningSandbox, settings: Any) -> dict[str, Scene]:
    return {platform: Scene(sandbox, platform, settings) for platform in PLATFORMS}


@pytest.fixture
def worker(sandbox: RunningSandbox, scenes: dict[str, Scene]) -> Iterator[Worker]:
    running = Worker(sandbox)
    yield running
    running.stop()


def wait_until(is_so: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def rounds(scenes: dict[str, Scene]) -> Iterator[tuple[Scene, Outgoing, str]]:
    for number in range(TIMES):
        scene = scenes[PLATFORMS[number % len(PLATFORMS)]]
        text = f"Klockan tio, svar {number}."
        yield scene, scene.reply(text=text), text


def settle(scene: Scene, outgoing: Outgoing) -> str:
    """Let time pass, as it is judged, until the outbox has found out; give where the reply stands."""
    for pause in PAUSES:
        scene.deliver(pause)
    outgoing.refresh_from_db()
    return outgoing.status


def test_before_the_platform_saw_anything(scenes: dict[str, Scene], worker: Worker) -> None:
    for scene, outgoing, text in rounds(scenes):
        with socket.create_server(("127.0.0.1", 0)) as hole:  # takes the connection and never answers
            pid = worker.start(scene.channel.platform, f"http://127.0.0.1:{hole.getsockname()[1]}")
            hole.accept()[0].recv(10)
            worker.kill(pid)
        status = settle(scene, outgoing)
        if scene.channel.platform == "youtube":  # its filter may hide it: a person has to look
            assert (status, outgoing.next_lookup_at, scene.on_the_platform(text)) == ("unknown", None, [])
        else:
            assert (status, len(scene.on_the_platform(text))) == ("sent", 1)


def test_while_the_platform_takes_it(scenes: dict[str, Scene], worker: Worker, sandbox: RunningSandbox) -> None:
    for scene, outgoing, text in rounds(scenes):
        scene.stage.fault("hold_before", method="POST", times=1)
        pid = worker.start(scene.channel.platform, sandbox.url)
        sandbox.faults.wait_for_held()
        worker.kill(pid)
        sandbox.faults.release()
        wait_until(lambda scene=scene, text=text: scene.on_the_platform(text))
        assert settle(scene, outgoing) == "sent"
        assert [entry.id for entry in scene.on_the_platform(text)] == [outgoing.external_id]


def test_after_the_platform_took_it(scenes: dict[str, Scene], worker: Worker, sandbox: RunningSandbox) -> None:
    for scene, outgoing, text in rounds(scenes):
        scene.stage.fault("hold_after", method="POST", times=1)
        pid = worker.start(scene.channel.platform, sandbox.url)
        sandbox.faults.wait_for_held()
        worker.kill(pid)
        sandbox.faults.release()
        assert settle(scene, outgoing) == "sent"
        assert [entry.id for entry in scene.on_the_platform(text)] == [outgoing.external_id]


def test_a_living_process_is_left_alone_however_long_it_takes(
    scenes: dict[str, Scene], worker: Worker, sandbox: RunningSandbox
) -> None:
    scene = scenes["facebook"]
    outgoing = scene.reply(text="Klockan tio.")
    scene.stage.fault("hold_after", method="POST", times=1)
    worker.start("facebook", sandbox.url)
    sandbox.faults.wait_for_held()
    assert settle(scene, outgoing) == "sending"
    sandbox.faults.release()
    assert worker.line() == "0"
    outgoing.refresh_from_db()
    assert (outgoing.status, len(scene.on_the_platform("Klockan tio."))) == ("sent", 1)
