"""Where the embedded services of one VAR_DIR lie, and the locks that tell what is alive.

The kernel drops a lock when its holder dies, even at kill -9; no pid file can say that.

- `run/users`   shared by every process that uses the services; whoever gets it exclusively may stop them
- `run/keeper`  held by the keeper; its text is `starting`, `ready`, `stopping` or `failed: why`
- `run/<server>.alive`  inherited by a server and all its children; free means that none of them lives
"""

import fcntl
import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

SOCKET_PATH_LIMIT = 100  # bytes; sun_path holds 104 on macOS, 108 on Linux, and PostgreSQL adds a `.lock` file


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
        """The folder that only the servers' user and ours may enter; below /tmp if VAR_DIR does not suit a socket.

        It may be too long, or hold a comma, which PostgreSQL's clients take for the end of a host.
        """
        near = self.run / "s"
        if len(os.fsencode(near / ".s.PGSQL.5432.lock")) <= SOCKET_PATH_LIMIT and "," not in str(near):
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


def private_folder(path: Path, owner: int | None = None, mode: int | None = None) -> None:
    """Make a folder that only its owner may enter, and refuse one that somebody else made."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), owner}:
        raise RuntimeError(f"{path} belongs to another user; run Gensvar as that one")
    if owner is not None and found.st_uid != owner:
        os.chown(path, owner, -1)
    if mode is not None and stat.S_IMODE(found.st_mode) != mode:
        path.chmod(mode)
