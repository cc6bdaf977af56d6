"""LinkedIn passes the one suite of all connectors, whichever end its lists begin at."""

from __future__ import annotations

import pytest

from tests.connectors.contract import ConnectorContract
from tests.connectors.linkedin.stage import LinkedInStage
from tests.sandbox_server import RunningSandbox


class TestContract(ConnectorContract):
    @pytest.fixture
    def stage(self, sandbox: RunningSandbox) -> LinkedInStage:
        return LinkedInStage(sandbox)


class TestContractOldestFirst(ConnectorContract):
    @pytest.fixture
    def stage(self, sandbox: RunningSandbox) -> LinkedInStage:
        stage = LinkedInStage(sandbox)
        stage.set_ours(profiles=True, oldest_first=True)
        return stage
