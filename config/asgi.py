"""What uvicorn serves."""

import os
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

from django.core.asgi import get_asgi_application
from django.urls import reverse

from config import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# WhiteNoise answers with open files; reading those synchronously is what it means to do.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")

embedded.open_up()
handler = get_asgi_application()
STREAM = reverse("inbox:events")


async def application(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Answer with Django, which gives each request a thread of its own until its answer has ended.

    A stream ends when its page is closed, so the streams share the one thread that is there without that.
    """
    is_stream = scope["type"] == "http" and scope["path"] == STREAM
    await (handler.handle if is_stream else handler)(scope, receive, send)
