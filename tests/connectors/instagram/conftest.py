from __future__ import annotations

import pytest

from tests.connectors.instagram.stage import InstagramStage
from tests.sandbox_server import RunningSandbox


@pytest.fixture
def stage(sandbox: RunningSandbox) -> InstagramStage:
    return InstagramStage(sandbox)
