"""Runs the outbox in real processes, to be killed: each line on standard input is a platform's name and its address.

For each a process of its own delivers once; its id is printed, and then, when it has ended, how.
"""

from __future__ import annotations

import os
import sys

import django
from django.conf import settings


def main() -> None:
    django.setup()
    from connectors import registry

    for platform in registry.PATHS:  # so that no process spends its life importing
        registry.connector_class(platform)
    print("ready", flush=True)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            deliver(*line.split())
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def deliver(platform: str, url: str) -> None:
    from django.utils import timezone

    from inbox import outbox

    settings.PLATFORM_URLS = {**settings.PLATFORM_URLS, platform: url}
    try:
        outbox.deliver(timezone.now())
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
