"""A channel of a platform of the sandbox, read by the same polls as in the house, with the real SDKs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import channels
from inbox import poll
from inbox.models import Item
from inbox.poll import Report
from tests.inbox.scene import PLATFORMS, Scene
from tests.sandbox_server import RunningSandbox


class Watched(Scene):
    """A scene whose channel is read as a worker reads it."""

    def read(self, *, full: bool = False, only: str = "", later: timedelta = timedelta()) -> list[Report]:
        """Poll each surface of the channel once, whatever the schedule."""
        now = timezone.now() + later
        surfaces = channels.ensure_surfaces(self.channel, now)
        chosen = [surface for surface in surfaces if only in ("", surface.name)]
        return [poll.poll_surface(each, now=now, full=full, holder=poll.new_holder()) for each in chosen]

    def items(self) -> dict[str, Item]:
        return {item.external_id: item for item in Item.objects.filter(channel=self.channel)}

    def errors(self, reports: list[Report]) -> dict[str, str]:
        return {report.surface: report.error["code"] for report in reports if report.error}


@pytest.fixture(params=PLATFORMS)
def watched(request: pytest.FixtureRequest, sandbox: RunningSandbox, settings: Any) -> Watched:
    return Watched(sandbox, request.param, settings)


@pytest.fixture
def watch(sandbox: RunningSandbox, settings: Any) -> Any:
    """Make the channel of one platform."""
    return lambda platform: Watched(sandbox, platform, settings)
