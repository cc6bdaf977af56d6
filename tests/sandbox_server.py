"""A running sandbox for tests: over real sockets, in this process, with a world of its own."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sandbox.app import create_app
from sandbox.faults import Faults
from sandbox.server import Server
from sandbox.world import World


class RunningSandbox:
    """The sandbox on a free port over a temporary world; `stop()` ends it and removes its file."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sandbox-")
        self.world = World(Path(self._folder.name) / "sandbox.sqlite3")
        self.app = create_app(self.world)
        self.faults: Faults = self.app.config["FAULTS"]
        self._server = Server(self.app)
        self.url = self._server.url
        self._server.start()

    @property
    def requests(self) -> list[dict[str, object]]:
        """What the platforms were asked, oldest first."""
        return list(self.app.config["REQUESTS"])

    def stop(self) -> None:
        """Stop serving, let go what is held, close and remove the world."""
        self.app.config["PUSHER"].stop()
        self._server.stop()
        self.world.close()
        self._folder.cleanup()
