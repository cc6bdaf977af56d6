"""Who is at hand, and when nobody is: the rosters held against the hours in which somebody should be (R-099)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from accounts import shifts
from accounts.models import Channel, NoticeSettings, Shift
from sla import policies
from sla.calendar import Calendar, Window, merged, micros, moment, without
from sla.clock import Policy

PLANNED = timedelta(weeks=4)  # so far the page shows
AHEAD = timedelta(days=7)  # so long before, a gap is red
OFFICE: Window = (8 * 60, 16 * 60 + 30)  # minutes of the day, where a policy names no staffed hours
Span = tuple[int, int]


@dataclass(frozen=True)
class Gap:
    """Hours of one day in which nobody is on duty for some accounts."""

    day: date
    windows: tuple[tuple[datetime, datetime], ...]
    channels: tuple[Channel, ...]

    @property
    def key(self) -> str:
        """Name it by its day and accounts. Its hours are no part of it: today's begin now, whenever that is."""
        accounts = ",".join(str(channel.pk) for channel in self.channels)
        return f"gap-{self.day}-{hashlib.sha256(accounts.encode()).hexdigest()[:12]}"


class Roster:
    """Who is at hand from a moment on, as the rosters say and as people are away. Two queries."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.shifts: list[Shift] = list(shifts.between(now, now + PLANNED))
        rows = NoticeSettings.objects.filter(absent_from__isnull=False, user__is_active=True)
        self._away = {row.user_id: row for row in rows.select_related("user", "deputy").order_by("absent_from")}

    def gaps(self) -> list[Gap]:
        """Give the office hours of the next seven days without anybody on duty, day by day. Some three queries.

        Accounts that lack the same hours stand together. Whoever is away is not on duty, whatever the roster says.
        """
        channels = list(Channel.objects.filter(status=Channel.Status.ACTIVE).select_related("department"))
        rules, found = policies.in_force(), defaultdict(list)
        first = timezone.localdate(self.now)
        for channel in channels:
            manned = merged(span for row in self.shifts if row.covers(channel) for span in _at_hand(row, self._away))
            for day in (first + timedelta(days=number) for number in range(AHEAD.days)):
                bare = without(_office(rules.policy(channel.pk), day, self.now), manned)
                if bare:
                    found[day, tuple(bare)].append(channel)
        return [
            Gap(day, tuple((moment(start), moment(end)) for start, end in spans), tuple(who))
            for (day, spans), who in sorted(found.items(), key=lambda each: each[0])
        ]

    def here(self, kind: str) -> list[Shift]:
        """Give who is on duty, or on call, at this moment; whoever is away is neither."""
        today = timezone.localdate(self.now)
        return [
            row for row in self.shifts
            if row.kind == kind and row.starts_at <= self.now
            and not self.is_away(row.user_id, today)
        ]  # fmt: skip

    def is_away(self, user_id: int, day: date) -> bool:
        return user_id in self._away and self._away[user_id].is_absent(day)

    def absences(self) -> list[NoticeSettings]:
        """Give who is away within the next weeks, soonest first."""
        today = timezone.localdate(self.now)
        return [
            row for row in self._away.values()
            if row.absent_from and row.absent_from <= today + PLANNED
            and (row.absent_until is None or row.absent_until >= today)
        ]  # fmt: skip


def on_call(start: datetime, end: datetime) -> list[Shift]:
    """Give who is on call some time between two instants, without whoever is away then. Two queries."""
    roster = Roster(start)
    return [
        row for row in roster.shifts
        if row.kind == Shift.Kind.ON_CALL and row.starts_at < end
        and not roster.is_away(row.user_id, timezone.localdate(max(row.starts_at, start)))
    ]  # fmt: skip


def _office(policy: Policy, day: date, now: datetime) -> list[Span]:
    """Give the hours of a day in which somebody should be there, from now on."""
    if day.weekday() >= 5:
        return []
    windows = _windows(policy.staffed, policy.calendar, day)
    spans = [(_instant(day, start), _instant(day, end)) for start, end in windows]
    return [(max(start, micros(now)), end) for start, end in spans if end > micros(now)]


def _windows(staffed: Calendar | None, calendar: Calendar, day: date) -> list[Window]:
    if staffed is not None:
        return staffed.windows(day)
    start, end = OFFICE
    return [(max(a, start), min(b, end)) for a, b in calendar.windows(day) if a < end and b > start]


def _instant(day: date, minute: int) -> int:
    return micros(timezone.make_aware(datetime.combine(day, time.min) + timedelta(minutes=minute)))


def _at_hand(shift: Shift, away: dict[int, NoticeSettings]) -> list[Span]:
    """Give a shift's time without the days on which the person is away."""
    span = [(micros(shift.starts_at), micros(shift.ends_at))]
    absence = away.get(shift.user_id)
    if absence is None or absence.absent_from is None:
        return span
    start = _instant(absence.absent_from, 0)
    end = _instant(absence.absent_until + timedelta(days=1), 0) if absence.absent_until else span[0][1]
    return without(span, [(start, max(start, end))])


def next_swap(now: datetime) -> datetime:
    """Give the next Monday at 12.00: the hour at which who is on call hands over, unless they agree on another."""
    today = timezone.localdate(now)
    monday = datetime.combine(today - timedelta(days=today.weekday()), time(12))
    this_week = timezone.make_aware(monday)
    return this_week if this_week > now else timezone.make_aware(monday + AHEAD)
