"""Reports by mail to those who want them: text first, the paper attached. The row is the truth, so each goes once.

A week's report goes out when the first working day after it begins, a month's in the first week of the next one. A
month is the weeks that ended in it.
"""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from accounts.permissions import Permission, may
from inbox.telling.digests import is_staffed
from insights import boardtext, conclusions, paper, stored
from insights.models import Mailing, Subscription
from insights.report import Report
from insights.scope import DAY, WEEK, Scope, monday_of
from sla import policies

log = logging.getLogger(__name__)

GIVEN_UP = timedelta(minutes=15)  # after which a claim that has not been sent is anybody's again


def send_due(now: datetime) -> int:
    """Mail every report that is due and has not gone; give how many went. Only while somebody is there."""
    if not is_staffed(policies.policy(), now):
        return 0
    sent = 0
    for subscription in Subscription.objects.select_related("user", "channel", "department").order_by("pk"):
        scope = last_period(subscription, timezone.localdate(now))
        if subscription.since >= scope.end or not can_be_told(subscription.user):
            continue
        if claim(subscription, scope.monday, now):
            sent += _send(subscription, scope, now)
    return sent


def last_period(subscription: Subscription, today: date) -> Scope:
    """Give the weeks of the last report that is due: the week before this one, or the weeks that ended last month."""
    about = {"channel": subscription.channel, "department": subscription.department}
    last = monday_of(today) - WEEK
    if subscription.every == Subscription.Every.WEEK:
        return Scope(last, **about)
    this_month = (last + 6 * DAY).replace(day=1)
    if (monday_of(today) + 6 * DAY).month == this_month.month:  # another week of it is still to end
        this_month = (this_month - DAY).replace(day=1)
    sundays = [this_month + n * DAY for n in range(31)]
    ends = [day for day in sundays if day.month == this_month.month and day.weekday() == 6]
    return Scope(monday_of(ends[-1]), weeks=len(ends), **about)


def can_be_told(user: User) -> bool:
    return bool(user.is_active and user.email and may(user, Permission.READ_FIGURES))


def claim(subscription: Subscription, monday: date, now: datetime) -> bool:
    """Take it to send it, by one of those who try; also again from whoever gave it up."""
    row, is_new = Mailing.objects.get_or_create(subscription=subscription, monday=monday, defaults={"claimed_at": now})
    if is_new:
        return True
    mine = Mailing.objects.filter(pk=row.pk, sent_at=None, claimed_at=row.claimed_at, claimed_at__lte=now - GIVEN_UP)
    return mine.update(claimed_at=now) == 1


def _send(subscription: Subscription, scope: Scope, now: datetime) -> bool:
    with override(settings.LANGUAGE_CODE):
        row = stored.store(scope, by=None, now=now, slot=f"utskick {scope.address}")
        message = letter(subscription.user, stored.report_of(row), settings.BASE_URL + address(row.pk))
        try:
            message.send()
        except OSError as error:  # smtplib's errors are OSErrors too
            log.warning(
                "Report %s could not be mailed to user %s: %s", row.pk, subscription.user_id, type(error).__name__
            )
            return False
    return Mailing.objects.filter(subscription=subscription, monday=scope.monday).update(sent_at=now) == 1


def address(pk: int) -> str:
    return reverse("insights:stored", args=[pk])


def letter(user: User, report: Report, url: str) -> EmailMessage:
    """Write the mail: the heading, eight sentences, where to read more; and the report as paper."""
    lines = boardtext.sentences(report)
    about = " · ".join(filter(None, [f"{report.title}, {report.days}", conclusions.within(report.scope)]))
    context = {"name": user.get_short_name(), "heading": report.heading, "about": about, "lines": lines, "url": url}
    settings_url = settings.BASE_URL + reverse("insights:reports")
    body = render_to_string("mail/report.txt", context | {"settings_url": settings_url})
    message = EmailMessage(f"Gensvar: {report.heading}", body, to=[user.email])
    name = _("loftet-%s.pdf") % report.scope.week
    message.attach(name, paper.of_report(report, text=lines), "application/pdf")
    return message


@transaction.atomic
def subscribe(user: User, *, every: str, channel: object, department: object, now: datetime) -> bool:
    """Remember that somebody wants a report; False if he or she had it before."""
    wanted = {"user": user, "every": every, "channel": channel, "department": department}
    return Subscription.objects.get_or_create(**wanted, defaults={"since": now})[1]


def unsubscribe(user: User, pk: int) -> None:
    Subscription.objects.filter(user=user, pk=pk).delete()
