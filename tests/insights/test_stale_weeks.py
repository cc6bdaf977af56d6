"""A statement that changes cycles marks the weeks of their times, before and after, and no others."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db.models import F, Q

from inbox.models import ReplyCycle
from inbox.promise import moving
from insights.models import StaleWeek
from sla.policyfile import SE24
from tests.factories import UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db

FRIDAY = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
WEEK = timedelta(weeks=1)
OWN = (date(2026, 11, 16), date(2026, 11, 23))  # of what came in on that Friday and is due on the Monday after


def marked() -> set[date]:
    return set(StaleWeek.objects.values_list("monday", flat=True))


def cycle_of(arrival: datetime = FRIDAY) -> ReplyCycle:
    waiting_conversation(posted_at=arrival)
    StaleWeek.objects.all().delete()
    return ReplyCycle.objects.get()


@pytest.mark.parametrize(
    ("last", "monday"),
    [
        (datetime(2026, 11, 22, 22, 59, 59, 999_999, tzinfo=UTC), date(2026, 11, 16)),
        (datetime(2026, 7, 19, 21, 59, 59, 999_999, tzinfo=UTC), date(2026, 7, 13)),
        (datetime(2026, 3, 29, 21, 59, 59, 999_999, tzinfo=UTC), date(2026, 3, 23)),  # summer time began that morning
        (datetime(2026, 10, 25, 22, 59, 59, 999_999, tzinfo=UTC), date(2026, 10, 19)),  # and ended that one
    ],
)
def test_a_week_begins_with_monday_as_the_clock_goes_in_sweden(last: datetime, monday: date) -> None:
    cycle_of()
    ReplyCycle.objects.update(ended_at=last, outcome="answered")
    assert marked() == {*OWN, monday}
    StaleWeek.objects.all().delete()
    ReplyCycle.objects.update(ended_at=last + timedelta(microseconds=1))
    assert marked() == {*OWN, monday, monday + WEEK}


def test_a_closed_day_marks_the_weeks_from_which_and_to_which_it_moves_deadlines() -> None:
    cycle = cycle_of()
    assert cycle.due_at == FRIDAY + 3 * timedelta(days=1)
    moving.change({**SE24, "extra_closed": ["2026-11-23"]}, expected=1, by=UserFactory(role="admin"), now=FRIDAY)
    assert moving.go_on(FRIDAY) == 1
    assert marked() == set(OWN)


def test_of_many_cycles_in_one_statement_those_that_differ_mark_their_weeks_alone() -> None:
    old = cycle_of(FRIDAY - 9 * WEEK)
    for weeks in range(4):
        waiting_conversation(posted_at=FRIDAY - weeks * WEEK)
    StaleWeek.objects.all().delete()
    ReplyCycle.objects.update(fetched_late=Q(pk=old.pk), next_step_at=FRIDAY)
    assert marked() == {old.started_at.date() - timedelta(days=4), old.due_at.date()}


def test_what_is_set_to_what_it_was_marks_nothing() -> None:
    cycle_of()
    ReplyCycle.objects.update(due_at=F("due_at"), policy=F("policy"), outcome=F("outcome"))
    assert marked() == set()
    ReplyCycle.objects.update(policy=None)
    assert marked() == set(OWN)
