"""Svarsbank: what changes is filled in, what is old says so, and nothing unfilled ever leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from inbox.models import Conversation, Outgoing, RedirectTarget, ReplyTemplate
from inbox.writing import bank
from sla import policies
from tests.factories import NOW, ContactFactory, waiting_conversation

pytestmark = pytest.mark.django_db


def template(text: str = "Hej {namn}!", **fields: Any) -> ReplyTemplate:
    values = {"name": "Öppettider", "review_at": date(2027, 1, 1), "changed_at": NOW} | fields
    return ReplyTemplate.objects.create(text=text, **values)


def fill(row: Conversation) -> bank.Filled:
    return bank.choices(bank.texts(), row, policies.in_force().policy(row.channel_id), NOW)[0]


def named(name: str) -> Conversation:
    return waiting_conversation(contact=ContactFactory(name=name))


@pytest.mark.parametrize(("name", "text"), [("Jonas Berg", "Hej Jonas!"), ("", "Hej!"), ("xX_77", "Hej!")])
def test_a_first_name_is_filled_in_where_there_is_one(name: str, text: str) -> None:
    template()
    assert fill(named(name)).text == text


def test_the_next_working_day_and_todays_hours_are_the_staffed_ones() -> None:
    template("Vi svarar {nästa_vardag}. Öppet {öppet_idag}.")
    assert fill(waiting_conversation()).text == "Vi svarar i morgon. Öppet 8.00–16.30."


def test_a_link_is_found_by_the_beginning_of_its_name() -> None:
    RedirectTarget.objects.create(name="Felanmälan gator", text="x", url="https://exempelby.example/fel")
    template("Anmäl på {länk:felanmälan}.")
    assert fill(waiting_conversation()).text == "Anmäl på https://exempelby.example/fel."


def test_what_is_not_known_stands_and_is_never_sent(anna: Client) -> None:
    template("Se {länk:finns inte}")
    row = waiting_conversation()
    assert fill(row).missing == ("{länk:finns inte}",)
    answer = anna.post(
        reverse("inbox:reply", args=[row.pk]), {"verdict": "answer", "key": "k", "text": "Se {länk:finns inte}"}
    )
    assert answer.status_code == 422 and "Fyll i" in answer.content.decode() and not Outgoing.objects.exists()


def test_a_citizens_name_is_never_read_as_a_variable_or_a_reference() -> None:
    template("Hej {namn}!")
    assert fill(named(r"\g<0> {länk:x}")).text == "Hej!"


def test_a_platform_may_have_its_own_wording() -> None:
    template("Lång text", variants={"facebook": "Kort"})
    assert fill(waiting_conversation()).text == "Kort"


def test_it_is_inserted_by_a_plain_link_and_counted_once_when_sent(anna: Client) -> None:
    made, row = template("Vi öppnar 9, {namn}."), waiting_conversation()
    page = anna.get(
        reverse("inbox:conversation", args=[row.pk]), {"beslut": "answer", "mall": made.pk}
    ).content.decode()
    assert "Vi öppnar 9, Jonas.</textarea>" in page and f'name="template" value="{made.pk}"' in page
    form = {"verdict": "answer", "key": "k", "text": "Vi öppnar 9.", "template": str(made.pk)}
    for _click in range(2):
        anna.post(reverse("inbox:reply", args=[row.pk]), form)
    made.refresh_from_db()
    assert made.used_count == 1


def test_an_old_template_warns_in_the_list_and_in_the_picker(anna: Client) -> None:
    template(review_at=date(2026, 11, 1))
    assert "Skulle ha setts över" in anna.get("/svarsbank/").content.decode()
    row = waiting_conversation()
    assert "ska ses över" in anna.get(reverse("inbox:conversation", args=[row.pk])).content.decode()


def test_the_list_says_what_is_too_long_for_a_platform(anna: Client) -> None:
    template("a" * 281)
    page = anna.get("/svarsbank/").content.decode()
    assert "281/280" in page and page.count("för lång") == 1


def test_a_communicator_writes_one_and_owns_it_and_a_reader_may_not(
    anna: Client, sign_in: Callable[..., Client]
) -> None:
    form = {
        "name": "Snö",
        "text": "Vi plogar.",
        "review_at": "2027-03-01",
        "is_active": "on",
        "variant_twitter": "Plogas.",
    }
    assert sign_in("reader").post("/svarsbank/ny/", form).status_code == 403
    assert anna.post("/svarsbank/ny/", form).status_code == 302
    made = ReplyTemplate.objects.get()
    assert made.owner == anna.user and made.variants == {"twitter": "Plogas."}  # type: ignore[attr-defined]


def test_a_form_that_lacks_something_says_what_and_saves_nothing(anna: Client) -> None:
    answer = anna.post("/svarsbank/ny/", {"name": "Snö", "text": ""})
    assert answer.status_code == 422 and not ReplyTemplate.objects.exists()
