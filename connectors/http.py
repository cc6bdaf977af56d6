"""One way to speak HTTP for all SDKs: base address, time-outs, captured headers, and answers turned into our errors.

tweepy and facebook-sdk get a `RebasedSession`; Google's client gets an AuthorizedSession with the `Metered` mix-in.
No layer here or above ever sends a write a second time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import requests
from urllib3.exceptions import NewConnectionError

from connectors.base import OutcomeUnknown, PlatformError, Temporary

TIMEOUT = (5.0, 30.0)  # seconds to connect, seconds between two bytes of the answer


class Metered(requests.Session):
    """A session that never waits for ever, counts its requests and remembers how the last one was answered.

    Writes never follow a redirect: a 307 would send them twice.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.calls = 0
        self.last_status: int | None = None
        self.last_headers: Mapping[str, str] = {}
        self.on_response: Callable[[requests.Response], None] | None = None

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = TIMEOUT
        if method.upper() != "GET":
            kwargs["allow_redirects"] = False
        return super().request(method, url, *args, **kwargs)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        self.calls += 1
        self.last_status, self.last_headers = None, {}
        response = super().send(request, **kwargs)
        self.last_status, self.last_headers = response.status_code, response.headers
        if self.on_response:
            self.on_response(response)
        return response


class RebasedSession(Metered):
    """Sends what an SDK addresses to its hard-coded host to another one, before the request is signed."""

    def __init__(self, rebase: Mapping[str, str]) -> None:
        super().__init__()
        self.rebase = {old.rstrip("/"): new.rstrip("/") for old, new in rebase.items()}

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        for old, new in self.rebase.items():
            if url == old or url.startswith((old + "/", old + "?")):
                url = new + url[len(old) :]
                break
        return super().request(method, url, *args, **kwargs)


def was_never_sent(error: requests.RequestException) -> bool:
    """True if no connection was made, so that the platform cannot have seen the request."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError | requests.exceptions.SSLError):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectionError) and isinstance(reason, NewConnectionError)


def from_transport(error: Exception, *, write: bool, platform: str) -> PlatformError:
    """Give our error for one that came from below the SDK, or from inside it, without an answer we understand."""
    if isinstance(error, requests.RequestException) and was_never_sent(error):
        return Temporary(f"{platform} gick inte att nå.", code="unreachable")
    if write:
        return OutcomeUnknown(f"{platform} svarade inte begripligt. Det är oklart om det gick fram.")
    if isinstance(error, requests.Timeout):
        return Temporary(f"{platform} svarade inte i tid.", code="timeout")
    return Temporary(f"{platform} svarade inte begripligt.", code="bad_answer")


@contextlib.contextmanager
def translated(*, write: bool, platform: str) -> Iterator[None]:
    """Let nothing but our own errors out of a call to a platform."""
    try:
        yield
    except PlatformError:
        raise
    except Exception as error:
        raise from_transport(error, write=write, platform=platform) from error
