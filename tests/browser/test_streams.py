"""Hundreds of open pages: a stream holds a socket and nothing else, and all streams share one subscription."""

from __future__ import annotations

import asyncio
import http.client
import selectors
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
import time_machine
from django.db import connection
from django.test import Client

from accounts.models import Role
from config import servers
from config.asgi import application
from inbox import live
from tests import factories
from tests.browser.scene import NOW
from tests.plugins.server import running_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

OPEN = 300
AT_ONCE = 20  # tabs that ask for a stream at the same moment
MOST_CONNECTIONS = 20  # of PostgreSQL, ours among them
DEADLINE = 10.0


class Streams:
    """Open event streams, read over raw sockets: what each has sent, until somebody has seen it."""

    def __init__(self, address: str, cookie: str) -> None:
        self.place, self.cookie = urlsplit(address), cookie
        self.selector = selectors.DefaultSelector()
        self.heard: dict[socket.socket, bytes] = {}

    def open(self, count: int) -> None:
        for start in range(0, count, AT_ONCE):
            fresh = [self._ask() for _ in range(min(AT_ONCE, count - start))]
            self.wait_for(b"retry:", fresh)

    def _ask(self) -> socket.socket:
        asking = socket.create_connection((self.place.hostname, self.place.port), timeout=DEADLINE)
        head = f"GET /handelser/ HTTP/1.1\r\nHost: {self.place.netloc}\r\nCookie: sessionid={self.cookie}\r\n\r\n"
        asking.sendall(head.encode())
        self.selector.register(asking, selectors.EVENT_READ)
        self.heard[asking] = b""
        return asking

    def wait_for(self, words: bytes, those: list[socket.socket] | None = None) -> None:
        """Read until each has said `words`, and forget what they said."""
        waiting, until = set(self.heard if those is None else those), time.monotonic() + DEADLINE
        while waiting and (left := until - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                said: Any = key.fileobj
                read = said.recv(65536)
                assert read, f"a stream ended: {self.heard[said]!r}"
                self.heard[said] += read
            waiting -= {one for one in waiting if words in self.heard[one]}
        assert not waiting, f"{len(waiting)} never said {words!r}"
        self.heard.update(dict.fromkeys(self.heard if those is None else those, b""))

    def close(self) -> None:
        for one in self.heard:
            self.selector.unregister(one)
            one.close()
        self.heard.clear()


def until(is_so: Callable[[], bool], what: str) -> None:
    """Ask again and again, at most until the deadline."""
    last = time.monotonic() + DEADLINE
    while not is_so():
        assert time.monotonic() < last, what


@pytest.fixture(scope="module")
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redis.Redis]:
    """A Redis that no other test's pages subscribe to."""
    folder: Path = tmp_path_factory.mktemp("redis")
    path = folder / "s"
    command = [servers.redis_binary(), "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            until(path.exists, "Redis did not start")
            yield redis.Redis(unix_socket_path=str(path))
        finally:
            process.kill()


@pytest.fixture(scope="module")
def address(own_redis: redis.Redis, django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The application in a process of its own, over that Redis."""
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setenv("REDIS_URL", url_of(own_redis))
        with running_server(NOW) as served:
            yield served


@pytest.fixture
def cookie(transactional_db: None) -> Callable[[str], str]:
    """Sign somebody in who has that role; no role if it is empty."""

    def of(role: str) -> str:
        person = factories.UserFactory(role=role or Role.READER)
        if not role:
            person.memberships.all().delete()
        client = Client()
        with time_machine.travel(NOW, tick=True):
            client.force_login(person, backend="accounts.backends.Users")
        return client.cookies["sessionid"].value

    return of


@pytest.fixture
def streams(
    address: str, cookie: Callable[[str], str], own_redis: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Streams]:
    """Streams of somebody signed in; what this process announces goes to them."""
    monkeypatch.setattr(live, "_publisher", own_redis)
    with closing(Streams(address, cookie(Role.READER))) as opened:
        yield opened


def url_of(client: redis.Redis) -> str:
    return f"unix://{client.connection_pool.connection_kwargs['path']}"


def asked(address: str, path: str, cookie: str = "") -> tuple[int, str, bytes]:
    """Answer of a page: status, kind and body, as much of it as there is within the deadline."""
    with closing(http.client.HTTPConnection(urlsplit(address).netloc, timeout=DEADLINE)) as http_connection:
        http_connection.request("GET", path, headers={"Cookie": f"sessionid={cookie}"} if cookie else {})
        answer = http_connection.getresponse()
        return answer.status, answer.headers.get("Content-Type", ""), answer.read()


def connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def subscriptions(client: redis.Redis) -> int:
    return int(client.pubsub_numsub(live.TOPIC)[0][1])


async def threads_of(count: int, cookie: str) -> int:
    """How many threads more this process has while it has that many streams open itself."""
    asked, opened, before = [False] * count, asyncio.Semaphore(0), threading.active_count()
    headers = [(b"host", b"localhost"), (b"cookie", f"sessionid={cookie}".encode())]
    scope = {"type": "http", "method": "GET", "path": "/handelser/", "query_string": b"", "headers": headers}

    async def page(number: int) -> None:
        async def receive() -> dict[str, Any]:
            if asked[number]:
                await asyncio.Event().wait()
            asked[number] = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if b"retry:" in message.get("body", b""):
                opened.release()

        await application(dict(scope), receive, send)

    pages = [asyncio.create_task(page(number)) for number in range(count)]
    async with asyncio.timeout(DEADLINE):
        for _ in pages:
            await opened.acquire()
    more = threading.active_count() - before
    for one in pages:
        one.cancel()
    await asyncio.gather(*pages, return_exceptions=True)
    return more


def test_300_open_pages_hold_no_connection_and_share_one_subscription(
    streams: Streams, own_redis: redis.Redis, address: str
) -> None:
    streams.open(OPEN)
    for _ in range(5):
        status, kind, _page = asked(address, "/", streams.cookie)
        assert (status, kind) == (200, "text/html; charset=utf-8")
        assert connections() <= MOST_CONNECTIONS
    until(lambda: subscriptions(own_redis) > 0, "nobody has subscribed")
    assert subscriptions(own_redis) == 1
    live.announce()
    streams.wait_for(b"event: changed")


def test_an_open_stream_keeps_no_thread(cookie: Callable[[str], str]) -> None:
    # In a thread beside: where a browser's tests ran before, this one has a loop already.
    with time_machine.travel(NOW, tick=True), ThreadPoolExecutor(1) as beside:
        assert beside.submit(asyncio.run, threads_of(30, cookie(Role.READER))).result() <= 3


def test_pages_that_come_back_hear_over_the_subscription_that_is_there(
    streams: Streams, own_redis: redis.Redis
) -> None:
    for _ in range(2):
        streams.open(AT_ONCE)
        streams.close()
    streams.open(AT_ONCE)
    until(lambda: subscriptions(own_redis) > 0, "nobody has subscribed")
    assert subscriptions(own_redis) == 1
    live.announce()
    streams.wait_for(b"event: changed")


def test_what_is_announced_while_the_subscription_is_cut_off_is_heard_afterwards(
    streams: Streams, own_redis: redis.Redis
) -> None:
    streams.open(3)
    until(lambda: subscriptions(own_redis) > 0, "nobody has subscribed")
    live.announce()
    streams.wait_for(b"event: changed")
    own_redis.client_kill_filter(_type="pubsub")
    live.announce()
    streams.wait_for(b"event: changed")


def test_a_storm_of_announcements_does_not_stop_the_streams(streams: Streams, own_redis: redis.Redis) -> None:
    streams.open(3)
    until(lambda: subscriptions(own_redis) > 0, "nobody has subscribed")
    for _ in range(500):
        live.announce()
    streams.wait_for(b"event: changed")
    live.announce()
    streams.wait_for(b"event: changed")


@pytest.mark.parametrize(("is_signed_in", "status"), [(False, 204), (True, 403)])
def test_nobody_without_the_right_to_read_gets_a_stream(
    address: str, cookie: Callable[[str], str], is_signed_in: bool, status: int
) -> None:
    answered, kind, body = asked(address, "/handelser/", cookie("") if is_signed_in else "")
    assert answered == status
    assert "event-stream" not in kind
    assert not body
