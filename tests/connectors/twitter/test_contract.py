"""X passes the one contract suite, with tweepy, against the sandbox."""

from __future__ import annotations

import pytest

from connectors.base import Exhausted
from tests.connectors import contract
from tests.connectors.twitter.stage import TwitterStage
from tests.sandbox_server import RunningSandbox


class TestContract(contract.ConnectorContract):
    read_faults = {**contract.READ_FAULTS, "credits": Exhausted, "usage_cap": Exhausted}
    write_faults = {**contract.WRITE_FAULTS, "credits": Exhausted, "usage_cap": Exhausted}

    @pytest.fixture
    def stage(self, sandbox: RunningSandbox) -> TwitterStage:
        return TwitterStage(sandbox)
