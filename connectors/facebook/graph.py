"""One small client of the Graph API over facebook-sdk, whose faults are mended here.

The SDK (3.1.0, 2018) knows no version above 3.1, has no time-out, loses status and headers, fails on HTML and on
answers without a content type, and loops for ever on a repeating page. Instagram speaks through this client too.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import facebook
import requests

from connectors.base import Context, OutcomeUnknown, Permanent, PlatformError, Temporary
from connectors.facebook.errors import FieldRefused, NotThere, ReduceData, problem, usage
from connectors.facebook.mapping import time_of
from connectors.http import RebasedSession, from_transport

GRAPH_URL = "https://graph.facebook.com"
DEFAULT_VERSION = "v26.0"  # the newest on 2026-11-22
BATCH = 50  # ids in one look-up; the manual's limit
IDLE_PAGES = 3  # pages in a row without anything new, after which paging goes nowhere
EMPTY_PAGES = 25  # empty pages in a row; some are legal, filtered items leave holes
MOST_PAGES = 1000  # of one edge in one go: ten times the largest thread we know of


def hide_tokens(record: logging.LogRecord) -> bool:
    """Cut tokens out of urllib3's debug lines: Graph wants them in the address."""
    if isinstance(record.args, tuple):
        record.args = tuple(without_token(arg) if isinstance(arg, str) else arg for arg in record.args)
    return True


def without_token(text: str) -> str:
    return re.sub(r"(access_token|appsecret_proof|input_token)(=|%3D)[^&\s\"']*", r"\1\2…", text)


logging.getLogger("urllib3.connectionpool").addFilter(hide_tokens)


@dataclass(frozen=True, slots=True)
class Batch:
    """One page of an edge. `stopped`: why paging could not go on from here, in Swedish."""

    data: tuple[Any, ...]
    total: int | None  # the edge's own count, which may include what we are not shown
    more: bool
    stopped: str = ""


class Graph(facebook.GraphAPI):  # type: ignore[misc]
    """The Graph API, seen through one token. Every call raises our errors and nothing else."""

    def __init__(self, context: Context, *, platform: str = "Facebook") -> None:
        self.base_url = context.base_url.rstrip("/")
        session = RebasedSession({GRAPH_URL: self.base_url})
        session.on_response = self._answered
        super().__init__(str(context.token.get("access_token") or ""), session=session)
        self.version = context.version or DEFAULT_VERSION
        self.platform = platform
        self.app_id = str(context.token.get("app_id") or "")
        self.app_secret = str(context.token.get("app_secret") or "")
        self.usage: Mapping[str, Any] = {}

    @property
    def calls(self) -> int:
        return int(self.session.calls)

    def request(
        self,
        path: str,
        args: dict[str, Any] | None = None,
        post_args: dict[str, Any] | None = None,
        files: Any = None,
        method: str | None = None,
    ) -> Any:
        """Send exactly one request. Raises Temporary, Exhausted, AuthExpired, Permanent, Gone or OutcomeUnknown."""
        write = post_args is not None or (method or "GET") != "GET"
        args = dict(args or {})
        if self.app_secret and "appsecret_proof=" not in path:
            (post_args if post_args else args)["appsecret_proof"] = self._proof(args)
        wrong: Exception | None = None
        result: Any = None
        self.session.last_status = None
        try:
            result = super().request(path, args, post_args, files, method)
        except facebook.GraphAPIError as error:
            wrong = self._problem(error.result, write)
        except requests.RequestException as error:
            wrong = from_transport(error, write=write, platform=self.platform)
        except Exception:  # the SDK's own: no content type, no JSON
            wrong = self._problem(None, write)
        if wrong is None and (self.session.last_status or 0) >= 300:
            wrong = self._problem(result, write)
        if wrong is not None:
            # Not in the except clause: the cause's text is the address, and the token stands in it.
            raise wrong
        return result

    def write(self, path: str, **fields: str) -> Any:
        """Send one POST. No `fields` parameter, ever: Facebook has created and then answered with an error."""
        return self.request(f"{self.version}/{path}", post_args=fields, method="POST")

    def create(self, parent: str, edge: str, message: str, **where: str) -> str:
        """Create something and give its id."""
        answer = self.put_object(parent, edge, message=message, **where)
        found = answer.get("id") if isinstance(answer, dict) else None
        if not found:
            raise OutcomeUnknown(f"{self.platform} svarade utan id. Det är oklart om det gick fram.")
        return str(found)

    def about_token(self) -> tuple[tuple[str, ...], datetime | None]:
        """Tell the token's scopes and when it ends, where the app's id and secret are known.

        https://developers.facebook.com/docs/graph-api/reference/debug_token, read 2026-11-22.
        """
        about = self._debugged()
        scopes = about.get("scopes")
        ends = [time_of(about.get(name) or None) for name in ("expires_at", "data_access_expires_at")]  # 0: never
        known = tuple(str(scope) for scope in scopes) if isinstance(scopes, list) else ()
        return known, min((at for at in ends if at), default=None)

    def _debugged(self) -> Mapping[str, Any]:
        if not self.app_id or not self.app_secret:
            return {}
        try:
            answer = self.debug_access_token(self.access_token, self.app_id, self.app_secret)
        except PlatformError:
            return {}  # the token works; what the app may know about it is an extra
        about = answer.get("data") if isinstance(answer, dict) else None
        return about if isinstance(about, Mapping) else {}

    def edge(self, owner: str, name: str, **args: Any) -> Iterator[Batch]:
        """Yield the pages of an edge, calling for each only when it is asked for."""
        yield from self.walk(self._listed(self.get_connections(owner, name, **args)))

    def walk(self, page: Any) -> Iterator[Batch]:
        """Yield this page and those after it. Ends where `paging.next` is absent, or where nothing new comes."""
        seen: set[str] = set()
        visited: set[str] = set()
        idle = empty = 0
        for number in itertools.count(1):
            data, after = page_data(page), next_address(page)
            keys = {key_of(item) for item in data}
            new = not keys or not seen.issuperset(keys)
            seen.update(keys)
            idle, empty = (0 if new else idle + 1), (0 if data else empty + 1)
            stopped = "" if new else f"{self.platform} visade samma sida igen."
            goes_round = after in visited and (not new or not data)
            going = bool(after) and not goes_round and idle < IDLE_PAGES and empty < EMPTY_PAGES and number < MOST_PAGES
            if after and not going:
                stopped = stopped or f"{self.platform} hänvisade till sidor utan slut."
            if going and not self._is_ours(after):
                going, stopped = False, f"{self.platform} hänvisade till en annan server."
            yield Batch(data=tuple(data), total=total_count(page), more=going, stopped=stopped)
            if not going:
                return
            visited.add(after)
            page = self._follow(after)

    def look_up(self, ids: Sequence[str], fields: str) -> tuple[dict[str, Any], set[str]]:
        """Read things by id, up to 50 a call. Gives those that are there, and the ids of those that are not."""
        found: dict[str, Any] = {}
        gone: set[str] = set()
        for start in range(0, len(ids), BATCH):
            self._look_up(list(ids[start : start + BATCH]), fields, found, gone)
        return found, gone

    def _look_up(self, ids: list[str], fields: str, found: dict[str, Any], gone: set[str]) -> None:
        try:
            answer = self.get_objects(ids, fields=fields) if len(ids) > 1 else self._single(ids[0], fields)
        except NotThere as error:
            # One that is gone fails the whole look-up. Leave it out if it is named, else look in halves.
            named = [error.object_id] if error.object_id in ids else []
            if len(ids) == 1 or named:
                gone.update(named or ids)
                parts = [[one for one in ids if one not in gone]]
            else:
                parts = [ids[: len(ids) // 2], ids[len(ids) // 2 :]]
        except FieldRefused:
            raise
        except Permanent:
            # A Graph that reads no lists of ids, or one that may not be read: neither there nor gone.
            if len(ids) == 1:
                return
            parts = [[one] for one in ids]
        else:
            answer = answer if isinstance(answer, dict) else {}
            found.update({one: answer[one] for one in ids if isinstance(answer.get(one), dict)})
            gone.update(one for one in ids if one not in found)
            return
        for part in filter(None, parts):
            self._look_up(part, fields, found, gone)

    def _single(self, one: str, fields: str) -> dict[str, Any]:
        return {one: self.get_object(one, fields=fields)}

    def _follow(self, address: str) -> Any:
        """Read a `next` address as it stands: parsing it would drop its parameters without a value."""
        parts = urlsplit(address)
        path = f"{parts.path.lstrip('/')}?{parts.query}"
        # requests leaves out what is None, and the SDK adds no second token where the name is there.
        args: dict[str, Any] = {"access_token": None} if "access_token=" in parts.query else {}
        try:
            return self._listed(self.request(path, args))
        except ReduceData:
            raise
        except Temporary:  # once more: a long reading is not given up for one hiccup
            return self._listed(self.request(path, args))

    def _listed(self, page: Any) -> Any:
        """Refuse an answer that is no list: taken for an empty one, it would say that nothing is there."""
        if not isinstance(page, dict) or not isinstance(page.get("data"), list):
            raise Temporary(f"{self.platform} svarade inte begripligt.", code="bad_answer")
        return page

    def _is_ours(self, address: str) -> bool:
        """The token goes nowhere but to Graph itself and to where Graph stands for us."""
        return urlsplit(address)[:2] in {urlsplit(GRAPH_URL)[:2], urlsplit(self.base_url)[:2]}

    def _proof(self, args: Mapping[str, Any]) -> str:
        """Sign a token with our secret (https://developers.facebook.com/docs/graph-api/guides/secure-requests)."""
        token = str(args.get("access_token") or self.access_token)
        return hmac.new(self.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()

    def _problem(self, body: Any, write: bool) -> Exception:
        return problem(
            body,
            status=self.session.last_status,
            headers=self.session.last_headers,
            write=write,
            platform=self.platform,
            now=datetime.now(UTC),
        )

    def _answered(self, response: requests.Response) -> None:
        self.usage = usage(response.headers) or self.usage
        # The SDK reads JSON only where the content type says so, and fails where there is none.
        kind = response.headers.get("content-type", "")
        if "json" not in kind:
            response.headers["content-type"] = "application/json" if is_json(response.content) else "text/plain"


def is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except ValueError:
        return False
    return True


def key_of(item: Any) -> str:
    """Tell one item of a page from another, also those without an id."""
    found = item.get("id") if isinstance(item, dict) else None
    return str(found) if found else json.dumps(item, sort_keys=True)


def page_data(page: Any) -> list[Any]:
    data = page.get("data") if isinstance(page, dict) else None
    return data if isinstance(data, list) else []


def next_address(page: Any) -> str:
    """Give `paging.next`, "" where it is absent: cursors alone do not mean that there is more."""
    paging = page.get("paging") if isinstance(page, dict) else None
    address = paging.get("next") if isinstance(paging, dict) else None
    return address if isinstance(address, str) else ""


def total_count(page: Any) -> int | None:
    summary = page.get("summary") if isinstance(page, dict) else None
    count = summary.get("total_count") if isinstance(summary, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) else None
