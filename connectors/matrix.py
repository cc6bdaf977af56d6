"""What each platform lets us do, as a table, read off the connectors themselves. `docs/platforms.md` holds it.

python -m connectors.matrix
"""

from __future__ import annotations

from connectors import registry
from connectors.base import Capability

NAMES = {
    Capability.REPLY: "reply",
    Capability.LIKE: "like",
    Capability.HIDE: "hide",
    Capability.UNHIDE: "show again",
    Capability.DELETE: "delete",
    Capability.EDIT: "edit our own",
    Capability.PUBLISH: "publish",
}


def table() -> str:
    """Give the matrix as a Markdown table, a row a platform."""
    heads = ["platform", *NAMES.values(), "longest reply"]
    lines = [_row(heads), _row(["---"] * len(heads))]
    for platform in registry.PATHS:
        connector = registry.connector_class(platform)
        marks = ["yes" if capability in connector.capabilities else "–" for capability in NAMES]
        lines.append(_row([platform, *marks, str(connector.max_length)]))
    return "\n".join(lines)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print(table())
