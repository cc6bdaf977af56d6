"""Ask somebody who knows: the mail, what it never holds, and how long the conversation waits for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from accounts.models import AuditEvent, User
from inbox import actions, selectors
from inbox.actions import Refused
from inbox.deciding import experts
from inbox.models import Conversation, ExpertQuestion, VerdictEvent
from inbox.selectors import Filters
from tests.factories import NOW, ChannelFactory, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.fixture
def anna() -> User:
    return UserFactory(name="Anna Ek", email="anna@kommunen.example")


@pytest.fixture
def conversation() -> Conversation:
    return waiting_conversation(posted_at=NOW - HOUR)


def ask(conversation: Conversation, by: User, **given: Any) -> ExpertQuestion:
    asked = {
        "name": "Maria Lund", "email": "maria@example.org", "text": "När öppnar simhallen?",
        "answer_by": NOW + 5 * HOUR, "now": NOW, **given,
    }  # fmt: skip
    return actions.ask_expert(conversation.pk, by=by, **asked)


def code_of(act: Any, *given: Any, **named: Any) -> str:
    with pytest.raises(Refused) as refusal:
        act(*given, **named)
    return refusal.value.code


def test_the_mail_holds_the_question_our_post_and_when_an_answer_is_needed(
    conversation: Conversation, anna: User
) -> None:
    post = conversation.thread.post
    post.url = "https://facebook.example/post/1"
    post.save()
    ask(conversation, anna)
    assert experts.mail_due(NOW) == 1
    (letter,) = mail.outbox
    assert (letter.to, letter.reply_to) == (["maria@example.org"], ["anna@kommunen.example"])
    assert "När öppnar simhallen?" in letter.body
    assert "Höstlov i simhallen!" in letter.body
    assert "https://facebook.example/post/1" in letter.body
    assert "i dag 15.00" in letter.body
    assert "i dag 15.00" in letter.subject
    assert "Anna Ek" in letter.body


def test_the_mail_never_names_the_citizen_nor_points_at_the_comment(conversation: Conversation, anna: User) -> None:
    conversation.items.update(url="https://facebook.example/comment/1")
    ask(conversation, anna)
    experts.mail_due(NOW)
    body = mail.outbox[0].body
    assert conversation.contact is not None
    assert conversation.contact.name not in body
    assert "comment/1" not in body


def test_what_the_form_holds_leaves_out_words_that_may_not_be_kept(anna: User) -> None:
    linkedin = waiting_conversation(thread__channel=ChannelFactory(platform="linkedin"), posted_at=NOW)
    assert experts.suggested_text(linkedin, "Hemligt.") == ""
    assert experts.suggested_text(waiting_conversation(posted_at=NOW), "Öppet.") == "Öppet."


def test_no_clock_stops(conversation: Conversation, anna: User) -> None:
    ask(conversation, anna)
    conversation.refresh_from_db()
    assert (conversation.cycles.get().ended_at, conversation.status) == (None, "open")
    assert VerdictEvent.objects.get().reason == "Maria Lund"


def test_a_closed_conversation_is_open_again_without_a_clock(conversation: Conversation, anna: User) -> None:
    actions.close(conversation.pk, reason="other", by=anna, now=NOW)
    ask(conversation, anna)
    conversation.refresh_from_db()
    assert (conversation.status, conversation.due_at) == ("open", None)


def test_is_mailed_once_after_its_ten_seconds(conversation: Conversation, anna: User) -> None:
    ask(conversation, anna, delay=10)
    assert [experts.mail_due(NOW + n * SECOND) for n in (9, 10, 11)] == [0, 1, 0]


def test_a_mail_server_that_is_away_is_tried_again_and_told(
    conversation: Conversation, anna: User, monkeypatch: Any
) -> None:
    question = ask(conversation, anna)
    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    assert experts.mail_due(NOW) == 0
    question.refresh_from_db()
    assert (question.mailed_at, question.error.startswith("Mejlet har inte gått iväg")) == (None, True)
    monkeypatch.undo()
    assert experts.mail_due(NOW + timedelta(minutes=9)) == 0
    assert experts.mail_due(NOW + timedelta(minutes=10)) == 1
    question.refresh_from_db()
    assert question.error == ""


def refuse(*given: Any, **named: Any) -> None:
    raise ConnectionRefusedError


def test_trouble_with_one_mail_does_not_stop_the_next(conversation: Conversation, anna: User, monkeypatch: Any) -> None:
    ask(conversation, anna)
    ask(waiting_conversation(posted_at=NOW), anna)
    sent: list[str] = []

    def first_fails(letter: Any, **named: Any) -> None:
        sent.append(letter.subject)
        if len(sent) == 1:
            raise OSError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", first_fails)
    assert experts.mail_due(NOW) == 1


def test_a_name_cannot_smuggle_a_header_in(conversation: Conversation, anna: User) -> None:
    question = ask(conversation, anna, name="Maria\r\nBcc: alla@example.org")
    assert question.name == "Maria Bcc: alla@example.org"
    assert code_of(ask, conversation, anna, email="m@example.org\r\nBcc: alla@example.org") == "no_email"


def test_a_double_click_asks_once(conversation: Conversation, anna: User) -> None:
    assert ask(conversation, anna) == ask(conversation, anna)
    assert code_of(ask, conversation, anna, text="En annan fråga?") == "already_asked"
    assert ask(conversation, anna, email="per@example.org", name="Per").pk
    assert ExpertQuestion.objects.count() == 2


def test_can_be_undone_until_the_mail_has_gone(conversation: Conversation, anna: User) -> None:
    first = ask(conversation, anna, delay=10)
    actions.undo(first.event_id, by=anna, now=NOW)
    second = ask(conversation, anna)
    experts.mail_due(NOW)
    assert code_of(actions.undo, second.event_id, by=anna, now=NOW) == "too_late"
    assert len(mail.outbox) == 1


def test_a_verdict_that_closes_ends_the_waiting_and_a_holding_reply_does_not(
    conversation: Conversation, anna: User
) -> None:
    question = ask(conversation, anna)
    assert list(selectors.matching(anna, Filters(view="expert"), NOW)) == [conversation]
    actions.close(conversation.pk, reason="other", by=anna, now=NOW)
    question.refresh_from_db()
    assert question.ended_at == NOW
    assert list(selectors.matching(anna, Filters(view="expert"), NOW)) == []


def test_what_is_no_longer_needed_is_not_mailed(conversation: Conversation, anna: User) -> None:
    ask(conversation, anna, delay=10)
    actions.close(conversation.pk, reason="other", by=anna, now=NOW)
    assert experts.mail_due(NOW + HOUR) == 0


def test_an_answer_that_has_come_is_told_twice_without_harm(conversation: Conversation, anna: User) -> None:
    question = ask(conversation, anna)
    for _ in range(2):
        actions.expert_has_answered(question.pk, by=anna, now=NOW)
    assert AuditEvent.objects.filter(action="expert.done").count() == 1
    assert code_of(actions.expert_has_answered, 999_999, by=anna, now=NOW) == "unknown_question"


def test_the_history_holds_neither_the_question_nor_the_address(conversation: Conversation, anna: User) -> None:
    ask(conversation, anna)
    assert "simhallen" not in str(AuditEvent.objects.get().data)
    assert "example.org" not in str(AuditEvent.objects.get().data)
