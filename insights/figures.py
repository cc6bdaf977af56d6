"""Every figure, defined once: what is counted, of what, in which period. Pages, rows and tests read these definitions.

A figure is a filter on reply cycles, so its number and its rows can't differ. States are computed from stored facts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncWeek
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel
from inbox.models import ReplyCycle
from sla import clock, policies

WEEKS = 13  # a quarter of a year
SMALL = 10  # below this a count says more than a percentage

Outcome = ReplyCycle.Outcome
SPOKEN = (Outcome.ANSWERED, Outcome.HOLDING, Outcome.REDIRECTED)
NOT_OWED = (Outcome.LIKED, Outcome.NO_REPLY, Outcome.MODERATED, Outcome.WITHDRAWN)


@dataclass(frozen=True)
class Period:
    """Whole weeks, Monday to Sunday in the municipality's time; `end` is not part of it."""

    start: datetime
    end: datetime

    @classmethod
    def week_of(cls, day: date, weeks: int = 1) -> Period:
        """The week that holds a day, and the ones before it until there are `weeks`."""
        zone = ZoneInfo(settings.TIME_ZONE)
        monday = day - timedelta(days=day.weekday())
        first, last = monday - timedelta(weeks=weeks - 1), monday + timedelta(weeks=1)
        return cls(_midnight(first, zone), _midnight(last, zone))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


@dataclass(frozen=True)
class Figure:
    """One number: how many cycles a filter leaves. `definition` is printed with it."""

    key: str
    name: str | Promise
    definition: str | Promise
    of_open: bool = False  # of what is open now, whatever the period

    def filter(self, now: datetime) -> Q:
        return _filters(now)[self.key]


FIGURES = {
    figure.key: figure
    for figure in (
        Figure("owed", _("Förföll"), _("Första svarsfrister som gick ut under perioden och där ett svar krävdes.")),
        Figure("kept", _("Hölls"), _("De av dem som avslutades i tid, med svar, besked eller hänvisning.")),
        Figure("kept_answered", _("svar"), _("Avslutade i tid med svar.")),
        Figure("kept_redirected", _("hänvisning"), _("Avslutade i tid med hänvisning till en vanlig kanal.")),
        Figure("kept_holding", _("besked"), _("Avslutade i tid med besked. Ett besked räknas aldrig som svar.")),
        Figure("late", _("för sent"), _("Avslutade efter fristen, eller ännu öppna.")),
        Figure("still_open", _("fortfarande öppna"), _("Fristen har gått ut och ingen har svarat.")),
        Figure("first_answer", _("Besvarade"), _("Svarsfrister som under perioden slutade med svar eller hänvisning.")),
        Figure("promises_due", _("Lovade svar"), _("Utlovade svar vars tid gick ut under perioden.")),
        Figure("promises_kept", _("Lovade svar hållna"), _("De av dem som besvarades senast den utlovade tiden.")),
        Figure("open_overdue", _("Försenade"), _("Öppna vars frist har gått ut."), of_open=True),
        Figure("open_4", _("under 4 timmar"), _("Öppna med mindre än 4 timmar kvar."), of_open=True),
        Figure("open_12", _("4–12 timmar"), _("Öppna med 4 till 12 timmar kvar."), of_open=True),
        Figure("open_more", _("mer än 12 timmar"), _("Öppna med mer än 12 timmar kvar."), of_open=True),
        Figure("open_first", _("Öppna"), _("Alla som väntar på ett första svar."), of_open=True),
        Figure("open_promised", _("Lovade svar"), _("Besked är givet och det utlovade svaret återstår."), of_open=True),
    )
}  # fmt: skip


def _filters(now: datetime) -> dict[str, Q]:
    first, promised = Q(kind=ReplyCycle.Kind.FIRST), Q(kind=ReplyCycle.Kind.PROMISED)
    owed = first & Q(due_at__lte=now) & ~Q(outcome__in=NOT_OWED)
    kept = owed & Q(outcome__in=SPOKEN, ended_at__lte=F("due_at"))
    still_open = owed & Q(ended_at=None)
    waiting, hours = first & Q(ended_at=None), timedelta(hours=1)
    # Superseded in time: the promise was moved, neither kept nor broken.
    promises = promised & Q(due_at__lte=now) & ~(Q(outcome=Outcome.SUPERSEDED) & Q(ended_at__lte=F("due_at")))
    return {
        "owed": owed,
        "kept": kept,
        "kept_answered": kept & Q(outcome=Outcome.ANSWERED),
        "kept_redirected": kept & Q(outcome=Outcome.REDIRECTED),
        "kept_holding": kept & Q(outcome=Outcome.HOLDING),
        "late": owed & (Q(ended_at=None) | Q(ended_at__gt=F("due_at"))),
        "still_open": still_open,
        "first_answer": first & Q(outcome__in=(Outcome.ANSWERED, Outcome.REDIRECTED)),
        "promises_due": promises & ~Q(outcome__in=NOT_OWED),
        "promises_kept": promises & Q(outcome__in=(Outcome.ANSWERED, Outcome.REDIRECTED), ended_at__lte=F("due_at")),
        "open_first": waiting,
        "open_overdue": waiting & Q(due_at__lte=now),
        "open_4": waiting & Q(due_at__gt=now, due_at__lt=now + 4 * hours),
        "open_12": waiting & Q(due_at__gte=now + 4 * hours, due_at__lt=now + 12 * hours),
        "open_more": waiting & Q(due_at__gte=now + 12 * hours),
        "open_promised": promised & Q(ended_at=None),
    }


def cycles(figure: Figure, period: Period, now: datetime, channel: int | None = None) -> QuerySet[ReplyCycle]:
    """The rows behind a figure."""
    rows = ReplyCycle.objects.filter(figure.filter(now))
    if not figure.of_open:
        moment = "ended_at" if figure.key == "first_answer" else "due_at"
        rows = rows.filter(**{f"{moment}__gte": period.start, f"{moment}__lt": period.end})
    return rows.filter(conversation__channel=channel) if channel else rows


@dataclass(frozen=True)
class Share:
    """A numerator and a denominator; no percentage where the numbers are small."""

    part: int
    whole: int

    @property
    def percent(self) -> int | None:
        """Whole per cent, never rounded up to a hundred; None if the whole is under ten."""
        return (
            None
            if self.whole < SMALL
            else min(round(100 * self.part / self.whole), 99 if self.part < self.whole else 100)
        )


IN_PERIOD = (
    "owed",
    "kept",
    "kept_answered",
    "kept_redirected",
    "kept_holding",
    "late",
    "still_open",
    "promises_due",
    "promises_kept",
)
OPEN_NOW = ("open_overdue", "open_4", "open_12", "open_more", "open_promised")


def count_all(keys: Sequence[str], period: Period, now: datetime, channel: int | None = None) -> dict[str, int]:
    """Count figures of one period, or of what is open, together. One query."""
    rows = ReplyCycle.objects.filter(conversation__channel=channel) if channel else ReplyCycle.objects.all()
    if not FIGURES[keys[0]].of_open:
        rows = rows.filter(due_at__gte=period.start, due_at__lt=period.end)
    else:
        rows = rows.filter(ended_at=None)
    counted = {key: Count("pk", filter=FIGURES[key].filter(now)) for key in keys}
    return rows.aggregate(**counted)


def by_week(period: Period, now: datetime, channel: int | None = None) -> list[tuple[date, Share]]:
    """Kept of owed for each week of the period, weeks without any included. One query."""
    owed, kept = FIGURES["owed"], FIGURES["kept"]
    rows = cycles(owed, period, now, channel).annotate(week=TruncWeek("due_at", tzinfo=ZoneInfo(settings.TIME_ZONE)))
    counted = rows.values("week").annotate(whole=Count("pk"), part=Count("pk", filter=kept.filter(now)))
    found = {row["week"].date(): Share(row["part"], row["whole"]) for row in counted}
    mondays = [
        period.start.date() + timedelta(weeks=n) for n in range((period.end.date() - period.start.date()).days // 7)
    ]
    return [(monday, found.get(monday, Share(0, 0))) for monday in mondays]


def by_channel(period: Period, now: datetime) -> list[tuple[Channel, Share, int]]:
    """For each channel kept of owed, and how many wait now. Three queries."""
    kept, waiting = FIGURES["kept"].filter(now), Q(kind=ReplyCycle.Kind.FIRST, ended_at=None)
    due = cycles(FIGURES["owed"], period, now).values("conversation__channel")
    shares = {
        row["conversation__channel"]: Share(row["part"], row["whole"])
        for row in due.annotate(whole=Count("pk"), part=Count("pk", filter=kept))
    }
    still = ReplyCycle.objects.filter(waiting).values("conversation__channel").annotate(n=Count("pk"))
    open_now = {row["conversation__channel"]: row["n"] for row in still}
    return [
        (row, shares.get(row.pk, Share(0, 0)), open_now.get(row.pk, 0))
        for row in Channel.objects.order_by("name", "pk")
    ]


def median_hours(period: Period, now: datetime, channel: int | None = None) -> float | None:
    """Median time to the first answer, in hours while the clock ran; None if nothing was answered. One query."""
    policy = policies.policy()
    rows = cycles(FIGURES["first_answer"], period, now, channel).values_list("started_at", "ended_at")
    lengths = [clock.elapsed(policy, start, end).total_seconds() for start, end in rows.iterator()]
    return median(lengths) / 3600 if lengths else None
