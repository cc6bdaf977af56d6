"""How lists are cut: `start` and `count`, links to the next page, and the odd pages on purpose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import request

from sandbox.entries import Account, Entry
from sandbox.faults import active
from sandbox.linkedin.problems import illegal

DEFAULT, LARGEST = 10, 100


def cut(entries: Sequence[Entry], account: Account) -> tuple[Sequence[Entry], dict[str, Any]]:
    """Give one page of a list, and what it says of itself."""
    start, count = _number("start", 0), _number("count", DEFAULT)
    if not 0 < count <= LARGEST:
        raise illegal(f"count must lie between 1 and {LARGEST}")
    count = min(count, int(account.extra.get("page_size", count)))
    hole = count if start and active("linkedin", "empty_page") else 0  # the second page, whose places hold nothing
    first = 0 if start and active("linkedin", "repeat_page") else start - hole
    shown = entries[first : first + count] if start != hole or not hole else ()
    total = len(entries) + hole
    if active("linkedin", "missing_next"):
        return shown, {"start": start, "count": count, "links": [], "total": start + len(shown)}
    return shown, {"start": start, "count": count, "links": _links(start, count, total), "total": total}


def _links(start: int, count: int, total: int) -> list[dict[str, str]]:
    if start + count >= total:
        return []
    query = urlencode({**request.args, "start": start + count, "count": count})
    return [{"rel": "next", "type": "application/json", "href": f"{request.path}?{query}"}]


def _number(name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isdecimal() or len(text) > 9:
        raise illegal(f"Query parameter '{name}' is not a number: {text}")
    return int(text)
