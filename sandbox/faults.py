"""How things go wrong on purpose: faults that are switched on per platform, and what they do to a request.

The kinds in `WIRE` act on any request, around the platform module (see `Wire`); the others look different on each
platform and are asked of its module (`fault_answer`, or `active` while it builds a page).
"""

from __future__ import annotations

import contextlib
import itertools
import re
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from flask import current_app, request
from werkzeug.test import run_wsgi_app

WIRE = (
    "drop_before",
    "drop_after",
    "html_502",
    "html_502_after",
    "hold_before",
    "hold_after",
    "empty_200",
    "empty_200_after",
)
SPOKEN = (
    "rate_limit",
    "quota",
    "credits",
    "usage_cap",
    "token_expired",
    "token_revoked",
    "repeat_page",
    "empty_page",
    "missing_next",
    "server_error",
)
HTML_502 = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
HTML_200 = b"<!DOCTYPE html><html><body></body></html>"

Answer = tuple[Iterable[bytes], str, Any]
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Dropped(ConnectionAbortedError):
    """The connection was closed on purpose; nothing may be written to it any more."""


@dataclass
class Fault:
    """One thing that goes wrong. None in `method` and `path` means any, in `times` until it is switched off."""

    id: int
    platform: str
    kind: str
    method: str | None = None
    path: str | None = None
    times: int | None = None

    def fits(self, platform: str, method: str, path: str) -> bool:
        """Tell whether it concerns a request; `path` is searched as a regular expression."""
        return (
            self.platform == platform
            and self.method in (None, method)
            and (self.path is None or re.search(self.path, path) is not None)
        )


@dataclass
class Held:
    """A request that waits until it is let go."""

    id: int
    platform: str
    kind: str
    method: str
    path: str
    released: threading.Event = field(default_factory=threading.Event)

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "platform": self.platform, "kind": self.kind, "method": self.method, "path": self.path}


class Faults:
    """The switchboard: which faults are on, and which requests are held. Safe to use from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._numbers = itertools.count(1)
        self._faults: dict[int, Fault] = {}
        self._held: dict[int, Held] = {}

    def add(
        self,
        platform: str,
        kind: str,
        *,
        method: str | None = None,
        path: str | None = None,
        times: int | None = None,
    ) -> int:
        """Switch a fault on; give its id. Raises ValueError for an unknown kind or an unreadable path."""
        if kind not in WIRE + SPOKEN:
            raise ValueError(f"Unknown fault: {kind}")
        if times is not None and times < 1:
            raise ValueError("times must be at least 1")
        try:
            re.compile(path or "")
        except re.error as error:
            raise ValueError(f"path is no regular expression: {error}") from error
        with self._changed:
            fault = Fault(next(self._numbers), platform, kind, method.upper() if method else None, path, times)
            self._faults[fault.id] = fault
            return fault.id

    def remove(self, id: int | None = None) -> None:
        """Switch one fault off, or all. Requests that are held stay held."""
        with self._changed:
            if id is None:
                self._faults.clear()
            else:
                self._faults.pop(id, None)

    def listed(self) -> list[dict[str, Any]]:
        """List the faults that are on, as JSON."""
        with self._changed:
            return [asdict(fault) for fault in self._faults.values()]

    def find(self, platform: str, method: str, path: str, kinds: Iterable[str]) -> list[Fault]:
        """List the faults of these kinds that concern a request, oldest first, without using them up."""
        kinds = tuple(kinds)
        with self._changed:
            return [f for f in self._faults.values() if f.kind in kinds and f.fits(platform, method, path)]

    def use(self, fault: Fault) -> bool:
        """Count a fault as having happened once; False if another request was faster."""
        with self._changed:
            if fault.id not in self._faults:
                return False
            if fault.times is not None:
                fault.times -= 1
                if fault.times == 0:
                    del self._faults[fault.id]
            return True

    def take(self, platform: str, method: str, path: str, kinds: Iterable[str]) -> Fault | None:
        """Give the first fault of these kinds that concerns a request, and count it."""
        return next((f for f in self.find(platform, method, path, kinds) if self.use(f)), None)

    def hold(self, platform: str, kind: str, method: str, path: str) -> None:
        """Wait here until somebody lets this request go."""
        with self._changed:
            held = Held(next(self._numbers), platform, kind, method, path)
            self._held[held.id] = held
            self._changed.notify_all()
        held.released.wait()

    def held(self) -> list[dict[str, Any]]:
        """List the requests that wait, as JSON, oldest first."""
        with self._changed:
            return [held.as_json() for held in self._held.values()]

    def wait_for_held(self, count: int = 1, timeout: float = 30) -> list[dict[str, Any]]:
        """Wait until that many requests are held; raise TimeoutError if they never are."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._held) >= count, timeout):
                raise TimeoutError(f"{len(self._held)} of {count} requests are held")
            return self.held()

    def release(self, id: int | None = None) -> int:
        """Let one held request go, or all; give how many."""
        with self._changed:
            going = [held for held in self._held.values() if id in (None, held.id)]
            for held in going:
                del self._held[held.id]
                held.released.set()
            return len(going)


def active(platform: str, kind: str) -> bool:
    """Tell a platform module whether a fault of that kind is on for the present request, and count it if so."""
    faults: Faults = current_app.config["FAULTS"]
    return faults.take(platform, request.method, request.path, [kind]) is not None


class Wire:
    """Stands before the Flask application and lets the faults of the wire happen, for real, on the socket."""

    def __init__(self, application: Application, faults: Faults, platform_of: Callable[[str, str], str | None]) -> None:
        self._application = application
        self._faults = faults
        self._platform_of = platform_of

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request, unless something is to go wrong."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        platform = self._platform_of(path, environ.get("QUERY_STRING", ""))
        fault = self._faults.take(platform, method, path, WIRE) if platform else None
        if platform is None or fault is None:
            return self._application(environ, start_response)
        environ["sandbox.line"]["fault"] = fault.kind
        if fault.kind == "hold_before":
            self._faults.hold(platform, fault.kind, method, path)
        answer = self._handled(environ) if fault.kind.endswith("_after") or fault.kind == "hold_before" else None
        if fault.kind == "hold_after":
            self._faults.hold(platform, fault.kind, method, path)
        if fault.kind.startswith("drop"):
            drop(environ)
        if fault.kind.startswith("html_502"):
            answer = ([HTML_502], "502 Bad Gateway", _html(HTML_502))
        if fault.kind.startswith("empty_200"):
            answer = ([HTML_200], "200 OK", _html(HTML_200))
        assert answer is not None
        body, status, headers = answer
        start_response(status, list(headers))
        return body

    def _handled(self, environ: dict[str, Any]) -> Answer:
        """Let the application do its work wholly, before anything of its answer goes out."""
        return run_wsgi_app(self._application, environ, buffered=True)


def drop(environ: dict[str, Any]) -> None:
    """Close the connection without an answer."""
    connection: socket.socket = environ["werkzeug.socket"]
    with contextlib.suppress(OSError):  # the client may have been faster
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
    raise Dropped("dropped on purpose")


def _html(body: bytes) -> list[tuple[str, str]]:
    return [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]
