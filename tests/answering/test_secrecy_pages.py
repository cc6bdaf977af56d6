"""The secrecy guard in the pages: what citizens wrote is masked, what we write is stopped or questioned."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from inbox import ingest
from inbox.incoming import places
from inbox.models import Conversation, Item, Outgoing, RedirectTarget
from inbox.writing import approvals
from inbox.writing.signing import still_signed
from tests.factories import NOW, ItemFactory, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db
NUMBER = "811228-9874"


def send(client: Client, conversation: Conversation, text: str, **fields: str) -> Any:
    form = {"verdict": "answer", "key": text[:20] + str(fields), "text": text, **fields}
    return client.post(reverse("inbox:reply", args=[conversation.pk]), form)


def test_the_list_masks_a_citizens_number_and_says_so(anna: Client) -> None:
    row = waiting_conversation(text=f"Mitt barn {NUMBER} står i kö")
    places.refresh_personal([row.pk])
    page = anna.get("/").content.decode()
    assert NUMBER not in page and "••••••-••••" in page
    assert "Personuppgift" in page


def test_the_badge_knows_every_open_comment_and_leaves_with_the_last(anna: Client) -> None:
    row = waiting_conversation(text="Hej, hur gör man?")
    told = ItemFactory(conversation=row, text=f"Mitt nummer är {NUMBER}", unsettled=True)
    ItemFactory(conversation=row, text="Tack på förhand", unsettled=True)
    ingest.settle([row.thread_id], NOW)
    assert "Personuppgift" in anna.get("/").content.decode()
    Item.objects.filter(pk=told.pk).update(hidden=True)
    places.refresh_personal([row.pk])
    assert "Personuppgift" not in anna.get("/").content.decode()
    Item.objects.filter(pk=told.pk).update(hidden=False, deleted_at=NOW)
    places.refresh_personal([row.pk])
    assert "Personuppgift" not in anna.get("/").content.decode()


def test_the_thread_masks_it_until_visa_and_proposes_to_hide_and_contact(anna: Client) -> None:
    conversation = waiting_conversation(text=f"Mitt barn {NUMBER} står i kö")
    page = anna.get(reverse("inbox:conversation", args=[conversation.pk])).content.decode()
    outside = re.sub(r"<details class=\"masked\">.*?</details>", "", page, flags=re.DOTALL)
    assert NUMBER in page and NUMBER not in outside
    assert "dölj och kontakta" in page


def test_an_ordinary_comment_has_no_bar_and_no_badge(anna: Client) -> None:
    conversation = waiting_conversation(text="När öppnar simhallen?")
    page = anna.get(reverse("inbox:conversation", args=[conversation.pk])).content.decode()
    assert "Personuppgift" not in page and 'class="masked"' not in page


def test_masking_changes_nothing_that_is_stored(anna: Client) -> None:
    conversation = waiting_conversation(text=f"Nr {NUMBER}")
    anna.get(reverse("inbox:conversation", args=[conversation.pk]))
    assert Item.objects.get(conversation=conversation).text == f"Nr {NUMBER}"


def test_a_reply_with_an_identity_number_is_never_sent_and_its_text_is_kept(anna: Client) -> None:
    conversation = waiting_conversation()
    answer = send(anna, conversation, f"Vi har hittat {NUMBER}", anyway="identity phone")
    assert answer.status_code == 422
    assert "personnummer" in answer.content.decode() and f"Vi har hittat {NUMBER}" in answer.content.decode()
    assert not Outgoing.objects.exists()


def test_a_warning_lets_the_second_click_send_and_is_remembered_without_the_text(anna: Client) -> None:
    conversation = waiting_conversation()
    first = send(anna, conversation, "Vi har fått ditt ärende")
    assert first.status_code == 422 and "Skicka ändå" in first.content.decode()
    send(anna, conversation, "Vi har fått ditt ärende", anyway="case", why="Personen har själv bett om det")
    assert Outgoing.objects.get().text.startswith("Vi har fått ditt ärende")
    assert AuditEvent.objects.get(action="reply.sent_after_warning").data == {"kinds": ["case"]}


def test_what_was_not_warned_of_warns_anew(anna: Client) -> None:
    conversation = waiting_conversation()
    answer = send(
        anna,
        conversation,
        "Ditt ärende, ring Per på 070-123 45 67",
        anyway="case",
        why="Personen har själv bett om det",
    )
    assert answer.status_code == 422 and not Outgoing.objects.exists()
    assert 'value="case phone"' in answer.content.decode() or 'value="phone case"' in answer.content.decode()


def test_a_number_that_we_redirect_to_is_ours(anna: Client) -> None:
    RedirectTarget.objects.create(name="Kontaktcenter", text="Ring 0340-880 00.")
    conversation = waiting_conversation()
    send(anna, conversation, "Ring 0340 88000 så hjälper vi dig.")
    assert Outgoing.objects.count() == 1


def test_an_identity_number_in_an_earlier_version_is_masked_as_well(anna: Client) -> None:
    conversation = waiting_conversation(text="Glöm det")
    item = Item.objects.get(conversation=conversation)
    item.versions.create(text=f"Nr {NUMBER}", replaced_at=item.posted_at)
    Item.objects.filter(pk=item.pk).update(edited_at=item.posted_at)
    page = anna.get(reverse("inbox:conversation", args=[conversation.pk])).content.decode()
    outside = re.sub(r"<details class=\"masked\">.*?</details>", "", page, flags=re.DOTALL)
    assert NUMBER in page and NUMBER not in outside


def test_a_refused_reply_leaves_no_trace_of_an_overridden_warning(anna: Client) -> None:
    conversation = waiting_conversation()
    answer = send(anna, conversation, "Ditt ärende", anyway="case", why="x", verdict="holding")
    assert answer.status_code == 422
    assert not AuditEvent.objects.filter(action="reply.sent_after_warning").exists()


def mend(client: Client, reply: Item, text: str, **fields: str) -> Any:
    form = {"reply": reply.pk, "key": text[:20] + str(fields), "text": text, **fields}
    return client.post(reverse("inbox:edit_reply", args=[Conversation.objects.get().pk]), form)


def ours(text: str) -> Item:
    row = waiting_conversation()
    given = {"from_us": True, "contact": None, "conversation": None, "thread": row.thread, "text": text}
    return ItemFactory(channel=row.channel, **given)


def test_a_new_wording_of_a_reply_is_looked_through_as_the_reply_was(anna: Client) -> None:
    reply = ours("Vi öppnar klockan nio. /Anna")
    stopped = mend(anna, reply, f"Vi öppnar klockan nio. Ditt nummer är {NUMBER}")
    assert stopped.status_code == 422 and NUMBER in stopped.content.decode() and not Outgoing.objects.exists()
    warned = mend(anna, reply, "Vi har fått ditt ärende. /Anna")
    assert warned.status_code == 422 and 'name="why"' in warned.content.decode() and not Outgoing.objects.exists()
    mend(anna, reply, "Vi har fått ditt ärende. /Anna", anyway="case", why="Personen har själv bett om det")
    assert Outgoing.objects.get().text == "Vi har fått ditt ärende. /Anna"


def test_a_new_wording_keeps_the_signature_or_has_another(anna: Client) -> None:
    reply = ours("Vi öppnar klockan nio. /Anna, kommunikatör")
    mend(anna, reply, "Vi öppnar klockan tio.")
    mend(anna, reply, "Vi öppnar klockan elva. /Per")
    texts = ["Vi öppnar klockan tio. /Anna, kommunikatör", "Vi öppnar klockan elva. /Per"]
    assert list(Outgoing.objects.order_by("pk").values_list("text", flat=True)) == texts


@pytest.mark.parametrize("text", ["Se https://a.example/fel", "Hundar och/eller katter", "Öppet 24/7", ""])
def test_what_was_not_signed_is_not_signed_by_a_new_wording(text: str) -> None:
    assert still_signed("Ny text.", text) == "Ny text."


def test_what_an_approver_changes_is_looked_through_and_what_the_author_answered_for_is_not_asked_again(
    anna: Client,
) -> None:
    row, author = waiting_conversation(), UserFactory()
    pending = approvals.submit(row.pk, kind="answer", text="Vi har ditt ärende. /Bo", by=author, key="k", now=NOW)
    there = reverse("inbox:approve", args=[pending.pk])
    for text in (f"Vi har ditt ärende, {NUMBER}.", "Vi har ditt ärende. Ring Per på 070-123 45 67."):
        answer = anna.post(there, {"text": text, "drawn_at": NOW.isoformat()})
        assert answer.status_code == 422 and text in answer.content.decode()
    assert 'name="why"' in answer.content.decode() and not Outgoing.objects.exists()
    anna.post(there, {"text": "Vi har ditt ärende, och hör av oss.", "drawn_at": NOW.isoformat()})
    assert Outgoing.objects.get().text == "Vi har ditt ärende, och hör av oss. /Bo"
