"""Notices → people: one digest each, in staffed hours, never lost.

Notices are read as plain tuples and sorted by what decides whom they concern, so that a Monday on which a quarter of a
million fall due in one second ends in one message a person.
"""

from __future__ import annotations

import heapq
import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from accounts.models import User
from inbox.incoming import rows
from inbox.models import Conversation, DigestSent, Notice
from inbox.showing import chips, protection
from inbox.telling import chat
from inbox.telling.staff import Concern, Staff
from inbox.writing import secrecy
from sla import policies
from sla.calendar import MICROSECOND
from sla.clock import Policy

log = logging.getLogger(__name__)

DIGEST_PAUSE = timedelta(minutes=30)
MAIL_FAILED_PAUSE = timedelta(minutes=5)
MOST_LINES = 50  # in one digest; the rest is a number


class Untold(NamedTuple):
    """A notice of which somebody is still to be told."""

    due_at: datetime
    conversation: int
    pk: int
    told: list[int]
    concern: Concern


@dataclass
class Letter:
    """What one person has not been told: the notices, and why each kind of them comes to him or her."""

    person: User
    why: dict[Concern, str] = field(default_factory=dict)
    notices: list[Untold] = field(default_factory=list)

    def lines(self) -> list[tuple[int, str]]:
        """Give the most urgent conversations, each once, with the reason."""
        first = heapq.nsmallest(MOST_LINES * 4, self.notices, key=lambda notice: notice[:3])
        found: dict[int, str] = {}
        for notice in first:
            found.setdefault(notice.conversation, self.why[notice.concern])
        return list(found.items())[:MOST_LINES]

    @property
    def count(self) -> int:
        return len({notice.conversation for notice in self.notices})


def send(now: datetime) -> int:
    """Tell the people concerned what has come near or passed; give the number of people told.

    While somebody is there only, by the staffed hours of the channel's policy, and to nobody more than once in 30
    minutes or in his or her quiet hours. A notice counts as told once its message has gone: after a crash in between,
    that one message comes twice.
    """
    rules = policies.in_force()
    if not any(is_staffed(policy, now) for policy in rules.policies):
        return 0
    untold = Notice.objects.filter(mailed_at=None)
    untold.filter(Q(cycle__ended_at__isnull=False) | Q(withdrawn_at__isnull=False)).update(mailed_at=now)
    waiting = [notice for notice in _untold() if is_staffed(rules.policy(notice.concern.channel), now)]
    if not waiting:
        return 0
    staff = Staff(now)
    with override(settings.LANGUAGE_CODE):
        letters, needed = _letters(waiting, staff)
        return sum(_tell(letter, staff, needed, rules, now) for letter in letters)


def is_staffed(policy: Policy, now: datetime) -> bool:
    """Whether somebody is there, by the staffed hours of a policy."""
    return (policy.staffed or policy.calendar).between(now, now + MICROSECOND) > timedelta()


def _untold() -> Iterable[Untold]:
    conversation = "cycle__conversation"
    found = Notice.objects.filter(mailed_at=None).values_list(
        "cycle__due_at", conversation, "pk", "mailed_to", "step", f"{conversation}__assignee",
        f"{conversation}__channel", Coalesce(f"{conversation}__department", f"{conversation}__channel__department"),
    )  # fmt: skip
    known: dict[tuple[object, ...], Concern] = {}
    for due_at, row, pk, told, *about in found.order_by().iterator():
        concern = known.setdefault(tuple(about), Concern(*about))
        yield Untold(due_at, row, pk, told, concern)


def _letters(waiting: list[Untold], staff: Staff) -> tuple[list[Letter], dict[Concern, set[int]]]:
    """Sort what each person has not been told into one letter each; and give whom each kind of notice needs."""
    letters: dict[int, Letter] = {}
    needed: dict[Concern, set[int]] = {}
    by_concern: dict[Concern, list[Untold]] = defaultdict(list)
    for notice in waiting:
        by_concern[notice.concern].append(notice)
    for concern, notices in by_concern.items():
        people = staff.concerned(concern)
        needed[concern] = {reached.person.pk for reached in people}
        for reached in people:
            letter = letters.setdefault(reached.person.pk, Letter(reached.person))
            letter.why[concern] = reached.why
            letter.notices += [notice for notice in notices if reached.person.pk not in notice.told]
    return [letter for _pk, letter in sorted(letters.items()) if letter.notices], needed


def _tell(
    letter: Letter, staff: Staff, needed: dict[Concern, set[int]], rules: policies.InForce, now: datetime
) -> bool:
    """Send one person's digest, unless it is too soon for another; give whether it went."""
    person, wishes = letter.person, staff.settings.get(letter.person.pk)
    if wishes and wishes.is_quiet(timezone.localtime(now).time()):
        return False
    if not _take_turn(person, now):
        return False
    subject, context = _content(letter, rules, now)
    went = [_mail(person, subject, context)] if person.email and (wishes is None or wishes.by_mail) else []
    if wishes and wishes.addresses:
        went.append(chat.send(wishes, subject, render_to_string("mail/digest.txt", context)))
    if not any(went):
        DigestSent.objects.filter(user=person).update(sent_at=now - DIGEST_PAUSE + MAIL_FAILED_PAUSE)
        return False
    _remember(letter, needed, now)
    return True


def _take_turn(person: User, now: datetime) -> bool:
    """Let one process tell a person now: the first one that moves the time of the last digest."""
    last, is_first = DigestSent.objects.get_or_create(user=person, defaults={"sent_at": now})
    moved = DigestSent.objects.filter(user=person, sent_at=last.sent_at, sent_at__lte=now - DIGEST_PAUSE)
    return is_first or moved.update(sent_at=now) == 1


def _mail(person: User, subject: str, context: dict[str, object]) -> bool:
    message = EmailMultiAlternatives(subject, render_to_string("mail/digest.txt", context), to=[person.email])
    message.attach_alternative(render_to_string("mail/digest.html", context), "text/html")
    try:
        message.send()
    except OSError as error:  # smtplib's errors are OSErrors too
        log.warning("The digest for user %s could not be mailed: %s", person.pk, type(error).__name__)
        return False
    return True


def _remember(letter: Letter, needed: dict[Concern, set[int]], now: datetime) -> None:
    """Mark what a person has been told, and be done with what everybody concerned has."""
    told = letter.person.pk
    done: list[int] = []
    left: list[int] = []
    for notice in letter.notices:
        notice.told.append(told)
        (done if needed[notice.concern] <= set(notice.told) else left).append(notice.pk)
    append = Func(F("mailed_to"), Value(told), function="array_append")
    for ids, more in ((done, {"mailed_at": now}), (left, {})):
        if ids:
            Notice.objects.filter(rows.among(Notice, "id", ids)).update(mailed_to=append, **more)


def _content(letter: Letter, rules: policies.InForce, now: datetime) -> tuple[str, dict[str, object]]:
    lines, count = letter.lines(), letter.count
    subject = ngettext(
        "Gensvar: %(count)s konversation väntar på svar", "Gensvar: %(count)s konversationer väntar på svar", count
    ) % {"count": count}
    found = Conversation.objects.select_related("channel", "contact").in_bulk([pk for pk, _why in lines])
    return subject, {
        "name": letter.person.get_short_name(),
        "count": count,
        "rows": [_row(found[pk], why, letter.person, rules, now) for pk, why in lines],
        "more": count - len(lines),
        "url": settings.BASE_URL + reverse("inbox:list"),
    }


def _words(row: Conversation, person: User) -> str:
    if protection.blurs(person, row.preview, by_rule=row.blurred):
        return _("(dolt innehåll)")
    return _one_line(secrecy.preview(row.preview))


def _row(row: Conversation, why: str, person: User, rules: policies.InForce, now: datetime) -> dict[str, str]:
    """What a digest says of a conversation: each on one line, whatever people wrote; no LinkedIn text in mail."""
    chip = chips.of(row, rules.policy(row.channel_id), now)
    is_linkedin = row.channel.platform == "linkedin"
    return {
        "when": chip.text if chip else "",
        "who": "" if is_linkedin else _one_line(str(row.contact or _("Okänt namn"))),
        "channel": f"{row.channel.get_platform_display()}, {_one_line(row.channel.name)}",
        "text": "" if is_linkedin else _words(row, person)[:160],
        "url": settings.BASE_URL + reverse("inbox:conversation", args=[row.pk]),
        "why": why,
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())
