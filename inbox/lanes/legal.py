"""What has legal effect is passed on at once to whoever deals with it: the registrar, the social services (R-037).

The mail says what it is, where and by when, and links to it; never what was written nor by whom. A redirect to the
citizen alone is not enough: `check` lets none out before somebody has been told.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from accounts.permissions import Permission, require
from inbox.deciding.acting import Refused, locked, record
from inbox.lanes import texts as lane_texts
from inbox.lanes.texts import LEGAL
from inbox.models import Conversation, LaneChange, PassedOn

log = logging.getLogger(__name__)

TRY_AGAIN_AFTER = timedelta(minutes=10)  # a mail server that is away is mostly back by then
Lane = Conversation.Lane


def pass_on_found(changes: Iterable[LaneChange], now: datetime) -> None:
    """Let a mail go to whoever deals with what has just come in, where that is certain and an address is known."""
    certain = [each for each in changes if each.lane == Lane.LEGAL and each.certain and each.rule in LEGAL]
    if not certain:
        return
    texts = lane_texts.current()
    PassedOn.objects.bulk_create(
        [
            PassedOn(
                conversation_id=each.conversation_id, kind=each.rule, name=to.name, email=to.email, at=now, mail_at=now
            )
            for each in certain
            if (to := texts.recipient(each.rule)).email
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def pass_on(conversation_id: int, kind: str, *, by: User, now: datetime) -> PassedOn:
    """Pass something on by a person's word: by mail where an address is known, else it says that it has been done.

    Twice gives the first one. Raises Refused.
    """
    require(by, Permission.ANSWER)
    if kind not in LEGAL:
        raise Refused(_("Välj vad det gäller."), "unknown_kind")
    row = locked(conversation_id)
    to = lane_texts.current().recipient(kind)
    made, is_new = PassedOn.objects.get_or_create(
        conversation=row, kind=kind,
        defaults={"name": to.name, "email": to.email, "at": now, "by": by, "mail_at": now if to.email else None},
    )  # fmt: skip
    if is_new:
        record("conversation.passed_on", row, by=by, now=now, kind=kind, by_mail=bool(to.email))
    return made


def check(conversation: Conversation) -> None:
    """Refuse a redirect from the lane *Rättsverkande* as long as nobody who deals with it knows of it."""
    if conversation.lane == Lane.LEGAL and not PassedOn.objects.filter(conversation=conversation).exists():
        raise Refused(
            _("Det här har rättsverkan, och en hänvisning räcker inte. Lämna först över det, ovanför tråden."),
            "hand_over_first",
        )


def mail_due(now: datetime) -> int:
    """Mail what is to be passed on; give how many mails went."""
    due = PassedOn.objects.filter(mailed_at=None, mail_at__lte=now)
    sent = 0
    for row in due.select_related("conversation__channel").order_by("mail_at"):
        turn = PassedOn.objects.filter(pk=row.pk, mail_at=row.mail_at, mailed_at=None)
        if turn.update(mail_at=now + TRY_AGAIN_AFTER):
            with override(settings.LANGUAGE_CODE):
                sent += _mail(row, now)
    return sent


def _mail(row: PassedOn, now: datetime) -> bool:
    here = PassedOn.objects.filter(pk=row.pk)
    channel = row.conversation.channel
    name, what = LEGAL.get(row.kind, ("", ""))
    context = {
        "name": row.name,
        "kind": name,
        "what": what,
        "place": f"{channel.get_platform_display()}, {' '.join(channel.name.split())}",
        "url": settings.BASE_URL + reverse("inbox:conversation", args=[row.conversation_id]),
    }
    try:
        send_mail(_("Gensvar: %s") % name, render_to_string("mail/handover.txt", context), None, [row.email])
    except OSError as error:  # smtplib's errors are OSErrors too
        log.warning("Hand-over %s could not be mailed: %s", row.pk, type(error).__name__)
        here.update(error=_("Mejlet har inte gått iväg. Vi försöker igen om tio minuter."))
        return False
    here.update(mailed_at=now, error="")
    return True
