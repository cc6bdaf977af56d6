from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from inbox import ingest
from inbox.models import Conversation
from tests.factories import NOW, ChannelFactory, ConversationFactory, ItemFactory, UserFactory


def written(text: str, *, at: datetime = NOW, row: Conversation | None = None, **given: Any) -> Conversation:
    """Let somebody write, as a poll stores and settles it."""
    row = row or ConversationFactory(last_item_at=at, preview=text[:400], item_count=1, **given)
    ItemFactory(conversation=row, text=text, posted_at=at, fetched_at=at + timedelta(seconds=20), unsettled=True)
    ingest.settle([row.thread_id], at + timedelta(seconds=20))
    row.refresh_from_db()
    return row


@pytest.fixture
def write() -> Callable[..., Conversation]:
    return written


def signed_in(role: str) -> Client:
    client = Client()
    user = UserFactory(role=role)
    client.force_login(user)
    client.user = user  # type: ignore[attr-defined]
    return client


@pytest.fixture
def anna() -> Iterator[Client]:
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        yield signed_in("communicator")


@pytest.fixture
def admin() -> Iterator[Client]:
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        yield signed_in("admin")


@pytest.fixture
def channel() -> Any:
    return ChannelFactory()
