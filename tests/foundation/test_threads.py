"""Requests borrow the threads of the web process, and with them their connections to the database."""

from __future__ import annotations

import asyncio
import http.client
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.db import connection

from config.asgi import AT_ONCE, Threads, application
from tests.browser.scene import NOW
from tests.plugins.server import running_server


def apart(work: Coroutine[Any, Any, Any]) -> Any:
    """Run it in a thread beside: where a browser's tests ran before, this one has a loop already."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, work).result()


async def borrow(threads: Threads, work: Callable[[], Any]) -> Any:
    async with threads.lent() as thread, ThreadSensitiveContext(executor=thread):
        return await sync_to_async(work)()


def run(*asked: Callable[[], Any], count: int) -> list[Any]:
    async def together() -> list[Any]:
        threads = Threads(count)
        return await asyncio.gather(*(borrow(threads, one) for one in asked), return_exceptions=True)

    return apart(together())


def test_no_two_requests_share_a_thread_at_one_time() -> None:
    meet = threading.Barrier(3, timeout=20)  # falls over unless all three are there at once

    def wait() -> int:
        meet.wait()
        return threading.get_ident()

    assert len(set(run(wait, wait, wait, count=3))) == 3


def test_one_request_after_another_has_the_same_thread() -> None:
    async def in_turn() -> set[int]:
        threads = Threads(3)
        return {await borrow(threads, threading.get_ident) for _ in range(5)}

    assert len(apart(in_turn())) == 1


def test_more_requests_than_threads_wait_and_none_is_lost() -> None:
    assert len(set(run(*[threading.get_ident] * 50, count=2))) <= 2


def test_a_request_that_fails_gives_its_thread_back() -> None:
    answers = run(*[lambda: 1 / 0] * 4, lambda: "answered", count=1)
    assert answers[-1] == "answered" and all(isinstance(one, ZeroDivisionError) for one in answers[:-1])


async def ask(path: str) -> list[dict[str, Any]]:
    """Ask the application itself, and give what it sent, up to its first words."""
    said: list[dict[str, Any]] = []
    heard, asked = asyncio.Event(), False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if asked:
            await heard.wait()
            return {"type": "http.disconnect"}
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)
        if message.get("body"):
            heard.set()

    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [(b"host", b"localhost")]}
    await application(scope, receive, send)
    return said


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/handelser/", "/kontolista/"])
def test_a_request_that_began_within_one_that_has_ended_is_answered(path: str) -> None:
    async def one_after_another() -> list[dict[str, Any]]:
        ended = asyncio.Event()

        async def later() -> list[dict[str, Any]]:
            await ended.wait()
            return await ask(path)

        threads = Threads(1)
        async with threads.lent() as thread, ThreadSensitiveContext(executor=thread):
            second = asyncio.create_task(later())  # as uvicorn does with what a kept connection asks next
        ended.set()
        return await second

    assert apart(one_after_another())[0]["status"] < 400


@pytest.fixture
def address() -> Iterator[str]:
    with running_server(NOW) as served:
        yield served


def backends() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
        )
        return {pid for (pid,) in cursor.fetchall()}


def status(address: str) -> int:
    asking = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    asking.request("GET", "/kontolista/")
    answer = asking.getresponse()
    answer.read()
    asking.close()
    return answer.status


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_pages_keep_their_connection_and_are_answered_after_it_was_cut_off(default_policy: None, address: str) -> None:
    others = backends()  # this process's, and what tests before have left to be closed
    assert status(address) == 200
    first = backends() - others
    assert [status(address) for _ in range(3)] == [200] * 3  # perhaps in a second thread, if the first is not back yet
    kept = backends() - others
    assert first and first <= kept and len(kept) <= AT_ONCE
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s) AS pid", [list(kept)])
    assert status(address) == 200 and backends().isdisjoint(kept)
