"""The process that owns the embedded PostgreSQL and Redis of one VAR_DIR: starts, restarts and stops them.

Started by `config/embedded.py` as `python -m config.keeper`; it stays small, for it imports the standard library alone.
"""

import fcntl
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from config.layout import Layout, hold, private_folder
from config.privileges import server_user
from config.servers import make_cluster, make_database, make_folders, postgres, redis

GRACE = 5  # seconds without a user before the servers stop: commands that follow one another find them up
TICK = 0.1  # seconds between two looks at the servers and at who uses them


class Keeper:
    """Keeps the servers up while anybody uses them."""

    def __init__(self, layout: Layout, lock: int, *, durable: bool, grace: float) -> None:
        self.layout, self.lock, self.grace = layout, lock, grace
        self.user = server_user(layout.data)
        self.servers = [postgres(layout, self.user, durable=durable), redis(layout, self.user)]
        self.users = layout.run / "users"
        self.touched = -1
        self.last_used = time.monotonic()

    def tell(self, state: str) -> None:
        os.ftruncate(self.lock, 0)
        os.pwrite(self.lock, state.encode(), 0)

    def keep(self) -> None:
        """Run until nobody has used the services for `grace` seconds, or until told to end."""
        make_folders(self.layout, self.user)
        try:
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
            if self.layout.run not in self.layout.sockets.parents:
                shutil.rmtree(self.layout.sockets.parent, ignore_errors=True)

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
            self.last_used = time.monotonic()
            return False
        touched = self.users.stat().st_mtime_ns  # each user touches it when it comes; zero means: do not wait
        if touched != self.touched:
            self.touched, self.last_used = touched, time.monotonic()
        if touched == 0 or time.monotonic() - self.last_used > self.grace:
            return True
        os.close(lock)
        return False


def main(var: str, durability: str, grace: str) -> None:
    layout = Layout(Path(var))
    private_folder(layout.run)
    keeper_lock = hold(layout.run / "keeper", fcntl.LOCK_EX)
    keeper = Keeper(layout, keeper_lock, durable=durability == "durable", grace=float(grace))
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
