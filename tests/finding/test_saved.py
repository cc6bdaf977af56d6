"""Saved views: kept from a filter or a search, with live numbers, one's own or everybody's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import AuditEvent, Membership, Role
from inbox.models import Conversation, SavedView
from tests.factories import NOW, ChannelFactory, ThreadFactory, waiting_conversation

pytestmark = pytest.mark.django_db


def keep(client: Client, query: str, name: str = "Min vy", **more: str) -> SavedView:
    assert client.post(f"/vyer/ny/?{query}", {"name": name, **more}).status_code == 302
    return SavedView.objects.get(name=name)


def menu(client: Client, path: str = "/") -> dict[str, int | None]:
    context = client.get(path).context
    return {entry.name: entry.count for entry in context["saved"]}


def test_a_filter_is_kept_under_a_name_with_its_number(anna: Client) -> None:
    row = waiting_conversation()
    waiting_conversation()
    keep(anna, f"vy=open&konto={row.channel_id}")
    assert menu(anna) == {"Min vy": 1}
    page = anna.get(f"/?vy=open&konto={row.channel_id}").content.decode()
    assert '<h2 id="list-title" tabindex="-1">Min vy</h2>' in page


def test_searches_are_kept_too_with_words_and_without(anna: Client) -> None:
    waiting_conversation(text="Snö på gatan")
    waiting_conversation(text="När öppnar ni?", thread=ThreadFactory(channel=ChannelFactory(platform="twitter")))
    keep(anna, "sok=snö", "Snö")
    keep(anna, "sok=konto:facebook status:obesvarad", "Facebook")
    assert menu(anna) == {"Snö": 1, "Facebook": 1}
    assert anna.get("/nytt/").context["counts"][f"saved-{SavedView.objects.get(name='Snö').pk}"] == 1


def test_ones_own_view_is_nobody_elses_and_a_shared_one_everybodys(
    anna: Client, sign_in: Callable[..., Client]
) -> None:
    own, shared = keep(anna, "vy=mine", "Egen"), keep(anna, "vy=open", "Allas", shared="1")
    per = sign_in(name="Per")
    assert list(menu(per)) == ["Allas"]
    assert per.post(f"/vyer/{own.pk}/", {"do": "remove"}).status_code == 404
    assert per.post(f"/vyer/{shared.pk}/", {"do": "save", "name": "Nytt", "shared": "1"}).status_code == 302
    assert list(menu(anna)) == ["Egen", "Nytt"]
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {"view.shared"}


def test_a_reader_keeps_views_but_shares_and_changes_none(sign_in: Callable[..., Client], anna: Client) -> None:
    shared = keep(anna, "vy=open", "Allas", shared="1")
    reader = sign_in(Role.READER)
    keep(reader, "vy=done", "Klart")
    assert reader.post("/vyer/ny/?vy=open", {"name": "X", "shared": "1"}).status_code == 403
    assert reader.post(f"/vyer/{shared.pk}/", {"do": "remove"}).status_code == 422
    assert SavedView.objects.count() == 2


def test_views_are_ordered_renamed_and_removed(anna: Client) -> None:
    for name in ("Ett", "Två", "Tre"):
        keep(anna, f"sok={name}", name)
    two, three = SavedView.objects.get(name="Två"), SavedView.objects.get(name="Tre")
    anna.post(f"/vyer/{three.pk}/", {"do": "up"})
    assert list(menu(anna)) == ["Ett", "Tre", "Två"]
    anna.post(f"/vyer/{two.pk}/", {"do": "save", "name": "Sist"})
    anna.post(f"/vyer/{three.pk}/", {"do": "remove"})
    assert list(menu(anna)) == ["Ett", "Sist"]


@pytest.mark.parametrize(("name", "why"), [(" ", "Ge vyn ett namn."), ("Ett", "Du har redan en vy som heter så.")])
def test_a_name_is_needed_and_only_once(name: str, why: str, anna: Client) -> None:
    keep(anna, "vy=open", "Ett")
    answer = anna.post("/vyer/ny/?vy=mine", {"name": name})
    assert answer.status_code == 422
    assert why in answer.content.decode()


def test_digits_belong_to_what_one_saved_and_then_go_down_the_menu(anna: Client) -> None:
    keep(anna, "vy=done", "Klart")
    context = anna.get("/").context
    assert [entry.key for entry in context["saved"]] == ["1"]
    assert [entry.key for entry in context["views"]][:9] == [*"23456789", ""]


def test_what_falls_due_today_and_what_is_my_departments(anna: Client, sign_in: Callable[..., Client]) -> None:
    early, late = waiting_conversation(posted_at=NOW.replace(day=23)), waiting_conversation()
    assert [entry["row"].pk for entry in anna.get("/?vy=today").context["rows"]] == [early.pk]
    Membership.objects.create(user=anna.user, role=Role.COMMUNICATOR, department=late.channel.department)  # type: ignore[attr-defined]
    assert [entry["row"].pk for entry in anna.get("/?vy=department").context["rows"]] == [late.pk]
    Conversation.objects.filter(pk=late.pk).update(department=early.channel.department)
    assert not anna.get("/?vy=department").context["rows"]


def test_thirty_saved_views_cost_no_more_queries(anna: Client, django_assert_max_num_queries: Callable) -> None:
    for n in range(30):
        keep(anna, f"sok=ord{n}", f"Vy {n}")
    assert anna.post("/vyer/ny/?vy=open", {"name": "En till"}).status_code == 422
    with django_assert_max_num_queries(12):
        anna.get("/")
