"""Before and after days off: what falls due before Monday noon, and what has come in since Friday.

Both are the inbox's own rows in the order of their deadlines. The estimate looks at words alone and decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import User
from connectors.base import Capability
from connectors.registry import connector_class
from inbox import selectors
from inbox.deciding import suggestions
from inbox.deciding.suggestions import LIKE_EMOJI, Suggestion
from inbox.models import Conversation, ReplyCycle
from inbox.verdicts import LIKE, NO_REPLY
from sla.calendar import Calendar
from sla.clock import Policy

NOON = time(12)
LONGEST_CLOSURE = 14  # days
MOST_SHOWN = 200
MOST_READ = 2000  # for the estimate; beyond that it is told of those


@dataclass(frozen=True)
class DaysOff:
    """Days on end without anybody there: from the end of the last staffed day to the start of the next."""

    last: date  # the staffed day before
    first: date  # the staffed day after

    @property
    def count(self) -> int:
        return (self.first - self.last).days - 1


def just_over(policy: Policy, now: datetime) -> DaysOff | None:
    """Give the days off that ended this morning; None on any other day."""
    staffed, today = policy.staffed or policy.calendar, timezone.localdate(now)
    if not staffed.windows(today):
        return None
    last = _staffed_day(staffed, today, -1)
    return DaysOff(last, today) if last and (today - last).days > 1 else None


def ahead(policy: Policy, now: datetime) -> DaysOff | None:
    """Give the days off that begin tonight, from noon of the last staffed day on; None at any other time."""
    staffed, local = policy.staffed or policy.calendar, timezone.localtime(now)
    if not staffed.windows(local.date()) or local.time() < NOON:
        return None
    first = _staffed_day(staffed, local.date(), 1)
    return DaysOff(local.date(), first) if first and (first - local.date()).days > 1 else None


def coming(policy: Policy, now: datetime) -> DaysOff | None:
    """Give the next days off that have not begun; None where nobody ever rests."""
    staffed, today = policy.staffed or policy.calendar, timezone.localdate(now)
    for n in range(LONGEST_CLOSURE + 1):
        last = today + timedelta(days=n)
        first = _staffed_day(staffed, last, 1) if staffed.windows(last) else None
        if first and (first - last).days > 1:
            return DaysOff(last, first)
    return None


def _staffed_day(staffed: Calendar, day: date, step: int) -> date | None:
    days = (day + timedelta(days=step * n) for n in range(1, LONGEST_CLOSURE + 1))
    return next((each for each in days if staffed.windows(each)), None)


def hours(policy: Policy, off: DaysOff) -> tuple[datetime, datetime]:
    """Give when the last staffed day closes, and when the first one after opens."""
    staffed = policy.staffed or policy.calendar
    closes, opens = staffed.windows(off.last)[-1][1], staffed.windows(off.first)[0][0]
    return _minute(off.last, closes), _minute(off.first, opens)


def _minute(day: date, minutes: int) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()) + timedelta(minutes=minutes))


def came_in(user: User, policy: Policy, off: DaysOff) -> QuerySet[Conversation]:
    """The open conversations in which somebody has waited since the last staffed day closed.

    What goes before every deadline stands first, the rest by deadline.
    """
    since, _opens = hours(policy, off)
    arrived = ReplyCycle.objects.filter(conversation=OuterRef("pk"), ended_at=None, kind="first", started_at__gte=since)
    rows = selectors.visible_to(user).exclude(status=Conversation.Status.CLOSED).filter(due_at__isnull=False)
    return rows.filter(Exists(arrived)).order_by("lane", "due_at", "pk")


def falls_due(user: User, off: DaysOff) -> QuerySet[Conversation]:
    """The open conversations that fall due before noon of the first staffed day after, by deadline."""
    noon = timezone.make_aware(datetime.combine(off.first, NOON))
    rows = selectors.visible_to(user).exclude(status=Conversation.Status.CLOSED).filter(due_at__lt=noon)
    return rows.order_by("due_at", "pk")


def probably_without_answer(rows: QuerySet[Conversation]) -> tuple[int, int]:
    """Estimate how many need no answer, by what their newest words are alone; and of how many that was asked."""
    previews = list(rows.order_by().values_list("preview", flat=True)[:MOST_READ])
    return sum(suggestions.of(preview) is not None for preview in previews), len(previews)


def proposal(row: Conversation, suggestion: Suggestion) -> str:
    """Name what can be done with all that need the same, as `bulk` reads it: like, or no reply with its reason.

    Where the platform has no like, nothing is owed all the same.
    """
    if suggestion.verdict == LIKE.key and Capability.LIKE in connector_class(row.channel.platform).capabilities:
        return LIKE.key
    return f"{NO_REPLY.key}:{suggestion.reason or ('emoji' if suggestion is LIKE_EMOJI else 'other')}"
