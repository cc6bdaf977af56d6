"""The forms, as a browser without a script sends them: each does one thing, is answered once, and loses no word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from inbox.models import Conversation, Outgoing, RedirectTarget, VerdictEvent
from tests.factories import NOW, ItemFactory, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db


def reply(client: Client, row: Conversation, **form: Any) -> Any:
    given = {"verdict": "answer", "text": "Öppet 9–16.", "key": "abc", "drawn_at": NOW.isoformat()} | form
    return client.post(f"/k/{row.pk}/svara/", given)


def words(answer: Any) -> str:
    return str(answer.content.decode())


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_a_reply_waits_ten_seconds_signed_and_the_next_one_opens(anna: Client) -> None:
    row, other = waiting_conversation(), waiting_conversation(posted_at=NOW + timedelta(minutes=1))
    answer = reply(anna, row)
    outgoing = Outgoing.objects.get()
    assert (outgoing.text, outgoing.not_before) == ("Öppet 9–16. /Anna", NOW + timedelta(seconds=10))
    assert answer["Location"] == f"/k/{other.pk}/"
    assert said(answer) == ["Svar till Jonas Berg skickas om 10 sekunder."]


def test_after_the_last_one_the_list_is_shown(anna: Client) -> None:
    assert reply(anna, waiting_conversation())["Location"] == "/"


def test_a_double_click_sends_one_reply(anna: Client) -> None:
    row = waiting_conversation()
    reply(anna, row)
    assert reply(anna, row).status_code == 302
    assert Outgoing.objects.count() == 1


REFUSED = [
    ({"text": "   "}, "Skriv ett svar först."),
    ({"verdict": "finns-inte"}, "Välj svar, besked eller hänvisning."),
    ({"verdict": "no_reply"}, "Välj svar, besked eller hänvisning."),
    ({"verdict": "holding"}, "Ange dag och klockslag"),
    ({"verdict": "holding", "promised_day": "2026-13-99", "promised_time": "x"}, "Ange dag och klockslag"),
    ({"verdict": "holding", "promised_day": "2026-11-20", "promised_time": "10:00"}, "har redan passerat"),
    ({"text": "nul \0 i texten"}, "tecken som inte går att skicka"),
]


@pytest.mark.parametrize(("form", "why"), REFUSED)
def test_a_refused_reply_says_why_and_keeps_every_word(form: dict[str, str], why: str, anna: Client) -> None:
    row = waiting_conversation()
    answer = reply(anna, row, **({"text": "Mina  ord\nhär <b>"} | form))
    assert answer.status_code == 422
    assert why in words(answer)
    assert (form.get("text") or "Mina  ord\nhär &lt;b&gt;") in words(answer)
    assert form.get("promised_day", "") in words(answer)
    assert not Outgoing.objects.exists()


def test_a_reply_to_what_is_gone_says_so_and_keeps_every_word(anna: Client) -> None:
    row = waiting_conversation()
    row.items.update(deleted_at=NOW)
    answer = reply(anna, row)
    assert answer.status_code == 422
    assert "borttaget och kan inte besvaras" in words(answer)
    assert ">Öppet 9–16.</textarea>" in words(answer)


def test_who_was_told_of_anothers_answer_may_send_all_the_same(anna: Client) -> None:
    row = waiting_conversation()
    early = (NOW - timedelta(minutes=5)).isoformat()
    ItemFactory(conversation=row, from_us=True, native=True, fetched_at=NOW - timedelta(seconds=40), text="Vårt svar")
    refused = reply(anna, row, drawn_at=early)
    assert refused.status_code == 422
    assert "från appen" in words(refused)
    assert reply(anna, row, drawn_at=refused.context["composer"]["drawn_at"]).status_code == 302


def test_two_at_once_get_one_reply_out_and_the_other_is_told_whose(
    anna: Client, sign_in: Callable[..., Client]
) -> None:
    row = waiting_conversation()
    reply(anna, row)
    answer = reply(sign_in(name="Per Lund"), row, key="annan")
    assert answer.status_code == 422
    assert "Anna har redan ett svar på väg till samma person." in words(answer)


def test_to_htmx_a_refusal_is_the_pane_alone(anna: Client) -> None:
    row = waiting_conversation()
    form = {"verdict": "answer", "text": " ", "key": "k", "drawn_at": NOW.isoformat()}
    answer = anna.post(f"/k/{row.pk}/svara/", form, headers={"HX-Request": "true", "HX-Target": "pane"})
    assert answer.status_code == 422
    assert "<html" not in words(answer)
    assert "Skriv ett svar först." in words(answer)


def test_to_htmx_a_verdict_answers_with_the_next_pane_and_a_toast(anna: Client) -> None:
    row, other = waiting_conversation(), waiting_conversation(posted_at=NOW + timedelta(minutes=1))
    headers = {"HX-Request": "true", "HX-Target": "pane"}
    answer = anna.post(f"/k/{row.pk}/beslut/no_reply/", {"reason": "emoji"}, headers=headers)
    assert answer["HX-Push-Url"] == f"/k/{other.pk}/"
    assert 'hx-swap-oob="beforeend"' in words(answer)
    assert "Jonas Berg: inget svar behövs." in words(answer)


def test_what_was_done_is_told_once_in_the_inbox_beside_what_one_does_next(anna: Client) -> None:
    row, _other = waiting_conversation(), waiting_conversation(posted_at=NOW + timedelta(minutes=1))
    page = words(anna.post(f"/k/{row.pk}/beslut/no_reply/", {"reason": "emoji"}, follow=True))
    assert page.count('id="toasts"') == page.count("data-undo") == 1
    assert page.index('class="inbox"') < page.index("inget svar behövs.") < page.index('class="views"')


def test_no_reply_needs_a_reason_and_is_undone_within_seconds(anna: Client) -> None:
    row = waiting_conversation()
    refused = anna.post(f"/k/{row.pk}/beslut/no_reply/", {"reason": ""})
    assert refused.status_code == 422
    assert "Välj varför." in words(refused)
    anna.post(f"/k/{row.pk}/beslut/no_reply/", {"reason": "tagged_friend"})
    row.refresh_from_db()
    assert row.status == "closed"
    answer = anna.post(f"/beslut/{VerdictEvent.objects.get().pk}/angra/")
    assert answer["Location"] == f"/k/{row.pk}/"
    row.refresh_from_db()
    assert row.status == "open"
    assert row.due_at is not None


def test_a_reply_is_taken_back_until_it_leaves(anna: Client) -> None:
    row = waiting_conversation()
    reply(anna, row)
    outgoing = Outgoing.objects.get()
    assert anna.post(f"/svar/{outgoing.pk}/angra/").status_code == 302
    Outgoing.objects.update(status="sending")
    late = anna.post(f"/svar/{outgoing.pk}/angra/")
    assert late.status_code == 422
    assert "Hann skickas." in words(late)


def test_a_redirect_brings_its_text_and_where_it_leads(anna: Client) -> None:
    row = waiting_conversation()
    target = RedirectTarget.objects.create(name="Felanmälan", text="Anmäl det här:", url="https://x.example/fel")
    RedirectTarget.objects.create(name="Gammal", text="x", is_active=False)
    page = words(anna.get(f"/k/{row.pk}/?beslut=redirect&hanvisning={target.pk}"))
    assert ">Hej Jonas! Anmäl det här: https://x.example/fel</textarea>" in page
    assert "Gammal" not in page
    reply(anna, row, verdict="redirect", redirect=target.pk)
    assert (Outgoing.objects.get().kind, Outgoing.objects.get().redirect) == ("redirect", target)


@pytest.mark.parametrize("chosen", ["999", "x", "²", "-1", ""])
def test_a_redirect_that_is_not_there_brings_no_text(chosen: str, anna: Client) -> None:
    row = waiting_conversation()
    assert anna.get(f"/k/{row.pk}/?beslut=redirect&hanvisning={chosen}").context["composer"]["text"] == ""


def test_an_unknown_reply_is_settled_by_its_link_or_sent_again(anna: Client) -> None:
    row = waiting_conversation()
    reply(anna, row)
    outgoing = Outgoing.objects.get()
    Outgoing.objects.update(status="unknown", unknown_since=NOW, claimed_at=NOW)
    assert "Det finns inte, skicka igen" in words(anna.get(f"/k/{row.pk}/"))
    refused = anna.post(f"/svar/{outgoing.pk}/kontrollerat/", {"answer": "sent", "link": "  "})
    assert refused.status_code == 422
    assert "Klistra in länken" in words(refused)
    anna.post(f"/svar/{outgoing.pk}/kontrollerat/", {"answer": "missing"})
    outgoing.refresh_from_db()
    assert outgoing.status == "queued"


def test_a_failed_reply_is_sent_again_as_it_was(anna: Client) -> None:
    row = waiting_conversation()
    reply(anna, row)
    failed = Outgoing.objects.get()
    Outgoing.objects.update(status="failed", error="Facebook tog inte emot svaret.")
    assert "Facebook tog inte emot svaret." in words(anna.get(f"/k/{row.pk}/"))
    anna.post(f"/svar/{failed.pk}/forsok-igen/")
    assert Outgoing.objects.latest("pk").text == failed.text


def test_people_are_chosen_and_released(anna: Client) -> None:
    row, per = waiting_conversation(), UserFactory(name="Per Lund")
    assert said(anna.post(f"/k/{row.pk}/tilldela/", {"assignee": per.pk})) == ["Per Lund är ansvarig."]
    row.refresh_from_db()
    assert row.assignee == per
    anna.post(f"/k/{row.pk}/tilldela/", {"assignee": ""})
    row.refresh_from_db()
    assert row.assignee is None


def test_a_reader_cannot_be_made_responsible(anna: Client) -> None:
    row, olle = waiting_conversation(), UserFactory(name="Olle Ask", role="reader")
    answer = anna.post(f"/k/{row.pk}/tilldela/", {"assignee": olle.pk})
    assert answer.status_code == 422
    assert "Olle Ask får inte svara" in words(answer)


def test_a_note_is_ours_alone_and_a_refused_one_keeps_its_words(anna: Client) -> None:
    row = waiting_conversation()
    anna.post(f"/k/{row.pk}/anteckning/", {"note": "Ring badmästaren."})
    assert "Ring badmästaren." in words(anna.get(f"/k/{row.pk}/"))
    refused = anna.post(f"/k/{row.pk}/anteckning/", {"note": "Ord med \0"})
    assert refused.status_code == 422
    assert "Ord med" in words(refused)


def test_a_done_conversation_is_opened_again(anna: Client) -> None:
    row = waiting_conversation()
    anna.post(f"/k/{row.pk}/beslut/no_reply/", {"reason": "other"})
    assert "Återöppna" in words(anna.get(f"/k/{row.pk}/"))
    anna.post(f"/k/{row.pk}/ateroppna/")
    row.refresh_from_db()
    assert row.status == "open"


@pytest.mark.parametrize("path", ["svara/", "beslut/no_reply/", "tilldela/", "anteckning/", "ateroppna/"])
def test_an_address_of_a_form_leads_to_its_conversation_when_visited(path: str, anna: Client) -> None:
    row = waiting_conversation()
    answer = anna.get(f"/k/{row.pk}/{path}?vy=mine")
    assert answer["Location"] == f"/k/{row.pk}/?vy=mine"


def test_history_says_who_did_what(anna: Client) -> None:
    row = waiting_conversation()
    anna.post(f"/k/{row.pk}/beslut/no_reply/", {"reason": "emoji"})
    anna.post(f"/beslut/{VerdictEvent.objects.get().pk}/angra/")
    page = words(anna.get(f"/k/{row.pk}/"))
    assert "Inget svar behövs: Endast emoji" in page
    assert "(ångrat)" in page
