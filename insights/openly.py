"""*Så snabbt svarar vi*: what everybody may know of how fast we answer, over the last 30 working days.

Counted at most once an hour whatever the number of visitors, and kept in the cache; one process counts, the others
show what was counted before.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inbox.showing import public
from insights import counting, figures
from insights.definitions import FIGURES, Instants, Moment
from insights.scope import DAY, midnight
from insights.shares import Share
from sla import policies
from sla.clock import Policy

WORKING_DAYS = 30
ENOUGH = 20  # answers, and questions that fell due; with fewer we say so instead
FRESH = timedelta(hours=1)
KEY, LOCK = "insights.openly.1", "insights.openly.counting"
LOCKED = 120  # seconds in which one process counts
MINUTES_AN_HOUR = 60


@dataclass(frozen=True)
class Openly:
    """Counts and lengths of the time from `start` to before `end`; minutes while the clock runs."""

    start: date
    end: date
    counted_at: datetime
    answers: int  # to questions that were written on working days
    median: int | None
    ninety: int | None
    kept: int
    owed: int
    monitored: list[str]
    promise: str

    @property
    def is_too_few(self) -> bool:
        return self.answers < ENOUGH

    @property
    def percent(self) -> int | None:
        return Share(self.kept, self.owed).percent if self.owed >= ENOUGH else None

    @property
    def last_day(self) -> date:
        """The last day that is counted."""
        return self.end - DAY

    @property
    def heading(self) -> str:
        if self.is_too_few or self.median is None:
            return _("För få svar för att säga hur snabbt vi brukar svara")
        hours = ceil(self.median / MINUTES_AN_HOUR)
        said = ngettext(
            "Vi svarar oftast inom %s timme på vardagar", "Vi svarar oftast inom %s timmar på vardagar", hours
        )
        return said % hours

    def as_json(self) -> dict[str, Any]:
        return {
            "municipality": settings.MUNICIPALITY,
            "text": self.heading,
            "from": self.start,
            "to": self.last_day,
            "working_days": WORKING_DAYS,
            "answers": self.answers,
            "too_few": self.is_too_few,
            "median_minutes": None if self.is_too_few else self.median,
            "nine_of_ten_minutes": None if self.is_too_few else self.ninety,
            "kept_percent": self.percent,
            "due": self.owed,
            "promise": self.promise,
            "monitored": self.monitored,
            "counted_at": self.counted_at,
        }


def current(now: datetime) -> Openly | None:
    """Give what is known, counted anew if it is older than an hour; None while somebody counts for the first time."""
    known = cache.get(KEY)
    found = Openly(**known) if known else None
    if found and timedelta() <= now - found.counted_at < FRESH:
        return found
    if cache.add(LOCK, 1, LOCKED):
        try:
            found = count(now)
            cache.set(KEY, asdict(found), timeout=None)
        finally:
            cache.delete(LOCK)
    return found


def count(now: datetime) -> Openly:
    """Count it from the rows. Five queries."""
    policy, known = policies.policy(), figures.all_policies()
    today = timezone.localdate(now)
    start = first_day(policy, today)
    span = (midnight(start), midnight(today))
    instants = Instants.at(now, known)
    rows = figures.base().filter(FIGURES["first_answer"].where(instants))
    lengths = counting.lengths(counting.sum_of(counting.answers([span], rows, known).values()))["weekday"]
    due = figures.within(figures.base(), Moment.DUE, [span])
    counts = due.aggregate(**{key: Count("pk", filter=FIGURES[key].where(instants)) for key in ("owed", "kept")})
    return Openly(
        start,
        today,
        now.astimezone(UTC),
        lengths.total(),
        counting.within_minutes(lengths, 50),
        counting.within_minutes(lengths, 90),
        counts["kept"],
        counts["owed"],
        public.hours(policy.staffed or policy.calendar),
        policy.name,
    )


def first_day(policy: Policy, today: date) -> date:
    """Give the day from which on there are 30 working days before today."""
    day, left = today, WORKING_DAYS
    while left:
        day -= DAY
        left -= not figures.is_day_off(policy, day)
    return day
