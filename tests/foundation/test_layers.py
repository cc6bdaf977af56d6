"""Imports go one way: insights → inbox → sla → accounts → connectors; the sandbox stands alone."""

import subprocess
import sys
from pathlib import Path

from tests.foundation.processes import ROOT


def test_no_part_knows_one_above_it() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    ended = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
