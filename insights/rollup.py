"""Counting finished weeks once: what `counting.py` reads instead of the rows, as long as no mark says otherwise."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import date, datetime

from django.db import connection, transaction

from insights import counting, spreads
from insights.models import StaleWeek, WeekCount
from insights.scope import WEEK, midnight

log = logging.getLogger(__name__)

AT_ONCE = 13  # weeks in one transaction


def refresh(now: datetime) -> list[date]:
    """Count finished weeks that are stale; give their Mondays. Any number of processes at once do it once."""
    done: list[date] = []
    while weeks := _refresh_some(now):
        done += weeks
    return done


@transaction.atomic
def _refresh_some(now: datetime) -> list[date]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('insights.rollup'))")
        if not cursor.fetchone()[0]:
            return []
        # One mark of a week that still runs is enough; they are kept until it is over.
        cursor.execute(
            "DELETE FROM insights_staleweek AS one USING insights_staleweek AS other"
            " WHERE one.monday = other.monday AND one.id < other.id"
        )
    marked = StaleWeek.objects.order_by("monday").values_list("monday", flat=True).distinct()
    weeks = [monday for monday in marked if midnight(monday + WEEK) <= now][:AT_ONCE]
    if weeks:
        # The marks go first: what is changed from here on leaves one, whether or not it is counted.
        StaleWeek.objects.filter(monday__in=weeks).delete()
        _store(weeks, counting.count(set(weeks), now))
    return weeks


def _store(weeks: list[date], counts: counting.Counts) -> None:
    WeekCount.objects.filter(monday__in=weeks).delete()
    together: dict[date, Counter[str]] = {monday: Counter() for monday in weeks}
    rows = []
    for (monday, channel), counter in counts.items():
        rows.append(_row(monday, channel, counter))
        together[monday].update(counter)
    WeekCount.objects.bulk_create(rows + [_row(monday, None, counter) for monday, counter in together.items()])


def _row(monday: date, channel: int | None, counter: Counter[str]) -> WeekCount:
    return WeekCount(
        monday=monday,
        channel_id=channel,
        counts={key: n for key, n in counter.items() if not counting.is_spread(key)},
        spread=spreads.packed({key: n for key, n in counter.items() if counting.is_spread(key)}),
    )


def check(now: datetime) -> list[date]:
    """Recount every week that is held to be up to date; give the Mondays of those that differ, and mark them stale."""
    held = set(WeekCount.objects.filter(channel=None).values_list("monday", flat=True))
    held -= set(StaleWeek.objects.values_list("monday", flat=True))
    wrong = [monday for monday in sorted(held) if _differs(monday, now)]
    for monday in wrong:
        log.error("The counts of the week of %s differ from its rows; they are counted again.", monday)
    StaleWeek.objects.bulk_create(StaleWeek(monday=monday) for monday in wrong)
    return wrong


def _differs(monday: date, now: datetime) -> bool:
    stored = WeekCount.objects.filter(monday=monday, channel__isnull=False)
    held = {row.channel_id: Counter(row.counts | spreads.unpacked(row.spread)) for row in stored}
    counted = {channel: counter for (_monday, channel), counter in counting.count({monday}, now).items()}
    return held != counted
