"""The filters of the figures, read in Python of one row for its kind, keep what they keep in the database."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db.models import F, Q

from insights import alike, figures
from insights.definitions import FIGURES, Instants
from tests.insights import histories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("keys", [alike.DUE, alike.ENDED])
def test_each_kind_of_row_is_counted_by_the_figures_that_count_its_rows(keys: tuple[str, ...], now: datetime) -> None:
    histories.make(30, histories.channels(), now)
    instants = Instants.at(now, figures.all_policies())
    rows = list(figures.base().select_related("verdict"))
    for key in keys:
        kept = set(figures.base().filter(FIGURES[key].where(instants)).values_list("pk", flat=True))
        told = set()
        for row in rows:
            in_time = None if row.ended_at is None else row.ended_at <= row.due_at
            reason = row.verdict.reason if row.verdict else None
            due = {"fetched_late": row.fetched_late, "is_due": row.due_at <= now, "in_time": in_time}
            of_due = alike.figures_of_due(row.kind, row.outcome, **due)
            if key in (of_due if keys is alike.DUE else alike.figures_of_ended(row.kind, row.outcome, reason)):
                told.add(row.pk)
        assert told == kept, key


@pytest.mark.parametrize(
    ("condition", "is_kept"),
    [
        (Q(), True),
        (~Q(a=1), False),
        (~Q(none__in=[1]), True),
        (Q(none__lte=3), False),
        (~Q(none__lte=3), True),
        (Q(a__lt=F("b")), True),
        (Q(none__lt=F("b")), False),
        (Q(none=None), True),
        (Q(a=2) | Q(b=2), True),
        (~(Q(a=1) & Q(b=3)), True),
    ],
)
def test_a_filter_keeps_what_the_database_would_keep(condition: Q, is_kept: bool) -> None:
    assert alike.holds(condition, {"a": 1, "b": 2, "none": None}) is is_kept
