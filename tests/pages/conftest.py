"""A world for the pages' tests: one channel, people in every role, a time that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine
from django.test import Client

from accounts.models import Role, User
from tests.factories import NOW, UserFactory


@pytest.fixture(autouse=True)
def _standing_still() -> Iterator[None]:
    """The pages ask what time it is."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def at() -> datetime:
    return NOW


@pytest.fixture
def sign_in(db: None) -> Callable[..., Client]:
    """Give a client signed in as somebody in a role; `None` is somebody without any."""

    def signed_in(role: str | None = Role.COMMUNICATOR, name: str = "Anna Ek") -> Client:
        user: User = UserFactory(role=role or Role.READER, name=name)
        if role is None:
            user.memberships.all().delete()
        client = Client()
        client.force_login(user)
        client.user = user  # type: ignore[attr-defined]
        return client

    return signed_in


@pytest.fixture
def anna(sign_in: Callable[..., Client]) -> Client:
    """A communicator."""
    return sign_in()
