"""What every test may ask for. The embedded PostgreSQL and Redis are started once, and shared by parallel workers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.conf import settings

from config import embedded

pytest_plugins = ["tests.plugins.sandbox"]


def pytest_configure(config: pytest.Config) -> None:
    if embedded.is_wanted():
        embedded.ensure(settings.VAR_DIR, durable=False)


@pytest.fixture
def now() -> datetime:
    """A Tuesday at ten in Stockholm."""
    return datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
