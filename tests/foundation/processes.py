"""What the tests of the foundation need: processes that use the services, and a look at what lives."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from redis import Redis

from config import embedded
from config.layout import Layout, is_held

ROOT = embedded.ROOT
PYTHON = Path(sys.executable)
HOLDER = """
import sys, pathlib
from config import embedded
embedded.ensure(pathlib.Path(sys.argv[1]), durable=False, grace=float(sys.argv[2]))
print("up", flush=True)
sys.stdin.read()
"""


def until(condition: Callable[[], object], seconds: float = 30) -> None:
    """Wait until the condition holds; fail if it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.02)


def stays(condition: Callable[[], object], seconds: float = 1) -> None:
    """See that the condition holds all the while."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), "it did not stay so"


class Holder:
    """A process that uses the services of a VAR_DIR until it is killed."""

    def __init__(
        self, var: Path, *, grace: float = 0.2, program: str = HOLDER, root: Path = ROOT, python: Path = PYTHON
    ) -> None:
        command = [python, "-c", program, str(var), str(grace)]
        self.process = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def wait_up(self) -> "Holder":
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"up\n"
        return self

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def holder(var: Path, **options: float) -> Iterator[Holder]:
    started = Holder(var, **options)
    try:
        yield started.wait_up()
    finally:
        started.kill()


def living(var: Path) -> set[str]:
    """Name the embedded processes of a VAR_DIR that live, by the locks that the kernel keeps."""
    run = Layout(var).run
    names = ("keeper", "postgres.alive", "redis.alive")
    return {name for name in names if (run / name).exists() and is_held(run / name)}


def mentioned(text: str) -> list[str]:
    """Give the command lines of living processes that mention a text."""
    listed = subprocess.run(["ps", "-axww", "-o", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if text in line and not line.startswith("ps ")]


def postgres_pid(var: Path) -> int:
    return int((Layout(var).data / "postmaster.pid").read_text().split()[0])


def redis_pid(var: Path) -> int:
    return int(Redis.from_url(embedded.redis_url(var)).info("server")["process_id"])


def keeper_pid(var: Path) -> int:
    listed = subprocess.run(["ps", "-axww", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
    (line,) = (line for line in listed.splitlines() if f"config.keeper {var} " in line)
    return int(line.split()[0])


def ask(var: Path, statement: str) -> object:
    """Run one statement in the embedded database; give the first value, if there is one."""
    connection = psycopg2.connect(embedded.database_url(var))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def answers(var: Path) -> bool:
    """Whether both servers answer."""
    try:
        return ask(var, "SELECT 1") == 1 and bool(Redis.from_url(embedded.redis_url(var)).ping())
    except Exception:
        return False
