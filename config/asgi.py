"""What uvicorn serves."""

import asyncio
import os
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from asgiref.sync import ThreadSensitiveContext
from django.core.asgi import get_asgi_application
from django.urls import reverse

from config import embedded, memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# WhiteNoise answers with open files; reading those synchronously is what it means to do.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")

embedded.open_up()
handler = get_asgi_application()
STREAM = reverse("inbox:events")  # and with it every view
AT_ONCE = 12  # requests, and so connections to the database that a web process can hold


class Threads:
    """Threads that requests borrow, each with the connection that it keeps to the database.

    Django alone gives each request a new thread, and so a new connection, which takes as long as a third of a page.
    """

    def __init__(self, count: int) -> None:
        self._free: list[Executor] = [ThreadPoolExecutor(1, "request") for _ in range(count)]
        self._turns = asyncio.Semaphore(count)

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Executor]:
        """Lend the one that came back last, so that no more are awake than are needed; wait for one if none is free."""
        async with self._turns:
            thread = self._free.pop()
            try:
                yield thread
            finally:
                self._free.append(thread)


memory.look_less()

threads = Threads(AT_ONCE)
stream_thread = ThreadPoolExecutor(1, "streams")


async def application(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Answer with Django, in a thread that is the request's own until its answer has ended.

    A stream ends when its page is closed, so all streams share one. It is said each time which thread it is: a request
    that came while the answer before it was being sent would otherwise inherit the one of that.
    """
    if scope["type"] == "http" and scope["path"] == STREAM:
        async with ThreadSensitiveContext(executor=stream_thread):
            await handler.handle(scope, receive, send)
    else:
        async with threads.lent() as thread, ThreadSensitiveContext(executor=thread):
            await handler(scope, receive, send)
