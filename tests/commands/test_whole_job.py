"""The whole job from a shell: an empty VAR_DIR, the environment pointed at another server, no page opened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.facebook.stage import FacebookStage
from tests.connectors.stage import Stage
from tests.connectors.twitter.stage import TwitterStage
from tests.connectors.youtube.stage import YouTubeStage
from tests.sandbox_server import RunningSandbox

ROOT = Path(__file__).resolve().parents[2]
OURS = ("VAR_DIR", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "TOKEN_KEYS", "DJANGO_SETTINGS_MODULE")

pytestmark = pytest.mark.processes


class Shell:
    """`manage.py` as a script calls it."""

    def __init__(self, var: str, url: str) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in OURS}
        urls = ("TWITTER_API_URL", "FACEBOOK_GRAPH_URL", "YOUTUBE_API_URL")
        self.environment = {**kept, **dict.fromkeys(urls, url), "GOOGLE_TOKEN_URL": f"{url}/token", "VAR_DIR": var}

    def __call__(self, *words: object, code: int = 0) -> list[dict[str, Any]]:
        command = [sys.executable, "manage.py", *map(str, words)]
        ended = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        assert ended.returncode == code, ended.stdout + ended.stderr
        return [json.loads(line) for line in ended.stdout.splitlines()]


@pytest.fixture
def shell(sandbox: RunningSandbox) -> Iterator[Shell]:
    with tempfile.TemporaryDirectory(prefix="gv-") as folder:
        yield Shell(folder, sandbox.url)


def add_channel(shell: Shell, stage: Stage) -> int:
    context = stage.context()
    (line,) = shell(
        "channel", "add", "--platform", stage.platform, "--kind", "main", "--name", "Exempelby kommun",
        "--external-id", stage.our_id, "--handle", context.handle, "--department", "Kansli",
        "--purpose", "Information", "--focus", "Vardag", "--token", json.dumps(dict(context.token)),
        "--clock-from", (datetime.now(UTC) - timedelta(days=1)).isoformat(),
    )  # fmt: skip
    return int(line["id"])


def test_the_whole_job_is_done_from_a_shell(sandbox: RunningSandbox, shell: Shell) -> None:
    stages = [FacebookStage(sandbox), TwitterStage(sandbox), YouTubeStage(sandbox)]
    entries = {stage.platform: stage.citizen_writes("När öppnar badet?") for stage in stages}
    shell("user", "add", "--username", "anna", "--name", "Anna Ek", "--role", "communicator")
    ids = {stage.platform: add_channel(shell, stage) for stage in stages}

    reports = shell("poll")
    assert all(report["error"] is None and report["complete"] for report in reports), reports
    assert {report["channel"] for report in reports} == set(ids.values())
    waiting = {line["platform"]: line for line in shell("conversations")}
    for platform, entry in entries.items():
        line = waiting[platform]
        assert [item["external_id"] for item in line["items"]] == [entry.id]
        assert (line["status"], line["state"] is not None) == ("open", True)

    for line in waiting.values():
        shell("reply", line["id"], "--kind", "answer", "--text", "Klockan nio.", "--user", "anna")
    assert {line["status"] for line in shell("deliver")} == {"sent"}
    shell("poll")
    for line in shell("conversations"):
        assert (line["status"], line["cycles"][0]["outcome"], line["cycles"][0]["kept"]) == ("closed", "answered", True)
        assert [item["from_us"] for item in line["items"]] == [False, True]
    for stage in stages:
        assert sum("Klockan nio." in entry.text for entry in sandbox.world.entries(stage.platform)) == 1

    before = shell("items")
    assert [(r["new"], r["updated"], r["deleted"]) for r in shell("poll", "--full")] == [(0, 0, 0)] * len(reports)
    assert shell("items") == before
    assert shell("sweep") == [{"due_soon": 0, "overdue": 0}]


def test_a_wrong_token_is_reported_and_the_others_are_polled(sandbox: RunningSandbox, shell: Shell) -> None:
    facebook, youtube = FacebookStage(sandbox), YouTubeStage(sandbox)
    youtube.citizen_writes("När öppnar badet?")
    facebook.token = {**facebook.token, "access_token": "fel"}
    bad, good = add_channel(shell, facebook), add_channel(shell, youtube)
    reports = shell("poll")
    assert {report["channel"] for report in reports if report["error"]} == {bad}
    assert sum(report["new"] for report in reports if report["channel"] == good) == 1
    listed = {line["id"]: line for line in shell("channel", "list")}
    assert listed[bad]["token"]["dead_since"] is not None
    assert listed[good]["token"]["dead_since"] is None
    error = shell("channel", "add", "--platform", "facebook", code=1)
    assert list(error[0]) == ["error"]
