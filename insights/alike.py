"""Which figures count a row, told once for all rows that are alike in what the figures ask for.

A week has tens of thousands of rows and few kinds of them. The database counts each kind; here the filters of
`definitions.py` themselves, and no others, are read of one row that stands for its kind. A figure that asks for more
than a cycle's own fields (`ASK_MORE`) cannot be told so, and is counted by the database.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db.models import F, Q

from insights.definitions import FIGURES, Instants, Left, Moment

ASK_MORE = ("untouched",)
DUE, ENDED, OPEN = (
    tuple(key for key, figure in FIGURES.items() if figure.moment is moment and key not in ASK_MORE)
    for moment in (Moment.DUE, Moment.ENDED, Moment.OPEN_NOW)
)
NOW = datetime(2026, 1, 1, tzinfo=UTC)  # any instant: only what comes before or after another matters
ANY = Instants(NOW, Left(NOW, NOW))
SECOND = timedelta(seconds=1)
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt, "lte": operator.le, "gt": operator.gt, "gte": operator.ge,
    "in": lambda value, among: value in among,
}  # fmt: skip


@lru_cache(maxsize=2**10)
def figures_of_due(kind: str, outcome: str, *, fetched_late: bool, is_due: bool, in_time: bool | None) -> list[str]:
    """Give the figures that count what falls due so. `in_time`: None if it has not ended."""
    due = NOW if is_due else NOW + SECOND
    ended = None if in_time is None else due if in_time else due + SECOND
    row = {"kind": kind, "outcome": outcome, "fetched_late": fetched_late, "due_at": due, "ended_at": ended}
    return _counting(DUE, row)


@lru_cache(maxsize=2**10)
def figures_of_ended(kind: str, outcome: str, reason: str | None) -> list[str]:
    """Give the figures that count what ended so. `reason`: that of its verdict, None without one."""
    verdict = None if reason is None else 1
    return _counting(ENDED, {"kind": kind, "outcome": outcome, "verdict": verdict, "verdict__reason": reason})


def figures_of_open(row: Mapping[str, Any], conditions: Mapping[str, Q]) -> list[str]:
    """Give the figures that count an open wait. `conditions`: of those in OPEN, at an instant."""
    return [key for key, condition in conditions.items() if holds(condition, row)]


def _counting(keys: tuple[str, ...], row: Mapping[str, Any]) -> list[str]:
    return [key for key in keys if holds(FIGURES[key].where(ANY), row)]


def holds(condition: Q, row: Mapping[str, Any]) -> bool:
    """Say whether a filter keeps a row; as in Django's SQL a comparison with NULL fails, and its negation does not."""
    each = (holds(child, row) if isinstance(child, Q) else _compares(row, *child) for child in condition.children)
    found = any(each) if condition.connector == Q.OR else all(each)
    return found != condition.negated


def _compares(row: Mapping[str, Any], asked: str, with_what: Any) -> bool:
    name, _, comparison = asked.rpartition("__")
    other = row[with_what.name] if isinstance(with_what, F) else with_what
    if comparison not in COMPARISONS:
        return bool(row[asked] == other)
    return row[name] is not None and other is not None and COMPARISONS[comparison](row[name], other)
