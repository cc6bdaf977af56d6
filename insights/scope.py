"""The filter of every number and of its rows: whole weeks, and perhaps one channel, department or topic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet, Value
from django.utils import timezone

from accounts.models import Channel, Department, Topic

WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
LENGTHS = (1, 4, 13, 52)  # weeks that a period may have: a week, a month, a quarter, a year
MONTH = (4, 5)  # weeks that a month of the scheduled mail may have
LINE = 13  # weeks that the line shows at least
YEARS = range(2000, 2061)  # those that the clock knows


class Nonsense(ValueError):
    """A query string that cannot be meant."""


def midnight(day: date) -> datetime:
    """Give the start of a day where the municipality is."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(settings.TIME_ZONE))


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


@dataclass(frozen=True)
class Scope:
    """Weeks from Monday to Sunday in the municipality's time, the last of them `monday`'s; an instant at `end` is out.

    What is open now is asked of the same channel or department, whatever the weeks.
    """

    monday: date
    weeks: int = 1
    channel: Channel | None = None
    department: Department | None = None
    topic: str = ""  # the name that one or several topics have

    @classmethod
    def of(cls, query: Mapping[str, str], now: datetime, *, was: Mapping[str, str] | None = None) -> Scope:
        """Read a query string; `was` names what of it is no more. Raises Nonsense. One query at most."""
        names = {key: name for key, name in {**(was or {}), **_names(query)}.items() if name}
        weeks = query.get("veckor") or "1"
        if weeks not in map(str, (*LENGTHS, *MONTH)):
            raise Nonsense(weeks)
        return cls(
            _monday(query.get("vecka", ""), now),
            int(weeks),
            _named(Channel, query.get("konto", ""), names.get("konto", "")),
            _named(Department, query.get("forvaltning", ""), names.get("forvaltning", "")),
            _topic(query.get("amne", ""), names.get("amne", "")),
        )

    @property
    def names(self) -> dict[str, str]:
        """Give what it is narrowed to by name, as its query string calls each."""
        found = {"konto": self.channel, "forvaltning": self.department, "amne": self.topic}
        return {key: str(value) for key, value in found.items() if value}

    @property
    def start(self) -> datetime:
        return midnight(self.mondays[0])

    @property
    def end(self) -> datetime:
        return midnight(self.monday + WEEK)

    @cached_property
    def mondays(self) -> list[date]:
        """The Mondays of its weeks, oldest first."""
        return [self.monday - n * WEEK for n in range(self.weeks - 1, -1, -1)]

    @property
    def week(self) -> str:
        """The last week as ISO 8601 writes it: `2026-W47`."""
        year, week, _day = self.monday.isocalendar()
        return f"{year}-W{week:02}"

    @property
    def sunday(self) -> date:
        return self.monday + 6 * DAY

    def is_running(self, now: datetime) -> bool:
        """Whether it has not ended yet, so that its figures can still change by time alone."""
        return now < self.end

    def narrow(self) -> Q:
        """Give the condition on a cycle, or on what is counted of a channel."""
        found = Q()
        if self.channel:
            found &= Q(channel=self.channel)
        if self.department:
            found &= Q(channel__department=self.department)
        return found & Q(topic__name=self.topic) if self.topic else found

    def holds(self, channel: Channel) -> bool:
        """Whether a channel's cycles are within it; the same rule as `narrow`."""
        return (not self.channel or self.channel.pk == channel.pk) and (
            not self.department or self.department.pk == channel.department_id
        )

    def only(self, **changes: object) -> Scope:
        return replace(self, **changes)  # type: ignore[arg-type]

    def before(self) -> Scope:
        """Give as many weeks, just before."""
        return self.only(monday=self.monday - self.weeks * WEEK)

    def after(self) -> Scope:
        return self.only(monday=self.monday + self.weeks * WEEK)

    def year_before(self) -> Scope:
        """Give the weeks of the same numbers of last year; week 53, if last year had none, is its week 52."""
        year, week, _day = self.monday.isocalendar()
        try:
            return self.only(monday=date.fromisocalendar(year - 1, week, 1))
        except ValueError:
            return self.only(monday=date.fromisocalendar(year - 1, week - 1, 1))

    def line(self) -> Scope:
        """Give the weeks that the line shows: its own, and at least a quarter of a year."""
        return self.only(weeks=max(self.weeks, LINE))

    def query(self, figure: str = "") -> str:
        """Give the query string of a page of this scope; `figure` names a figure whose rows are asked for."""
        return f"figur={figure}&{self.address}" if figure else self.address

    @cached_property
    def address(self) -> str:
        pairs = {
            "vecka": self.week,
            "veckor": self.weeks if self.weeks != 1 else "",
            "konto": self.channel.pk if self.channel else "",
            "forvaltning": self.department.pk if self.department else "",
            "amne": self.topic,
        }
        return urlencode({key: value for key, value in pairs.items() if value})


def _monday(asked: str, now: datetime) -> date:
    if not asked:
        return monday_of(timezone.localdate(now))
    year, _, week = asked.partition("-W")
    if not (year.isascii() and year.isdigit() and week.isascii() and week.isdigit() and int(year) in YEARS):
        raise Nonsense(asked)
    try:
        return date.fromisocalendar(int(year), int(week), 1)
    except ValueError as error:
        raise Nonsense(asked) from error


def _names(query: Mapping[str, str]) -> dict[str, str]:
    """Give the names of what a query string speaks of and is there. At most one query, whatever it speaks of."""
    found: list[QuerySet[Any]] = []
    for key, model, name in (("konto", Channel, "pk"), ("forvaltning", Department, "pk"), ("amne", Topic, "name")):
        if value := query.get(key, ""):
            if name == "pk" and not (value.isascii() and value.isdigit() and len(value) < 18):
                raise Nonsense(value)
            found.append(model.objects.filter(**{name: value}).order_by().values_list(Value(key), "name"))
    return dict(found[0].union(*found[1:], all=True)) if found else {}


def _topic(name: str, known: str) -> str:
    if name != known:
        raise Nonsense(name)
    return name


def _named(model: Any, pk: str, name: str) -> Any:
    """Give the row of an id with no more than its name; None if none is asked for."""
    if not pk:
        return None
    if not name:
        raise Nonsense(pk)
    return model(pk=int(pk), name=name)
