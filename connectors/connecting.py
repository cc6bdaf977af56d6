"""How a person lets us in to a platform: OAuth's way there and back, a module `connect.py` in each platform's folder.

`begin` makes the address that the person's browser goes to; `found` turns what the browser brings back into accounts
with their tokens; `revoke` gives a token back. Plain Python: state and verifier are kept by whoever calls.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any, Protocol, cast
from urllib.parse import urlencode

import requests

from connectors.base import Permanent, Temporary
from connectors.http import Metered, translated

PATHS = {
    "twitter": "connectors.twitter.connect",
    "facebook": "connectors.facebook.connect",
    "instagram": "connectors.instagram.connect",
    "youtube": "connectors.youtube.connect",
    "linkedin": "connectors.linkedin.connect",
}
VERIFIER_BYTES = 72  # 96 signs; RFC 7636 wants 43 to 128


@dataclass(frozen=True, slots=True)
class App:
    """Our application at a platform, and where it speaks to it. `dialog`: as the environment names it."""

    client_id: str
    secret: str = field(repr=False)
    redirect_uri: str
    dialog: str
    api_url: str
    token_url: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """An account that the person has let us in to, with the token that `Context.token` takes."""

    external_id: str
    name: str
    handle: str
    token: Mapping[str, Any] = field(repr=False)


class Connecting(Protocol):
    """What a platform's `connect` module holds."""

    SCOPES: tuple[str, ...]

    def begin(self, app: App, *, state: str, verifier: str) -> str: ...
    def found(self, app: App, code: str, *, verifier: str, now: datetime) -> list[Found]: ...
    def revoke(self, app: App, token: Mapping[str, Any]) -> bool: ...


def way_in(platform: str) -> Connecting:
    """Give a platform's module. Raise KeyError for one that has none."""
    return cast(Connecting, import_module(PATHS[platform]))


def new_verifier() -> str:
    return secrets.token_urlsafe(VERIFIER_BYTES)


def address(base: str, **query: str) -> str:
    return f"{base}{'&' if '?' in base else '?'}{urlencode(query)}"


def ask(url: str, form: Mapping[str, str], *, platform: str, auth: tuple[str, str] | None = None) -> Mapping[str, Any]:
    """POST a form to a token address and give its JSON: secrets go in the body, never in the address.

    Raises Permanent if the platform says no (a code works once, and not for long), Temporary if it could not be asked.
    """
    with translated(write=False, platform=platform):
        response = Metered().request("POST", url, data=dict(form), auth=auth)
    answer = as_json(response)
    if response.status_code == 429 or response.status_code >= 500:
        raise Temporary(f"{platform} kunde inte svara just nu. Försök igen om en stund.", code="connect_later")
    if response.status_code != 200 or "error" in answer:
        raise Permanent(f"{platform} godtog inte inloggningen. Börja om från kontots sida.", code="connect_refused")
    return answer


def as_json(response: requests.Response) -> Mapping[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, Mapping) else {}


def text_in(answer: Mapping[str, Any], name: str, *, platform: str) -> str:
    """Give a text that must be there."""
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise Temporary(f"{platform} svarade inte begripligt.", code="bad_answer")
    return value


def end(seconds: Any, now: datetime) -> str | None:
    """Say when something ends that lasts so many seconds; None if nobody says."""
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds <= 0:
        return None
    return (now + timedelta(seconds=seconds)).astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
