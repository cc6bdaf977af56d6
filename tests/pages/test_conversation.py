"""One conversation: the thread around it, its deadline explained, its history, and what is told while one writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.html import escape

from accounts.models import Channel
from connectors.base import Sent
from inbox import actions
from inbox.leaving import sending
from inbox.models import Conversation, ItemVersion, Outgoing
from inbox.showing import around
from tests.factories import NOW, ConversationFactory, ItemFactory, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def page(client: Client, row: Conversation, query: str = "") -> str:
    return client.get(f"/k/{row.pk}/{query}").content.decode()


def accepted(reply: Outgoing) -> None:
    claimed = sending.claim(reply.pk, now=reply.not_before, holder="test")
    assert claimed
    sending.accepted(claimed, Sent("900", NOW), NOW)


def test_the_part_that_htmx_asks_for_takes_fewer(anna: Client, django_assert_max_num_queries: Callable) -> None:
    row = waiting_conversation()
    headers = {"HX-Request": "true", "HX-Target": "pane"}
    anna.get(f"/k/{row.pk}/", headers=headers)
    with django_assert_max_num_queries(9):
        part = anna.get(f"/k/{row.pk}/", headers=headers)
    assert part["HX-Push-Url"] == f"/k/{row.pk}/"
    assert "<html" not in part.content.decode()


def test_the_thread_is_a_tree_with_each_answer_below_what_it_answers() -> None:
    row = ConversationFactory()
    top = ItemFactory(conversation=row, external_id="1", posted_at=NOW)
    late = ItemFactory(conversation=row, external_id="4", posted_at=NOW + 3 * HOUR)
    below = ItemFactory(conversation=row, external_id="2", parent_external_id="1", posted_at=NOW + HOUR)
    deep = ItemFactory(conversation=row, external_id="3", parent_external_id="2", posted_at=NOW + 2 * HOUR)
    places, left_out = around.items(row)
    assert [(place.item, place.depth) for place in places] == [(top, 0), (below, 1), (deep, 2), (late, 0)]
    assert left_out == 0


def test_answers_that_go_round_in_a_circle_are_all_shown() -> None:
    row = ConversationFactory()
    ItemFactory(conversation=row, external_id="1", parent_external_id="2", posted_at=NOW)
    ItemFactory(conversation=row, external_id="2", parent_external_id="1", posted_at=NOW + HOUR)
    ItemFactory(conversation=row, external_id="3", parent_external_id="3", posted_at=NOW)
    assert len(around.items(row)[0]) == 3


def test_any_deadline_explains_itself_in_words_and_names_its_rule(anna: Client) -> None:
    row = waiting_conversation(posted_at=NOW - 4 * 24 * HOUR)  # Friday 10.00
    words = page(anna, row)
    assert "Varför denna frist?" in words
    assert "Kom in fredag 20 november 2026 kl. 10.00." in words
    assert "klockan står still (helg)" in words
    assert "version 1." in words


def test_a_deadline_explains_itself_over_what_one_is_doing_and_on_a_page(anna: Client) -> None:
    row = waiting_conversation()
    page = anna.get(f"/k/{row.pk}/frist/")
    over = anna.get(f"/k/{row.pk}/frist/", headers={"HX-Request": "true", "HX-Target": "dialog"})
    assert b"Regel:" in over.content
    assert b"Till konversationen" in page.content
    assert b"Till konversationen" not in over.content
    assert b"<html" not in over.content


def test_a_promised_deadline_says_what_was_promised(anna: Client) -> None:
    row = waiting_conversation()
    by = anna.user  # type: ignore[attr-defined]
    promised_at = NOW + 53 * HOUR
    accepted(actions.reply(row.pk, kind="holding", text="Hej", by=by, key="k", now=NOW, promised_at=promised_at))
    assert "Vi gav besked i dag 10.00 och lovade svar torsdag 26 nov 15.00." in page(anna, row)


def test_who_saw_it_first_and_when_is_kept(anna: Client, sign_in: Callable[..., Client]) -> None:
    row = waiting_conversation(posted_at=NOW - HOUR)
    page(anna, row)
    assert "först sedd i dag 10.00 av Anna" in page(sign_in(name="Per Lund"), row)


def test_what_was_fetched_late_says_so_once_the_channel_was_connected(anna: Client) -> None:
    row = waiting_conversation(posted_at=NOW - 3 * HOUR)
    Channel.objects.update(created_at=NOW - 90 * 24 * HOUR)
    row.items.update(fetched_at=NOW)
    assert "hämtad 3 h efter publicering" in page(anna, row)
    Channel.objects.update(created_at=NOW)
    assert "efter publicering" not in page(anna, row)


def test_earlier_words_and_deletions_are_shown_as_such(anna: Client) -> None:
    row = waiting_conversation(text="Nya ord")
    item = row.items.get()
    ItemVersion.objects.create(item=item, text="Gamla ord", replaced_at=NOW)
    row.items.update(edited_at=NOW, deleted_at=NOW)
    words = page(anna, row)
    assert "Gamla ord" in words
    assert "Borttagen av avsändaren." in words


HOSTILE = (
    "<script>alert(1)</script>",
    "{{ request.user.password }}{% debug %}",
    '"><img src=x onerror=alert(1)>',
    "\u202egnäv tåh\u202c",
    "\u200b\u200b",
    "x" * 10_000,
    "</textarea></div></article>",
    "&lt;b&gt;",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_shown_as_words(text: str, anna: Client) -> None:
    row = waiting_conversation(text=text[:400])
    row.items.update(text=text)
    row.contact.name = text[:300]
    row.contact.save()
    for words in (page(anna, row), page(anna, row, "?beslut=holding")):
        assert escape(text) in words
        if escape(text) != text:
            assert text not in words


def test_the_signature_stands_in_the_composer(anna: Client) -> None:
    assert "<span data-signature>/Anna</span>" in page(anna, waiting_conversation())


def test_a_reply_taken_back_gives_its_words_back_to_its_author_alone(
    anna: Client, sign_in: Callable[..., Client]
) -> None:
    row = waiting_conversation()
    by = anna.user  # type: ignore[attr-defined]
    reply = actions.reply(row.pk, kind="answer", text="Öppet 9–16.", by=by, key="k", now=NOW, delay=10.0, sign=True)
    actions.cancel(reply.pk, by=by, now=NOW)
    assert ">Öppet 9–16.</textarea>" in page(anna, row)
    assert "Öppet 9–16." not in page(sign_in(name="Per Lund"), row)


def told(client: Client, row: Conversation) -> str:
    """What an open page is told that was drawn before the conversation became as it is now."""
    query = {"oppen": row.pk, "revision": 1, "ritad": (NOW + HOUR).isoformat(), "sedan": NOW.isoformat()}
    meanwhile = client.get("/nytt/", query).context["meanwhile"]
    return str(meanwhile["words"])


def test_an_open_page_is_told_of_edits_deletions_more_words_and_other_hands(anna: Client) -> None:
    row = waiting_conversation()
    later = NOW + 2 * HOUR
    assert row.revision == 1
    assert told(anna, row) == ""
    Conversation.objects.filter(pk=row.pk).update(revision=2)
    assert told(anna, row) == "Någon annan har ändrat något här."
    row.items.update(edited_at=later)
    assert told(anna, row) == "Jonas Berg har ändrat sin text."
    ItemFactory(conversation=row, posted_at=later, fetched_at=later)
    assert told(anna, row) == "Jonas Berg har skrivit mer."
    row.items.update(deleted_at=later)
    assert told(anna, row) == "Jonas Berg har tagit bort det du svarar på."
    Outgoing.objects.create(
        conversation=row, kind="answer", to=row.items.first(), text="Hej", key="x", drawn_at=later,
        by=UserFactory(name="Per Lund"), created_at=later, not_before=later,
    )  # fmt: skip
    assert told(anna, row) == "Per har redan ett svar på väg till samma person."


def test_ones_own_reply_on_its_way_is_no_news(anna: Client) -> None:
    row = waiting_conversation()
    actions.reply(row.pk, kind="answer", text="Hej", by=anna.user, key="k", now=NOW, delay=10.0)  # type: ignore[attr-defined]
    assert told(anna, row) == ""


NONSENSE = ("oppen=1&ritad=x", "oppen=x&revision=1", "oppen=9999&revision=1&ritad=2026-11-24T09:00:00Z")


@pytest.mark.parametrize("query", NONSENSE)
def test_news_of_a_conversation_that_makes_no_sense_is_none(query: str, anna: Client) -> None:
    assert anna.get(f"/nytt/?{query}").context["meanwhile"] is None
