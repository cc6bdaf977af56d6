"""What the rows of a figure say, one cycle each: on the page and in the exports alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from inbox.models import ReplyCycle
from inbox.showing import chips
from insights import figures
from insights.definitions import NOT_OWED, REASONS, WITHOUT, Figure, Outcome
from insights.scope import Scope
from sla import clock
from sla.clock import Policy


@dataclass(frozen=True)
class Line:
    """A cycle; `minutes` on the clock to its answer if it has one, else to its end, else until now."""

    cycle: ReplyCycle
    ending: str  # how it ended, "" while it is open
    late_by: str  # how long after the deadline it ended, or stands open now; "" if it did not
    minutes: int


def query(figure: Figure, scope: Scope, now: datetime) -> QuerySet[ReplyCycle]:
    """The rows of a figure with all that a line needs, by deadline."""
    rows = figures.rows(figure, scope, now).annotate(answered_at=F("answered_at"))
    related = ("conversation__contact", "conversation__channel__department", "verdict")
    return rows.select_related(*related).order_by("due_at", "pk")


def of(cycles: Iterable[ReplyCycle], now: datetime) -> Iterator[Line]:
    """Give the line of each, as they are read. One query, for the policies."""
    known = figures.all_policies()
    return (_line(cycle, known, now) for cycle in cycles)


def _line(cycle: ReplyCycle, known: dict[int | None, Policy], now: datetime) -> Line:
    until = cycle.answered_at or cycle.ended_at or now  # type: ignore[attr-defined]
    length = clock.elapsed(known[cycle.policy_id], cycle.started_at, until)
    late = (cycle.ended_at or now) - cycle.due_at
    owes = cycle.outcome not in NOT_OWED
    late_by = _("%s efter fristen") % chips.length(late) if late > timedelta() and owes else ""
    return Line(cycle, ending(cycle), late_by, ceil(length / timedelta(minutes=1)))


def ending(cycle: ReplyCycle) -> str:
    """`svar`, `inget svar behövdes: endast emoji`."""
    if cycle.outcome == Outcome.NO_REPLY:
        reason = cycle.verdict.reason if cycle.verdict else ""
        name = str(REASONS.get(reason, UNSAID.name))
        return f"{cycle.get_outcome_display()}: {name[:1].lower()}{name[1:]}"
    return str(cycle.get_outcome_display()) if cycle.outcome else ""


UNSAID = next(figure for figure in WITHOUT if figure.key == "without-unsaid")
