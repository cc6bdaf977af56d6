"""Vems är det? Who answers for what a citizen writes about: the municipality, or somebody else altogether."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from inbox.models import Responsibility

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Hit:
    """A responsibility that a text touches. `is_here`: its place is named too, or it has none."""

    row: Responsibility
    is_here: bool


def asked(text: str, rows: Iterable[Responsibility]) -> list[Hit]:
    """Give who may answer for a text: where the place is named first, then everywhere, then what depends on a place."""
    words = _WORD.findall(text.casefold())
    found = [Hit(row, _has(words, row.place) or not row.place) for row in rows if _has(words, row.words)]
    if any(hit.is_here and hit.row.place for hit in found):
        found = [hit for hit in found if hit.is_here and hit.row.place]
    return sorted(found, key=lambda hit: (not hit.is_here, hit.row.place == "", hit.row.subject, hit.row.place))


def _has(words: list[str], wanted: str) -> bool:
    """Whether one of some words, or the beginning of one, stands in a text; several words stand one after the other."""
    for each in wanted.casefold().split(","):
        parts = _WORD.findall(each)
        for start in range(len(words) if parts else 0):
            window = words[start : start + len(parts)]
            if len(window) == len(parts) and all(map(str.startswith, window, parts)):
                return True
    return False
