"""Samlat svar: the third same reply in a thread may answer all who wait for it, and nobody whom it should not."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import ApprovalRule
from connectors.base import Sent
from inbox import actions
from inbox.leaving import sending
from inbox.models import Conversation, Item, Outgoing, PendingReply, ReplyCycle, VerdictEvent
from inbox.writing import together
from tests.factories import NOW, ContactFactory, ItemFactory, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
TEXT = "Vi öppnar klockan 9."


def asking(names: list[str]) -> list[Conversation]:
    """Citizens who wait in one thread."""
    first = waiting_conversation(contact=ContactFactory(name=names[0]))
    return [first, *(waiting_conversation(thread=first.thread, contact=ContactFactory(name=n)) for n in names[1:])]


def send(client: Client, row: Conversation, text: str = TEXT, **form: Any) -> Any:
    given = {"verdict": "answer", "text": text, "key": f"key-{row.pk}", "drawn_at": (NOW + MINUTE).isoformat()} | form
    return client.post(reverse("inbox:reply", args=[row.pk]), given)


@pytest.fixture
def rows(anna: Client) -> list[Conversation]:
    """Two have been told the same; three more wait for it."""
    rows = asking(["Ida Ek", "Per Bo", "Lena Karlsson", "Jonas Berg", "Mona Rask"])
    for row in rows[:2]:
        assert send(anna, row).status_code == 302
    return rows[2:]


def stands_there(reply: Outgoing) -> None:
    at = NOW + 2 * MINUTE
    claimed = sending.claim(reply.pk, now=at, holder="test")
    assert claimed
    sending.accepted(claimed, Sent("900", at), at)


def collective(client: Client, rows: list[Conversation], **form: Any) -> Outgoing:
    """Tick the others, read the text, and send it to the first."""
    form |= {"anyway": "repeated together", "also": [row.pk for row in rows[1:]], "read": "1"}
    assert send(client, rows[0], **form).status_code == 302
    return Outgoing.objects.get(key=f"key-{rows[0].pk}")


def ticked(page: str) -> list[str]:
    return re.findall(r'name="also" value="(\d+)" checked', page)


def test_the_third_time_a_collective_reply_is_offered_to_those_who_wait(anna: Client, rows: list[Conversation]) -> None:
    page = send(anna, rows[0]).content.decode()
    assert "Samlat svar, som också besvarar dem du kryssar för" in page
    assert [f'name="also" value="{row.pk}"' in page for row in rows] == [False, True, True] and ticked(page) == []
    assert "Skicka ändå, bara till Lena Karlsson" in page


def test_who_asks_the_same_is_ticked_and_stands_first(anna: Client, rows: list[Conversation]) -> None:
    Conversation.objects.filter(pk__in=[rows[0].pk, rows[2].pk]).update(alike=rows[0].pk)
    page = send(anna, rows[0]).content.decode().partition("kryssar för")[2]
    assert ticked(page) == [str(rows[2].pk)] and page.index("Mona Rask</strong>") < page.index("Jonas Berg</strong>")


def test_it_is_read_as_it_would_go_out_before_it_goes(anna: Client, rows: list[Conversation]) -> None:
    others = [row.pk for row in rows[1:]]
    asked = send(anna, rows[0], "Hej Lena! vi öppnar klockan 9.", anyway="repeated together", also=others)
    page = asked.content.decode()
    assert asked.status_code == 422 and "Det besvarar också: Jonas Berg, Mona Rask." in page
    assert "Hej Lena Karlsson, Jonas Berg och Mona Rask! Vi öppnar klockan 9.</textarea>" in page
    assert '<input type="hidden" name="read" value="1">' in page and 'value="repeated together"' in page


def test_nobody_ticked_is_asked_for_again(anna: Client, rows: list[Conversation]) -> None:
    refused = send(anna, rows[0], anyway="repeated together")
    assert refused.status_code == 422 and "Kryssa för vilka fler som svaret gäller." in refused.content.decode()
    assert "Samlat svar, som också" in refused.content.decode()


def test_only_who_may_be_seen_and_stands_in_the_thread_can_be_ticked(anna: Client, rows: list[Conversation]) -> None:
    elsewhere = waiting_conversation()
    reply = collective(anna, [*rows[:2], elsewhere])
    assert list(reply.also.all()) == [rows[1]]


def test_another_warning_keeps_whom_it_answers(anna: Client, rows: list[Conversation]) -> None:
    others = {"anyway": "repeated together", "also": [rows[1].pk], "read": "1"}
    asked = send(anna, rows[0], "Ditt ärende ligger hos oss.", **others)
    page = asked.content.decode()
    assert asked.status_code == 422 and f'<input type="hidden" name="also" value="{rows[1].pk}">' in page
    warned = re.search(r'name="anyway" value="([a-z ]+)"', page)
    assert warned and set(warned[1].split()) == {"repeated", "together", "case"} and 'name="why"' in page


def test_one_reply_answers_all_of_them_once_it_stands_there(anna: Client, rows: list[Conversation]) -> None:
    reply = collective(anna, rows)
    assert reply.text == f"{TEXT} /Anna"
    waiting = ReplyCycle.objects.filter(conversation__in=rows)
    assert not waiting.exclude(ended_at=None).exists()
    stands_there(reply)
    assert {(c.outcome, c.reply.external_id) for c in waiting.select_related("reply")} == {("answered", "900")}
    assert set(Conversation.objects.filter(pk__in=[r.pk for r in rows]).values_list("status", flat=True)) == {"closed"}
    assert VerdictEvent.objects.filter(conversation__in=rows, verdict="answer").count() == 3


def test_nobody_else_answers_those_whom_it_is_on_its_way_to(anna: Client, rows: list[Conversation]) -> None:
    collective(anna, rows)
    refused = send(anna, rows[1], "Hej Jonas!")
    assert (
        refused.status_code == 422 and "Anna har redan ett svar på väg till samma person." in refused.content.decode()
    )


def test_taken_back_it_has_answered_nobody(anna: Client, rows: list[Conversation]) -> None:
    reply = collective(anna, rows)
    actions.cancel(reply.pk, by=reply.by, now=NOW)
    assert not ReplyCycle.objects.filter(conversation__in=rows).exclude(ended_at=None).exists()
    assert send(anna, rows[1], "Hej Jonas!").status_code == 302


def test_the_same_key_twice_is_one_reply(anna: Client, rows: list[Conversation]) -> None:
    first, again = collective(anna, rows), collective(anna, rows)
    assert first == again and again.also.count() == 2


def test_who_was_answered_meanwhile_keeps_that_answer(anna: Client, rows: list[Conversation]) -> None:
    reply = collective(anna, rows)
    actions.close(rows[1].pk, reason="other", by=UserFactory(), now=NOW)
    stands_there(reply)
    assert ReplyCycle.objects.get(conversation=rows[1]).outcome == "no_reply"
    assert VerdictEvent.objects.filter(conversation=rows[1]).count() == 1


def test_who_wrote_after_the_form_was_drawn_waits_on(anna: Client, rows: list[Conversation]) -> None:
    reply = collective(anna, rows, drawn_at=(NOW + MINUTE).isoformat())
    late = NOW + MINUTE + timedelta(seconds=1)
    ItemFactory(conversation=rows[1], posted_at=late, fetched_at=late, text="Och på söndag?", cycle=_cycle(rows[1]))
    stands_there(reply)
    assert Item.objects.filter(conversation=rows[1], cycle__ended_at=None).values_list("text", flat=True).get() == (
        "Och på söndag?"
    )


def _cycle(row: Conversation) -> ReplyCycle:
    return ReplyCycle.objects.get(conversation=row, ended_at=None)


def test_whoever_has_to_be_answered_alone_is_not_among_them(anna: Client, rows: list[Conversation]) -> None:
    Conversation.objects.filter(pk=rows[1].pk).update(lane=Conversation.Lane.PERSON)
    Conversation.objects.filter(pk=rows[2].pk).update(lane=Conversation.Lane.LEGAL)
    page = send(anna, rows[0]).content.decode()
    assert "Samlat svar" not in page and "Skicka ändå" in page


def test_where_nobody_else_waits_any_longer_nothing_leaves(anna: Client, rows: list[Conversation]) -> None:
    for row in rows[1:]:
        actions.close(row.pk, reason="other", by=UserFactory(), now=NOW)
    refused = send(anna, rows[0], anyway="repeated together", also=[row.pk for row in rows[1:]], read="1")
    assert refused.status_code == 422
    assert "Ingen annan som du har kryssat för väntar längre." in refused.content.decode()
    assert not Outgoing.objects.filter(conversation=rows[0]).exists()


def test_a_reply_that_waits_for_approval_is_never_a_collective_one(anna: Client, rows: list[Conversation]) -> None:
    ApprovalRule.objects.create(channel=rows[0].channel)
    assert "Samlat svar" not in send(anna, rows[0]).content.decode()
    others = [row.pk for row in rows[1:]]
    assert send(anna, rows[0], anyway="repeated together", also=others, read="1").status_code == 422
    assert not PendingReply.objects.exists()


def test_sent_again_after_a_failure_it_answers_the_same_people(anna: Client, rows: list[Conversation]) -> None:
    reply = collective(anna, rows)
    Outgoing.objects.filter(pk=reply.pk).update(status="failed", error="Facebook svarade inte.")
    again = actions.retry(reply.pk, by=reply.by, now=NOW + MINUTE)
    assert list(again.also.order_by("pk")) == rows[1:]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Hej Lena, vi öppnar 9.", "Hej Lena Ek och Per Bo! Vi öppnar 9."),
        ("Hej vi öppnar klockan 9, välkommen!", "Hej Lena Ek och Per Bo! Hej vi öppnar klockan 9, välkommen!"),
        ("Hejsan!\nVi öppnar 9.", "Hej Lena Ek och Per Bo! Vi öppnar 9."),
    ],
)  # fmt: skip
def test_the_greeting_is_exchanged_and_nothing_else(text: str, read: str) -> None:
    rows = [Conversation(contact=ContactFactory.build(name=name)) for name in ("Lena Ek", "Per Bo")]
    assert together.greeted(text, rows) == read


def test_many_are_greeted_together() -> None:
    rows = [Conversation(contact=ContactFactory.build(name=f"Namn {n}")) for n in range(5)]
    assert together.greeted("Vi öppnar 9.", rows) == "Hej alla ni som undrar samma sak! Vi öppnar 9."
