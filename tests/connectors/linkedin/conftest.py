"""The stage on which LinkedIn's connector is tried, and what reads it."""

from __future__ import annotations

import pytest

from connectors.base import Connector
from tests.connectors.linkedin.stage import LinkedInStage
from tests.connectors.reader import Reader
from tests.sandbox_server import RunningSandbox


@pytest.fixture
def stage(sandbox: RunningSandbox) -> LinkedInStage:
    return LinkedInStage(sandbox)


@pytest.fixture
def connector(stage: LinkedInStage) -> Connector:
    return stage.connector()


@pytest.fixture
def reader() -> Reader:
    return Reader()
