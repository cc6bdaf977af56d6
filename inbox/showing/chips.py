"""The deadline chip: what a communicator would say of a deadline, as icon, words and colour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from config.templatetags.icons import heroicon_micro
from inbox.models import REPLIES, Conversation, Outgoing
from sla import clock, words
from sla.clock import Policy, State

COUNT_DOWN_BELOW = timedelta(hours=12)  # further away a time of day says more than a number of hours
ROUGH_FROM = timedelta(hours=2)  # whoever is so late does not count minutes


@dataclass(frozen=True)
class Chip:
    """`tone`: late, soon, calm, dayoff or kept: a class of the style sheet. `icon`: a heroicon."""

    text: str
    tone: str
    icon: str

    @property
    def drawn(self) -> SafeString:
        """Give the chip as it stands in a page."""
        return format_html('<span class="chip {}">{}{}</span>', self.tone, heroicon_micro(self.icon), self.text)


def of(row: Conversation, policy: Policy, now: datetime) -> Chip | None:
    """Give the chip of a conversation; None for what has no deadline and never had one."""
    if row.due_at is None or row.due_soon_at is None:
        return _without_deadline(row)
    is_promise = row.promised_at is not None and row.promised_at == row.due_at
    state = clock.state(row.due_soon_at, row.due_at, now)
    if state == State.OVERDUE:
        late = length(_roughly(now - row.due_at))
        text = _("Lovat svar, försenat %s") % late if is_promise else _("Försenad %s") % late
        return Chip(text, "late", "exclamation-circle")
    is_soon = state == State.DUE_SOON
    if is_promise:
        return Chip(_("Besked, lovat %s") % _promised(row.due_at, now), "soon" if is_soon else "kept", "check")
    if is_midnight(row.due_at):
        return Chip(_("%s, snarast") % _last_day(row.due_at, now), "soon" if is_soon else "dayoff", "calendar")
    tone = "soon" if is_soon else "calm"
    if _counts_down(row.due_at, policy, now, is_soon=is_soon):
        return Chip(_("%s kvar") % length(row.due_at - now), tone, "clock")
    return Chip(f"{_day(_local(row.due_at).date(), now)} {_time(row.due_at)}", tone, "clock")


def _without_deadline(row: Conversation) -> Chip | None:
    if row.status == Conversation.Status.CLOSED:
        return Chip(_("Klar"), "kept", "check")
    if row.before_connection:
        return Chip(_("Före anslutning"), "calm", "archive-box")
    return None


def of_reply(status: str | None, *, held: bool, kind: str | None = None) -> Chip | None:
    """Say how the newest reply or action of a conversation stands, if that is worth a word: what is stuck is loud."""
    if kind and kind not in REPLIES:
        return _of_action(Outgoing.Kind(kind).label, status, held=held)
    if held and status == "queued":
        return Chip(_("Svaret väntar på kontot"), "late", "exclamation-triangle")
    return {
        "queued": Chip(_("Svar på väg"), "soon", "paper-airplane"),
        "sending": Chip(_("Svar på väg"), "soon", "paper-airplane"),
        "failed": Chip(_("Svaret kom inte fram"), "late", "exclamation-triangle"),
        "unknown": Chip(_("Kontrollera svaret"), "late", "question-mark-circle"),
    }.get(status or "")


def _of_action(label: str, status: str | None, *, held: bool) -> Chip | None:
    what = {"what": label}
    if held and status == "queued":
        return Chip(_("%(what)s: väntar på kontot") % what, "late", "exclamation-triangle")
    return {
        "queued": Chip(_("%(what)s: på väg") % what, "soon", "paper-airplane"),
        "sending": Chip(_("%(what)s: på väg") % what, "soon", "paper-airplane"),
        "failed": Chip(_("%(what)s: kom inte fram") % what, "late", "exclamation-triangle"),
        "unknown": Chip(_("%(what)s: kontrolleras") % what, "soon", "question-mark-circle"),
    }.get(status or "")


def _roughly(late: timedelta) -> timedelta:
    hour = timedelta(hours=1)
    return late // hour * hour if late >= ROUGH_FROM else late


def _counts_down(due_at: datetime, policy: Policy, now: datetime, *, is_soon: bool) -> bool:
    """A countdown that stands still would mislead; of tomorrow people say the time, until it is near."""
    is_today = _local(due_at).date() == _local(now).date()
    return (is_today or is_soon) and due_at - now < COUNT_DOWN_BELOW and _runs(policy, now)


def _runs(policy: Policy, now: datetime) -> bool:
    return clock.elapsed(policy, now, now + timedelta(minutes=1)) > timedelta()


def _local(instant: datetime) -> datetime:
    return instant.astimezone(ZoneInfo(settings.TIME_ZONE))


def is_midnight(instant: datetime) -> bool:
    """True at 24.00 of a day: *senast under måndagen*, never *tisdag 00.00*."""
    return words.is_midnight(_local(instant))


def _last_day(due_at: datetime, now: datetime) -> str:
    """Name the day that ends at a midnight: "Måndag", "I dag", "Måndag 7 dec"."""
    day = _local(due_at - timedelta(seconds=1)).date()
    distance = (day - _local(now).date()).days
    is_near = 1 < distance < words.NEAR.days
    name = (
        words.WEEKDAYS[_language()][day.weekday()] if is_near else words.day_words(day, _local(now).date(), _language())
    )
    return name[:1].upper() + name[1:]


def _day(day: date, now: datetime) -> str:
    """Name a day as briefly as can be: "i dag", "i morgon", "tor", "tor 3 dec"."""
    today = _local(now).date()
    if abs((day - today).days) <= 1:
        return words.day_words(day, today, _language())
    weekday = words.WEEKDAYS[_language()][day.weekday()][:3]
    if timedelta() <= day - today < words.NEAR:
        return weekday
    return f"{weekday} {day.day} {words.SHORT_MONTHS[_language()][day.month - 1]}"


def _promised(due_at: datetime, now: datetime) -> str:
    """Say what was promised: "tor", and on the day itself or the day before also when."""
    if is_midnight(due_at):
        return _day(_local(due_at - timedelta(seconds=1)).date(), now)
    day = _local(due_at).date()
    is_near = (day - _local(now).date()).days <= 1
    return f"{_day(day, now)} {_time(due_at)}" if is_near else _day(day, now)


def _time(instant: datetime) -> str:
    return words.time_words(_local(instant), _language())


def when(instant: datetime, now: datetime) -> str:
    """Say a deadline as one would at `now`: "i dag 11.20", "måndag 26 okt 15.00", "senast under måndagen"."""
    return words.deadline_words(instant, now, ZoneInfo(settings.TIME_ZONE), _language())


def said(instant: datetime, now: datetime) -> str:
    """Say when something was: "i dag 10.02", "fredag 20 nov 16.02"; midnight is a time of day here."""
    local = _local(instant)
    return f"{words.day_words(local.date(), _local(now).date(), _language())} {words.time_words(local, _language())}"


def length(time: timedelta) -> str:
    """Say a length of time: "40 min", "3 h 10 min", "2 dagar"."""
    return words.duration_words(time.total_seconds(), _language())


def age(instant: datetime, now: datetime) -> str:
    """Say how long ago something was: "40 min", "3 h 10 min", "2 dagar"."""
    return length(max(now - instant, timedelta()))


def seen(first_seen_at: datetime | None, now: datetime) -> str:
    """Say when something urgent was first seen, and for how long nobody has acted since: knowledge has a date."""
    if first_seen_at is None:
        return ""
    seen_at = words.time_words(_local(first_seen_at), _language())
    if _local(first_seen_at).date() != _local(now).date():
        seen_at = said(first_seen_at, now)
    return _("Sedd %(when)s, ej åtgärdad %(age)s") % {"when": seen_at, "age": age(first_seen_at, now)}


def ago(instant: datetime, now: datetime) -> str:
    """Say how long ago something was, roughly: "20 s", "40 min", "3 h", "2 dagar"."""
    past = max(now - instant, timedelta())
    if past < timedelta(minutes=1):
        return f"{int(past.total_seconds())} s"
    return length(past // timedelta(hours=1) * timedelta(hours=1) if past >= timedelta(hours=1) else past)


def exactly(instant: datetime) -> str:
    """Write an instant as people read it, in the municipality's time: "tis 24 nov 10.02"."""
    return date_format(_local(instant), "D j M H.i").lower()


def _language() -> words.Language:
    return "en" if (get_language() or "sv").startswith("en") else "sv"
