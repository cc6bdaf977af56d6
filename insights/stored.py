"""Reports that are kept: as they were, and beside what the same question gives today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.utils.functional import Promise

from accounts import audit
from accounts.models import User
from insights import conclusions, facts, report
from insights.definitions import FIGURES
from insights.facts import Facts
from insights.models import StoredReport
from insights.report import Report
from insights.scope import Nonsense, Scope


@dataclass(frozen=True)
class Difference:
    """A figure that the same question answers otherwise today: its rows have changed since."""

    name: str | Promise
    then: int
    today: int


def store(scope: Scope, *, by: User | None, now: datetime, slot: str | None = None) -> StoredReport:
    """Keep a report with its definition and the time of asking. The same slot gives the same row."""
    if slot and (known := StoredReport.objects.filter(slot=slot).first()):
        return known
    found = {**facts.gather(scope, now).as_json(), "names": scope.names}
    kept = {"definition": scope.address, "asked_at": now, "by": by, "facts": found}
    if slot:
        return StoredReport.objects.get_or_create(slot=slot, defaults=kept)[0]
    row = StoredReport.objects.create(**kept)
    audit.record("report.stored", f"report:{row.pk}", by=by, now=now, query=scope.address)
    return row


def scope_of(row: StoredReport) -> Scope:
    """Read the definition; what is no more has the name that it had. A few queries.

    Raises Nonsense if the definition cannot be read, or speaks of what has left no name.
    """
    query = QueryDict(row.definition)
    try:
        return Scope.of(query, row.asked_at)
    except Nonsense:
        return Scope.of(query, row.asked_at, was=_left_names(row, query))


def is_of_what_is_gone(row: StoredReport) -> bool:
    """Whether what a report tells of is no more, so that the rows behind its numbers cannot be shown."""
    try:
        Scope.of(QueryDict(row.definition), row.asked_at)
    except Nonsense:
        return True
    return False


def _left_names(row: StoredReport, query: QueryDict) -> dict[str, str]:
    """Give the names that were kept; reports kept without them name at least the departments of the accounts."""
    names: dict[str, str] = {"amne": query.get("amne", ""), **row.facts.get("names", {})}
    for place in row.facts["places"]:
        if str(place["department_id"]) == query.get("forvaltning"):
            names.setdefault("forvaltning", place["department_name"])
        if str(place["pk"]) == query.get("konto"):
            names.setdefault("konto", place["name"])
    return names


def report_of(row: StoredReport) -> Report:
    """Give the report as it was, number by number."""
    return Report(scope_of(row), Facts.of_json(row.facts))


def differences(row: StoredReport) -> list[Difference]:
    """Ask the same again, as of the same time, and give what differs; what was open just then cannot be asked again."""
    kept, again = report_of(row), report.of(scope_of(row), row.asked_at)
    pairs = [
        (figure, kept.number(key).count, again.number(key).count)
        for key, figure in FIGURES.items()
        if not figure.of_open
    ]
    return [Difference(conclusions.figure_name(figure), then, today) for figure, then, today in pairs if then != today]
