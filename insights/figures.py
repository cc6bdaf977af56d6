"""The rows behind each figure: its definition and the scope, as one query."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Min, Q, QuerySet
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay, TruncDate

from inbox.models import ReplyCycle
from insights.definitions import ANSWERED, ANSWERED_AT, Figure, Instants, Kind, Moment, Outcome
from insights.scope import Scope
from sla import policies
from sla.clock import Policy
from sla.models import PolicyVersion

ZONE = ZoneInfo(settings.TIME_ZONE)
DAYOFF = {"first_answer_weekday": False, "first_answer_dayoff": True}
Span = tuple[datetime, datetime]  # half-open
Policies = dict[int | None, Policy]  # every version by its id, and under None that of cycles that name none


def base() -> QuerySet[ReplyCycle]:
    """All cycles, with what the figures ask beyond their fields; what a query does not use costs nothing."""
    return ReplyCycle.objects.alias(
        answered_at=ANSWERED_AT,
        weekday=ExtractIsoWeekDay("started_at", tzinfo=ZONE),
        hour=ExtractHour("started_at", tzinfo=ZONE),
    )


def within(rows: QuerySet[ReplyCycle], moment: Moment, spans: list[Span]) -> QuerySet[ReplyCycle]:
    """Keep what a moment places in one of the spans."""
    if moment is not Moment.ANSWERED:
        return rows.filter(in_spans(moment.value, spans))
    at_once, as_promised = answered_within(ReplyCycle.objects.all(), spans)
    return rows.filter(in_spans("answered_at", spans), pk__in=at_once.values("pk").union(as_promised.values("pk")))


def answered_within(rows: QuerySet[ReplyCycle], spans: list[Span]) -> tuple[QuerySet[ReplyCycle], QuerySet[ReplyCycle]]:
    """Find by index what can have been answered in the spans: what ended so in them, and what such a promise answers.

    Apart, as no index finds both; of the promised ones `answered_at` must still be looked at.
    """
    ended = in_spans("ended_at", spans)
    promises = ReplyCycle.objects.filter(ended, kind=Kind.PROMISED, outcome__in=ANSWERED).values("conversation")
    return rows.filter(ended, outcome__in=ANSWERED), rows.filter(outcome=Outcome.HOLDING, conversation__in=promises)


def in_spans(name: str, spans: list[Span]) -> Q:
    found = Q(pk__in=[])  # no span holds nothing
    for start, end in spans:
        found |= Q(**{f"{name}__gte": start, f"{name}__lt": end})
    return found


def rows(figure: Figure, scope: Scope, now: datetime) -> QuerySet[ReplyCycle]:
    """The cycles behind a figure: exactly those that its number counts."""
    found = base().filter(figure.where(Instants.at(now, all_policies())), scope.narrow())
    if not figure.of_open:
        found = within(found, figure.moment, [(scope.start, scope.end)])
    if figure.key in DAYOFF:
        return _by_day_off(found, scope, wanted=DAYOFF[figure.key])
    return found


def _by_day_off(rows: QuerySet[ReplyCycle], scope: Scope, *, wanted: bool) -> QuerySet[ReplyCycle]:
    """Keep what was written on a day off, or not, by the calendar that the cycle itself was counted with."""
    oldest = rows.aggregate(oldest=Min("started_at"))["oldest"]
    if oldest is None:
        return rows
    off = Q(pk__in=[])
    for version, policy in all_policies().items():
        closed = policy.calendar.closed_days(oldest.astimezone(ZONE).date(), scope.sunday + timedelta(days=1))
        off |= Q(policy=version, written_on__in=[day for day, _why in closed])
    rows = rows.alias(written_on=TruncDate("started_at", tzinfo=ZONE))
    return rows.filter(off if wanted else ~off)


def all_policies() -> Policies:
    """Every version by its id; under None the newest of the default one, for cycles that name none. One query."""
    found: Policies = {}
    for version in PolicyVersion.objects.order_by("version"):
        found[version.pk] = policies.pure(version)
        if version.key == policies.DEFAULT:
            found[None] = found[version.pk]
    return found


def is_day_off(policy: Policy, day: date) -> bool:
    return policy.calendar.closure(day) is not None
