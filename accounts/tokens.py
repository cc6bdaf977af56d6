"""Tokens at rest: encrypted with the first of TOKEN_KEYS, readable with any of them, so that keys can be rotated."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def _fernet() -> MultiFernet:
    # A key may be any long secret; Fernet wants 32 bytes of base64.
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())) for key in settings.TOKEN_KEYS]
    )


def encrypt(token: Mapping[str, Any]) -> str:
    return _fernet().encrypt(json.dumps(dict(token)).encode()).decode()


def decrypt(encrypted: str) -> dict[str, Any]:
    """Raise `cryptography.fernet.InvalidToken` if none of the keys fits."""
    token: dict[str, Any] = json.loads(_fernet().decrypt(encrypted.encode()))
    return token


def rotated(encrypted: str) -> str:
    """Encrypt with the first of the keys what any of them has encrypted. Raise `InvalidToken` if none fits."""
    return _fernet().rotate(encrypted.encode()).decode()
