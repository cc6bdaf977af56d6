"""Several processes in one terminal: each line of theirs is marked with its name, and who dies is started again."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
STOP_PATIENCE = 5  # seconds until what does not end by itself is killed
STEADY = 30  # seconds after which a process that dies is restarted at once again
LONGEST_PAUSE = 10  # seconds between two restarts of what keeps dying


def command(module: str, *arguments: str) -> list[str]:
    """Give the command line that runs a module tied to our own life."""
    return [sys.executable, "-P", str(ROOT / "config" / "tether.py"), module, *arguments]


@dataclass
class Child:
    """One process and what is needed to start it again."""

    name: str
    command: Sequence[str]
    pass_fds: Sequence[int] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0
    deaths: int = 0
    wanted_at: float = 0  # when it may be started again

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        """The number of its process, which was started."""
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Start the process, its output going to our standard error line by line."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=self.pass_fds,
            start_new_session=True,  # Ctrl-C is for us; we tell the children, in order
        )
        assert self.process.stdout is not None
        threading.Thread(target=relay, args=(self.name, self.process.stdout), daemon=True).start()

    def mend(self, now: float) -> None:
        """Start it again if it died, after a pause that grows while it keeps dying."""
        if self.is_alive:
            return
        if not self.wanted_at:
            self.deaths = 1 if now - self.started > STEADY else self.deaths + 1
            pause = min(LONGEST_PAUSE, 0.5 * 2 ** (self.deaths - 2)) if self.deaths > 1 else 0
            self.wanted_at = now + pause
            say(self.name, f"ended ({self.process.returncode if self.process else '-'}), again in {pause:g} s")
        if now >= self.wanted_at:
            self.wanted_at = 0
            self.release()
            self.start()

    def release(self) -> None:
        """Close our end of its pipe; it is dead or dies of this."""
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()


def say(name: str, text: str) -> None:
    """Write one marked line to standard error."""
    sys.stderr.write(f"{name:>8} | {text}\n")
    sys.stderr.flush()


def relay(name: str, output: IO[bytes]) -> None:
    with output:
        for line in output:
            say(name, line.decode(errors="replace").rstrip())


def mend(children: Sequence[Child]) -> None:
    """Start again those that died."""
    now = time.monotonic()
    for child in children:
        child.mend(now)


def stop(children: Sequence[Child]) -> None:
    """End all: politely, and after STOP_PATIENCE by force."""
    deadline = time.monotonic() + STOP_PATIENCE
    processes = [child.process for child in children if child.process is not None]
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for child in children:
        child.release()
