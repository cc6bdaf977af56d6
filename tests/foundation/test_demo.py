"""`manage.py up` with its sandbox: a living demo, which outlives the sandbox's death too."""

import json
import os
import signal
import urllib.request
from collections.abc import Iterator

import pytest

from tests.foundation.processes import ask, until
from tests.foundation.test_up import Up, answers, page

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180), pytest.mark.xdist_group("demo")]


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
    assert {user["role"] for user in demo.told["users"]} == {
        "communicator", "manager", "admin", "reader", "department", "relay",
    }  # fmt: skip
    assert all(user["username"] and user["password"] for user in demo.told["users"])


def test_what_a_citizen_writes_is_pushed_and_stored_by_the_worker(demo: Up) -> None:
    ours = "FROM inbox_post p JOIN accounts_channel c ON c.id = p.channel_id WHERE c.platform = 'facebook'"
    post = ask(demo.var, f"SELECT p.external_id {ours} ORDER BY p.posted_at DESC NULLS LAST LIMIT 1")
    wall = json.loads(urllib.request.urlopen(f"{sandbox_url(demo)}/_sandbox/entries/{post}", timeout=10).read())
    told = {"platform": wall["platform"], "kind": "comment", "author": "910", "root": post, "text": "När öppnar badet?"}
    request = urllib.request.Request(f"{sandbox_url(demo)}/_sandbox/write", json.dumps(told).encode())
    request.add_header("Content-Type", "application/json")
    written = json.loads(urllib.request.urlopen(request, timeout=10).read())["id"]
    until(lambda: ask(demo.var, f"SELECT count(*) FROM inbox_item WHERE external_id = '{written}'"))
    until(lambda: ask(demo.var, "SELECT count(*) FROM inbox_webhookdelivery WHERE handled_at IS NOT NULL"))


def test_kill_9_of_the_sandbox_brings_it_back_at_its_address(demo: Up) -> None:
    killed, before = demo.child("sandbox"), sandbox_url(demo)
    os.kill(killed, signal.SIGKILL)
    until(lambda: demo.child("sandbox") not in (0, killed) and is_up(before))
    assert sandbox_url(demo) == before
    assert answers(demo.told["url"])
