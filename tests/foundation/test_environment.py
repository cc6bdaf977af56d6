"""What differs between places comes from the environment, and every name of it is told in `.env.example`."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config import embedded
from tests.foundation.processes import ROOT, living

READ = re.compile(r"""\benv(?:\.\w+)?\(\s*["']([A-Z_]+)["']|environ(?:\.get\(|\[)["']([A-Z_]+)["']""")
TOLD = re.compile(r"^#?([A-Z_]+)=", re.MULTILINE)
OF_COMPOSE = {"POSTGRES_PASSWORD", "WEB_PORTS"}


def told() -> set[str]:
    return set(TOLD.findall((ROOT / ".env.example").read_text()))


def read_by_settings() -> set[str]:
    found = READ.findall((ROOT / "config" / "settings.py").read_text())
    return {name for pair in found for name in pair if name}


def test_every_name_that_the_settings_read_is_told() -> None:
    assert read_by_settings() - told() == set()


def test_every_name_that_is_told_is_read() -> None:
    assert told() - read_by_settings() - OF_COMPOSE == set()


def manage(*arguments: str, var: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if name not in told() | {"DJANGO_SETTINGS_MODULE"}}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**kept, "VAR_DIR": str(var), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_named_database_without_named_secrets_is_refused_in_one_sentence(tmp_path: Path) -> None:
    ended = manage("channel", "list", var=tmp_path, DATABASE_URL="postgresql://u@localhost/x", SECRET_KEY="s")
    assert ended.returncode == 1
    (line,) = ended.stdout.splitlines()
    assert "TOKEN_KEYS must be set" in json.loads(line)["error"]["message"]
    assert living(tmp_path) == set()


def test_a_command_that_needs_no_database_starts_none(tmp_path: Path) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text('{"hours": 24}')
    manage("due", f"--policy-file={policy}", "2026-11-24T10:00:00+01:00", var=tmp_path)
    manage("help", var=tmp_path)
    assert not (tmp_path / "run").exists()


def test_with_both_named_nothing_is_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u@localhost/x")
    assert embedded.is_wanted()
    monkeypatch.setenv("REDIS_URL", "redis://localhost/0")
    assert not embedded.is_wanted()
