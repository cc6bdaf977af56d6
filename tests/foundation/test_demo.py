"""`manage.py up` with its sandbox: a living demo, which outlives the sandbox's death too."""

import json
import os
import signal
import urllib.request
from collections.abc import Iterator

import pytest

from tests.foundation.processes import until
from tests.foundation.test_up import Up, answers, page

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    up = Up(tmp_path_factory.mktemp("demo") / "var")
    yield up
    up.end()


def sandbox_url(demo: Up) -> str:
    return str(json.loads((demo.var / "sandbox.json").read_text())["url"])


def is_up(url: str) -> bool:
    try:
        return bool(urllib.request.urlopen(url, timeout=10).status == 200)
    except OSError:
        return False


def test_the_demo_has_people_in_each_role_who_may_sign_in(demo: Up) -> None:
    assert page(demo.told["url"]) == 200
    assert {user["role"] for user in demo.told["users"]} == {"communicator", "manager", "admin", "reader"}
    assert all(user["username"] and user["password"] for user in demo.told["users"])


def test_kill_9_of_the_sandbox_brings_it_back_at_its_address(demo: Up) -> None:
    killed, before = demo.child("sandbox"), sandbox_url(demo)
    os.kill(killed, signal.SIGKILL)
    until(lambda: demo.child("sandbox") not in (0, killed) and is_up(before))
    assert sandbox_url(demo) == before
    assert answers(demo.told["url"])
