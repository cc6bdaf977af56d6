"""The running application for tests that need a real server: Chromium's, and those of the event streams."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent


@contextmanager
def running_server(at: datetime) -> Iterator[str]:
    """Serve the test database in a process of its own, whose clock starts at `at`; give its address."""
    database = connection.settings_dict["NAME"]
    command = [sys.executable, "-m", "tests.browser.serve", str(database), at.isoformat()]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            address = process.stdout.readline().strip()
            assert address.startswith("http://"), "the server did not start"
            yield address
        finally:
            process.terminate()
            process.wait(timeout=20)
