"""The register: complete or named gaps, reviewed, paused, closed, shown to the public, alive or silent."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEvent, Channel, Closing, Credential, Membership, Role, Surface, Topic
from inbox.showing import activity, public
from sla.calendar import Calendar
from tests.factories import (
    NOW,
    ChannelFactory,
    DepartmentFactory,
    PostFactory,
    UserFactory,
    waiting_conversation,
)  # fmt: skip

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
TODAY = date(2026, 11, 24)
CHECKS = {f"check_{point}": f"https://exempelby.example/{point}" for point in (
    "identity", "visibility", "rules", "public_records",
)}  # fmt: skip


@pytest.fixture
def admin(sign_in: SignIn) -> Client:
    return sign_in(Role.ADMIN, "Lars Öman")


def complete(**changes: Any) -> dict[str, Any]:
    person = UserFactory()
    return {
        "platform": "facebook", "external_id": "4711", "name": "Hamnstaden växer", "kind": "topic",
        "department": "Samhällsbyggnad", "purpose": "Samtal om hamnen.", "focus": "Hamnen.", "audience": "Grannar.",
        "owner": person.pk, "deputy": person.pk, "approver": person.pk, "starts_on": "2026-11-01",
        "review_on": "2027-11-01", "controller": "Kommunstyrelsen", "agreement": "KS 2026/12", "handle": "hamnstaden",
        "hashtags": "", "token": '{"access_token": "x"}', **CHECKS, **changes,
    }  # fmt: skip


def test_a_complete_account_is_active_and_public_at_once(admin: Client) -> None:
    admin.post("/register/nytt/", complete())
    channel = Channel.objects.get()
    assert channel.missing_fields(TODAY) == []
    assert "Hamnstaden växer" in Client().get("/kontolista/").content.decode()
    (row,) = Client().get("/kontolista.json").json()["accounts"]
    assert (row["purpose"], row["url"]) == ("Samtal om hamnen.", "https://www.facebook.com/hamnstaden")


@pytest.mark.parametrize(
    "field",
    ["purpose", "focus", "audience", "owner", "deputy", "approver", "starts_on", "review_on", "controller",
     "agreement", *CHECKS],
)  # fmt: skip
def test_none_is_active_with_a_gap_and_each_gap_links_to_itself(admin: Client, field: str) -> None:
    page = admin.post("/register/nytt/", complete(**{field: ""}))
    assert page.status_code == 422
    assert f'href="#id_{field}"' in page.content.decode()
    assert not Channel.objects.exists()


def test_an_empty_choice_says_choose(admin: Client) -> None:
    page = admin.get("/register/nytt/").content.decode()
    assert '<option value="" selected>Välj …</option>' in page and "-----" not in page


def test_one_added_by_command_is_incomplete_and_names_what_is_missing(admin: Client) -> None:
    channel = ChannelFactory()
    body = admin.get(f"/register/{channel.pk}/").content.decode()
    assert "Ofullständig" in body
    for name in channel.missing_fields(TODAY):
        assert f"/andra/#id_{name}" in body
    form = admin.get(f"/register/{channel.pk}/andra/").content.decode()
    assert all(f'id="id_{name}"' in form for name in channel.missing_fields(TODAY))


def test_what_was_filled_in_is_there_when_it_is_changed(admin: Client) -> None:
    admin.post("/register/nytt/", complete())
    channel = Channel.objects.get()
    form = admin.get(f"/register/{channel.pk}/andra/").content.decode()
    assert "https://exempelby.example/rules" in form
    admin.post(
        f"/register/{channel.pk}/andra/", complete(department=channel.department_id, check_rules="https://a.example/r")
    )
    channel.refresh_from_db()
    assert channel.checklist["rules"] == "https://a.example/r"


def test_the_owner_is_asked_a_month_before_the_day(sign_in: SignIn) -> None:
    anna, per = sign_in(name="Anna Ek"), sign_in(name="Per Ek")
    ChannelFactory(owner=anna.user, review_on=TODAY + timedelta(days=30))  # type: ignore[attr-defined]
    ChannelFactory(owner=anna.user, review_on=TODAY + timedelta(days=31))  # type: ignore[attr-defined]
    assert len(anna.get("/register/provning/").context["reviews"]) == 1
    assert not per.get("/register/provning/").context["reviews"]


@pytest.mark.parametrize(("days", "is_asked"), [(14, False), (15, True)])
def test_the_central_unit_is_asked_two_weeks_after_the_day(sign_in: SignIn, days: int, is_asked: bool) -> None:
    central = sign_in(name="Cia Central")
    office = DepartmentFactory(is_central=True)
    Membership.objects.create(user=central.user, role=Role.COMMUNICATOR, department=office)  # type: ignore[attr-defined]
    ChannelFactory(review_on=TODAY - timedelta(days=days))
    assert bool(central.get("/register/provning/").context["reviews"]) is is_asked


def test_keeping_moves_the_day_a_year_on(anna: Client) -> None:
    channel = ChannelFactory(owner=anna.user, review_on=TODAY)  # type: ignore[attr-defined]
    anna.post(f"/register/{channel.pk}/behall/")
    channel.refresh_from_db()
    assert channel.review_on == TODAY + timedelta(days=365)
    assert AuditEvent.objects.filter(action="channel.kept").exists()


def test_nobody_else_decides_and_the_refusal_says_who_does(anna: Client) -> None:
    channel = ChannelFactory(owner=UserFactory(name="Olle Owner"), review_on=TODAY)
    for page in (anna.post(f"/register/{channel.pk}/behall/"), anna.get(f"/register/{channel.pk}/avsluta/")):
        assert page.status_code == 403
        assert "Olle Owner" in page.content.decode()


def test_closing_keeps_a_snapshot_forgets_the_key_and_leaves_the_public_list(admin: Client) -> None:
    channel = ChannelFactory(name="Gamla bron")
    PostFactory(channel=channel, text="Bron är riven.")
    admin.post(f"/register/{channel.pk}/avsluta/", {"last_post": "Tack och hej."})
    channel.refresh_from_db()
    kept = json.loads(admin.get(f"/register/{channel.pk}/sparat.json").content)
    assert channel.status == "closed"
    assert not Credential.objects.filter(channel=channel).exists()
    assert kept["last_post"]["text"] == "Tack och hej."
    assert [post["text"] for post in kept["posts"]] == ["Bron är riven."]
    assert "Gamla bron" not in Client().get("/kontolista/").content.decode()


def test_an_account_on_which_somebody_waits_is_not_closed(admin: Client) -> None:
    conversation = waiting_conversation()
    page = admin.post(f"/register/{conversation.channel_id}/avsluta/", {"last_post": "Hej då."})
    assert "1 konversation väntar på svar" in page.content.decode()
    assert not Closing.objects.exists()


def test_an_account_is_closed_once(admin: Client) -> None:
    channel = ChannelFactory()
    admin.post(f"/register/{channel.pk}/avsluta/", {"last_post": "Hej då."})
    page = admin.post(f"/register/{channel.pk}/avsluta/", {"last_post": "Igen."})
    assert page.status_code == 422
    assert Closing.objects.get().last_post == "Hej då."


def test_linkedin_keeps_no_texts_in_a_snapshot(admin: Client) -> None:
    channel = ChannelFactory(platform="linkedin")
    PostFactory(channel=channel, text="Vi söker lärare.")
    admin.post(f"/register/{channel.pk}/avsluta/", {"last_post": "Hej då."})
    assert "Vi söker lärare" not in Closing.objects.get().snapshot


def test_a_closed_account_cannot_be_started_again_by_pausing(admin: Client) -> None:
    channel = ChannelFactory(status="closed")
    admin.post(f"/register/{channel.pk}/pausa/")
    channel.refresh_from_db()
    assert channel.status == "closed"


def test_a_pause_is_said_in_public_and_can_be_ended(admin: Client) -> None:
    channel = ChannelFactory()
    admin.post(f"/register/{channel.pk}/pausa/", {"pausa": "1"})
    assert "pausat just nu" in Client().get("/kontolista/").content.decode()
    admin.post(f"/register/{channel.pk}/pausa/")
    channel.refresh_from_db()
    assert channel.status == "active"


def test_the_public_list_says_when_somebody_reads_and_looks_alike_to_all(anna: Client) -> None:
    ChannelFactory()
    body = anna.get("/kontolista/").content.decode()
    assert "måndag–fredag" in body
    assert "Anna" not in body
    assert Client().get("/kontolista/").headers.get("X-Frame-Options") is None


def test_the_public_list_shows_no_person_and_no_key(admin: Client) -> None:
    ChannelFactory(owner=UserFactory(name="Hemliga Hanna"), token={"access_token": "sesam"})
    for url in ("/kontolista/", "/kontolista.json"):
        body = Client().get(url).content.decode()
        assert "Hanna" not in body
        assert "sesam" not in body


@pytest.mark.parametrize(
    ("weekly", "words"),
    [
        ([(480, 990)] * 5 + [()] * 2, ["måndag–fredag 8–16.30"]),
        ([(0, 1440)] * 7, ["måndag–söndag dygnet runt"]),
        ([(480, 990), (), (480, 990), (), (), (), ()], ["måndag 8–16.30", "onsdag 8–16.30"]),
    ],
)
def test_hours_are_said_as_people_say_them(weekly: list[tuple[int, ...]], words: list[str]) -> None:
    calendar = Calendar("Europe/Stockholm", tuple((day,) if day else () for day in weekly))  # type: ignore[arg-type]
    assert public.hours(calendar) == words


@pytest.mark.parametrize(
    ("platform", "ages", "state"),
    [
        ("facebook", [1, 2, 3, 8, 9, 10, 15, 16, 17, 22, 23, 24], "fine"),
        ("facebook", [1, 8], "slow"),
        ("youtube", [1], "fine"),
        ("youtube", [183], "silent"),
        ("facebook", [], "silent"),
    ],
)
def test_how_alive_an_account_is(platform: str, ages: list[int], state: str) -> None:
    channel = ChannelFactory(platform=platform)
    Channel.objects.update(created_at=NOW - timedelta(days=400))
    for age in ages:
        PostFactory(channel=channel, posted_at=NOW - timedelta(days=age))
    assert [row.state for row in activity.activity(NOW)] == [state]


def test_a_new_account_without_posts_has_not_gone_silent() -> None:
    ChannelFactory(platform="youtube")
    Channel.objects.update(created_at=NOW - timedelta(days=3))
    assert [row.state for row in activity.activity(NOW)] == ["fine"]


def test_the_register_is_taken_out_with_controller_and_agreement(anna: Client) -> None:
    ChannelFactory(controller="=Kommunstyrelsen", agreement="KS 2026/12")
    lines = anna.get("/register/kontoregister.csv").content.decode("utf-8-sig").splitlines()
    assert "controller;agreement" in lines[0]
    assert "'=Kommunstyrelsen;KS 2026/12" in lines[1]


def test_the_profile_text_says_who_for_what_and_that_it_is_public(anna: Client) -> None:
    channel = ChannelFactory(checklist={"rules": "https://exempelby.example/regler"})
    text = anna.get(f"/register/{channel.pk}/profil/").context["text"]
    assert channel.purpose in text
    assert "allmän handling" in text
    assert "https://exempelby.example/regler" in text


def test_a_hashtag_gets_a_topic_an_owner_and_a_department(admin: Client) -> None:
    place, owner = DepartmentFactory(), UserFactory()
    values = {"tag": "#ExempelbyBygger", "name": "Stadsbyggnad", "department": place.pk, "owner": owner.pk}
    admin.post("/register/hashtaggar/", values)
    assert Topic.objects.get().tag == "exempelbybygger"
    again = admin.post("/register/hashtaggar/", values)
    assert again.status_code == 422
    assert "finns redan" in again.content.decode()


def test_a_communicator_reads_the_hashtags_and_changes_none(anna: Client) -> None:
    assert anna.get("/register/hashtaggar/").status_code == 200
    assert anna.post("/register/hashtaggar/", {"tag": "x"}).status_code == 403


@pytest.mark.parametrize(
    "url", ["/register/", "/register/provning/", "/register/aktivitet/", "/register/hashtaggar/", "/kontolista/",
            "/kontolista.json", "/register/kontoregister.csv"],
)  # fmt: skip
def test_a_page_asks_at_most_twelve_queries(
    admin: Client, url: str, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(10):
        channel = ChannelFactory(owner=UserFactory(), deputy=UserFactory(), review_on=TODAY - timedelta(days=30))
        Surface.objects.create(channel=channel, name="comments")
        Topic.objects.create(tag=f"t{number}", name="x", department=channel.department, owner=UserFactory())
    with django_assert_max_num_queries(12):
        admin.get(url)
