"""The deadline chip: what a communicator would say of a deadline, as icon, words and colour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from inbox.models import Conversation
from sla import clock, words
from sla.clock import Policy, State

COUNT_DOWN_BELOW = timedelta(hours=12)  # further away a time of day says more than a number of hours


@dataclass(frozen=True)
class Chip:
    """`tone`: late, soon, calm, dayoff or kept: a class of the style sheet. `icon`: a heroicon."""

    text: str
    tone: str
    icon: str


def of(row: Conversation, policy: Policy, now: datetime) -> Chip | None:
    """Give the chip of a conversation; None for what has no deadline."""
    if row.due_at is None or row.due_soon_at is None:
        return _without_deadline(row)
    is_promise = row.promised_at is not None and row.promised_at == row.due_at
    state = clock.state(row.due_soon_at, row.due_at, now)
    if state == State.OVERDUE:
        late = length(now - row.due_at)
        text = _("Lovat svar, försenat %s") % late if is_promise else _("Försenad %s") % late
        return Chip(text, "late", "exclamation-circle")
    tone = "soon" if state == State.DUE_SOON else "calm"
    if is_promise:
        return Chip(_("Besked, lovat %s") % when(row.due_at, now), "kept" if tone == "calm" else "soon", "check")
    if is_midnight(row.due_at):
        return Chip(_("%s, snarast") % _day(row.due_at, now), "dayoff" if tone == "calm" else "soon", "calendar")
    if row.due_at - now < COUNT_DOWN_BELOW and _runs(policy, now):
        return Chip(_("%s kvar") % length(row.due_at - now), tone, "clock")
    return Chip(when(row.due_at, now), tone, "clock")


def _without_deadline(row: Conversation) -> Chip | None:
    if row.status == Conversation.Status.CLOSED:
        return Chip(_("Klar"), "kept", "check")
    if row.before_connection:
        return Chip(_("Före anslutning"), "calm", "archive-box")
    return None


def _runs(policy: Policy, now: datetime) -> bool:
    """True while the clock runs: a countdown that stands still would mislead."""
    return clock.elapsed(policy, now, now + timedelta(minutes=1)) > timedelta()


def _local(instant: datetime) -> datetime:
    return instant.astimezone(ZoneInfo(settings.TIME_ZONE))


def is_midnight(instant: datetime) -> bool:
    """True at 24.00 of a day: *senast under måndagen*, never *tisdag 00.00*."""
    local = _local(instant)
    return (local.hour, local.minute, local.second) == (0, 0, 0)


def _day(due_at: datetime, now: datetime) -> str:
    """Name the day that ends at a midnight."""
    last_moment = _local(due_at - timedelta(seconds=1))
    name = words.day_words(last_moment.date(), _local(now).date(), _language())
    return name[:1].upper() + name[1:]


def when(instant: datetime, now: datetime) -> str:
    """Say an instant as one would at `now`: "i dag 11.20", "måndag 26 okt 15.00", "senast under måndagen"."""
    return words.deadline_words(instant, now, ZoneInfo(settings.TIME_ZONE), _language())


def said(instant: datetime, now: datetime) -> str:
    """Say when something was: "i dag 10.02", "fredag 20 nov 16.02"; midnight is a time of day here."""
    local = _local(instant)
    return f"{words.day_words(local.date(), _local(now).date(), _language())} {words.time_words(local, _language())}"


def length(time: timedelta) -> str:
    """Say a length of time: "40 min", "3 h 10 min", "2 dagar"."""
    return words.duration_words(time.total_seconds(), _language())


def _language() -> words.Language:
    return "en" if (get_language() or "sv").startswith("en") else "sv"


def age(instant: datetime, now: datetime) -> str:
    """Say how long ago something was: "40 min", "3 h 10 min", "2 dagar"."""
    return length(max(now - instant, timedelta()))


def exactly(instant: datetime) -> str:
    """Write an instant as people read it, in the municipality's time: "tis 24 nov 10.02"."""
    return date_format(_local(instant), "D j M H.i").lower()
