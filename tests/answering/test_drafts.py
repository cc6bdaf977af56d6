"""Drafts: on the server within a second, on every device, shared when wanted, gone when sent or too old."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from inbox import actions, tasks
from inbox.models import Conversation, Draft, Outgoing
from inbox.writing import drafts
from tests.factories import NOW, ConversationFactory, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db


def type_in(client: Client, row: Conversation, text: str, slot: str = "answer", **fields: str) -> Any:
    return client.post(reverse("inbox:draft", args=[row.pk]), {"slot": slot, "text": text, **fields})


def composer(client: Client, row: Conversation, **query: str) -> str:
    page = client.get(reverse("inbox:conversation", args=[row.pk]), query).content.decode()
    return page[page.index('<section class="composer"') :]


def test_what_is_typed_is_there_after_reload_and_on_another_device(anna: Client) -> None:
    row = waiting_conversation()
    answer = type_in(anna, row, "Simhallen öppnar halv")
    assert "Utkast – blir allmän handling när det skickas." in answer.content.decode()
    phone = Client()
    phone.force_login(anna.user)  # type: ignore[attr-defined]
    assert "Simhallen öppnar halv</textarea>" in composer(phone, row)


def test_the_composer_opens_with_the_form_that_was_written_in_last(anna: Client) -> None:
    row = waiting_conversation()
    type_in(anna, row, "Vi återkommer", "holding", promised_day="2026-11-27", promised_time="09:30")
    shown = composer(anna, row)
    assert "Skicka beskedet" in shown and 'value="2026-11-27"' in shown and 'value="09:30"' in shown
    assert "Vi återkommer</textarea>" not in composer(anna, row, beslut="answer")


def test_a_draft_is_its_writers_alone_until_it_is_shared(anna: Client, sign_in: Callable[..., Client]) -> None:
    row, per = waiting_conversation(), sign_in(name="Per Ström")
    type_in(anna, row, "Halvfärdigt svar")
    assert "Halvfärdigt svar" not in composer(per, row)
    anna.post(reverse("inbox:draft_share", args=[row.pk]), {"slot": "answer", "shared": "1"})
    shown = composer(per, row)
    assert "Anna delar ett utkast" in shown and "Halvfärdigt svar</textarea>" not in shown
    draft = Draft.objects.get()
    assert "Halvfärdigt svar</textarea>" in composer(per, row, beslut="answer", utkast=str(draft.pk))


def test_sharing_ends_with_a_click(anna: Client, sign_in: Callable[..., Client]) -> None:
    row = waiting_conversation()
    type_in(anna, row, "Halvfärdigt svar")
    for shared in ("1", "0"):
        anna.post(reverse("inbox:draft_share", args=[row.pk]), {"slot": "answer", "shared": shared})
    assert "Halvfärdigt" not in composer(sign_in(name="Per Ström"), row)
    assert "Halvfärdigt" not in str(list(AuditEvent.objects.values_list("data", flat=True)))


def test_without_a_script_the_form_saves_what_stands_in_it(anna: Client) -> None:
    row = waiting_conversation()
    anna.post(reverse("inbox:draft_share", args=[row.pk]), {"slot": "answer", "text": "Utan skript", "shared": "0"})
    assert Draft.objects.get().text == "Utan skript"


def test_a_sent_reply_takes_its_draft_away_and_nobody_elses(anna: Client) -> None:
    row = waiting_conversation()
    type_in(anna, row, "Vi öppnar 9")
    other = UserFactory(name="Per Ström")
    drafts.save(row, "answer", "Pers", by=other, now=NOW)
    anna.post(reverse("inbox:reply", args=[row.pk]), {"verdict": "answer", "key": "k1", "text": "Vi öppnar 9"})
    assert [draft.user for draft in Draft.objects.all()] == [other]


def test_what_a_slow_line_brings_after_sending_is_not_kept(anna: Client) -> None:
    row = waiting_conversation()
    anna.post(reverse("inbox:reply", args=[row.pk]), {"verdict": "answer", "key": "k1", "text": "Vi öppnar 9"})
    type_in(anna, row, "Vi öppnar", key="k1")
    assert not Draft.objects.exists()


def test_emptying_the_form_lets_the_draft_go(anna: Client) -> None:
    row = waiting_conversation()
    type_in(anna, row, "Hej")
    type_in(anna, row, " \n")
    assert not Draft.objects.exists()


@pytest.mark.parametrize("slot", ["", "Answer", "answer-", "x" * 41, "answer'; drop", "redirect-" + "9" * 18])
def test_a_form_that_does_not_exist_keeps_nothing(anna: Client, slot: str) -> None:
    assert type_in(anna, waiting_conversation(), "Hej", slot).status_code == 200
    assert not Draft.objects.exists()


def test_hostile_text_is_kept_and_shown_as_text(anna: Client) -> None:
    row = waiting_conversation()
    type_in(anna, row, "<script>{{ 7*7 }}\0 \u202e</textarea>")
    assert "&lt;script&gt;{{ 7*7 }}\ufffd \u202e&lt;/textarea&gt;</textarea>" in composer(anna, row)


def test_a_reader_cannot_keep_a_draft(sign_in: Callable[..., Client]) -> None:
    row = waiting_conversation()
    assert type_in(sign_in("reader"), row, "Hej").status_code == 403
    assert anonymous_is_sent_to_sign_in(row)


def anonymous_is_sent_to_sign_in(row: Conversation) -> bool:
    return type_in(Client(), row, "Hej").status_code in (302, 403) and not Draft.objects.exists()


def closed(days_ago: int) -> Conversation:
    row = waiting_conversation(posted_at=NOW - timedelta(days=days_ago + 1))
    actions.close(row.pk, reason="other", by=UserFactory(), now=NOW - timedelta(days=days_ago))
    row.refresh_from_db()
    return row


def test_a_draft_is_gone_a_week_after_closing_and_the_trail_holds_no_text(anna: Client) -> None:
    kept, old = closed(6), closed(8)
    for row in (kept, old):
        drafts.save(row, "answer", "Hemlig text", by=anna.user, now=NOW - timedelta(days=9))  # type: ignore[attr-defined]
    tasks.purge_drafts()
    assert [draft.conversation for draft in Draft.objects.all()] == [kept]
    event = AuditEvent.objects.get(action="draft.purged")
    assert event.subject == f"conversation:{old.pk}" and "Hemlig" not in str(event.data)


def test_a_draft_of_an_open_conversation_stays_however_old_it_is() -> None:
    drafts.save(ConversationFactory(), "answer", "Gammal", by=UserFactory(), now=NOW - timedelta(days=300))
    assert drafts.purge(NOW) == 0


def test_a_draft_written_after_closing_is_kept_a_week_from_then() -> None:
    drafts.save(closed(30), "answer", "Ny", by=UserFactory(), now=NOW - timedelta(days=1))
    assert drafts.purge(NOW) == 0


def test_purging_twice_records_once() -> None:
    drafts.save(closed(8), "answer", "Gammal", by=UserFactory(), now=NOW - timedelta(days=9))
    assert (drafts.purge(NOW), drafts.purge(NOW)) == (1, 0)
    assert AuditEvent.objects.filter(action="draft.purged").count() == 1


def test_hints_come_back_with_the_draft(anna: Client) -> None:
    answer = type_in(anna, waiting_conversation(), "Du kan erhålla besked").content.decode()
    assert "erhålla" in answer and "få" in answer


def test_a_draft_is_in_the_database_and_nowhere_else(anna: Client) -> None:
    type_in(anna, waiting_conversation(), "Mitt i en mening")
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM inbox_draft")
        assert cursor.fetchone() == ("Mitt i en mening",)
    assert not Outgoing.objects.exists()
