"""Which platforms there are, and where each one's connector lives. Imported on first use."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from connectors.base import Connector

PATHS = {
    "twitter": "connectors.twitter.connector:Twitter",
    "facebook": "connectors.facebook.connector:Facebook",
    "instagram": "connectors.instagram.connector:Instagram",
    "linkedin": "connectors.linkedin.connector:LinkedIn",
    "youtube": "connectors.youtube.connector:YouTube",
}


def connector_class(platform: str) -> type[Connector]:
    """Raise KeyError for a platform that has no connector."""
    module, name = PATHS[platform].split(":")
    return cast(type[Connector], getattr(import_module(module), name))
