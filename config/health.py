"""Whether one of the processes of an installation is well: exit 0 or 1. For health checks of containers.

python -m config.health web|worker|beat
"""

import http.client
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from django.conf import settings

from config.celery import app

PORT = 8000
BEAT_SYNC = 600  # seconds; beat writes its schedule down every three minutes


def web(host: str = "127.0.0.1", port: int = PORT) -> bool:
    """Whether the web process answers; who is not let in got an answer too."""
    with suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection(host, port, timeout=5)
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    return False


def worker(name: str = f"celery@{socket.gethostname()}") -> bool:
    """Whether the worker of this machine, or the one named, answers."""
    return bool(app.control.ping(destination=[name], timeout=2, limit=1))


def beat() -> bool:
    """Whether beat has written down its schedule of late."""
    written = [path.stat().st_mtime for path in settings.VAR_DIR.glob("beat*")]
    return bool(written) and time.time() - max(written) < BEAT_SYNC


CHECKS: dict[str, Callable[[], bool]] = {"web": web, "worker": worker, "beat": beat}

if __name__ == "__main__":
    sys.exit(0 if CHECKS[sys.argv[1]]() else 1)
