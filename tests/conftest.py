"""What every test may ask for. The embedded PostgreSQL and Redis are started once, and shared by parallel workers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.conf import settings

from config import embedded
from inbox.deciding.grounds import BUILT_IN
from inbox.models import GroundList
from sla.models import PolicyVersion
from sla.policyfile import SE24

pytest_plugins = ["tests.plugins.sandbox"]


def pytest_configure(config: pytest.Config) -> None:
    if embedded.is_wanted():
        embedded.ensure(settings.VAR_DIR, durable=False)


@pytest.fixture
def now() -> datetime:
    """A Tuesday at ten in Stockholm."""
    return datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def default_policy(request: pytest.FixtureRequest) -> None:
    """Seed the default policy and the grounds again for tests that commit: the flush after each empties every table."""
    marker = request.node.get_closest_marker("django_db")
    if marker and marker.kwargs.get("transaction"):
        request.getfixturevalue("transactional_db")
        PolicyVersion.objects.get_or_create(key=SE24["id"], version=1, defaults={"definition": SE24})
        GroundList.objects.get_or_create(version=1, defaults={"grounds": BUILT_IN})
