"""What every command shares: one JSON object a line on standard output, and one line with `error` when it cannot.

Words for people go to standard error. Exit 0, or 1 with `{"error": {"code", "message"}}` as the only line.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NoReturn

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _


class Stop(Exception):
    """The command cannot do what was asked; `str()` says why in plain Swedish, `code` is short and stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Parser(CommandParser):
    """Tells what is wrong with the arguments like any other error."""

    def error(self, message: str) -> NoReturn:
        raise Stop("bad_arguments", _("Argumenten går inte att läsa: %s") % message)


class JsonCommand(BaseCommand):
    """A command that keeps the contract; subclasses write `handle` and call `put` for each line.

    An exception with a `code` (such as actions.Refused), ValidationError and PermissionDenied become the error line.
    """

    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = Parser(
            prog=f"{os.path.basename(prog_name)} {subcommand}",  # noqa: PTH119  # a name, not a file
            description=self.help or None,
            missing_args_message=None,
            called_from_command_line=True,
            **kwargs,
        )
        parser.add_argument("--traceback", action="store_true", help="Visa var ett oväntat fel uppstod.")
        self.add_arguments(parser)
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # whatever the locale
        with error_line():
            _demand_text(argv)
            arguments = vars(self.create_parser(argv[0], argv[1]).parse_args(argv[2:]))
            arguments.pop("traceback")
            self.handle(**arguments)
            sys.stdout.flush()

    def put(self, line: Mapping[str, Any]) -> None:
        print(one_line(line))


def one_line(line: Mapping[str, Any]) -> str:
    """Write JSON in one line, also for those who take U+0085, U+2028 and U+2029 for the end of one."""
    return json.dumps(line, ensure_ascii=False).translate(_LINE_ENDS)


_LINE_ENDS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}


def _demand_text(argv: list[str]) -> None:
    try:
        "".join(argv).encode()
    except UnicodeEncodeError as error:
        raise Stop("bad_arguments", _("Argumenten innehåller tecken som inte är UTF-8.")) from error


@contextmanager
def error_line() -> Iterator[None]:
    """Turn what a person can mend into the one line of an error, and end with 1."""
    try:
        yield
    except (Stop, ValidationError, PermissionDenied) as error:
        _end(error)
    except BrokenPipeError:
        # Whoever read has seen enough (`| head`); nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if not isinstance(getattr(error, "code", None), str):
            raise
        _end(error)


def _end(error: Exception) -> NoReturn:
    if isinstance(error, ValidationError):
        code, message = "invalid", sentence_of(error)
    elif isinstance(error, PermissionDenied):
        code, message = "not_allowed", str(error)
    else:
        code, message = str(getattr(error, "code")), str(error)  # noqa: B009  # any exception that has one
    print(one_line({"error": {"code": code, "message": message}}))
    sys.stdout.flush()
    sys.exit(1)


def sentence_of(error: ValidationError) -> str:
    """Give a form's errors in one line, each with the name of its field."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items())


def time_in(text: str) -> datetime:
    """Read an ISO 8601 time, whose offset must be said. Raises Stop."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise Stop("bad_time", _("%s är ingen tid enligt ISO 8601.") % text) from error
    if time.utcoffset() is None:
        raise Stop("naive_time", _("Tiden %s saknar förskjutning från UTC, som Z eller +01:00.") % text)
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise Stop("bad_time", _("%s är ingen tid enligt ISO 8601.") % text) from error


def time_out(time: datetime | None) -> str | None:
    """Write a time in UTC with `Z`, with a fraction only if it is not zero."""
    if time is None:
        return None
    text = time.astimezone(UTC).replace(tzinfo=None).isoformat()
    return f"{text.rstrip('0') if '.' in text else text}Z"
