"""`manage.py due`: the deadline of each time it is given, by SLA.md's contract."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser

from sla import clock
from sla.calendar import MICROSECOND, ClockError
from sla.clock import Policy
from sla.explain import explain
from sla.policyfile import parsed_time, policy_from_file


class Command(BaseCommand):
    help = "Print the deadline of each time given, a line of JSON each; `-` reads RECEIVED or RECEIVED<TAB>NOW a line."
    # With a policy file nothing of the installation is touched, so nothing of it is checked.
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # No abbreviations: what starts no services looks for the whole word `--policy-file`.
        parser = super().create_parser(prog_name, subcommand, allow_abbrev=False, **kwargs)
        parser.error = _refuse  # type: ignore[method-assign]
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--policy-file", type=Path, help="a JSON list of policies; no database is opened")
        parser.add_argument("--policy", help="the policy's id; default: the file's first, the installation's se24")
        parser.add_argument("--explain", action="store_true", help="add how each deadline comes about, in Swedish")
        parser.add_argument("times", nargs="+", metavar="TIME", help="ISO 8601 with offset; or a single -")

    def run_from_argv(self, argv: list[str]) -> None:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # JSON is UTF-8, whatever the terminal's locale
        try:
            super().run_from_argv(argv)
            sys.stdout.flush()
        except ClockError as error:
            self.stdout.write(_failure(error))
            sys.exit(1)
        except BrokenPipeError:
            # The reader has had enough, as `head` does; nothing must be flushed to it at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def handle(
        self, *, policy_file: Path | None, policy: str | None, explain: bool, times: list[str], **options: Any
    ) -> None:
        chosen = policy_from_file(policy_file, policy) if policy_file else _installed(policy)
        lines = sys.stdin.buffer if times == ["-"] else [os.fsencode(time) for time in times]
        for line in lines:
            self.stdout.write(answer(chosen, line, explained=explain))


def answer(policy: Policy, line: bytes, *, explained: bool = False) -> str:
    """Answer one line of input with one of JSON; a bad line with its error."""
    try:
        received, *rest = _times(line)
        due, soon = clock.due_at(policy, received), clock.due_soon_at(policy, received)
        parts = [f'"received": {_time(received)}, "due_at": {_time(due)}, "due_soon_at": {_time(soon)}']
        for now in rest:
            parts.append(_standing(policy, received, now, due=due, soon=soon))
        if explained:
            parts.append(f'"explanation": {json.dumps(explain(policy, received).lines, ensure_ascii=False)}')
    except ClockError as error:
        return _failure(error)
    return f"{{{', '.join(parts)}}}"


def _standing(policy: Policy, received: datetime, now: datetime, *, due: datetime, soon: datetime) -> str:
    elapsed = clock.elapsed(policy, received, now)
    change = clock.next_transition(soon, due, now)
    return (
        f'"now": {_time(now)}, "elapsed_s": {_seconds(elapsed)}, '
        f'"remaining_s": {_seconds(clock.budget(policy, received) - elapsed)}, '
        f'"state": "{clock.state(soon, due, now)}", "next_transition_at": {_time(change) if change else "null"}'
    )


def _times(line: bytes) -> list[datetime]:
    """Read RECEIVED or RECEIVED<TAB>NOW; white space around them is no matter."""
    try:
        fields = line.decode("utf-8-sig").rstrip("\r\n").split("\t")
    except UnicodeDecodeError as error:
        raise ClockError("The line is not UTF-8.", "bad_time") from error
    if len(fields) > 2:
        raise ClockError("A line is RECEIVED or RECEIVED<TAB>NOW.", "bad_line")
    return [parsed_time(field.strip()) for field in fields]


def _time(instant: datetime) -> str:
    return f'"{instant.astimezone(UTC).isoformat()[:-6]}Z"'


def _seconds(length: timedelta) -> str:
    """Write a length in seconds as a JSON number, exactly."""
    micros = length // MICROSECOND
    whole, rest = divmod(abs(micros), 1_000_000)
    return "-" * (micros < 0) + (f"{whole}.{rest:06d}".rstrip("0") if rest else str(whole))


def _installed(key: str | None) -> Policy:
    # Imported here, as with a policy file neither models nor database are wanted.
    from sla import models, policies

    key = key or policies.DEFAULT
    try:
        return policies.policy(key)
    except models.PolicyVersion.DoesNotExist as error:
        raise ClockError(f"There is no policy {key!r} here.", "unknown_policy") from error


def _failure(error: ClockError) -> str:
    return json.dumps({"error": {"code": error.code, "message": str(error)}})


def _refuse(message: str) -> NoReturn:
    raise ClockError(message, "usage")
