"""The nightly check that remembered counts are those of the rows; it tells the administrators where they are not."""

from __future__ import annotations

import logging
from datetime import date, datetime

from django.conf import settings
from django.core.cache import cache
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts import audit
from accounts.models import Role, User
from insights import rollup
from insights.operations import CHECKED

log = logging.getLogger(__name__)


def check_nightly(now: datetime) -> list[date]:
    """Recount, remember what was found until the next night, and tell of it; give the Mondays that differed."""
    wrong = rollup.check(now)
    cache.set(CHECKED, [name(monday) for monday in wrong], timeout=None)
    if wrong:
        audit.record("figures.differed", "figures:0", by=None, now=now, weeks=[name(monday) for monday in wrong])
        with override(settings.LANGUAGE_CODE):
            _tell_admins(wrong)
    return wrong


def name(monday: date) -> str:
    """`2026-W47`."""
    year, week, _day = monday.isocalendar()
    return f"{year}-W{week:02}"


def _tell_admins(wrong: list[date]) -> None:
    admins = User.objects.filter(is_active=True, memberships__role=Role.ADMIN).exclude(email="").distinct()
    weeks = ", ".join(map(name, wrong))
    text = _("Sparade tal för %(weeks)s stämde inte med sina rader. De räknas om nu. Läs mer: %(url)s")
    body = text % {"weeks": weeks, "url": settings.BASE_URL + reverse("operations:page")}
    for admin in admins:
        try:
            send_mail(_("Gensvar: uppföljningens tal stämde inte"), body, None, [admin.email])
        except OSError as error:  # smtplib's errors are OSErrors too
            log.warning("User %s could not be told of wrong counts: %s", admin.pk, type(error).__name__)
