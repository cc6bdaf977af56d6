"""Which thread a comment belongs to: the top-level comment above it, however the pages happened to bring the two.

Facebook shows answers before what they answer (newest first), and puts an answer to an answer under the top-level
comment; where a Graph shows deeper nesting, we climb.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from connectors.base import Permanent
from connectors.facebook import mapping
from connectors.facebook.graph import Graph

DEEPEST = 10  # Facebook nests one or two levels


class Placing:
    """Remembers what answers what, within one poll."""

    def __init__(self, graph: Graph, threads: Callable[[], Collection[str]]) -> None:
        self._graph = graph
        self._threads = threads  # external ids of the threads that we have
        self._above: dict[str, str | None] = {}
        self._answered: set[str] = set()

    def note(self, raw: Mapping[str, Any]) -> None:
        """Remember what a comment answers; the same comment may come again without its parent."""
        above = mapping.parent_of(raw)
        if above is not None:
            self._answered.add(above)
        if above is not None or mapping.identity(raw) not in self._above:
            self._above[mapping.identity(raw)] = above

    def is_answered(self, comment_id: str) -> bool:
        """Tell whether an answer to it was seen."""
        return comment_id in self._answered

    def parent(self, comment_id: str) -> str | None:
        return self._above.get(comment_id)

    def thread(self, comment_id: str) -> str | None:
        """Give the top-level comment above, None where a comment between them has not been seen."""
        highest = self._climb(comment_id)
        return highest if highest in self._above else None

    def look_up(self, comment_ids: Collection[str]) -> None:
        """Find out what is above these, by the threads that we have or else by asking. What is gone was the top."""
        for _ in range(DEEPEST):
            unseen = {highest for one in comment_ids if (highest := self._climb(one)) not in self._above}
            tops = unseen & set(self._threads()) if unseen else set()
            self._above.update(dict.fromkeys(tops))
            unseen -= tops
            if not unseen:
                return
            self._ask(sorted(unseen))
        self._above.update({self._climb(one): None for one in comment_ids})

    def _ask(self, ids: list[str]) -> None:
        try:
            found, _ = self._graph.look_up(ids, "id,parent{id}")
        except Permanent:
            found = {}
        self._above.update({one: mapping.parent_of(found[one]) if one in found else None for one in ids})

    def _climb(self, comment_id: str) -> str:
        """Give the highest that is known to be above, itself if nothing is."""
        passed = {comment_id}
        while (above := self._above.get(comment_id)) is not None and above not in passed:
            passed.add(above)
            comment_id = above
        return comment_id
