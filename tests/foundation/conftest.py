import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import embedded
from tests.foundation.processes import living, until


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    """An empty VAR_DIR of one's own; afterwards nothing of it may run on."""
    place = tmp_path / "var"
    yield place
    embedded.stop(place)
    until(lambda: not living(place))
    shutil.rmtree(place, ignore_errors=True)
