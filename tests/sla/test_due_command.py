"""`manage.py due` as a script meets it: through a shell, on a policy file, with no service started."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from sla.management.commands.due import answer
from sla.policyfile import SE24
from tests.sla.policies import SE24_POLICY

FRIDAY = "2026-01-09T15:00:00+01:00"
FRIDAYS = {
    "received": "2026-01-09T14:00:00Z",
    "due_at": "2026-01-12T14:00:00Z",
    "due_soon_at": "2026-01-12T10:00:00Z",
}


@pytest.fixture
def policy_file(tmp_path: Path) -> Path:
    path = tmp_path / "policies.json"
    path.write_text(json.dumps([SE24, {**SE24, "id": "plain", "reading": "plain"}]), encoding="utf-8")
    return path


COMMAND = [sys.executable, "manage.py", "due"]
# Neither database nor Redis within reach.
ALONE = {
    **os.environ,
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": "x",
    "TOKEN_KEYS": "x",
}


def due(*arguments: object, stdin: bytes = b"", code: int = 0, **environment: str) -> list[Any]:
    """Run the command with no service within reach."""
    ran = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=settings.BASE_DIR,
        env={**ALONE, **environment},
        check=False,
        timeout=60,
    )
    assert ran.returncode == code, ran.stderr.decode()
    return [json.loads(line) for line in ran.stdout.decode().splitlines()]


def answered(line: bytes | str, **keys: Any) -> Any:
    return json.loads(answer(SE24_POLICY, line.encode() if isinstance(line, str) else line, **keys))


def test_times_as_arguments_get_a_line_each(policy_file: Path) -> None:
    assert due("--policy-file", policy_file, FRIDAY, "x", "2026-01-10T12:00Z") == [
        FRIDAYS,
        {"error": {"code": "bad_time", "message": '"x" is not an ISO 8601 time.'}},
        {"received": "2026-01-10T12:00:00Z", "due_at": "2026-01-12T23:00:00Z", "due_soon_at": "2026-01-12T19:00:00Z"},
    ]


def test_lines_of_standard_input_are_answered_in_their_places(policy_file: Path) -> None:
    lines = [FRIDAY.encode(), b"\xff", b"", b"  " + FRIDAY.encode() + b"  \r", FRIDAY.encode()]
    answers = due("--policy-file", policy_file, "--policy", "se24", "-", stdin=b"\n".join(lines))
    assert [each.get("due_at") for each in answers] == [FRIDAYS["due_at"], None, None, *[FRIDAYS["due_at"]] * 2]
    assert all(set(each["error"]) == {"code", "message"} for each in answers[1:3])


def test_ten_thousand_lines_take_less_than_two_seconds(policy_file: Path) -> None:
    def seconds(lines: int) -> float:
        """Of a processor: what else the machine has to do is not the command's."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert len(due("--policy-file", policy_file, "-", stdin=f"{FRIDAY}\t{FRIDAY}\n".encode() * lines)) == lines
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert seconds(10_000) - seconds(1) < 2


def test_a_policy_of_the_file_is_chosen_by_its_id(policy_file: Path) -> None:
    assert due("--policy-file", policy_file, "--policy", "plain", FRIDAY)[0]["due_at"] == "2026-01-10T14:00:00Z"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--policy", "none", "-"], "unknown_policy"),
        ([], "usage"),
        (["--what", "-"], "usage"),
    ],
)
def test_what_fails_as_a_whole_is_one_line_and_exit_code_1(policy_file: Path, arguments: list[str], code: str) -> None:
    [answer] = due("--policy-file", policy_file, *arguments, code=1)
    assert answer["error"]["code"] == code


def test_a_file_that_is_not_there_or_no_json_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    assert due("--policy-file", tmp_path / "none", FRIDAY, code=1)[0]["error"]["code"] == "no_policy_file"
    (tmp_path / "bad").write_text("{")
    assert due("--policy-file", tmp_path / "bad", FRIDAY, code=1)[0]["error"]["code"] == "bad_policy_file"


def test_a_reader_that_has_had_enough_is_no_failure(policy_file: Path) -> None:
    lines = f"{FRIDAY}\n".encode() * 20_000
    arguments = [*COMMAND, "--policy-file", str(policy_file), "-"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(arguments, cwd=settings.BASE_DIR, env=ALONE, **pipes) as process:
        assert process.stdin and process.stdout and process.stderr
        process.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(lines)
            process.stdin.close()
        assert (process.wait(60), process.stderr.read()) == (0, b"")


def test_explain_adds_swedish_sentences_in_any_locale(policy_file: Path) -> None:
    [found] = due("--policy-file", policy_file, "--explain", FRIDAY, PYTHONIOENCODING="ascii")
    assert found["explanation"][2] == "Lördag 10 januari – söndag 11 januari: klockan står still (helg)."


def test_with_a_now_the_line_says_where_the_cycle_stands() -> None:
    assert answered(f"{FRIDAY}\t2026-01-10T00:30:00Z") == {
        **FRIDAYS,
        "now": "2026-01-10T00:30:00Z",
        "elapsed_s": 32400,
        "remaining_s": 54000,
        "state": "on_track",
        "next_transition_at": "2026-01-12T10:00:00Z",
    }


@pytest.mark.parametrize(
    ("now", "state", "change"),
    [
        ("2026-01-09T13:00:00Z", "on_track", "2026-01-12T10:00:00Z"),
        ("2026-01-12T09:59:59.999999Z", "on_track", "2026-01-12T10:00:00Z"),
        ("2026-01-12T10:00:00Z", "due_soon", "2026-01-12T14:00:00Z"),
        ("2026-01-12T14:00:00Z", "overdue", None),
    ],
)
def test_the_state_and_its_next_change_follow_from_now(now: str, state: str, change: str | None) -> None:
    found = answered(f"{FRIDAY}\t{now}")
    assert (found["state"], found["next_transition_at"]) == (state, change)


@pytest.mark.parametrize(
    ("now", "elapsed", "remaining"),
    [
        ("2026-01-09T14:00:00.000001Z", "0.000001", "86399.999999"),
        ("2026-01-09T14:00:00.5Z", "0.5", "86399.5"),
        ("2026-01-12T14:00:00.000001Z", "86400.000001", "-0.000001"),
        ("2026-01-12T15:00:00Z", "90000", "-3600"),
        ("2026-01-01T00:00:00Z", "0", "86400"),
    ],
)
def test_seconds_are_exact_numbers_without_exponent(now: str, elapsed: str, remaining: str) -> None:
    line = answer(SE24_POLICY, f"{FRIDAY}\t{now}".encode())
    assert f'"elapsed_s": {elapsed}, "remaining_s": {remaining},' in line


def test_times_go_out_in_utc_with_a_fraction_only_if_it_is_not_zero() -> None:
    assert answered("2026-01-09T15:00:00.250000+01:00")["received"] == "2026-01-09T14:00:00.250000Z"
    assert answered("2026-01-09T15:00:00.000000+01:00")["received"] == "2026-01-09T14:00:00Z"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "   ",
        "\t",
        f"\t{FRIDAY}",
        f"{FRIDAY}\t",
        f"{FRIDAY}\t{FRIDAY}\t{FRIDAY}",
        f"{FRIDAY} {FRIDAY}",
        f"{FRIDAY}\t2026-01-09T15:00:00",
        f"{FRIDAY}\t2061-01-01T00:00:00Z",
        "1999-12-31T23:59:59Z",
        "2026-01-09T15:00:00",
        "9999-12-31T23:59:59-23:00",
        "0001-01-01T00:00:00+23:00",
        "x" * 100_000,
        b"\x00\xfe",
    ],
)
def test_a_bad_line_is_an_error_and_nothing_else(line: bytes | str) -> None:
    found = answered(line)
    assert list(found) == ["error"]
    assert found["error"]["message"]
    assert len(found["error"]["message"]) < 200


@pytest.mark.django_db
def test_without_a_file_the_policy_is_the_installations() -> None:
    out = StringIO()
    call_command("due", FRIDAY, stdout=out)
    assert json.loads(out.getvalue()) == FRIDAYS


@pytest.mark.django_db
def test_an_unknown_policy_of_the_installation_is_an_error() -> None:
    from sla.calendar import ClockError

    with pytest.raises(ClockError, match="no policy 'none'"):
        call_command("due", "--policy", "none", FRIDAY, stdout=StringIO())


def test_the_clock_imports_no_django() -> None:
    code = "import sys, sla.clock, sla.explain, sla.policyfile; sys.exit('django' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, check=True, timeout=60)
