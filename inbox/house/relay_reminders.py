"""Mails about the relay: on Thursday to whoever has the next week, and of empty weeks to who answers for it (R-115)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, relay
from accounts.models import Baton, Channel, User

log = logging.getLogger(__name__)

THURSDAY, FROM_HOUR = 3, 8


def remind(now: datetime) -> int:
    """Tell whoever has the coming week, once, from Thursday morning on; say how many mails went."""
    local = timezone.localtime(now)
    if (local.weekday(), local.hour) < (THURSDAY, FROM_HOUR):
        return 0
    monday = relay.monday_of(now) + timedelta(weeks=1)
    rows = Baton.objects.filter(monday=monday, returned_at=None, reminded_at=None, user__is_active=True)
    went = 0
    for baton in rows.exclude(user__email="").select_related("user", "channel"):
        if Baton.objects.filter(pk=baton.pk, reminded_at=None).update(reminded_at=now) == 1:
            went += _mail_next(baton)
    return went


def _mail_next(baton: Baton) -> bool:
    words = {"channel": baton.channel.name, "week": baton.week}
    left = _("Säg att du är med på det, så öppnas kontot. ") if baton.consented_at is None else ""
    body = _("Nästa vecka, v. %(week)s, har du stafettpinnen för %(channel)s. ") % words + left
    body += _("Läs överlämningskortet innan du svarar första gången.")
    url = settings.BASE_URL + reverse("staffing:relay_card", args=[baton.pk])
    return _send(baton.user, _("Stafettpinnen är snart din"), f"{body}\n\n{url}")


def tell_of_empty_weeks(now: datetime) -> int:
    """Tell an account's owner, or the deputy, of each week that nobody has taken; once for each. Say how many mails."""
    relays = list(
        Channel.objects.filter(kind=Channel.Kind.RELAY, status=Channel.Status.ACTIVE).select_related("owner", "deputy")
    )
    went = 0
    for channel, monday in relay.empty_weeks(relays, timezone.localdate(now)):
        person = channel.owner or channel.deputy
        told = audit.history_of(f"channel:{channel.pk}").filter(action="relay.week_empty", data__week=str(monday))
        if person is None or not person.is_active or not person.email or told.exists():
            continue
        audit.record("relay.week_empty", f"channel:{channel.pk}", by=None, now=now, week=str(monday))
        words = {"week": monday.isocalendar().week, "channel": channel.name}
        body = _("Ingen har stafettpinnen för %(channel)s vecka %(week)s.") % words
        url = f"{settings.BASE_URL}{reverse('staffing:page')}#stafett"
        went += _send(person, _("En vecka i stafetten är ledig"), f"{body}\n\n{url}")
    return went


def _send(person: User, subject: str, body: str) -> bool:
    try:
        send_mail(f"Gensvar: {subject}", _("Hej %s!") % person.get_short_name() + f"\n\n{body}\n", None, [person.email])
    except OSError as error:  # smtplib's errors are OSErrors too
        log.warning("User %s could not be told of the relay: %s", person.pk, type(error).__name__)
        return False
    return True
