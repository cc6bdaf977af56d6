"""What the composer holds when it is opened: a draft that people change before it goes out."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from inbox.models import Conversation, RedirectTarget
from sla import clock
from sla.clock import Policy
from sla.words import day_words

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
    return f"{greeting(row)} Vi har sett din fråga och tar reda på svaret. Du får svar här senast {when}."


def redirect(row: Conversation, target: RedirectTarget) -> str:
    """Why, where and what happens next, as the target's text says it."""
    link = f" {target.url}" if target.url and target.url not in target.text else ""
    return f"{greeting(row)} {target.text}{link}"
