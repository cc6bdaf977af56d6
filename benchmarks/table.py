"""Measured figures as one table, each beside the limit that it is held against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil
from time import perf_counter

from benchmarks.deadline import Row

FASTER = "items/s"  # a unit of which more is better; of the others less is


def lines(rows: Sequence[Row]) -> list[str]:
    """Write the table as lines of Markdown."""
    head = "| what | measured | held against | limit | ratio | |"
    return [head, "|---|---:|---|---:|---:|---|", *(line(row) for row in rows)]


def line(row: Row) -> str:
    limit = "–" if row.limit is None else f"{number(row.limit)} {row.unit}"
    ratio = "–" if row.ratio is None else f"{row.ratio:.2f}"
    return f"| {row.what} | {number(row.ours)} {row.unit} | {row.limit_name} | {limit} | {ratio} | {verdict(row)} |"


def verdict(row: Row) -> str:
    """Say whether a goal is reached; of the other limits only the ratio tells."""
    if row.limit_name != "goal" or row.limit is None:
        return ""
    is_reached = row.ours >= row.limit if row.unit == FASTER else row.ours <= row.limit
    return "reached" if is_reached else "**missed**"


def number(value: float) -> str:
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def against(what: str, ours: float, limit_name: str, limit: float, unit: str) -> Row:
    return Row(what, ours, limit_name, limit, unit, ours / limit if limit else None)


def timed(job: Callable[[], object], times: int) -> list[float]:
    """Run a job some times; give the milliseconds of each, ascending."""
    lengths = []
    for _ in range(times):
        start = perf_counter()
        job()
        lengths.append((perf_counter() - start) * 1000)
    return sorted(lengths)


def percentile(ascending: Sequence[float], percent: int) -> float:
    """Give the least value that so many per cent do not exceed."""
    return ascending[ceil(len(ascending) * percent / 100) - 1]
