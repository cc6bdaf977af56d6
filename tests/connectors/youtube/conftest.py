"""The stage on which YouTube's connector is tried, and what reads it."""

from __future__ import annotations

import pytest

from connectors.base import Connector
from tests.connectors.reader import Reader
from tests.connectors.youtube.stage import YouTubeStage
from tests.sandbox_server import RunningSandbox


@pytest.fixture
def stage(sandbox: RunningSandbox) -> YouTubeStage:
    return YouTubeStage(sandbox)


@pytest.fixture
def connector(stage: YouTubeStage) -> Connector:
    return stage.connector()


@pytest.fixture
def reader() -> Reader:
    return Reader()
