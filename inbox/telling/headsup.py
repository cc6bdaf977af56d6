"""A colleague is asked to look: @mentions in notes, what is handed over, replies to approve. Told neutrally, by the
person's own ways.

A message says who asks and where; never what a citizen or a note says, as it may be read on a locked screen.
"""

from __future__ import annotations

import logging
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import NoticeSettings, User
from accounts.permissions import ALLOWED, Permission
from inbox.models import Conversation, HeadsUp, Note, PendingReply
from inbox.telling import chat
from inbox.telling.digests import is_staffed
from inbox.telling.staff import Staff
from sla import policies

log = logging.getLogger(__name__)

TRY_AGAIN_AFTER = timedelta(minutes=5)


def people() -> list[User]:
    """Give who can be mentioned, by name: everybody who reads the inbox. One query."""
    found = User.objects.filter(is_active=True, memberships__role__in=ALLOWED[Permission.READ]).distinct()
    return sorted(found, key=lambda person: str(person).casefold())


def mentioned(text: str, among: Sequence[User]) -> list[User]:
    """Give whom a text names after an @, each once: by the whole name, the user name, or a first name that one has."""
    first_names = Counter(person.get_short_name().casefold() for person in among)
    names = {str(person).casefold(): person for person in among}
    for person in among:
        names.setdefault(person.username.casefold(), person)
        if first_names[person.get_short_name().casefold()] == 1:
            names.setdefault(person.get_short_name().casefold(), person)
    if not names:
        return []
    longest_first = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    found = re.findall(rf"(?<!\w)@({longest_first})(?!\w)", text.casefold())
    return list({names[name].pk: names[name] for name in found}.values())


def ask(
    people: Iterable[User],
    conversation: Conversation,
    kind: str,
    *,
    by: User,
    now: datetime,
    note: Note | None = None,
    pending: PendingReply | None = None,
) -> list[User]:
    """Let colleagues be told at the next sweep; give whom. Nobody is told of what he or she did, nor twice of one."""
    asked = [person for person in people if person.pk != by.pk]
    facts = {"kind": kind, "conversation": conversation, "by": by, "note": note, "pending": pending}
    HeadsUp.objects.bulk_create(
        [HeadsUp(person=person, at=now, tell_at=now, **facts) for person in asked], ignore_conflicts=True
    )
    return asked


def tell(now: datetime) -> int:
    """Tell those who have not been told, in staffed hours and outside their quiet ones; give how many people were.

    Whoever is away is stood in for by the deputy. Not so for what is to be approved: not every deputy may, and
    `writing.approvers` has asked those who do.
    """
    if not HeadsUp.objects.filter(told_at=None, tell_at__lte=now).exists():
        return 0
    if not any(is_staffed(policy, now) for policy in policies.in_force().policies):
        return 0
    staff, letters = Staff(now), defaultdict(list)
    waiting = HeadsUp.objects.filter(told_at=None, tell_at__lte=now).select_related("person", "by", "conversation")
    for each in waiting.order_by("pk"):
        is_chosen = each.kind == HeadsUp.Kind.APPROVAL
        person = each.person if is_chosen else staff.stand_in(each.person_id) or each.person
        wishes = staff.settings.get(person.pk)
        if wishes and wishes.is_quiet(timezone.localtime(now).time()):
            continue
        # One process tells it: the first that moves its time. If it dies over it, another tries later.
        if HeadsUp.objects.filter(pk=each.pk, tell_at=each.tell_at, told_at=None).update(tell_at=now + TRY_AGAIN_AFTER):
            letters[person].append(each)
    with override(settings.LANGUAGE_CODE):
        return sum(_send(person, rows, staff.settings.get(person.pk), now) for person, rows in letters.items())


def _send(person: User, rows: list[HeadsUp], wishes: NoticeSettings | None, now: datetime) -> bool:
    count = len(rows)
    if count == 1 and rows[0].kind == HeadsUp.Kind.APPROVAL:
        subject = _("Gensvar: ett svar från %s väntar på godkännande") % rows[0].by.get_short_name()
    elif count == 1:
        subject = _("Gensvar: %s vill att du tittar på en konversation") % rows[0].by.get_short_name()
    else:
        subject = _("Gensvar: %s konversationer att titta på") % count
    context = {"name": person.get_short_name(), "rows": [_line(each) for each in rows]}
    text = render_to_string("mail/heads_up.txt", context)
    ways = []
    if person.email and (wishes is None or wishes.by_mail):
        ways.append(_mail(person, subject, text))
    if wishes and wishes.addresses:
        ways.append(chat.send(wishes, subject, text))
    if ways and not any(ways):
        return False
    HeadsUp.objects.filter(pk__in=[each.pk for each in rows]).update(told_at=now)
    return bool(ways)


def _line(each: HeadsUp) -> dict[str, str]:
    url = reverse("inbox:conversation", args=[each.conversation_id])
    if each.kind == HeadsUp.Kind.MENTION:
        words = _("%(who)s nämnde dig i en intern anteckning:")
    elif each.kind == HeadsUp.Kind.APPROVAL:
        words = _("%(who)s har skrivit ett svar som väntar på att någon godkänner det:")
        url = reverse("inbox:pending", args=[each.pending_id])
    else:
        words = _("%(who)s lämnade över en konversation till er:")
    return {"what": words % {"who": str(each.by)}, "url": settings.BASE_URL + url}


def _mail(person: User, subject: str, text: str) -> bool:
    try:
        EmailMessage(" ".join(subject.split()), text, to=[person.email]).send()
    except OSError as error:  # smtplib's errors are OSErrors too
        log.warning("User %s could not be told by mail: %s", person.pk, type(error).__name__)
        return False
    return True
