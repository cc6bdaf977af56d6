"""PostgreSQL and Redis that run by themselves under VAR_DIR, when none are named in the environment.

`ensure` is all a process needs to call: it takes this process's share of the lock that keeps them up and, if nobody
has yet, starts the keeper (`config/keeper.py`), which owns the two servers and stops them once the last user is gone.
"""

import base64
import fcntl
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from config import keeper, servers
from config.layout import Layout, hold, is_held, private_folder

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = servers.PATIENCE + 30

_held: dict[Path, int] = {}  # VAR_DIR → the descriptor that holds this process's share


class NotStarted(Exception):
    """The embedded services could not be started; the message says why."""


@dataclass(frozen=True)
class Services:
    database_url: str
    redis_url: str


def var_dir() -> Path:
    """Give the folder of everything generated, absolute."""
    return Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()


def is_wanted() -> bool:
    """Whether the environment leaves the database or the broker to us."""
    return not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))


def database_url(var: Path) -> str:
    """Say where the embedded database of this VAR_DIR is, started or not."""
    sockets = Layout(var).sockets
    return f"postgresql://{servers.DATABASE}@/{servers.DATABASE}?host={quote(str(sockets))}&port={servers.PORT}"


def redis_url(var: Path) -> str:
    """Say where the embedded Redis of this VAR_DIR is, started or not."""
    return f"unix://{quote(str(Layout(var).redis_socket))}"


def ensure(var: Path, *, durable: bool = True, grace: float = keeper.GRACE) -> Services:
    """Have both services up and keep them up while this process lives; cheap if they are. Raise NotStarted.

    `durable=False` is for tests: commits do not wait for the disk. `grace`: seconds that the services stay up without
    a user. Both count for whoever starts the services.
    """
    layout = Layout(var)
    take_share(layout)
    if not is_ready(layout):
        start_lock = hold(layout.run / "start", fcntl.LOCK_EX)
        try:
            start(layout, durable=durable, grace=grace)
        finally:
            os.close(start_lock)
    return Services(database_url(var), redis_url(var))


def take_share(layout: Layout) -> None:
    """Hold the users' lock until this process ends; while the servers are just being stopped, wait for that."""
    users = layout.run / "users"
    try:
        private_folder(layout.run)
        if layout.var not in _held:
            _held[layout.var] = hold(users, fcntl.LOCK_SH)
        os.utime(users)
    except (OSError, RuntimeError) as error:
        raise NotStarted(f"{layout.var} cannot be used for the embedded services: {error}") from error


def let_go(var: Path, *, linger: bool = True) -> None:
    """Give this process's share back; with `linger=False` the servers stop at once if nobody else uses them."""
    lock = _held.pop(var, None)
    if lock is None:
        return
    if not linger:
        os.utime(lock, (0, 0))
    os.close(lock)


def stop(var: Path) -> bool:
    """End the services of a VAR_DIR now and wait for it; False if somebody else uses them."""
    layout = Layout(var)
    let_go(var)
    deadline = time.monotonic() + 1
    while (layout.run / "keeper").exists() and is_held(layout.run / "keeper"):
        if state(layout) == "ready" and time.monotonic() > deadline:
            return False
        os.utime(layout.run / "users", (0, 0))
        time.sleep(0.02)
    return True


def is_ready(layout: Layout) -> bool:
    return is_held(layout.run / "keeper") and state(layout) == "ready"


def state(layout: Layout) -> str:
    with suppress(FileNotFoundError):
        return (layout.run / "keeper").read_text()
    return ""


def start(layout: Layout, *, durable: bool, grace: float) -> None:
    """Start a keeper unless one lives, and wait until it says that both servers answer."""
    deadline = time.monotonic() + PATIENCE
    if not is_held(layout.run / "keeper"):
        launch(layout, durable=durable, grace=grace)
    while not is_ready(layout):
        if not is_held(layout.run / "keeper"):
            raise NotStarted(state(layout).removeprefix("failed: "))
        if time.monotonic() > deadline:
            raise NotStarted(f"the embedded services did not answer within {PATIENCE} s; see {layout.var / 'log'}")
        time.sleep(0.01)


def launch(layout: Layout, *, durable: bool, grace: float) -> None:
    """Start the keeper apart from this process: Ctrl-C here must not reach it before the last user is gone."""
    log = layout.var / "log" / "keeper.log"
    private_folder(log.parent)
    options = [str(layout.var), "durable" if durable else "forgetful", str(grace)]
    with log.open("ab") as output:
        started = subprocess.run(
            [sys.executable, "-m", "config.keeper", *options],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            check=False,
        )
    if started.returncode:
        raise NotStarted(f"the keeper of the embedded services failed: {servers.last_words(log)}")


def secret(var: Path, name: str) -> str:
    """Give the secret of this name, made at random when first asked for: 32 bytes as URL-safe base64, mode 0600."""
    path = var / "secrets" / name
    with suppress(FileNotFoundError):
        return path.read_text()
    private_folder(path.parent)
    fresh = path.with_name(f".{name}.{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_text(base64.urlsafe_b64encode(os.urandom(32)).decode())
    with suppress(FileExistsError):  # another process was first: its secret counts
        os.link(fresh, path)
    fresh.unlink()
    return path.read_text()


def migrate_if_needed() -> None:
    """Bring the embedded database up to this program's migrations; nothing is asked of it if they were run already."""
    layout = Layout(var_dir())
    marker = layout.data.with_name("migrated")
    wanted = fingerprint()
    if marker.exists() and marker.read_text() == wanted:
        return
    lock = hold(layout.run / "migrate", fcntl.LOCK_EX)
    try:
        if not marker.exists() or marker.read_text() != wanted:
            run_migrations()
            marker.write_text(wanted)
    finally:
        os.close(lock)


def fingerprint() -> str:
    """Give a value that changes when there may be a migration to run: ours by name, the packages' by version."""
    names = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("*/migrations/*.py"))
    locked = (ROOT / "requirements" / "run.txt").read_bytes()
    return sha256("\n".join(names).encode() + locked).hexdigest()


def run_migrations() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)


NO_SERVICES = {"help", "version", "makemessages", "compilemessages", "collectstatic"}
NO_MIGRATIONS = {"migrate", "makemigrations", "showmigrations", "sqlmigrate"}


def prepare(argv: list[str]) -> None:
    """Have what a `manage.py` command needs: embedded services up and their database migrated, unless it needs none.

    Raise NotStarted with a sentence for people. `up` does the same itself, once it knows that it may run.
    """
    command = argv[1] if len(argv) > 1 else "help"
    by_file = command == "due" and any(word.split("=")[0] == "--policy-file" for word in argv)
    if command in NO_SERVICES or command.startswith("-") or by_file or "--help" in argv:
        return
    demand_secrets()
    if command == "up" or not is_wanted():
        return
    ensure(var_dir())
    if command not in NO_MIGRATIONS and not os.environ.get("DATABASE_URL"):
        migrate_if_needed()


def open_up() -> None:
    """Have what a server process needs that was not started by `manage.py`: web, worker, beat."""
    demand_secrets()
    if is_wanted():
        ensure(var_dir())


def demand_secrets() -> None:
    """Refuse a named database without named secrets: random ones would lie on one machine and be lost with it."""
    missing = [name for name in ("SECRET_KEY", "TOKEN_KEYS") if not os.environ.get(name)]
    if os.environ.get("DATABASE_URL") and missing:
        raise NotStarted(
            f"DATABASE_URL names a database, so {' and '.join(missing)} must be set too; see .env.example."
        )
