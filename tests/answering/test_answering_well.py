"""Signatures by pattern, the same words a third time, suggested wordings, the neighbour who was right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership, User
from connectors.base import Sent
from inbox import actions
from inbox.deciding.acting import Refused
from inbox.leaving import sending
from inbox.models import Conversation, Item, Outgoing, ReplyCycle, ReplyTemplate, TemplateEdit
from inbox.writing import screening
from inbox.writing.signing import signed, unsigned
from tests.factories import (
    NOW,
    ChannelFactory,
    ContactFactory,
    ConversationFactory,
    DepartmentFactory,
    ItemFactory,
    UserFactory,
    waiting_conversation,
)

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def eva() -> User:
    person = UserFactory(name="Eva Åberg Lind", title="kommunikatör")
    Membership.objects.create(user=person, department=DepartmentFactory(name="Kultur"), role="communicator")
    return person


@pytest.mark.parametrize(
    ("pattern", "end"),
    [
        ("full", " /Eva, kommunikatör, Kultur"), ("name", " /Eva"), ("initials", " ^EÅL"), ("none", ""),
    ],
)  # fmt: skip
def test_each_account_has_its_pattern(pattern: str, end: str, eva: User) -> None:
    channel = ChannelFactory(signature=pattern)
    once = signed("Vi öppnar 9.", eva, channel)
    assert once == f"Vi öppnar 9.{end}"
    assert signed(once, eva, channel) == once
    assert unsigned(once, eva, channel) == "Vi öppnar 9."


def test_where_there_is_no_room_the_signature_is_the_name_alone(eva: User) -> None:
    channel = ChannelFactory(platform="twitter")
    assert signed("x" * 250, eva, channel) == "x" * 250 + " /Eva, kommunikatör, Kultur"
    assert signed("x" * 260, eva, channel) == "x" * 260 + " /Eva"
    assert signed("x" * 279, eva, channel).endswith(" /Eva")  # too long as it is: the platform says so


def send(client: Client, row: Conversation, text: str, **form: Any) -> Any:
    given = {"verdict": "answer", "text": text, "key": f"{row.pk}-{text[:30]}"} | form
    return client.post(reverse("inbox:reply", args=[row.pk]), given)


def in_one_thread(count: int) -> list[Conversation]:
    first = waiting_conversation()
    return [first, *(waiting_conversation(thread=first.thread) for _ in range(count - 1))]


def test_the_third_time_the_same_words_are_asked_about_whoever_is_greeted(anna: Client) -> None:
    rows = in_one_thread(4)
    assert send(anna, rows[0], "Hej Jonas! Vi öppnar 9.").status_code == 302
    assert send(anna, rows[1], "Hej Lena, vi öppnar  9.").status_code == 302
    asked = send(anna, rows[2], "Hej! Vi öppnar 9.")
    assert asked.status_code == 422 and "Samma svar står redan 2 gånger i tråden" in asked.content.decode()
    assert "Skicka ändå" in asked.content.decode()
    assert send(anna, rows[2], "Hej! Vi öppnar 9.", anyway="repeated").status_code == 302
    assert send(anna, rows[3], "Hej! Simhallen öppnar klockan nio.").status_code == 302


def test_asking_costs_no_more_in_a_thread_of_many_replies(anna: Client, eva: User) -> None:
    def cost(count: int) -> int:
        rows = in_one_thread(count)
        for row in rows:
            actions.reply(row.pk, kind="answer", text=f"Hej {row.pk}", by=eva, key=f"c{row.pk}", now=NOW, sign=True)
        with CaptureQueriesContext(connection) as captured:
            screening.ask_about_repeating(rows[0], "Hej", by=anna.user, acknowledged=())  # type: ignore[attr-defined]
        return len(captured)

    assert cost(1) == cost(5) <= 3


def test_both_warnings_can_be_answered_one_after_the_other(anna: Client) -> None:
    rows, text = in_one_thread(3), "Ditt ärende ligger hos oss."
    for row in rows[:2]:
        assert send(anna, row, text, anyway="case", why="Öppet känt").status_code == 302
    asked = send(anna, rows[2], text, anyway="case", why="Öppet känt")
    assert 'value="case repeated"' in asked.content.decode()
    assert send(anna, rows[2], text, anyway="case repeated", why="Öppet känt").status_code == 302


def test_the_same_words_in_another_thread_are_no_matter(anna: Client) -> None:
    assert [send(anna, waiting_conversation(), "Hej! Vi öppnar 9.").status_code for _ in range(3)] == [302] * 3


@pytest.fixture
def hours() -> ReplyTemplate:
    values = {"review_at": NOW.date() + timedelta(days=90), "changed_at": NOW}
    return ReplyTemplate.objects.create(name="Tider", text="Hej {namn}! Vi öppnar {nästa_vardag}.", **values)


def test_a_changed_template_is_suggested_back_with_its_variables(anna: Client, hours: ReplyTemplate) -> None:
    given = {"template": str(hours.pk)}
    send(anna, waiting_conversation(), "Hej Jonas! Vi öppnar i morgon.", **given)
    assert not TemplateEdit.objects.exists()
    for _ in range(2):
        send(anna, waiting_conversation(), "Hej Jonas! Välkommen, vi öppnar i morgon.", **given)
    edit = TemplateEdit.objects.get()
    assert (edit.text, edit.times) == ("Hej {namn}! Välkommen, vi öppnar {nästa_vardag}.", 2)
    page = anna.get(reverse("inbox:answer_edit", args=[hours.pk])).content.decode()
    assert "Så har kollegor skickat den" in page and edit.text in page
    anna.post(reverse("inbox:settle_edit", args=[edit.pk]), {"answer": "use"})
    hours.refresh_from_db()
    assert hours.text == edit.text and not TemplateEdit.objects.exists()


def test_a_suggestion_can_be_let_be(anna: Client, hours: ReplyTemplate) -> None:
    edit = TemplateEdit.objects.create(template=hours, text="Annat", at=NOW)
    anna.post(reverse("inbox:settle_edit", args=[edit.pk]), {"answer": "leave"})
    hours.refresh_from_db()
    assert hours.text.startswith("Hej {namn}") and not TemplateEdit.objects.exists()


def test_a_holding_template_says_the_promised_time(anna: Client, hours: ReplyTemplate) -> None:
    ReplyTemplate.objects.filter(pk=hours.pk).update(text="Du får svar senast {när}.")
    row = waiting_conversation()
    holding = anna.get(f"/k/{row.pk}/?beslut=holding&mall={hours.pk}").content.decode()
    assert "Du får svar senast i morgon kl. 15.00.</textarea>" in holding
    assert "Du får svar senast {när}.</textarea>" in anna.get(f"/k/{row.pk}/?mall={hours.pk}").content.decode()
    assert send(anna, row, "Du får svar senast {när}.").status_code == 422


@pytest.fixture
def helped() -> tuple[Conversation, Item]:
    """Jonas has asked, and Lena has answered in the same thread."""
    asker = waiting_conversation(posted_at=NOW - 5 * MINUTE)
    neighbour = ConversationFactory(thread=asker.thread, contact=ContactFactory(name="Lena Ek"))
    at = {"posted_at": NOW - 3 * MINUTE, "fetched_at": NOW - 3 * MINUTE}
    return asker, ItemFactory(conversation=neighbour, text="9 till 17!", **at)


def confirm(client: Client, asker: Conversation, item: Item, key: str = "h1") -> Any:
    given = {"item": str(item.pk), "key": key, "drawn_at": NOW.isoformat()}
    return client.post(reverse("inbox:confirm_helper", args=[asker.pk]), given)


def test_one_key_likes_the_neighbour_thanks_and_answers_whoever_asked(
    anna: Client, helped: tuple[Conversation, Item]
) -> None:
    asker, item = helped
    assert "Invånaren svarade rätt" in anna.get(f"/k/{asker.pk}/").content.decode()
    confirm(anna, asker, item)
    confirm(anna, asker, item)
    like, reply = Outgoing.objects.order_by("pk")
    assert (like.kind, like.to, reply.to, reply.text) == ("like", item, item, "Stämmer, tack för hjälpen! /Anna")
    asker.refresh_from_db()
    assert asker.status == "open"  # until the platform has it
    claimed = sending.claim(reply.pk, now=NOW + MINUTE, holder="test")
    assert claimed
    sending.accepted(claimed, Sent("900", NOW + MINUTE), NOW + MINUTE)
    asker.refresh_from_db()
    cycle = ReplyCycle.objects.get(conversation=asker)
    assert (asker.status, cycle.outcome, cycle.reply.external_id) == ("closed", "answered", "900")


def test_an_asker_who_was_ruled_on_meanwhile_stays_done(anna: Client, helped: tuple[Conversation, Item]) -> None:
    asker, item = helped
    confirm(anna, asker, item)
    actions.close(asker.pk, reason="other", by=UserFactory(), now=NOW)
    reply = Outgoing.objects.get(kind="answer")
    claimed = sending.claim(reply.pk, now=NOW + MINUTE, holder="test")
    assert claimed
    sending.accepted(claimed, Sent("900", NOW + MINUTE), NOW + MINUTE)
    asker.refresh_from_db()
    assert (asker.status, ReplyCycle.objects.get(conversation=asker).outcome) == ("closed", "no_reply")


def test_taken_back_nothing_has_happened(anna: Client, helped: tuple[Conversation, Item]) -> None:
    asker, item = helped
    confirm(anna, asker, item)
    reply = Outgoing.objects.get(kind="answer")
    actions.cancel(reply.pk, by=anna.user, now=NOW)  # type: ignore[attr-defined]
    assert set(Outgoing.objects.values_list("status", flat=True)) == {"cancelled"}


def test_the_neighbour_is_somebody_else_in_the_same_thread(anna: Client, helped: tuple[Conversation, Item]) -> None:
    asker, item = helped
    own = asker.items.get()
    elsewhere = ItemFactory()
    for wrong in (own, elsewhere):
        assert confirm(anna, asker, wrong).status_code == 422
    assert confirm(anna, asker, item, key="x" * 80).status_code == 302
    assert not Outgoing.objects.filter(conversation=asker).exists()


def test_who_has_been_answered_meanwhile_is_not_answered_by_a_neighbour(
    anna: Client, helped: tuple[Conversation, Item]
) -> None:
    asker, item = helped
    actions.reply(asker.pk, kind="answer", text="Hej", by=UserFactory(), key="k", now=NOW, delay=10)
    assert "har redan ett svar på väg" in confirm(anna, asker, item).content.decode()
    with pytest.raises(Refused):
        actions.like(asker.pk, by=anna.user, key="l", now=NOW)  # type: ignore[attr-defined]
