"""How lists are cut: opaque tokens that know the last entry shown, and the odd pages on purpose."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from datetime import timedelta

from sandbox.control import world
from sandbox.entries import Entry, from_micros, to_micros
from sandbox.faults import active
from sandbox.world import Filters
from sandbox.youtube.problems import invalid

CHUNK = 200
Position = tuple[int, str]  # when the last entry shown was written, and its id


def cut(
    filters: Filters, fits: Callable[[Entry], bool], *, args: Mapping[str, str], size: int, question: str
) -> tuple[list[Entry], str | None]:
    """Give one page of entries, newest first, and the token of the next. `question` binds the token to its list."""
    token = args.get("pageToken")
    after, follows_empty = _read(token, question)
    if token and not follows_empty and active("youtube", "empty_page"):
        return [], _write(after, question, follows_empty=True)
    if token and active("youtube", "repeat_page"):
        after = None
    found = _after(filters, fits, after, size + 1)
    shown, more = found[:size], len(found) > size
    if not more or active("youtube", "missing_next"):
        return shown, None
    last = shown[-1]
    return shown, _write((to_micros(last.created_at) or 0, last.id), question)


def _after(filters: Filters, fits: Callable[[Entry], bool], after: Position | None, count: int) -> list[Entry]:
    """Take the next entries; what was written or removed meanwhile shifts nothing."""
    found: list[Entry] = []
    until = (from_micros(after[0]) or world().now()) + timedelta(microseconds=1) if after else None
    ties = after is not None
    offset = 0
    while len(found) < count:
        chunk = world().entries("youtube", limit=CHUNK, offset=offset, **{**filters, "until": until})
        ids = [entry.id for entry in chunk]
        if after and ties and after[1] in ids:
            found.clear()
            chunk = chunk[ids.index(after[1]) + 1 :]
            ties = False
        found += [entry for entry in chunk if fits(entry)]
        if len(ids) < CHUNK:
            break
        offset += CHUNK
    return found[:count]


def size_of(args: Mapping[str, str], *, default: int, largest: int, smallest: int = 1) -> int:
    """Read `maxResults`."""
    text = args.get("maxResults", str(default))
    if not text.isdigit() or not smallest <= int(text) <= largest:
        raise invalid(
            "invalidValue",
            f"Invalid value '{text}'. Values must be within the range: [{smallest}, {largest}]",
            "maxResults",
        )
    return int(text)


def _read(token: str | None, question: str) -> tuple[Position | None, bool]:
    if not token:
        return None, False
    try:
        micros, id, asked, follows_empty = json.loads(base64.urlsafe_b64decode(token.encode()))
        if asked != question:
            raise ValueError(asked)
        return (None if id is None else (int(micros), str(id))), bool(follows_empty)
    except (ValueError, TypeError, binascii.Error) as error:
        raise invalid("invalidPageToken", "The request specifies an invalid page token.", "pageToken") from error


def _write(after: Position | None, question: str, *, follows_empty: bool = False) -> str:
    micros, id = after or (0, None)
    return base64.urlsafe_b64encode(json.dumps([micros, id, question, follows_empty]).encode()).decode()
