"""Instagram passes the one suite of all connectors."""

from __future__ import annotations

import pytest

from connectors.base import Connector
from tests.connectors.contract import ConnectorContract
from tests.connectors.instagram.stage import InstagramStage
from tests.connectors.reader import Reader
from tests.connectors.stage import Stage
from tests.sandbox_server import RunningSandbox


class TestContract(ConnectorContract):
    @pytest.fixture
    def stage(self, sandbox: RunningSandbox) -> InstagramStage:
        return InstagramStage(sandbox)

    def test_an_edit_is_the_same_item_with_the_new_text(
        self, stage: Stage, connector: Connector, reader: Reader
    ) -> None:
        """Instagram tells no time of an edit: the text alone shows it."""
        entry = stage.citizen_writes("När öpnar badet?")
        reader.poll(connector)
        stage.world.edit(entry.id, "När öppnar badet?")
        done = reader.poll(connector)
        assert [item.text for item in done.changed] == ["När öppnar badet?"]
        assert not done.new
