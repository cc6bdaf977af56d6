"""The web process of `manage.py up`, on a socket that is open already, so that a restart of it refuses nobody."""

import socket
import sys

import uvicorn

GRACE = 2  # seconds a stop waits for answers under way; event streams never end by themselves


def serve(listening: socket.socket) -> None:
    """Answer on `listening` until told to stop."""
    settings = uvicorn.Config(
        "config.asgi:application",
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE,
    )
    uvicorn.Server(settings).run(sockets=[listening])


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
