"""What the composer holds when it is opened: a draft that people change before it goes out."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils import timezone

from inbox.models import Conversation, RedirectTarget
from sla import clock
from sla.calendar import Why
from sla.clock import Policy
from sla.words import day_words

HOLIDAYS = (Why.HOLIDAY, Why.EVE)  # on which other houses keep closed too
SUNDAY = 6
ALWAYS = "0–24"
PROMISED_HOUR = 15  # late enough for somebody to find out, early enough to be read the same day


def greeting(row: Conversation) -> str:
    """`Hej Jonas!` where the platform tells a first name, else `Hej!`. Citizens are spoken to in Swedish."""
    name = row.contact.name.split() if row.contact else []
    return f"Hej {name[0]}!" if name and name[0].isalpha() else "Hej!"


def suggested_promise(policy: Policy, now: datetime) -> datetime:
    """Suggest when an answer can be promised: in the afternoon of the next day on which the clock runs."""
    day = timezone.localtime(now)
    for _ in range(30):
        day = (day + timedelta(days=1)).replace(hour=PROMISED_HOUR, minute=0, second=0, microsecond=0)
        if clock.elapsed(policy, day, day + timedelta(minutes=1)) > timedelta():
            break
    return day


def holding(row: Conversation, promised_at: datetime) -> str:
    """POLICY.md: received and noticed, being looked into, an answer comes; with the time that is promised."""
    local, today = timezone.localtime(promised_at), timezone.localtime().date()
    when = f"{day_words(local.date(), today)} kl. {local:%H.%M}"
    if row.thread.is_private:  # where we only show the way, and promise no more
        return f"{greeting(row)} Vi har sett ditt meddelande. Du får veta vart du kan vända dig senast {when}."
    return f"{greeting(row)} Vi har sett din fråga och tar reda på svaret. Du får svar här senast {when}."


def redirect(row: Conversation, target: RedirectTarget, policy: Policy, today: date) -> str:
    """Why, where and what happens next, as the target's text says it; with its link, its phone, when it is open today,
    and how long it takes. Citizens read Swedish.
    """
    said = [greeting(row), target.text]
    if target.url and target.url not in target.text:
        said.append(target.url)
    if contact := _contact(target, policy, today):
        said.append(f"{contact}.")
    if target.takes:
        said.append(f"Det brukar ta {target.takes}.")
    return " ".join(said)


def _contact(target: RedirectTarget, policy: Policy, today: date) -> str:
    phone = f"Telefon {target.phone}" if target.phone and target.phone not in target.text else ""
    hours = open_today(target, policy, today)
    if hours and not phone:
        return hours[:1].upper() + hours[1:]
    return ", ".join(part for part in (phone, hours) if part)


def open_today(target: RedirectTarget, policy: Policy, today: date) -> str:
    """Say a target's hours of today: `öppet i dag 8–16.30`, or when it opens next. "" where none are known."""
    if not any(target.hours):
        return ""
    if set(target.hours) == {ALWAYS}:
        return "öppet dygnet runt"
    if now := hours_on(target, policy, today):
        return f"öppet i dag {now}"
    ahead = (today + timedelta(days=days) for days in range(1, 15))
    opens = next((day for day in ahead if hours_on(target, policy, day)), None)
    again = f", öppet {day_words(opens, today)} {hours_on(target, policy, opens)}" if opens else ""
    return f"stängt i dag{again}"


def hours_on(target: RedirectTarget, policy: Policy, day: date) -> str:
    """Give a target's hours on a day, "" where it is closed: red days close what Sundays do."""
    closure = policy.calendar.closure(day)
    is_holiday = closure is not None and closure.why in HOLIDAYS
    weekday = SUNDAY if is_holiday else day.weekday()
    return str(target.hours[weekday]) if len(target.hours) == 7 else ""
