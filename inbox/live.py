"""News to open pages: Server-Sent Events. A nudge only; a page that hears nothing asks every half minute anyway.

All streams of a process share one Redis subscription, and an open stream holds no database connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import redis
import redis.asyncio
from django.conf import settings

log = logging.getLogger(__name__)

TOPIC = "gensvar:inbox"
HEARTBEAT = 20.0  # seconds; proxies close what is silent for longer
AGAIN = 2.0  # seconds until a lost Redis is tried again

_listeners: set[asyncio.Event] = set()
_pump: asyncio.Task[None] | None = None
_publisher: redis.Redis | None = None


def announce() -> None:
    """Say that something in the inbox has changed. Never fails: Redis may be away, the pages ask by themselves."""
    global _publisher
    try:
        if _publisher is None:
            _publisher = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
        _publisher.publish(TOPIC, "changed")
    except redis.RedisError:
        log.warning("Redis is away; open pages will ask by themselves")


async def stream() -> AsyncIterator[str]:
    """Yield one event for each change, and a heartbeat in between; bursts become one event."""
    event = _listen()
    try:
        yield "retry: 3000\n\n"
        while True:
            try:
                await asyncio.wait_for(event.wait(), HEARTBEAT)
                event.clear()
                yield "event: changed\ndata: \n\n"
                await asyncio.sleep(0.5)  # a storm of changes is one look at the list
            except TimeoutError:
                yield ": still here\n\n"
    finally:
        _listeners.discard(event)


def _listen() -> asyncio.Event:
    global _pump
    event = asyncio.Event()
    _listeners.add(event)
    if _pump is None or _pump.done() or _pump.get_loop() is not asyncio.get_running_loop():
        _pump = asyncio.get_running_loop().create_task(_pass_on())
    return event


async def _pass_on() -> None:
    """Pass each message of the one subscription on to every open stream; end when the last one has gone.

    That the subscription stands is passed on too: what was said before, while it was cut off, nobody has heard.
    """
    while _listeners:
        with contextlib.suppress(redis.RedisError):
            client = redis.asyncio.Redis.from_url(settings.REDIS_URL)
            async with client, client.pubsub() as subscription:
                await subscription.subscribe(TOPIC)
                while _listeners:
                    if await subscription.get_message(timeout=HEARTBEAT):
                        for event in list(_listeners):
                            event.set()
        if _listeners:
            await asyncio.sleep(AGAIN)
