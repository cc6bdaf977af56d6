"""The one door to tweepy: which keys a call takes, a refresh when they are old, every failure as one of our errors."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import requests
import tweepy

from connectors.base import AuthExpired, Context, OutcomeUnknown, PlatformError, Temporary
from connectors.http import RebasedSession, from_transport
from connectors.twitter import oauth
from connectors.twitter.errors import Unauthorised, from_answer

for name in ("tweepy", "oauthlib", "requests_oauthlib"):
    logging.getLogger(name).setLevel(logging.WARNING)  # below that, they write keys into the log

TWEEPY_HOST = "https://api.twitter.com"  # hard-coded in tweepy 4.17, `BaseClient.request`


class Client:
    """tweepy with one channel's keys. Gives plain dicts: tweepy's own objects know only X's old words."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._token: Mapping[str, Any] = dict(context.token)
        self._session = RebasedSession({TWEEPY_HOST: context.base_url})
        self._session.on_response = self._note
        self._answer: requests.Response | None = None
        self._quota: dict[str, Any] = {}

    @property
    def calls(self) -> int:
        return self._session.calls

    @property
    def quota(self) -> Mapping[str, Any]:
        return self._quota

    @property
    def last_headers(self) -> Mapping[str, str]:
        return self._session.last_headers

    @property
    def token(self) -> Mapping[str, Any]:
        return self._token

    def read(self, method: str, *args: Any, as_app: bool = False, **params: Any) -> Mapping[str, Any]:
        """Call a tweepy method that changes nothing. `as_app`: with the app's own token where there is one."""
        if as_app and self._token.get("app_bearer"):
            return self._call(self._app(), method, args, params, user_auth=False, write=False)
        self._refresh_if_due()
        try:
            return self._as_user(method, args, params, write=False)
        except Unauthorised:
            if not oauth.can_refresh(self._token):
                raise
            self._refresh()
            return self._as_user(method, args, params, write=False)

    def write(self, method: str, *args: Any, **params: Any) -> Mapping[str, Any]:
        """Call a tweepy method that changes something: one request, whatever happens."""
        self._refresh_if_due()
        try:
            return self._as_user(method, args, params, write=True)
        except Unauthorised:
            if not oauth.can_refresh(self._token):
                raise
            self._refresh()  # surely nothing was done; with the fresh token the outbox may try again
            raise Temporary("Kontots nycklar är förnyade. Ett nytt försök görs.", code="token_refreshed") from None

    def _as_user(
        self, method: str, args: tuple[Any, ...], params: Mapping[str, Any], *, write: bool
    ) -> Mapping[str, Any]:
        return self._call(self._user(), method, args, params, user_auth=oauth.is_oauth1(self._token), write=write)

    def _call(
        self,
        client: Any,
        method: str,
        args: tuple[Any, ...],
        params: Mapping[str, Any],
        *,
        user_auth: bool,
        write: bool,
    ) -> Mapping[str, Any]:
        given = {name: value for name, value in params.items() if value is not None}
        self._answer = None
        try:
            body = getattr(client, method)(*args, user_auth=user_auth, **given)
        except PlatformError:
            raise
        except Exception as error:
            # tweepy lets through what requests, the JSON reader and its own reading of odd errors raise.
            answer: requests.Response | None = self._answer
            if answer is not None and not 200 <= answer.status_code < 300:
                raise from_answer(answer, write=write, now=datetime.now(UTC)) from error
            raise from_transport(error, write=write, platform="X") from error
        if not isinstance(body, Mapping):
            if write:
                raise OutcomeUnknown("X svarade inte begripligt. Det är oklart om det gick fram.")
            raise Temporary("X svarade inte begripligt.", code="bad_answer")
        return body

    def _user(self) -> Any:
        token = self._token
        if oauth.is_oauth1(token):
            client = tweepy.Client(
                consumer_key=token.get("consumer_key"),
                consumer_secret=token.get("consumer_secret"),
                access_token=token.get("access_token"),
                access_token_secret=token.get("access_token_secret"),
                return_type=dict,
                wait_on_rate_limit=False,
            )
        else:
            client = self._bearer(token.get("access_token"))
        client.session = self._session
        return client

    def _app(self) -> Any:
        client = self._bearer(self._token.get("app_bearer"))
        client.session = self._session
        return client

    def _bearer(self, bearer: Any) -> Any:
        if not bearer:
            raise AuthExpired("Kontot saknar nycklar. Anslut kontot.")
        return tweepy.Client(bearer_token=bearer, return_type=dict, wait_on_rate_limit=False)

    def _refresh_if_due(self) -> None:
        if oauth.is_due(self._token, datetime.now(UTC)):
            self._refresh()

    def _refresh(self) -> None:
        self._token = oauth.refreshed(self._context, self._session, self._token, datetime.now(UTC))

    def _note(self, response: requests.Response) -> None:
        self._answer = response
        limits = {
            name: int(said)
            for name in ("limit", "remaining", "reset")
            if (said := response.headers.get(f"x-rate-limit-{name}", "")).isdigit()
        }
        if limits:
            self._quota = limits
