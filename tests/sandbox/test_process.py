"""The sandbox as a process of its own: `python -m sandbox`."""

from __future__ import annotations

import json
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]


class Process:
    """Starts and ends sandboxes over one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: list[subprocess.Popen[str]] = []

    @property
    def told(self) -> dict[str, Any]:
        try:
            return dict(json.loads((self.folder / "sandbox.json").read_text()))
        except (OSError, ValueError):
            return {}

    def launch(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "sandbox", "--dir", str(self.folder), *arguments]
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        self.running.append(process)
        return process

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        process = self.launch(*arguments)
        deadline = time.monotonic() + 40
        while self.told.get("pid") != process.pid:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline
            threading.Event().wait(0.02)
        return process

    def end(self) -> None:
        for running in self.running:
            running.kill()
            running.wait()
            if running.stderr:
                running.stderr.close()

    def get(self, path: str) -> Any:
        return requests.get(self.told["url"] + path, timeout=10).json()


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    made = Process(tmp_path / "var")
    yield made
    made.end()


def test_it_tells_where_it_is_once_it_answers(process: Process) -> None:
    started = process.start()
    assert process.told["pid"] == started.pid
    assert process.get("/_sandbox/entries") == []
    assert process.told["channels"] == []


def test_the_demo_lists_its_channels_with_what_the_register_demands(process: Process) -> None:
    process.start("--demo", "--quiet")
    channels = process.told["channels"]
    kinds = [(channel["platform"], channel["kind"]) for channel in channels]
    assert kinds == [
        ("facebook", "main"),
        ("twitter", "main"),
        ("youtube", "main"),
        ("facebook", "topic"),
        ("twitter", "topic"),
        ("instagram", "relay"),
    ]
    tokens = {channel["platform"]: set(channel["token"]) for channel in channels}
    assert tokens["facebook"] == {"access_token", "app_id", "app_secret"}
    assert tokens["instagram"] == {"access_token", "app_id", "app_secret", "page_id"}
    assert tokens["youtube"] == {"client_id", "client_secret", "refresh_token", "access_token", "expires_at"}
    assert {"consumer_key", "consumer_secret", "access_token", "access_token_secret"} <= tokens["twitter"]
    assert all(
        channel[name] for channel in channels for name in ("name", "external_id", "department", "purpose", "focus")
    )


def test_the_demos_tokens_are_taken_by_the_platforms(process: Process) -> None:
    process.start("--demo", "--quiet")
    facebook, x, youtube = process.told["channels"][:3]
    url = process.told["url"]
    feed = requests.get(
        f"{url}/v26.0/{facebook['external_id']}/feed",
        params={"access_token": facebook["token"]["access_token"]},
        timeout=10,
    )
    videos = requests.get(
        f"{url}/youtube/v3/commentThreads",
        params={"part": "snippet", "allThreadsRelatedToChannelId": youtube["external_id"]},
        headers={"Authorization": f"Bearer {youtube['token']['access_token']}"},
        timeout=10,
    )
    tweets = requests.get(
        f"{url}/2/users/{x['external_id']}/mentions",
        headers={"Authorization": f"Bearer {x['token']['app_bearer']}"},
        timeout=10,
    )
    assert [answer.status_code for answer in (feed, videos, tweets)] == [200, 200, 200]
    assert feed.json()["data"]
    assert videos.json()["items"]
    assert tweets.json()["data"]


def test_a_second_start_keeps_week_and_tokens(process: Process) -> None:
    first = process.start("--demo", "--quiet")
    channels, entries = process.told["channels"], process.get("/_sandbox/entries?deleted=1")
    first.send_signal(signal.SIGTERM)
    assert first.wait(20) == 0
    assert process.told == {}
    process.start("--demo", "--quiet")
    assert process.told["channels"] == channels
    assert process.get("/_sandbox/entries?deleted=1") == entries


def test_what_was_written_survives_a_kill(process: Process) -> None:
    first = process.start()
    entry = {"platform": "twitter", "kind": "tweet", "author": "7", "text": "Kvar?"}
    requests.post(process.told["url"] + "/_sandbox/write", json=entry, timeout=10)
    first.kill()
    first.wait()
    process.start()
    assert [each["text"] for each in process.get("/_sandbox/entries")] == ["Kvar?"]


def test_a_port_that_is_taken_is_refused_in_words(process: Process) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = process.launch("--port", str(port))
        assert refused.wait(30) == 1
        assert f"Port {port} is in use." in refused.communicate()[1]
    assert process.told == {}


def test_without_a_port_two_sandboxes_take_two(process: Process, tmp_path: Path) -> None:
    process.start()
    other = Process(tmp_path / "other")
    try:
        other.start()
        assert other.told["url"] != process.told["url"]
    finally:
        other.end()


def test_the_file_with_the_tokens_is_for_its_owner_alone(process: Process) -> None:
    process.start("--demo", "--quiet")
    assert stat.S_IMODE((process.folder / "sandbox.json").stat().st_mode) == 0o600


def test_it_knows_nothing_of_the_rest(tmp_path: Path) -> None:
    """Imported in a process in which the other parts cannot be."""
    program = (
        "import sys\n"
        "others = ('django', 'accounts', 'config', 'connectors', 'inbox', 'insights', 'sla')\n"
        "sys.modules.update(dict.fromkeys(others))\n"
        "import sandbox.__main__\n"
    )
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
