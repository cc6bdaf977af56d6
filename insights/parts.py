"""The pieces of a report: a number with the link to exactly its rows, and the lines of its tables."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise

from insights.definitions import Figure
from insights.reading import Unread
from insights.scope import Scope
from insights.shares import Share


@dataclass(frozen=True)
class Number:
    """A figure's number in a scope, and the query string of exactly its rows."""

    figure: Figure
    count: int
    query: str
    share: Share | None = None  # of its denominator
    bar: float = 0.0  # its length in per cent of the longest beside it

    @classmethod
    def of(cls, figure: Figure, scope: Scope, counts: Counter[str], bar: float = 0.0) -> Number:
        share = Share(counts[figure.key], counts[figure.of]) if figure.of else None
        return cls(figure, counts[figure.key], scope.query(figure.key), share, bar)

    @property
    def name(self) -> str | Promise:
        return self.figure.name


@dataclass(frozen=True)
class Week:
    monday: date
    owed: Number
    kept: Number
    share: Share
    is_running: bool


@dataclass(frozen=True)
class Answers:
    """How fast questions were answered. Minutes on the clock; None where there are too few to tell."""

    number: Number
    median: int | None
    ninety: int | None


@dataclass(frozen=True)
class Line:
    """An account or a department."""

    name: str
    platform: str
    platform_key: str
    scope: Scope
    share: Share
    owed: Number
    kept: Number
    open: Number
    unread: list[Unread]  # what is not being read now
    gaps: list[Unread]  # in the period


@dataclass(frozen=True)
class Earlier:
    """The same figures some time before, to compare with."""

    name: str | Promise
    scope: Scope
    share: Share
    arrived: Number
    late: Number


@dataclass(frozen=True)
class Topic:
    """What people asked about, beside the weeks before."""

    name: str
    number: Number
    change: int
    address: str  # the query string of the page of this topic


@dataclass(frozen=True)
class Lane:
    """What is open in a lane, by how much time is left."""

    name: str | Promise
    total: Number
    left: list[Number]
