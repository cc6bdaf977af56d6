"""Somebody tells of a barrier in these pages: it stands in the lane *Rättsverkande*, and is mailed at once (R-081)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.core.mail import send_mail
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts import audit
from accounts.models import Role, User
from accounts.permissions import Permission, require
from inbox.lanes import texts as lane_texts
from inbox.models import BarrierReport

log = logging.getLogger(__name__)

TRY_AGAIN_AFTER = timedelta(minutes=10)  # a mail server that is away is mostly back by then
HOUR = 3600
MOST_FROM_ONE = 5  # reports an hour: enough for anybody who means it
MOST_IN_ALL = 60
LONGEST = 5_000


def may_report(address: str) -> bool:
    """Count a report from an address; False where too many have come within an hour."""
    return all(
        _count(f"barrier:{whose}") <= most for whose, most in ((address, MOST_FROM_ONE), ("everybody", MOST_IN_ALL))
    )


def _count(key: str) -> int:
    cache.add(key, 0, HOUR)
    try:
        return int(cache.incr(key))
    except ValueError:  # it has just run out
        return 1


def report(*, text: str, page: str, email: str, now: datetime) -> BarrierReport:
    """Store a report; it is mailed at the next sweep."""
    made = BarrierReport.objects.create(
        at=now, text=text[:LONGEST].replace("\0", ""), page=page[:300].replace("\0", ""), email=email, mail_at=now
    )
    audit.record("barrier.reported", f"barrier:{made.pk}", by=None, now=now)
    return made


def open_ones() -> QuerySet[BarrierReport]:
    """What is still to be answered, oldest first."""
    return BarrierReport.objects.filter(done_at=None).order_by("at", "pk")


def done(report_id: int, *, by: User, now: datetime) -> bool:
    """Say that a report has been answered; give whether this call did it."""
    require(by, Permission.ANSWER)
    if not BarrierReport.objects.filter(pk=report_id, done_at=None).update(done_at=now, done_by=by):
        return False
    audit.record("barrier.done", f"barrier:{report_id}", by=by, now=now)
    return True


def mail_due(now: datetime) -> int:
    """Mail reports to whoever deals with accessibility, else to the administrators; give how many went."""
    sent = 0
    for row in BarrierReport.objects.filter(mailed_at=None, mail_at__lte=now):
        turn = BarrierReport.objects.filter(pk=row.pk, mail_at=row.mail_at, mailed_at=None)
        if turn.update(mail_at=now + TRY_AGAIN_AFTER):
            with override(settings.LANGUAGE_CODE):
                sent += _mail(row, now)
    return sent


def _mail(row: BarrierReport, now: datetime) -> bool:
    to = lane_texts.current().recipient("accessibility").email
    admins = User.objects.filter(is_active=True, memberships__role=Role.ADMIN).exclude(email="")
    people = [to] if to else sorted(set(admins.values_list("email", flat=True)))
    context = {"text": row.text, "page": row.page, "email": row.email}
    context["url"] = settings.BASE_URL + reverse("inbox:list") + "?vy=legal"
    try:
        send_mail(
            _("Gensvar: en brist i tillgängligheten"), render_to_string("mail/barrier.txt", context), None, people
        )
    except OSError as error:  # smtplib's errors are OSErrors too
        log.warning("Barrier report %s could not be mailed: %s", row.pk, type(error).__name__)
        return False
    BarrierReport.objects.filter(pk=row.pk).update(mailed_at=now)
    return True
