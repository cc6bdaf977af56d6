"""YouTube passes the one suite of all connectors."""

from __future__ import annotations

import pytest

from tests.connectors.contract import ConnectorContract
from tests.connectors.youtube.stage import YouTubeStage
from tests.sandbox_server import RunningSandbox


class TestContract(ConnectorContract):
    @pytest.fixture
    def stage(self, sandbox: RunningSandbox) -> YouTubeStage:
        return YouTubeStage(sandbox)
