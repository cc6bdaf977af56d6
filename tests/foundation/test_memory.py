"""A process that has loaded everything looks for garbage less often, and only in what is new."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from celery import signals

from config import celery, memory


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


def test_what_is_loaded_is_not_looked_at_again() -> None:
    memory.look_less()
    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold()[0] == memory.OBJECTS
    assert gc.isenabled()


@pytest.mark.parametrize("begins", [signals.worker_ready, signals.worker_process_init])
def test_a_worker_does_so_once_it_is_ready(begins: signals.Signal) -> None:
    gc.unfreeze()
    begins.send(sender=celery.app)
    assert gc.get_freeze_count() > 10_000
