"""Run a Python module as a process that never outlives its starter, not even one that was killed with -9.

    python -P config/tether.py MODULE [ARGUMENT…]

Its standard input is a pipe that the starter holds open. The kernel closes it at the starter's death, on every system.
"""

import os
import runpy
import signal
import sys
import threading
from pathlib import Path


def die_with_starter() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=die_with_starter, daemon=True).start()
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
