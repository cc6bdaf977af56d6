"""LinkedIn's ids: `urn:li:organization:48217`, and a comment's, which holds that of what it stands under. Pure.

A comment has one number but may be called by several URNs: the post under which it stands is a share or a ugcPost
where we list it, an activity where comments name it. We use the URN that the platform gives a top-level comment, and
the same entity for every answer to it, so that what we were told when we wrote is what we read later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote, unquote

NUMBER = re.compile(r"[A-Za-z0-9_-]{1,64}")
COMMENT = re.compile(rf"urn:li:comment:\((?:urn:li:)?([A-Za-z]{{1,32}}:{NUMBER.pattern}),({NUMBER.pattern})\)")
URN = re.compile(rf"urn:li:[A-Za-z]{{1,32}}:{NUMBER.pattern}")


class Comment(NamedTuple):
    """What a comment's URN says: the post's entity, and the comment's own number."""

    entity: str
    id: str

    @property
    def urn(self) -> str:
        return f"urn:li:comment:({self.entity},{self.id})"


def comment(urn: object) -> Comment | None:
    """Read a comment's URN; None if it is none."""
    found = COMMENT.fullmatch(urn) if isinstance(urn, str) else None
    return Comment(f"urn:li:{found[1]}", found[2]) if found else None


def is_urn(value: object) -> bool:
    return isinstance(value, str) and URN.fullmatch(value) is not None


def organization(id: str) -> str:
    """Give the URN of an organisation that may be named by its bare number."""
    return id if id.startswith("urn:") else f"urn:li:organization:{id}"


def number(urn: str) -> str:
    """Give the last part of a simple URN."""
    return urn.rpartition(":")[2]


def encoded(urn: str) -> str:
    """Percent-encode wholly, parentheses and comma too, as a path or a List wants it."""
    return quote(urn, safe="")


def decoded(id: str) -> str:
    """Read an id that may be percent-encoded, as the keys of a look-up are on some servers."""
    return unquote(id)


def listed(ids: Iterable[str]) -> str:
    """Write ids as Rest.li 2.0 does: `List(a,b)`; its own signs stay bare."""
    return f"List({','.join(map(encoded, ids))})"
