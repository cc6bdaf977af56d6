"""What is urgent reaches somebody within a minute, whatever the hour (R-042), and says nothing of what was written.

Told are those who are on call by the roster, else on duty; where nobody is, whoever is responsible. If nobody has
looked after ten minutes, the department and the central unit are told too. By mail, chat and push, as each has chosen;
quiet hours do not hold here.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import connection
from django.db.models import Exists, F, Func, OuterRef, QuerySet, Value
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from accounts.models import User
from inbox.models import Conversation, Item, LaneChange
from inbox.telling import chat, push
from inbox.telling.staff import Concern, Reached, Staff

log = logging.getLogger(__name__)

PAUSE = timedelta(seconds=40)  # between two alarms to one person: a storm is one message, and the next within a minute
UNSEEN_AFTER = timedelta(minutes=10)
TOO_LATE = timedelta(hours=24)  # after an outage; it still stands on top of the list
LOCK = 4_208_122  # any number that nothing else locks
SILENT = ("hazard",)  # of these only what is certain wakes anybody
Lane, Status = Conversation.Lane, Conversation.Status


def send(now: datetime) -> int:
    """Tell of what is urgent and untold, and again of what nobody has looked at; give how many people were told.

    One process at a time: a mail server that is slow must not make the next round tell the same again.
    """
    with _alone() as is_alone:
        return _send(now) if is_alone else 0


@contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        (is_alone,) = cursor.fetchone()
        try:
            yield is_alone
        finally:
            if is_alone:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _send(now: datetime) -> int:
    untold = list(_untold(now))
    unseen = list(_unseen(now))
    if not (untold or unseen):
        return 0
    staff = Staff(now)
    with override(settings.LANGUAGE_CODE):
        return _tell(untold, staff, now, repeated=False) + _tell(unseen, staff, now, repeated=True)


def _urgent() -> QuerySet[LaneChange]:
    return LaneChange.objects.filter(lane=Lane.URGENT, repeated_at=None).select_related("conversation__channel")


def _untold(now: datetime) -> Iterable[LaneChange]:
    """What is still urgent; what no longer is, or was never to wake anybody, is done with."""
    waiting, done = [], []
    for change in _urgent().filter(alarmed_at=None).order_by("at"):
        is_over = change.conversation.lane != Lane.URGENT or change.conversation.status == Status.CLOSED
        is_silent = change.rule in SILENT and not change.certain
        (done if is_over or is_silent or now - change.at > TOO_LATE else waiting).append(change)
    LaneChange.objects.filter(pk__in=[each.pk for each in done]).update(alarmed_at=now, repeated_at=now)
    return waiting


def _unseen(now: datetime) -> QuerySet[LaneChange]:
    written = Item.objects.filter(conversation=OuterRef("conversation"), from_us=False, deleted_at=None)
    told = _urgent().filter(alarmed_at__lte=now - UNSEEN_AFTER, by=None)
    is_open = told.filter(conversation__lane=Lane.URGENT).exclude(conversation__status=Status.CLOSED)
    return is_open.filter(Exists(written.filter(first_seen_at=None)), alarmed_at__gt=now - TOO_LATE)


def _tell(changes: list[LaneChange], staff: Staff, now: datetime, *, repeated: bool) -> int:
    """Write one message to each person. A change counts as told once somebody has been reached."""
    letters: dict[int, list[LaneChange]] = defaultdict(list)
    people: dict[int, Reached] = {}
    for change in changes:
        for reached in _whom(change, staff, repeated=repeated):
            people.setdefault(reached.person.pk, reached)
            letters[reached.person.pk].append(change)
        if repeated:
            LaneChange.objects.filter(pk=change.pk).update(repeated_at=now)
    told = 0
    for pk, theirs in letters.items():
        if not repeated and _was_told_just_now(pk, now):
            continue
        if _reach(people[pk], len(theirs), staff, repeated=repeated):
            told += 1
            append = Func(F("alarmed"), Value(pk), function="array_append")
            LaneChange.objects.filter(pk__in=[each.pk for each in theirs]).update(alarmed=append, alarmed_at=now)
    if changes and not letters:
        log.error("Nobody can be told of what is urgent: nobody who answers has a way to be reached.")
    return told


def _whom(change: LaneChange, staff: Staff, *, repeated: bool) -> list[Reached]:
    row = change.conversation
    if not repeated and (on_duty := staff.on_duty(row.channel)):
        return on_duty
    concern = Concern("urgent", row.assignee_id, row.channel_id, row.department_id or row.channel.department_id)
    if not repeated:
        return staff.concerned(concern)
    wider = {reached.person.pk: reached for reached in staff.everybody_concerned(concern)}
    return [reached for pk, reached in wider.items() if pk not in change.alarmed]


def _was_told_just_now(user_id: int, now: datetime) -> bool:
    recent = LaneChange.objects.filter(lane=Lane.URGENT, repeated_at=None, alarmed_at__gt=now - PAUSE)
    return recent.filter(alarmed__contains=[user_id]).exists()


def _reach(reached: Reached, count: int, staff: Staff, *, repeated: bool) -> bool:
    """Try every way that somebody has chosen; give whether one of them went."""
    person, wishes = reached.person, staff.settings.get(reached.person.pk)
    words = ngettext("%(n)s akut i Inkorgen", "%(n)s akuta i Inkorgen", count) % {"n": count}
    subject = _("Gensvar: %s") % words
    url = settings.BASE_URL + reverse("inbox:list") + "?vy=urgent"
    context = {"name": person.get_short_name(), "words": words, "url": url, "why": reached.why, "repeated": repeated}
    body = render_to_string("mail/alarm.txt", context)
    went = [_mail(person, subject, body)] if person.email and (wishes is None or wishes.by_mail) else []
    if wishes and wishes.addresses:
        went.append(chat.send(wishes, subject, body))
    went.append(person.pk in push.wake([person.pk], staff.now))
    return any(went)


def _mail(person: User, subject: str, body: str) -> bool:
    try:
        send_mail(subject, body, None, [person.email])
    except OSError as error:  # smtplib's errors are OSErrors too
        log.warning("User %s could not be alarmed by mail: %s", person.pk, type(error).__name__)
        return False
    return True
