"""Ask somebody who knows: the question goes by mail, and the conversation waits, open, for a named person (R-056).

The mail holds the question, as little around it as can be, never who asked it, and no words that a platform lets us
keep for a time only. Answers come to whoever asked. The row is the truth: a mail leaves at the first sweep after its
ten seconds, and one that could not be sent is tried again and shown.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission, require
from inbox.deciding.acting import Refused, check_text, ledger_of, locked, record
from inbox.incoming import retention
from inbox.models import Conversation, ExpertQuestion, VerdictEvent
from inbox.showing import chips
from inbox.verdicts import ASK_EXPERT

log = logging.getLogger(__name__)

TRY_AGAIN_AFTER = timedelta(minutes=10)  # a mail server that is away is mostly back by then
LONGEST_NAME = 120
POST_WORDS = 300  # characters of our own post that go along


@transaction.atomic
def ask_expert(
    conversation_id: int,
    *,
    name: str,
    email: str,
    text: str,
    answer_by: datetime,
    by: User,
    now: datetime,
    person: User | None = None,
    delay: float = 0.0,
) -> ExpertQuestion:
    """Ask somebody by mail; give the question. No clock stops by it. Raises Refused.

    `person`: a colleague with a user of ours, whose name and address are taken then. Asking one person the same thing
    twice, as by a double click, gives the first question; asking anew what waits for an answer is refused.
    """
    require(by, Permission.ANSWER)
    locked(conversation_id)
    if person is not None:
        name, email = str(person), person.email
    name, email = " ".join(name.split())[:LONGEST_NAME], email.strip()
    _check(name, email, text, answer_by, now)
    ledger, conversation = ledger_of(conversation_id, now)
    if earlier := _waiting(conversation, email, text):
        return earlier
    before = {"status": conversation.status}
    event = VerdictEvent.objects.create(
        conversation=conversation, verdict=ASK_EXPERT.key, reason=name[:40], by=by, at=now, before=before
    )
    if conversation.status == Conversation.Status.CLOSED:
        conversation.status = ASK_EXPERT.status
        ledger.save()
    question = ExpertQuestion.objects.create(
        conversation=conversation,
        event=event,
        person=person,
        name=name,
        email=email,
        text=text,
        answer_by=answer_by,
        by=by,
        at=now,
        mail_at=now + timedelta(seconds=delay),
    )
    record("expert.asked", conversation, by=by, now=now, question=question.pk, person=person.pk if person else None)
    return question


def _waiting(conversation: Conversation, email: str, text: str) -> ExpertQuestion | None:
    """The same question, where it has been asked; another one to the same person has to wait. Raises Refused."""
    earlier = ExpertQuestion.objects.filter(conversation=conversation, email=email, ended_at=None).first()
    if earlier and earlier.text != text:
        raise Refused(_("%s har redan en fråga härifrån som väntar på svar.") % earlier.name, "already_asked")
    return earlier


@transaction.atomic
def expert_has_answered(question_id: int, *, by: User, now: datetime) -> ExpertQuestion:
    """Wait for an expert no longer: the answer has come, or is not needed any more."""
    require(by, Permission.ANSWER)
    question = ExpertQuestion.objects.filter(pk=question_id).select_related("conversation").first()
    if question is None:
        raise Refused(_("Frågan finns inte."), "unknown_question")
    conversation = locked(question.conversation_id)
    if ExpertQuestion.objects.filter(pk=question_id, ended_at=None).update(ended_at=now):
        record("expert.done", conversation, by=by, now=now, question=question_id)
    question.refresh_from_db()
    return question


def take_back(event: VerdictEvent, now: datetime) -> bool:
    """Withdraw a question whose mail has not left; give whether it could be."""
    waiting = ExpertQuestion.objects.filter(event=event, mailed_at=None, ended_at=None)
    return waiting.update(ended_at=now) == 1


def suggested_text(conversation: Conversation, words: str) -> str:
    """Give what the form holds when it is opened: the citizen's words where they may leave the inbox, else nothing."""
    return "" if retention.limits_of(conversation.channel.platform) else words


def mail_due(now: datetime) -> int:
    """Mail the questions whose time has come; give how many went."""
    due = ExpertQuestion.objects.filter(mailed_at=None, ended_at=None, mail_at__lte=now)
    sent = 0
    for question in due.select_related("conversation__channel", "conversation__thread__post", "by").order_by("mail_at"):
        # One process mails it: the first that moves its time. If it dies over it, another tries later.
        turn = ExpertQuestion.objects.filter(pk=question.pk, mail_at=question.mail_at, mailed_at=None, ended_at=None)
        if turn.update(mail_at=now + TRY_AGAIN_AFTER):
            sent += _mail(question, now)
    return sent


def _mail(question: ExpertQuestion, now: datetime) -> bool:
    row = ExpertQuestion.objects.filter(pk=question.pk)
    try:
        _message(question, now).send()
    except OSError as error:  # smtplib's errors are OSErrors too
        log.warning("Question %s could not be mailed: %s", question.pk, type(error).__name__)
        row.update(error=_("Mejlet har inte gått iväg. Vi försöker igen om tio minuter."))
        return False
    row.update(mailed_at=now, error="")
    return True


def _message(question: ExpertQuestion, now: datetime) -> EmailMessage:
    conversation = question.conversation
    channel, post = conversation.channel, conversation.thread.post
    when = chips.when(question.answer_by, now)
    context = {
        "name": question.first_name,
        "asker": str(question.by),
        "municipality": settings.MUNICIPALITY,
        "place": f"{channel.get_platform_display()}, {_one_line(channel.name)}",
        "text": question.text,
        "post": _one_line(post.text)[:POST_WORDS] if post else "",
        "url": post.url if post else "",
        "when": when,
    }
    subject = _("Fråga från %(municipality)s: svar behövs %(when)s") % {
        "municipality": _one_line(settings.MUNICIPALITY),
        "when": when,
    }
    return EmailMessage(
        subject,
        render_to_string("mail/question.txt", context),
        to=[question.email],
        reply_to=[question.by.email] if question.by.email else None,
    )


def _check(name: str, email: str, text: str, answer_by: datetime, now: datetime) -> None:
    if not name:
        raise Refused(_("Skriv vem du frågar."), "no_name")
    try:
        validate_email(email)
    except ValidationError as error:
        raise Refused(_("Skriv en giltig e-postadress till den du frågar."), "no_email") from error
    check_text(text, _("Skriv vad du vill fråga."))
    if answer_by <= now:
        raise Refused(_("Tiden då svaret behövs har redan passerat. Välj en senare."), "answer_by_in_the_past")


def _one_line(text: str) -> str:
    return " ".join(text.split())
