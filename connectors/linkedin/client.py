"""The one door to LinkedIn: the headers each call carries, the token and its refresh, every failure as our error.

Rest.li 2.0 demands that ids in paths and lists are percent-encoded while its own signs stay bare, so addresses are
written here by hand. https://linkedin.github.io/rest.li/spec/protocol, read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import requests

from connectors.base import AuthExpired, Context, OutcomeUnknown, PlatformError, Temporary
from connectors.http import Metered, translated
from connectors.linkedin import oauth
from connectors.linkedin.errors import RECONNECT, from_answer

PLATFORM = "LinkedIn"
UNREADABLE_WRITE = "LinkedIn svarade inte begripligt. Det är oklart om det gick fram."

Answer = Mapping[str, Any]


class Client:
    """The calls of one connector. Not to be shared between threads."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._token: Mapping[str, Any] = dict(context.token)
        self._session = Metered()
        self._root = context.base_url.rstrip("/") + "/rest/"
        self._refreshes_ahead = True

    @property
    def calls(self) -> int:
        """Count the HTTP requests made so far, token refreshes included."""
        return self._session.calls

    @property
    def expires_at(self) -> datetime | None:
        return oauth.expires_at(self._token)

    def read(self, address: str) -> Answer:
        """GET an address below /rest/; with a fresh token once more if this one has died."""
        response = self._sent("GET", address, write=False)
        if response.status_code == 401 and oauth.can_refresh(self._token):
            self._refresh()
            response = self._sent("GET", address, write=False)
        if response.status_code != 200:
            raise self._error(response, write=False)
        body = _json(response)
        if body is None:
            raise Temporary("LinkedIn svarade inte begripligt.", code="bad_answer")
        return body

    def write(
        self, method: str, address: str, body: Mapping[str, Any] | None = None, *, restli: str = ""
    ) -> tuple[Answer, str]:
        """Change something with one request, whatever happens; give the answer and the id in its headers.

        `restli`: the X-RestLi-Method of what HTTP has no method for.
        """
        response = self._sent(method, address, write=True, body=body, restli=restli)
        if response.status_code == 401 and oauth.can_refresh(self._token):
            self._refresh()  # surely nothing was done; with the fresh token the outbox may try again
            raise Temporary("Kontots nyckel hos LinkedIn är förnyad. Ett nytt försök görs.", code="token_renewed")
        if response.status_code not in (200, 201, 202, 204):
            raise self._error(response, write=True)
        if response.content and _json(response) is None:
            raise OutcomeUnknown(UNREADABLE_WRITE)
        return _json(response) or {}, response.headers.get("x-restli-id") or response.headers.get("x-linkedin-id") or ""

    def _sent(
        self, method: str, address: str, *, write: bool, body: Mapping[str, Any] | None = None, restli: str = ""
    ) -> requests.Response:
        self._mind_token()
        headers = {
            "Authorization": f"Bearer {self._token.get('access_token')}",
            "LinkedIn-Version": self._context.version,
            "X-Restli-Protocol-Version": "2.0.0",
        }
        if restli:
            headers["X-RestLi-Method"] = restli
        with translated(write=write, platform=PLATFORM):
            return self._session.request(method, self._root + address, json=body, headers=headers)

    def _mind_token(self) -> None:
        """Refresh ahead of time. While the old token still lives, trouble with the refresh is no trouble yet."""
        now = datetime.now(UTC)
        if self._refreshes_ahead and oauth.is_due(self._token, now):
            try:
                self._refresh()
            except PlatformError:
                if oauth.has_ended(self._token, now):
                    raise
                self._refreshes_ahead = False
        if not self._token.get("access_token"):
            if not oauth.can_refresh(self._token):
                raise AuthExpired(RECONNECT)
            self._refresh()

    def _refresh(self) -> None:
        self._token = oauth.refreshed(self._context, self._session, self._token, datetime.now(UTC))

    def _error(self, response: requests.Response, *, write: bool) -> PlatformError:
        now = datetime.now(UTC)
        return from_answer(response.status_code, response.content, response.headers, write=write, now=now)


def _json(response: requests.Response) -> Answer | None:
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, Mapping) else None
