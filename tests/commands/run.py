"""A command as a shell runs it, in this process: its lines as JSON, and its exit code."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import get_commands, load_command_class


class Shell:
    """`shell("channel", "list")` gives the lines; `shell.fails(...)` the error of a command that ends with 1."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.capsys, self.monkeypatch = capsys, monkeypatch

    def __call__(self, name: str, *arguments: object, stdin: str = "") -> list[dict[str, Any]]:
        code, lines = self.run(name, *arguments, stdin=stdin)
        assert code == 0, lines
        return lines

    def fails(self, name: str, *arguments: object) -> dict[str, str]:
        code, lines = self.run(name, *arguments)
        assert code == 1, lines
        (line,) = lines
        assert list(line) == ["error"]
        assert list(line["error"]) == ["code", "message"]
        error: dict[str, str] = line["error"]
        return error

    def run(self, name: str, *arguments: object, stdin: str = "") -> tuple[int, list[dict[str, Any]]]:
        self.monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        self.capsys.readouterr()
        code = 0
        try:
            command = load_command_class(get_commands()[name], name)
            command.run_from_argv(["manage.py", name, *map(str, arguments)])
        except SystemExit as end:
            code = int(end.code or 0)
        return code, [json.loads(line) for line in self.capsys.readouterr().out.splitlines()]


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(capsys, monkeypatch)
