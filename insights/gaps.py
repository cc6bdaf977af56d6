"""Times that were not read: as hours and in words. Never filled in, always told of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from config.templatetags.gensvar import surface_name
from insights.reading import Place, Unread
from sla import words as sla_words

HOUR = timedelta(hours=1)


def merged(gaps: Sequence[Unread], start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Give the spans within `start` and `end` in which something was not read, apart and oldest first."""
    spans: list[tuple[datetime, datetime]] = []
    clipped = [(max(gap.since, start), min(gap.end(end), end)) for gap in gaps]
    for since, until in sorted(span for span in clipped if span[0] < span[1]):
        if spans and since <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(until, spans[-1][1]))
        else:
            spans.append((since, until))
    return spans


def hours(gaps: Sequence[Unread], start: datetime, end: datetime) -> float:
    """Count the hours in which something was not read; several at once count once."""
    return sum((until - since) / HOUR for since, until in merged(gaps, start, end))


def cells(gaps: Sequence[Unread], start: datetime, end: datetime) -> set[tuple[int, int]]:
    """Give each weekday (0 = Monday) and hour of which something was not read some week."""
    found = set()
    for since, until in merged(gaps, start, end):
        at = since
        while at < until and len(found) < 7 * 24:
            local = timezone.localtime(at)
            found.add((local.weekday(), local.hour))
            at = at.replace(minute=0, second=0, microsecond=0) + HOUR
    return found


def words(gaps: Sequence[Unread], places: Mapping[int, Place], now: datetime) -> list[str]:
    """`Kommunen (Instagram), omnämnanden: inget hämtat 24 nov 02.00–05.10`."""
    return [f"{places[gap.place]}, {surface_name(gap.surface).lower()}: {_when(gap)}" for gap in gaps]


def _when(gap: Unread) -> str:
    since = timezone.localtime(gap.since)
    start = f"{_day(since)} {_time(since)}"
    if gap.until is None:
        return _("inget hämtat sedan %s") % start
    until = timezone.localtime(gap.until)
    end = _time(until) if until.date() == since.date() else f"{_day(until)} {_time(until)}"
    return _("inget hämtat %(start)s–%(end)s") % {"start": start, "end": end}


def _day(local: datetime) -> str:
    return date_format(local, "j M").lower()


def _time(local: datetime) -> str:
    return sla_words.time_words(local)
