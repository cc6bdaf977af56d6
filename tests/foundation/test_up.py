"""`manage.py up`: everything in one terminal, who dies is started again, nothing stays behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import embedded
from tests.foundation.processes import ROOT, ask, holder, keeper_pid, living, mentioned, postgres_pid, redis_pid, until
from tests.foundation.test_environment import manage, told

pytestmark = [pytest.mark.processes, pytest.mark.timeout(120), pytest.mark.xdist_group("up")]


class Up:
    """A running `manage.py up` over a VAR_DIR."""

    def __init__(self, var: Path, *arguments: str, **environment: str) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in told() | {"DJANGO_SETTINGS_MODULE"}}
        self.var = var
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", *arguments],
            cwd=ROOT,
            env={**kept, "VAR_DIR": str(var), **environment},
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.told = json.loads(self.process.stdout.readline())

    def child(self, name: str) -> int:
        """Give the process number of one of its children: web, worker, beat, sandbox."""
        words = {"web": "config.web", "worker": " worker ", "beat": " beat ", "sandbox": "tether.py sandbox"}
        command = ["ps", "-axww", "-o", "pid=,ppid=,args="]
        for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
            pid, parent, arguments = line.split(None, 2)
            if int(parent) == self.process.pid and words[name] in f"{arguments} ":
                return int(pid)
        return 0

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal as the terminal does; give the exit code."""
        os.kill(self.process.pid, number)
        code = self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A VAR_DIR with a migrated database, to be copied: making one is most of a first start."""
    made = tmp_path_factory.mktemp("seed") / "var"
    assert manage("channel", "list", var=made).returncode == 0
    assert embedded.stop(made)
    return made


@pytest.fixture
def used(var: Path, seed: Path) -> Path:
    """A VAR_DIR that was used before."""
    subprocess.run(["cp", "-a", seed, var], check=True)
    return var


def page(url: str) -> int:
    return int(urllib.request.urlopen(f"{url}/konto/login/", timeout=10).status)


def answers(url: str) -> bool:
    try:
        return page(url) == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One that runs without its sandbox, for all tests that leave it running."""
    up = Up(tmp_path_factory.mktemp("up") / "var", "--no-sandbox")
    yield up
    up.end()


def test_it_tells_its_address_once_all_answer(running: Up) -> None:
    assert running.told["users"] == []
    assert page(running.told["url"]) == 200


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_kill_9_of_a_child_starts_another(running: Up, name: str) -> None:
    killed = running.child(name)
    os.kill(killed, signal.SIGKILL)
    until(lambda: running.child(name) not in (0, killed))
    until(lambda: answers(running.told["url"]))


@pytest.mark.parametrize("number_of", [postgres_pid, redis_pid, keeper_pid])
def test_kill_9_of_what_is_embedded_is_mended(running: Up, number_of) -> None:
    os.kill(number_of(running.var), signal.SIGKILL)
    until(lambda: living(running.var) == {"keeper", "postgres.alive", "redis.alive"})
    until(lambda: answers(running.told["url"]))


def test_a_web_process_that_is_started_again_refuses_nobody(running: Up) -> None:
    os.kill(running.child("web"), signal.SIGKILL)
    assert page(running.told["url"]) == 200


def test_a_second_one_in_the_same_folder_is_refused(running: Up) -> None:
    second = Up(running.var, "--no-sandbox")
    assert second.process.wait(30) == 1
    assert second.told["error"]["code"] == "running"


def test_a_second_one_elsewhere_takes_the_next_port(running: Up, used: Path) -> None:
    second = Up(used, "--no-sandbox")
    assert page(second.told["url"]) == 200
    assert second.told["url"] != running.told["url"]
    assert second.end(signal.SIGTERM) == 0
    assert page(running.told["url"]) == 200


def test_ctrl_c_leaves_nothing_behind(used: Path) -> None:
    up = Up(used, "--no-sandbox")
    assert up.end() == 0
    until(lambda: not living(used), seconds=5)
    assert mentioned(str(used)) == []


def test_kill_9_of_it_leaves_nothing_behind(used: Path) -> None:
    up = Up(used, "--no-sandbox")
    children = [up.child(name) for name in ("web", "worker", "beat")]
    up.end(signal.SIGKILL)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), seconds=5)
    until(lambda: not living(used))
    assert mentioned(str(used)) == []


def test_a_port_that_was_asked_for_and_is_taken_is_an_error_and_starts_nothing(var: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        up = Up(var, "--no-sandbox", "--port", str(taken.getsockname()[1]))
        assert up.process.wait(30) == 1
    assert up.told["error"]["code"] == "port_taken"
    assert living(var) == set()


def test_a_second_start_keeps_the_data_and_does_not_migrate_again(used: Path) -> None:
    marker = used / "postgres" / "migrated"
    migrated = marker.stat().st_mtime_ns
    Up(used, "--no-sandbox").end()
    assert marker.stat().st_mtime_ns == migrated
    assert embedded.fingerprint() == marker.read_text()


def test_a_named_database_is_used_and_never_migrated_by_itself(var: Path, tmp_path: Path) -> None:
    ours = tmp_path / "ours"
    with holder(var):
        named = {
            "DATABASE_URL": embedded.database_url(var),
            "REDIS_URL": embedded.redis_url(var),
            "SECRET_KEY": "named",
            "TOKEN_KEYS": embedded.secret(tmp_path, "token_key"),
        }
        refused = Up(ours, "--no-sandbox", **named)
        assert refused.process.wait(30) == 1
        assert refused.told["error"]["code"] == "not_migrated"
        assert manage("migrate", var=ours, **named).returncode == 0
        up = Up(ours, "--no-sandbox", **named)
        assert page(up.told["url"]) == 200
        assert living(ours) == set()
        up.end()


def test_a_named_database_that_knows_no_swedish_is_refused(var: Path, tmp_path: Path) -> None:
    with holder(var):
        ask(var, "CREATE DATABASE deaf TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'")
        named = {
            "DATABASE_URL": embedded.database_url(var).replace("@/gensvar", "@/deaf"),
            "REDIS_URL": embedded.redis_url(var),
            "SECRET_KEY": "named",
            "TOKEN_KEYS": embedded.secret(tmp_path, "token_key"),
        }
        refused = Up(tmp_path / "ours", "--no-sandbox", **named)
        assert refused.process.wait(30) == 1
        assert "å, ä and ö" in refused.told["error"]["message"]
        assert manage("migrate", var=tmp_path / "ours", **named).returncode == 1
