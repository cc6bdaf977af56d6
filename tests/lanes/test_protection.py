"""Hateful text stays blurred until it is chosen; barriers are told of; hostile text is text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from inbox import actions
from inbox.lanes import barriers
from inbox.models import BarrierReport, Conversation, Exposure, Item, ItemVersion
from inbox.showing import protection
from inbox.writing import approvals
from tests.factories import NOW, ItemFactory, UserFactory

pytestmark = pytest.mark.django_db
Write = Callable[..., Conversation]
HATE = "Ni är idioter hela bunten"


def test_in_protected_mode_hate_is_not_in_the_list_and_folded_in_the_thread(write: Write, anna: Client) -> None:
    row = write(HATE)
    assert HATE in anna.get("/").content.decode()
    anna.post("/skydd/", {"next": "/?vy=mine"})
    page = anna.get("/").content.decode()
    assert HATE not in page and "Dolt innehåll" in page
    thread = anna.get(f"/k/{row.pk}/").content.decode()
    folded = thread.split('<details class="blurred"')[1].split("</details>")[0]
    assert HATE in folded and thread.count(HATE) == 1
    assert "open" not in folded.split("</summary>")[0]


def test_it_is_remembered_and_switched_off_again(write: Write, anna: Client) -> None:
    write(HATE)
    anna.post("/skydd/")
    again = Client()
    again.force_login(anna.user)  # type: ignore[attr-defined]
    assert HATE not in again.get("/").content.decode()
    again.post("/skydd/")
    assert HATE in again.get("/").content.decode()


def test_whoever_has_seen_enough_of_it_in_a_day_is_told_so_and_nobody_else(anna: Client) -> None:
    answers = [anna.post("/skydd/visad/") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [204] * 9 + [200, 204]
    assert "10 dolda texter i dag" in answers[9].content.decode()
    assert protection.counted(UserFactory(), NOW) == (0, 0)


def test_the_way_back_leads_nowhere_else(anna: Client) -> None:
    assert anna.post("/skydd/", {"next": "https://ond.example/"}).headers["Location"] == "/"
    assert anna.post("/skydd/", {"next": "//ond.example/"}).headers["Location"] == "/"
    assert anna.post("/skydd/", {"next": "/?vy=mine"}).headers["Location"] == "/?vy=mine"


def test_what_was_chosen_is_counted_for_oneself_alone(anna: Client) -> None:
    anna.post("/skydd/visad/")
    anna.post("/skydd/visad/")
    protection.seen(UserFactory(), NOW)
    assert "Du har valt att visa 2 i dag och 2 de senaste sju dagarna" in anna.get("/jag/").content.decode()
    assert protection.purge(NOW + timedelta(days=100)) == Exposure.objects.count() + 2


def test_what_a_rule_blurs_is_blurred_though_its_words_are_not_hateful(write: Write, anna: Client) -> None:
    row = write("En bild på något hemskt")
    Conversation.objects.filter(pk=row.pk).update(blurred=True)
    anna.post("/skydd/")
    assert "En bild på något" not in anna.get("/").content.decode()


def folded_in(page: str) -> str:
    """Give what a page holds folded, and see to it that the words stand there alone."""
    folded = page.split('<details class="blurred"')[1].split("</details>")[0]
    assert (folded.count(HATE), page.count(HATE)) == (1, 1)
    return folded


def test_a_search_finds_it_and_blurs_it_but_not_what_we_wrote_ourselves(write: Write, anna: Client) -> None:
    row = write(HATE)
    ItemFactory(conversation=row, text="Vi hör dig. Idioter är vi inte.", from_us=True, posted_at=NOW)
    assert "<mark>idioter</mark>" in anna.get("/?sok=idioter").content.decode()
    anna.post("/skydd/")
    page = anna.get("/?sok=idioter").content.decode()
    assert "Ni är" not in page and page.count("Dolt innehåll") == 1
    assert "<mark>Idioter</mark> är vi inte" in page


def test_a_search_blurs_what_a_rule_blurs(write: Write, anna: Client) -> None:
    row = write("En bild på något hemskt")
    Conversation.objects.filter(pk=row.pk).update(blurred=True)
    anna.post("/skydd/")
    page = anna.get("/?sok=hemskt").content.decode()
    assert "En bild" not in page and "Dolt innehåll" in page


def test_what_several_are_shown_in_before_a_decision_folds_it(write: Write, anna: Client) -> None:
    rows = [write(HATE), write("När öppnar simhallen?")]
    form = {"row": [row.pk for row in rows], "do": "answer", "drawn_at": (NOW + timedelta(hours=1)).isoformat()}
    assert '<details class="blurred"' not in anna.post("/val/", form).content.decode()
    anna.post("/skydd/")
    page = anna.post("/val/", form).content.decode()
    assert "Visa" in folded_in(page) and "När öppnar simhallen?" in page


def test_whoever_approves_a_reply_finds_folded_what_it_answers(write: Write, anna: Client) -> None:
    row = write(HATE)
    pending = approvals.submit(row.pk, kind="answer", text="Hej!", by=UserFactory(), key="k", now=NOW)
    url = f"/godkanna/{pending.pk}/"
    assert HATE in anna.get(url).content.decode()
    anna.post("/skydd/")
    assert "Visa" in folded_in(anna.get(url).content.decode())
    Item.objects.update(text="En bild på något hemskt")
    Conversation.objects.update(blurred=True)
    assert '<details class="blurred"' in anna.get(url).content.decode()


def test_the_whole_thread_earlier_wordings_and_the_choice_of_what_to_moderate_blur_it_too(
    write: Write, admin: Client
) -> None:
    row = write(HATE)
    Item.objects.update(text="Ni är inte kloka", edited_at=NOW)
    ItemVersion.objects.create(item=Item.objects.get(), text=HATE, replaced_at=NOW)
    admin.post("/skydd/")
    folded_in(admin.get(f"/k/{row.pk}/").content.decode())
    Item.objects.update(text=HATE, edited_at=None)
    ItemVersion.objects.all().delete()
    folded_in(admin.get(f"/k/{row.pk}/trad/").content.decode())
    folded_in(admin.get(f"/k/{row.pk}/?beslut=moderate").content.decode())


def test_the_cards_and_tables_that_repeat_it_blur_it(write: Write, admin: Client) -> None:
    write(HATE)
    for days, path in ((3, "/helgkoll/"), (7, "/uppfoljning/rader/?figur=still_open&vecka=2026-W48")):
        with time_machine.travel(NOW + timedelta(days=days, hours=6), tick=False):
            admin.force_login(admin.user)  # type: ignore[attr-defined]  # days later a sign-in has run out
            shown = admin.get(path).content.decode()
            admin.post("/skydd/")
            blurred = admin.get(path).content.decode()
            admin.post("/skydd/")
        assert HATE in shown and HATE not in blurred and "Dolt innehåll" in blurred, path


def test_a_question_to_an_expert_holds_nothing_of_what_is_blurred(write: Write, anna: Client) -> None:
    row = write(HATE)
    write("När plogar ni Ekvägen?", row=row, at=NOW + timedelta(seconds=5))
    form = f"/k/{row.pk}/?beslut=ask_expert"
    question = anna.get(form).context["panel"]["text"]
    assert HATE in question and "Ekvägen" in question
    anna.post("/skydd/")
    page = anna.get(form)
    assert page.context["panel"]["text"] == "När plogar ni Ekvägen?"
    folded_in(page.content.decode())
    assert "skriv med egna ord" in page.content.decode()


def test_a_question_that_repeats_it_is_folded_for_the_next_who_opens_the_conversation(
    write: Write, anna: Client
) -> None:
    row = write("När plogar ni Ekvägen?")
    asked = {"name": "Expert", "email": "e@example.org", "text": HATE, "answer_by": NOW + timedelta(hours=1)}
    actions.ask_expert(row.pk, by=UserFactory(), now=NOW, **asked)
    anna.post("/skydd/")
    folded_in(anna.get(f"/k/{row.pk}/").content.decode())


def test_what_a_rule_would_hit_is_blurred_in_its_dry_run_as_in_the_list(write: Write, admin: Client) -> None:
    write(HATE)
    by_rule = write("En bunt bilder på något hemskt")
    Conversation.objects.filter(pk=by_rule.pk).update(blurred=True)
    write("En bunt papper låg kvar")
    admin.post("/skydd/")
    page = admin.post("/regler/ny/", {"name": "Bunt", "words": "bunt*", "flag": "bunt", "try": ""}).content.decode()
    assert page.count('<details class="blurred"') == 2
    assert "<details" not in page.split("En bunt papper")[0].rsplit("<li>", 1)[1]


@pytest.fixture(autouse=True)
def _no_counts() -> None:
    cache.clear()


REPORT = {"text": "Kommer inte åt menyn med tangentbord", "page": "/register/", "email": "nina@example.org"}


def test_anybody_tells_of_a_barrier_which_stands_in_its_lane_and_is_mailed(
    client: Client, admin: Client, mailoutbox: list[Any]
) -> None:
    assert "Rapportera brist" in client.get("/tillganglighet/").content.decode()
    assert client.post("/tillganglighet/brist/", REPORT).status_code == 302
    page = admin.get("/?vy=legal").content.decode()
    assert REPORT["text"] in page and "Brist i tillgängligheten" in page
    assert barriers.mail_due(NOW + timedelta(minutes=2)) == 1
    assert mailoutbox[0].to == [admin.user.email]  # type: ignore[attr-defined]
    admin.post(f"/tillganglighet/brist/{BarrierReport.objects.get().pk}/klar/")
    assert REPORT["text"] not in admin.get("/?vy=legal").content.decode()


def test_a_machine_is_thanked_and_dropped(client: Client) -> None:
    assert client.post("/tillganglighet/brist/", REPORT | {"website": "https://x"}).status_code == 302
    assert not BarrierReport.objects.exists()


def test_a_flood_is_stopped_and_the_words_are_kept(client: Client) -> None:
    for _ in range(barriers.MOST_FROM_ONE):
        assert client.post("/tillganglighet/brist/", REPORT).status_code == 302
    stopped = client.post("/tillganglighet/brist/", REPORT)
    assert stopped.status_code == 429 and REPORT["text"] in stopped.content.decode()
    elsewhere = client.post("/tillganglighet/brist/", REPORT, REMOTE_ADDR="192.0.2.9")
    assert elsewhere.status_code == 302


def test_every_page_leads_to_the_statement(anna: Client) -> None:
    for path in ("/", "/hjalp/", "/register/"):
        assert "/tillganglighet/" in anna.get(path).content.decode()
    assert "/tillganglighet/" in Client().get("/konto/login/").content.decode()
