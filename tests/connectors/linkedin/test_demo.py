"""The demo has an account on LinkedIn where that is switched on, with a week of comments; elsewhere nothing changes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

WEEK = """
import json, sys
from collections import Counter
from datetime import UTC, datetime
from sandbox import __main__ as sandbox, credentials
from sandbox.world import World
at = datetime(2026, 11, 24, 9, tzinfo=UTC)
world = World(sys.argv[1], now=lambda: at)
sandbox.seed(world, 1)
kinds = Counter(entry.kind for entry in world.entries("linkedin"))
listed = [each["platform"] for each in credentials.registered(world)]
print(json.dumps({"kinds": kinds, "listed": listed}))
"""


def week(folder: Path, enabled: str | None) -> dict[str, object]:
    environment = {name: value for name, value in os.environ.items() if name != "LINKEDIN_ENABLED"}
    if enabled is not None:
        environment["LINKEDIN_ENABLED"] = enabled
    done = subprocess.run(
        [sys.executable, "-c", WEEK, str(folder / "world.sqlite3")],
        env=environment, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.processes
def test_where_it_is_on_an_employer_account_has_a_week_of_comments(tmp_path: Path) -> None:
    found = week(tmp_path, "yes")
    kinds = found["kinds"]
    assert isinstance(kinds, dict)
    assert kinds["post"] >= 3
    assert kinds["comment"] >= 10
    assert "linkedin" in found["listed"]  # type: ignore[operator]


@pytest.mark.processes
@pytest.mark.parametrize("enabled", [None, "", "no"])
def test_where_it_is_off_nobody_has_heard_of_it(tmp_path: Path, enabled: str | None) -> None:
    found = week(tmp_path, enabled)
    assert found["kinds"] == {}
    assert "linkedin" not in found["listed"]  # type: ignore[operator]
