"""How each surface finds what is new, edited, deleted and shown late, and what it costs when there is no news.

A promise of the connectors: the contract suite holds each to its row, and `docs/platforms.md` shows the table.

python -m connectors.surfaces
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from connectors import registry


class When(StrEnum):
    """At which reading something is seen at the latest."""

    NEXT = "next poll"
    FULL = "full poll"
    TWICE = "two full polls"
    NEVER = "–"


@dataclass(frozen=True, slots=True)
class Found:
    """One surface's promise, for what is written where something happened in the last 48 hours.

    `calls`: the most that a poll without news takes, full ones apart.
    """

    new: When
    edited: When
    deleted: When
    late: When
    calls: int


NEXT, FULL, TWICE, NEVER = When.NEXT, When.FULL, When.TWICE, When.NEVER
COMMENTS = Found(NEXT, FULL, TWICE, NEXT, 3)  # an edit mostly sooner: wherever its comment is shown again

FOUND = {
    "twitter": {
        "mentions": Found(NEXT, NEXT, FULL, NEXT, 1),
        "conversation": Found(NEXT, NEXT, FULL, NEXT, 1),
        "own": Found(NEXT, NEXT, FULL, NEXT, 1),
        "quotes": Found(NEXT, NEXT, FULL, NEXT, 1),
        "hashtag": Found(NEXT, NEXT, FULL, NEXT, 1),
    },
    "facebook": {
        "comments": COMMENTS,
        "visitor_posts": COMMENTS,
        "ads": COMMENTS,
        "tagged": COMMENTS,
        "messages": Found(NEXT, FULL, TWICE, NEXT, 1),
    },
    "instagram": {
        "comments": COMMENTS,
        "hashtag": Found(NEXT, NEVER, NEVER, NEXT, 1),
    },
    "linkedin": {"comments": COMMENTS},
    "youtube": {
        "comments": COMMENTS,
        "review": Found(NEXT, FULL, TWICE, NEXT, 2),
    },
}


OPTIONAL = {"facebook": frozenset({"ads", "tagged", "messages"}), "youtube": frozenset({"review"})}
"""What a channel can be without, as its key may lack the permission: an admin can have it left unread."""


def is_optional(platform: str, surface: str) -> bool:
    """Say whether a surface may be switched off; what is the heart of a channel never is."""
    return surface in OPTIONAL.get(platform, ())


def found(platform: str, surface: str) -> Found:
    """Give the promise of a surface; all hashtags are one kind."""
    return FOUND[platform][surface.partition(":")[0]]


def table() -> str:
    """Give the table in Markdown, a row a surface."""
    heads = ["platform", "surface", "new", "edited", "deleted", "late", "calls without news"]
    lines = [_row(heads), _row(["---"] * len(heads))]
    for platform in registry.PATHS:
        for surface, one in FOUND[platform].items():
            lines.append(_row([platform, surface, one.new, one.edited, one.deleted, one.late, str(one.calls)]))
    return "\n".join(lines)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print(table())
