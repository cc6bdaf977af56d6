"""How the pretend Graph API cuts an edge into pages: cursors, whole `next` addresses, and the odd pages on purpose."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import g, request

from sandbox import faults
from sandbox.entries import EPOCH, Entry, to_micros
from sandbox.facebook_answers import PLATFORM, GraphError
from sandbox.facebook_fields import Field

DEFAULT_LIMIT, MOST = 25, 100
CHUNK = 200  # rows of the world looked at together

Arguments = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Listing:
    """What an edge holds. `chunk(start, ascending, offset)` gives entries from an instant on, deleted ones too."""

    chunk: Callable[[datetime | None, bool, int], list[Entry]]
    keep: Callable[[Entry], bool]
    ascending: bool
    total: Callable[[], int]
    show: Callable[[Entry, Sequence[Field]], dict[str, Any]]
    platform: str = PLATFORM
    most: int = MOST  # on a page


def moment(at: datetime) -> str:
    """Write a time as Graph does: `2026-11-24T12:00:00+0000`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def span(
    start: datetime | None, ascending: bool, since: datetime | None, until: datetime | None
) -> tuple[datetime | None, datetime | None]:
    """Narrow a span of time to what lies from `start` on, `start` included."""
    if start and ascending:
        return max(filter(None, [start, since])), until
    if start:
        return since, min(filter(None, [start + timedelta(microseconds=1), until]))
    return since, until


def paged(owner: str, name: str, listing: Listing, given: Arguments, fields: Sequence[Field]) -> dict[str, Any]:
    """Build one page, with the faults of paging where they are on."""
    limit = min(max(_number(given.get("limit"), DEFAULT_LIMIT), 0), listing.most)
    after, before = given.get("after"), given.get("before")
    if after and "__paging_token" not in given and faults.active(listing.platform, "empty_page"):
        return {"data": [], "paging": {"next": address(owner, name, {**given, "__paging_token": "enc_AdExempel0"})}}
    if after and faults.active(listing.platform, "repeat_page"):
        after = None
    backwards = bool(before) and not after
    rows = list(_window(listing, after or before, listing.ascending != backwards, limit + 1)) if limit else []
    more, rows = len(rows) > limit, rows[:limit]
    if backwards:
        rows.reverse()
    page: dict[str, Any] = {"data": [listing.show(entry, fields) for entry in rows]}
    if rows:
        page["paging"] = _paging(
            owner, listing, name, given, rows, more=more or backwards, earlier=bool(after or before)
        )
    if (given.get("summary") or "").lower() in ("1", "true", "total_count") and name == "comments":
        order = "chronological" if listing.ascending else "reverse_chronological"
        page["summary"] = {"order": order, "total_count": listing.total(), "can_comment": True}
    return page


def _paging(
    owner: str, listing: Listing, name: str, given: Arguments, rows: Sequence[Entry], *, more: bool, earlier: bool
) -> dict[str, Any]:
    cursors = {"before": _cursor(rows[0]), "after": _cursor(rows[-1])}
    paging: dict[str, Any] = {"cursors": cursors}
    if more and not faults.active(listing.platform, "missing_next"):
        paging["next"] = address(owner, name, {**given, "after": cursors["after"], "before": ""})
    if earlier:
        paging["previous"] = address(owner, name, {**given, "before": cursors["before"], "after": ""})
    return paging


def _window(listing: Listing, cursor: str | None, ascending: bool, limit: int) -> Iterator[Entry]:
    """Yield what comes after the cursor's entry, as many as asked for."""
    start, passed = _position(cursor) if cursor else (None, None)
    offset = taken = 0
    while True:
        rows = listing.chunk(start, ascending, offset)
        for entry in rows:
            if passed is not None:
                passed = None if entry.id == passed else passed
            elif not entry.is_deleted and listing.keep(entry):
                yield entry
                taken += 1
                if taken == limit:
                    return
        if len(rows) < CHUNK:
            return
        offset += CHUNK


def _cursor(entry: Entry) -> str:
    return base64.urlsafe_b64encode(f"{to_micros(entry.created_at)}/{entry.id}".encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[datetime, str]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        micros, id = text.split("/", 1)
        return EPOCH + timedelta(microseconds=int(micros)), id
    except (ValueError, OverflowError) as error:
        raise GraphError("(#100) Invalid cursors values", code=100) from error


def address(owner: str, name: str, given: Arguments) -> str:
    """Give a whole address, with the token in it, as Graph does."""
    query = {"access_token": g.token.token, "pretty": "0"}
    left_out = ("access_token", "appsecret_proof", "method")
    query |= {key: value for key, value in given.items() if key not in left_out and value != ""}
    return f"{request.host_url}{g.version}/{owner}/{name}?{urlencode(query)}"


def instant(text: str | None) -> datetime | None:
    """Read `since` and `until`: seconds since 1970, or a date."""
    if not text:
        return None
    try:
        if re.fullmatch(r"\d+", text):
            return datetime.fromtimestamp(int(text), UTC)
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise GraphError(f"(#100) Invalid date: {text}", code=100) from error


def _number(text: str | None, default: int) -> int:
    try:
        return int(text) if text else default
    except ValueError as error:
        raise GraphError("(#100) Param limit must be an integer", code=100) from error
