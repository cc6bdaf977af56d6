"""The HTTP server: Werkzeug's threaded one, with connections that stay open and a stop that really stops."""

from __future__ import annotations

import contextlib
import io
import socket
import threading

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app


class Handler(WSGIRequestHandler):
    """Reads a request wholly, lets it be answered wholly, then writes.

    Werkzeug's own way closes each connection, because it cannot tell whether the body was read; the platforms keep
    theirs open, and a client's pooled connection is where dropped ones hurt.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes; the second would wait 40 ms

    def setup(self) -> None:
        self.server.open_connections.add(self.request)  # type: ignore[attr-defined]
        super().setup()

    def finish(self) -> None:
        self.server.open_connections.discard(self.request)  # type: ignore[attr-defined]
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def run_wsgi(self) -> None:
        """Answer one request."""
        environ = self.make_environ()
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal():
            self.send_error(400)
            return
        chunked = environ.get("wsgi.input_terminated")
        body = environ["wsgi.input"].read(-1 if chunked else int(length))
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        try:
            chunks, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
            self._send(b"".join(chunks), status, list(headers))
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _send(self, body: bytes, status: str, headers: list[tuple[str, str]]) -> None:
        code, _, message = status.partition(" ")
        self.send_response(int(code), message)
        for name, value in headers:
            if name.lower() != "content-length":
                self.send_header(name, value)
        if int(code) not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the application keeps its own log of requests."""


class Server(ThreadedWSGIServer):
    """Serves the sandbox on 127.0.0.1; port 0 takes a free one. Raises OSError if the port is taken."""

    def __init__(self, app: Flask, port: int = 0) -> None:
        self.open_connections: set[socket.socket] = set()
        listening = socket.create_server(("127.0.0.1", port), backlog=128)
        with listening:  # the server takes a duplicate of it
            super().__init__("127.0.0.1", listening.getsockname()[1], app, Handler, fd=listening.fileno())
        self.daemon_threads = True
        self.flask = app

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> None:
        """Serve from a thread of its own."""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        """Stop the storms, let everything go that is held, and close every connection, also those that clients keep."""
        self.flask.config["ENDED"].set()
        for storm in self.flask.config["STORMS"]:
            storm.join()
        self.flask.config["FAULTS"].release()
        self.shutdown()
        self.server_close()
        for connection in list(self.open_connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
