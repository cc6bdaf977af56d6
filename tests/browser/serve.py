"""The real ASGI application on a free port of loopback, in a process of its own, at a time of the tests' choosing.

`python -m tests.browser.serve DATABASE ISO_TIME`: prints its address, then its clock goes on from ISO_TIME.
"""

from __future__ import annotations

import os
import socket
import sys
from datetime import datetime

import time_machine
import uvicorn


def main(database: str, at: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    from django.conf import settings

    settings.DATABASES["default"] |= {"NAME": database, "CONN_MAX_AGE": 600}  # as the program's own settings have it
    settings.MIDDLEWARE = ["tests.plugins.counting.count_queries", *settings.MIDDLEWARE]
    from config.asgi import application

    listening = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    with time_machine.travel(datetime.fromisoformat(at), tick=True):
        served = uvicorn.Config(
            application, lifespan="off", log_level="warning", access_log=False, timeout_graceful_shutdown=1
        )
        uvicorn.Server(served).run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])
