from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.facebook.odd import OddGraph
from tests.connectors.facebook.stage import FacebookStage
from tests.sandbox_server import RunningSandbox


@pytest.fixture
def stage(sandbox: RunningSandbox) -> FacebookStage:
    return FacebookStage(sandbox)


@pytest.fixture
def odd() -> Iterator[OddGraph]:
    graph = OddGraph()
    yield graph
    graph.stop()
