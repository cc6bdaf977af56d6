"""Time → people: a notice when a deadline comes near and when it has passed, and digests that tell of them by mail.

The moment of being overdue is the cycle's due_at, never the tick that noticed it. A notice is made once per cycle and
step, by any number of sweeps at once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.db.models import F, Func, Q, Value
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from accounts.models import User
from accounts.permissions import ALLOWED, Permission
from inbox import chips
from inbox.models import Conversation, DigestSent, Notice
from sla import policies
from sla.calendar import MICROSECOND
from sla.clock import Policy

log = logging.getLogger(__name__)

BATCH = 500  # larger, and the planner reads dead index entries by bitmap (SLA.md)
DIGEST_PAUSE = timedelta(minutes=30)
MAIL_FAILED_PAUSE = timedelta(minutes=5)
MOST_LINES = 50  # in one digest; the rest is a number

# `due` is read by the index cycle_next_step. A cycle that somebody else has locked is theirs, or comes next time.
SWEEP = f"""
WITH due AS (
    SELECT id, due_soon_at, due_at, next_step_at FROM inbox_replycycle
    WHERE ended_at IS NULL AND next_step_at IS NOT NULL AND next_step_at <= %(now)s
    ORDER BY next_step_at, id LIMIT {BATCH} FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE inbox_replycycle AS cycle SET next_step_at = CASE WHEN due.due_at > %(now)s THEN due.due_at END
    FROM due WHERE cycle.id = due.id
), made AS (
    INSERT INTO inbox_notice (cycle_id, step, at, mailed_to)
    SELECT id, 'due_soon', due_soon_at, '{{}}'::bigint[] FROM due WHERE next_step_at <= due_soon_at
    UNION ALL
    SELECT id, 'overdue', due_at, '{{}}'::bigint[] FROM due WHERE due_at <= %(now)s
    ON CONFLICT DO NOTHING
    RETURNING step
)
SELECT (SELECT count(*) FROM due),
       count(*) FILTER (WHERE step = 'due_soon'),
       count(*) FILTER (WHERE step = 'overdue')
FROM made
"""


def sweep(now: datetime) -> dict[str, int]:
    """Make the notices that are due; count those newly made. What is overdue on arrival counts in both.

    One statement for every 500 cycles, each its own transaction; nothing is locked from one to the next.
    """
    made = {"due_soon": 0, "overdue": 0}
    with connection.cursor() as cursor:
        taken = BATCH
        while taken == BATCH:
            cursor.execute(SWEEP, {"now": now})
            taken, due_soon, overdue = cursor.fetchone()
            made["due_soon"] += due_soon
            made["overdue"] += overdue
    return made


@dataclass
class Line:
    """One conversation in a digest, and why it came to this person."""

    conversation: Conversation
    why: str
    notices: list[Notice] = field(default_factory=list)


def digests(now: datetime) -> int:
    """Mail the people concerned what has come near or passed; give the number of mails.

    In staffed hours only, and to nobody more than once in 30 minutes. A notice counts as told once its mail has gone:
    after a crash in between, that one mail comes twice.
    """
    if not is_staffed(now):
        return 0
    untold = Notice.objects.filter(mailed_at=None)
    untold.filter(Q(cycle__ended_at__isnull=False) | Q(withdrawn_at__isnull=False)).update(mailed_at=now)
    notices = list(untold.select_related("cycle__conversation__channel", "cycle__conversation__contact").order_by("pk"))
    if not notices:
        return 0
    staff = Staff()
    with override(settings.LANGUAGE_CODE):
        letters = _letters(notices, staff)
        sent = sum(_mail(person, lines, now) for person, lines in letters.items())
    _close(notices, staff, now)
    return sent


def is_staffed(now: datetime) -> bool:
    """Whether somebody is there, by the staffed hours of the policy."""
    policy = policies.policy()
    return (policy.staffed or policy.calendar).between(now, now + MICROSECOND) > timedelta()


class Staff:
    """Those who answer and can be mailed, as they are now. Two queries."""

    def __init__(self) -> None:
        people = User.objects.filter(is_active=True, memberships__role__in=ALLOWED[Permission.ANSWER]).exclude(email="")
        self.people: dict[int, User] = {user.pk: user for user in people.distinct()}
        self._communicators = list(
            people.filter(memberships__role="communicator").values_list("pk", "memberships__department").distinct()
        )

    def concerned(self, row: Conversation) -> tuple[list[User], str]:
        """Give whom a conversation concerns and why: the first of assignee, owner, deputy, department, everybody."""
        channel = row.channel
        named = (
            (row.assignee_id, _("du är ansvarig för konversationen")),
            (channel.owner_id, _("du är ansvarig för kontot %s") % channel),
            (channel.deputy_id, _("du är ersättare för kontot %s") % channel),
        )
        for user_id, why in named:
            if user_id in self.people:
                return [self.people[user_id]], why
        if here := self._in_department(row.department_id or channel.department_id):
            return here, _("du svarar för förvaltningen")
        return self._everybody(), _("ingen annan är utsedd för kontot %s") % channel

    def _in_department(self, department_id: int) -> list[User]:
        ids = {user_id for user_id, department in self._communicators if department == department_id}
        return [self.people[user_id] for user_id in sorted(ids)]

    def _everybody(self) -> list[User]:
        return [self.people[user_id] for user_id in sorted({user_id for user_id, _department in self._communicators})]


def _letters(notices: Iterable[Notice], staff: Staff) -> dict[User, list[Line]]:
    """Sort what each person has not been told into one letter each, the most urgent first."""
    found: dict[User, dict[int, Line]] = {}
    for notice in notices:
        row = notice.cycle.conversation
        people, why = staff.concerned(row)
        for person in people:
            if person.pk not in notice.mailed_to:
                found.setdefault(person, {}).setdefault(row.pk, Line(row, why)).notices.append(notice)
    return {
        person: sorted(lines.values(), key=lambda line: (line.notices[0].cycle.due_at, line.conversation.pk))
        for person, lines in found.items()
    }


def _mail(person: User, lines: list[Line], now: datetime) -> bool:
    """Send one person's digest, unless the last was less than 30 minutes ago; give whether it went."""
    if not _take_turn(person, now):
        return False
    try:
        _message(person, lines, now).send()
    except OSError as error:  # smtplib's errors are OSErrors too
        log.warning("The digest for user %s could not be mailed: %s", person.pk, type(error).__name__)
        DigestSent.objects.filter(user=person).update(sent_at=now - DIGEST_PAUSE + MAIL_FAILED_PAUSE)
        return False
    told = [notice for line in lines for notice in line.notices]
    append = Func(F("mailed_to"), Value(person.pk), function="array_append")
    Notice.objects.filter(pk__in=[notice.pk for notice in told]).update(mailed_to=append)
    for notice in told:
        notice.mailed_to.append(person.pk)
    return True


def _take_turn(person: User, now: datetime) -> bool:
    """Let one process mail a person now: the first one that moves the time of the last digest."""
    last, is_first = DigestSent.objects.get_or_create(user=person, defaults={"sent_at": now})
    moved = DigestSent.objects.filter(user=person, sent_at=last.sent_at, sent_at__lte=now - DIGEST_PAUSE)
    return is_first or moved.update(sent_at=now) == 1


def _close(notices: Iterable[Notice], staff: Staff, now: datetime) -> None:
    """Be done with notices of which everybody concerned has been told."""
    done = []
    for notice in notices:
        people, _why = staff.concerned(notice.cycle.conversation)
        if people and {person.pk for person in people} <= set(notice.mailed_to):
            done.append(notice.pk)
    Notice.objects.filter(pk__in=done).update(mailed_at=now)


def _message(person: User, lines: list[Line], now: datetime) -> EmailMultiAlternatives:
    subject = ngettext(
        "Gensvar: %(count)s konversation väntar på svar", "Gensvar: %(count)s konversationer väntar på svar", len(lines)
    ) % {"count": len(lines)}
    policy = policies.policy()
    context = {
        "name": person.get_short_name(),
        "count": len(lines),
        "rows": [_row(line, policy, now) for line in lines[:MOST_LINES]],
        "more": max(0, len(lines) - MOST_LINES),
        "url": settings.BASE_URL + reverse("inbox:list"),
    }
    message = EmailMultiAlternatives(subject, render_to_string("mail/digest.txt", context), to=[person.email])
    message.attach_alternative(render_to_string("mail/digest.html", context), "text/html")
    return message


def _row(line: Line, policy: Policy, now: datetime) -> dict[str, str]:
    """What a digest says of a conversation: each on one line, whatever people wrote; no LinkedIn text in mail."""
    row = line.conversation
    chip = chips.of(row, policy, now)
    is_linkedin = row.channel.platform == "linkedin"
    return {
        "when": chip.text if chip else "",
        "who": "" if is_linkedin else _one_line(str(row.contact or _("Okänt namn"))),
        "channel": f"{row.channel.get_platform_display()}, {_one_line(row.channel.name)}",
        "text": "" if is_linkedin else _one_line(row.preview)[:160],
        "url": settings.BASE_URL + reverse("inbox:conversation", args=[row.pk]),
        "why": line.why,
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())
