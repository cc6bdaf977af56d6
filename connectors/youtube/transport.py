"""Google's own client, google-api-python-client, over `requests` instead of httplib2.

httplib2 silently sends a request again when the connection drops, and a service shared by threads hands out other
threads' answers (seen with httplib2 0.32, 2026-11-22). So the service speaks through an `AuthorizedSession`, writes
through one that never refreshes and repeats, and each connector has a service of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import cache
from typing import Any

import requests
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc
from httplib2 import Response  # type: ignore[import-untyped]  # the value that Google's client expects, no transport

from connectors.base import AuthExpired, Context, Temporary
from connectors.http import Metered, from_transport
from connectors.youtube.errors import RECONNECT, from_answer, from_refresh

PLATFORM = "YouTube"
RESOURCES = ("channels", "commentThreads", "comments", "videos")
WRITE_UNITS = 50  # https://developers.google.com/youtube/v3/determine_quota_cost, read 2026-11-22; a list costs 1
STALE_PAGES = 5  # pages in a row without anything new before a list counts as a loop; a hiccup repeats one or two

Answer = dict[str, Any]


class LoopingList(Exception):
    """The platform goes on giving pages that hold nothing new."""


class Grant(Credentials):  # type: ignore[misc]
    """The channel's token: refreshed by one process at a time, saved before it is used."""

    token: str | None
    expiry: datetime | None

    def __init__(self, context: Context) -> None:
        token = context.token
        super().__init__(
            token.get("access_token") or None,
            refresh_token=token.get("refresh_token") or None,
            token_uri=context.token_url or "https://oauth2.googleapis.com/token",
            client_id=token.get("client_id") or None,
            client_secret=token.get("client_secret") or None,
        )
        self._context = context
        if self.can_refresh:  # without a refresh token the platform decides how long the access token lives
            self.expiry = _naive(_moment(token.get("expires_at")))

    @property
    def can_refresh(self) -> bool:
        return bool(self.refresh_token and self.client_id and self.client_secret)

    def refresh(self, request: Any) -> None:
        """Get a new access token, or take the one that another process got meanwhile. Raises our own errors."""
        if not self.can_refresh:
            raise AuthExpired(RECONNECT)
        lock = self._context.refresh_lock
        with lock() if lock else nullcontext(None) as stored:
            if not self._adopt(stored or {}):
                self._renew(request, stored or self._context.token)

    def _adopt(self, stored: Mapping[str, Any]) -> bool:
        token, expires_at = stored.get("access_token"), _moment(stored.get("expires_at"))
        if not token or token == self.token or (expires_at and expires_at <= datetime.now(UTC)):
            return False
        self.token, self.expiry = token, _naive(expires_at)
        return True

    def _renew(self, request: Any, stored: Mapping[str, Any]) -> None:
        try:
            super().refresh(request)
        except Exception as error:
            raise from_refresh(error) from error
        expires_at = f"{self.expiry.isoformat(timespec='seconds')}Z" if self.expiry else None
        fresh = {"access_token": self.token, "refresh_token": self.refresh_token, "expires_at": expires_at}
        self._context.save_token({**stored, **fresh})


class GoogleSession(Metered, AuthorizedSession):  # type: ignore[misc]
    """A session that signs with the token, counts, and never waits for ever."""


class Http:
    """What Google's client takes for an httplib2.Http; keeps the last answer for the errors made of it."""

    def __init__(self, session: GoogleSession) -> None:
        self.session = session
        self.last: requests.Response | None = None

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None, **_: Any
    ) -> tuple[Response, bytes]:
        self.last = None
        self.last = answer = self.session.request(method, uri, data=body, headers=dict(headers or {}))
        response = Response({**_lower(answer.headers), "status": str(answer.status_code)})
        response.reason = answer.reason or ""
        return response, answer.content

    def close(self) -> None:
        self.session.close()


class Api:
    """The calls of one connector. Not to be shared between threads."""

    def __init__(self, context: Context) -> None:
        self.grant = Grant(context)
        self.units = 0
        self._google = Metered()
        refresh = Request(self._google)
        self._reads = Http(GoogleSession(self.grant, max_refresh_attempts=1, auth_request=refresh))
        self._writes = Http(GoogleSession(self.grant, max_refresh_attempts=0, auth_request=refresh))
        self._service = build_from_document(
            discovery(), http=self._reads, client_options={"api_endpoint": context.base_url.rstrip("/") + "/"}
        )

    @property
    def calls(self) -> int:
        """Count the HTTP requests made, token refreshes included."""
        return self._google.calls + self._reads.session.calls + self._writes.session.calls

    def read(self, resource: str, **parameters: Any) -> Answer:
        """List one page of a resource."""
        self.units += 1
        answer = self._execute(self._method(resource, "list")(**parameters), self._reads, write=False)
        if not isinstance(answer, dict):
            raise Temporary("YouTube svarade inte begripligt.", code="bad_answer")
        return answer

    def pages(self, resource: str, *, ids_in: Callable[[Answer], set[str]], **parameters: Any) -> Iterator[Answer]:
        """List all pages, following `nextPageToken` alone; raise LoopingList when they stop bringing anything new."""
        seen: set[str] = set()
        stale = 0
        while True:
            answer = self.read(resource, **parameters)
            yield answer
            token = answer.get("nextPageToken")
            if not token or not isinstance(token, str):
                return
            ids = ids_in(answer)
            stale = 0 if ids - seen else stale + 1
            if stale >= STALE_PAGES:
                raise LoopingList
            seen |= ids
            parameters["pageToken"] = token

    def write(self, resource: str, method: str, **parameters: Any) -> Any:
        """Change something, with exactly one request at most."""
        self.units += WRITE_UNITS
        try:
            return self._execute(self._method(resource, method)(**parameters), self._writes, write=True)
        except AuthExpired as refusal:
            if refusal.code == AuthExpired.code and self._was_refused():
                self._renew_for_later(refusal)
            raise

    def _method(self, resource: str, method: str) -> Any:
        return getattr(getattr(self._service, resource)(), method)

    def _execute(self, request: Any, http: Http, *, write: bool) -> Any:
        http.last = None
        try:
            return request.execute(http=http, num_retries=0)
        except (AuthExpired, Temporary):
            raise  # of the token's refresh: YouTube has not been asked
        except GoogleAuthError as error:
            raise from_refresh(error) from error
        except Exception as error:
            answer = http.last
            if answer is None or answer.status_code < 300:
                raise from_transport(error, write=write, platform=PLATFORM) from error
            headers = _lower(answer.headers)
            raise from_answer(
                answer.status_code, answer.content, headers, write=write, now=datetime.now(UTC)
            ) from error

    def _was_refused(self) -> bool:
        return self._writes.last is not None and self._writes.last.status_code == 401

    def _renew_for_later(self, refusal: AuthExpired) -> None:
        """Refresh a token that was found dead by a write, which was not done and can be queued again."""
        if not self.grant.can_refresh:
            raise refusal
        self.grant.refresh(Request(self._google))
        raise Temporary("Kontots nyckel hos YouTube hade gått ut och är nu förnyad.", code="token_renewed") from refusal


@cache
def _document() -> str:
    """Cut Google's packaged description of the API down to what we call: it is parsed for each connector."""
    whole = json.loads(get_static_doc("youtube", "v3"))
    whole["resources"] = {name: whole["resources"][name] for name in RESOURCES}
    return json.dumps(whole)


def discovery() -> Answer:
    """Give the description as a copy of one's own; building a service changes it."""
    document: Answer = json.loads(_document())
    return document


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _moment(value: Any) -> datetime | None:
    """Read a token's `expires_at`: ISO 8601 or seconds since 1970."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC) if moment else None


def _naive(moment: datetime | None) -> datetime | None:
    """Give what google-auth wants: naive UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None
