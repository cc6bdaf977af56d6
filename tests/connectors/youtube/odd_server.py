"""A server that answers whatever a test wants, over real sockets, and notes every request it got."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request as it came over the wire."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    headers: dict[str, str]  # names in lower case


class Drop(Exception):
    """Raised by an answer function: the connection is closed without a word."""


Answer = Any  # a JSON value (200), (status, JSON value or bytes), or (status, value, headers)


class OddServer:
    """`answer(asked)` gives what comes back; as a context manager it serves inside the block."""

    def __init__(self, answer: Callable[[Asked], Answer]) -> None:
        self.asked: list[Asked] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                parts = urlsplit(self.path)
                query = {name: ",".join(values) for name, values in parse_qs(parts.query).items()}
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked = Asked(self.command, parts.path, query, body, {k.lower(): v for k, v in self.headers.items()})
                outer.asked.append(asked)
                try:
                    self.send(answer(asked))
                except Drop:
                    self.close_connection = True

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

            def send(self, given: Answer) -> None:
                status, value, headers = (*given, {})[:3] if isinstance(given, tuple) else (200, given, {})
                content = value if isinstance(value, bytes) else json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json; charset=UTF-8")
                for name, text in headers.items():
                    self.send_header(name, text)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def paths(self, method: str = "GET") -> list[str]:
        return [asked.path.removeprefix("/youtube/v3/") for asked in self.asked if asked.method == method]

    def __enter__(self) -> OddServer:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
