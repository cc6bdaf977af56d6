"""Polls and delivers in real processes, to be killed: each line on standard input is a job and a channel's id.

For each a process of its own does it once; its id is printed, and then, when it has ended, how. Jobs: `poll`, `full`,
`deliver` (of all channels, whichever is named).
"""

from __future__ import annotations

import os
import sys
import traceback

import django


def main() -> None:
    django.setup()
    from connectors import registry

    for platform in registry.PATHS:  # so that no process spends its life importing
        registry.connector_class(platform)
    print("ready", flush=True)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            done(*line.split())
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def done(job: str, channel_id: str) -> None:
    from django.utils import timezone

    from accounts.models import Surface
    from inbox import outbox, poll

    try:
        if job == "deliver":
            outbox.deliver(timezone.now())
        else:
            for surface in Surface.objects.select_related("channel").filter(channel=channel_id).order_by("name"):
                poll.poll_surface(surface, now=timezone.now(), full=job == "full", holder=poll.new_holder())
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
