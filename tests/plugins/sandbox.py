"""The fixture `sandbox`: a running sandbox with an empty world, for one test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox_server import RunningSandbox


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    running = RunningSandbox()
    yield running
    running.stop()
