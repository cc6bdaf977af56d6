"""Messages are for showing people the right way (R-048), and what a platform will not let us answer says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from connectors.base import Capability
from inbox import actions
from inbox.deciding import abilities
from inbox.models import Conversation, Item, Outgoing
from inbox.writing import texts
from tests.factories import NOW, ThreadFactory, waiting_conversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def private() -> Conversation:
    row = waiting_conversation(thread=ThreadFactory(is_private=True, post=None), text="Får jag bygglov?")
    Item.objects.filter(conversation=row).update(kind="message")
    return row


def page(client: Client, row: Conversation, query: str = "") -> str:
    return client.get(f"/k/{row.pk}/{query}").content.decode()


def test_a_message_opens_with_the_redirect_and_says_why(anna: Client, private: Conversation) -> None:
    shown = page(anna, private)
    assert "Sekretess: hänvisa, handlägg inte här" in shown
    assert "Skicka hänvisningen" in shown
    assert "Går bara till den som skrev" in shown
    assert "Syns för alla" not in shown


def test_a_message_offers_redirect_and_holding_but_no_answer(anna: Client, private: Conversation) -> None:
    for query in ("", "?beslut=answer", "?beslut=moderate", "?beslut=like"):
        shown = page(anna, private, query)
        assert "beslut=redirect" in shown
        assert "beslut=holding" in shown
        assert "beslut=answer#composer" not in shown
        assert "Skicka svaret" not in shown


def test_a_comment_offers_an_answer_as_before(anna: Client) -> None:
    shown = page(anna, waiting_conversation())
    assert "Skicka svaret" in shown
    assert "Sekretess: hänvisa" not in shown


def test_an_answer_to_a_message_is_refused_wherever_it_comes_from(anna: Client, private: Conversation) -> None:
    by = anna.user  # type: ignore[attr-defined]
    with pytest.raises(actions.Refused) as refused:
        actions.reply(private.pk, kind="answer", text="Ja, du får bygglov.", by=by, key="k", now=NOW)
    assert refused.value.code == "private"
    assert not Outgoing.objects.exists()


def test_a_redirect_of_a_message_is_queued(anna: Client, private: Conversation) -> None:
    by = anna.user  # type: ignore[attr-defined]
    queued = actions.reply(private.pk, kind="redirect", text="Ring växeln.", by=by, key="k", now=NOW)
    assert (queued.kind, queued.to.kind) == ("redirect", "message")


def test_the_holding_draft_of_a_message_promises_no_answer(private: Conversation) -> None:
    words = texts.holding(private, NOW + timedelta(days=1))
    assert "vart du kan vända dig" in words
    assert "Du får svar här" not in words


def test_nothing_else_can_be_done_with_a_message(private: Conversation) -> None:
    assert not abilities.of(private.items.get(), private) & set(Capability)


def test_what_cannot_be_answered_from_here_leads_to_the_platform(anna: Client) -> None:
    row = waiting_conversation(text="Någon som vet? #exempelby")
    Item.objects.filter(conversation=row).update(can_reply=False, url="https://x.com/i/status/1")
    shown = page(anna, row)
    assert "tar troligen inte emot ett svar härifrån" in shown
    assert shown.count('href="https://x.com/i/status/1"') >= 2
