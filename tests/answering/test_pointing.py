"""Redirects: what they say of today, whom they point to, and Vems är det?"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from inbox.models import RedirectTarget, Responsibility
from inbox.writing import texts, whose
from sla import policies
from tests.factories import waiting_conversation

pytestmark = pytest.mark.django_db
WEEK = ["8–16.30", "8–16.30", "8–18", "8–16.30", "8–15", "", ""]


def target(**given: Any) -> RedirectTarget:
    return RedirectTarget(**{"name": "Kontaktcenter", "text": "Ring oss.", "hours": WEEK} | given)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 11, 25), "öppet i dag 8–18"),
        (date(2026, 11, 28), "stängt i dag, öppet måndag 30 nov 8–16.30"),
        (date(2026, 11, 29), "stängt i dag, öppet i morgon 8–16.30"),
        (date(2026, 12, 24), "stängt i dag, öppet måndag 28 dec 8–16.30"),
        (date(2027, 1, 6), "stängt i dag, öppet i morgon 8–16.30"),
    ],
)
def test_hours_are_todays_and_red_days_are_closed(day: date, words: str, default_policy: Any) -> None:
    policy = policies.pure(policies.in_force().default)
    assert texts.open_today(target(), policy, day) == words
    assert texts.open_today(target(hours=[]), policy, day) == ""
    assert texts.open_today(target(hours=["0–24"] * 7), policy, day) == "öppet dygnet runt"


def test_a_redirect_says_where_when_and_how_long(anna: Client) -> None:
    given = target(url="https://a.example/fel", phone="0555-100 00", takes="ungefär tre veckor")
    given.save()
    page = anna.get(f"/k/{waiting_conversation().pk}/?beslut=redirect&hanvisning={given.pk}").content.decode()
    said = "Hej Jonas! Ring oss. https://a.example/fel Telefon 0555-100 00, öppet i dag 8–16.30. "
    assert f"{said}Det brukar ta ungefär tre veckor.</textarea>" in page
    assert 'href="tel:055510000"' in anna.get("/hanvisningar/").content.decode()


def test_our_own_phone_number_is_not_warned_of(anna: Client) -> None:
    target(phone="0555-100 00").save()
    row = waiting_conversation()
    given = {"verdict": "redirect", "key": "k", "text": "Ring 0555-100 00."}
    assert anna.post(reverse("inbox:reply", args=[row.pk]), given).status_code == 302


def test_who_is_not_the_municipality_stands_apart(anna: Client) -> None:
    target(name="Trafikverket", is_elsewhere=True, position=0).save()
    target(name="Felanmälan", position=5).save()
    page = anna.get(f"/k/{waiting_conversation().pk}/?beslut=redirect").content.decode()
    assert page.index("Felanmälan <kbd") < page.index("Fel mottagare") < page.index("Trafikverket <kbd")


@pytest.fixture
def roads() -> dict[str, Responsibility]:
    found = {}
    for key, name, place in (
        ("away", "Trafikverket", "Rolfstorp, Ullared"), ("here", "Felanmälan", ""), ("bus", "Hallandstrafiken", ""),
    ):  # fmt: skip
        words = "buss" if key == "bus" else "väg, gata, grop"
        subject = "Buss" if key == "bus" else "Väg"
        to = RedirectTarget.objects.create(name=name, text="x")
        found[key] = Responsibility.objects.create(subject=subject, words=words, place=place, target=to)
    return found


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Vägen i Rolfstorp är full av gropar", ["away"]),
        ("Gropen på Storgatan", ["here", "away"]),
        ("När går bussen till Rolfstorp?", ["bus"]),
        ("VÄGEN I ULLARED!!", ["away"]),
        ("Tack för hjälpen", []),
        ("", []),
    ],
)
def test_the_subject_and_the_place_tell_whose_it_is(
    text: str, keys: list[str], roads: dict[str, Responsibility]
) -> None:
    hits = whose.asked(text, Responsibility.objects.all())
    assert [hit.row for hit in hits] == [roads[key] for key in keys]


def test_the_look_up_works_by_itself_and_where_one_redirects(anna: Client, roads: dict[str, Responsibility]) -> None:
    page = anna.get(reverse("inbox:whose"), {"q": "vägen i Rolfstorp"}).content.decode()
    assert "Trafikverket" in page and "Felanmälan" not in page
    assert "Ingen träff" in anna.get(reverse("inbox:whose"), {"q": "simhallen"}).content.decode()
    row = waiting_conversation(text="Det är en grop i vägen i Rolfstorp")
    shown = anna.get(f"/k/{row.pk}/?beslut=redirect").content.decode()
    assert "Vems är det? Väg, Rolfstorp, Ullared:" in shown and shown.count("data-suggested") == 1


def test_hours_are_checked_and_kept_as_one_writes_them(anna: Client) -> None:
    given = {"name": "KC", "text": "Ring", "position": "1", "is_active": "on", "open_0": "8-16.30", "open_1": "sent"}
    refused = anna.post(reverse("inbox:redirect_new"), given)
    assert refused.status_code == 422 and "Skriv tider så här" in refused.content.decode()
    anna.post(reverse("inbox:redirect_new"), given | {"open_1": "8–12, 13-16"})
    assert RedirectTarget.objects.get().hours == ["8–16.30", "8–12, 13–16", "", "", "", "", ""]


def test_a_responsibility_is_made_changed_and_removed_with_a_trail(anna: Client) -> None:
    to = RedirectTarget.objects.create(name="Trafikverket", text="x")
    given = {"subject": "Väg", "words": "väg", "place": "Ullared", "target": to.pk, "note": ""}
    anna.post(reverse("inbox:whose_new"), given)
    row = Responsibility.objects.get()
    anna.post(reverse("inbox:whose_edit", args=[row.pk]), given | {"place": ""})
    assert str(Responsibility.objects.get()) == "Väg"
    anna.post(reverse("inbox:whose_edit", args=[row.pk]), {"remove": "1"})
    assert not Responsibility.objects.exists()
    assert AuditEvent.objects.filter(action__startswith="responsibility.").count() == 3
