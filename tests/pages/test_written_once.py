"""SQL and drawings that are kept: they say the same as if they had been made anew, whoever asks, and whenever."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from accounts.models import Membership, Role, Topic
from inbox import selectors
from inbox.models import Contact, Conversation, ExpertQuestion, Item, Post, Thread, VerdictEvent
from inbox.selectors import STATES, VIEWS, Filters
from tests.factories import NOW, ChannelFactory, DepartmentFactory, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db
HOSTILE = "<b>\"'&{{ x }}"


@pytest.mark.parametrize("write", [selectors._count, selectors._ids_of_page])
@pytest.mark.parametrize("roles", [(Role.READER,), (Role.COMMUNICATOR, Role.DEPARTMENT), (Role.DEPARTMENT,), ()])
def test_what_is_kept_is_what_would_be_written(write: selectors.Write, roles: tuple[str, ...]) -> None:
    user = UserFactory(name="Anna Ek")
    user.memberships.all().delete()
    for role in roles:
        Membership.objects.create(user=user, role=role, department=DepartmentFactory())
    keys = ("", "-_7", f"{NOW.isoformat()}_9", f"2~{NOW.isoformat()}_9", "3~-_8", "no key", "9~x_1")
    for view, state, channel, key in itertools.product(VIEWS, ("", *STATES), (None, 3), keys):
        filters = Filters(view=view, state=state, channel=channel, after=key)
        for now in (NOW, NOW + timedelta(days=3)):
            kept = [(sql, list(params)) for sql, params in selectors._again(write, user, filters, now)]
            assert kept == [(sql, list(params)) for sql, params in write(user, filters, now)]


def test_each_one_counts_and_lists_what_is_his_or_her_own(sign_in: Callable[..., Client]) -> None:
    anna, per = sign_in(name="Anna Ek"), sign_in(name="Per Ö")
    waiting_conversation(assignee=anna.user)  # type: ignore[attr-defined]
    for client, count in ((anna, 1), (per, 0), (anna, 1)):
        context = client.get("/?vy=mine").context
        assert len(context["rows"]) == count
        assert next(entry.count for entry in context["views"] if entry.id == "mine") == count


def test_who_sees_a_part_sees_no_more_for_what_others_have_asked(sign_in: Callable[..., Client], anna: Client) -> None:
    department = DepartmentFactory()
    own = waiting_conversation(thread__channel=ChannelFactory(kind="topic", department=department))
    waiting_conversation(thread__channel=ChannelFactory(kind="topic", department=DepartmentFactory()))
    kim = sign_in(None, name="Kim Ek")
    Membership.objects.create(user=kim.user, role=Role.DEPARTMENT, department=department)  # type: ignore[attr-defined]
    assert len(anna.get("/?vy=open").context["rows"]) == 2
    assert [entry["row"].pk for entry in kim.get("/?vy=open").context["rows"]] == [own.pk]
    assert len(anna.get("/?vy=open").context["rows"]) == 2


def test_time_goes_on_for_what_is_kept(anna: Client) -> None:
    row = waiting_conversation()
    assert not anna.get("/?lage=overdue").context["rows"]
    assert row.due_at
    with time_machine.travel(row.due_at + timedelta(minutes=1), tick=False):
        anna.force_login(anna.user)  # type: ignore[attr-defined]  # a session ends in the evening
        context = anna.get("/?lage=overdue").context
    assert [entry["row"].pk for entry in context["rows"]] == [row.pk]
    assert next(state["count"] for state in context["states"] if state["key"] == "overdue") == 1


def test_nothing_is_kept_in_a_language(anna: Client) -> None:
    waiting_conversation()
    Conversation.objects.update(item_count=2)
    assert "2 kommentarer" in anna.get("/").content.decode()
    anna.cookies["django_language"] = "en"
    assert "2 comments" in anna.get("/").content.decode()
    del anna.cookies["django_language"]
    assert "2 kommentarer" in anna.get("/").content.decode()


def test_nothing_that_others_have_named_is_taken_for_ours_in_a_row(anna: Client) -> None:
    row = waiting_conversation(text="Snö på gatan")
    department = DepartmentFactory(name=HOSTILE)
    topic = Topic.objects.create(name=HOSTILE, department=department)
    Conversation.objects.filter(pk=row.pk).update(lane=1, flag=HOSTILE, topic=topic, preview=HOSTILE, personal=True)
    row.lane_changes.create(lane=1, rule=f"rule:{HOSTILE}", at=NOW)
    Contact.objects.filter(pk=row.contact_id).update(name=HOSTILE)
    Thread.objects.filter(pk=row.thread_id).update(
        post=Post.objects.create(channel=row.channel, external_id="hostile", text=HOSTILE)
    )
    row.channel.name = HOSTILE
    row.channel.save()
    asked = VerdictEvent.objects.create(conversation=row, verdict="ask_expert", at=NOW, before={})
    ExpertQuestion.objects.create(
        conversation=row, event=asked, name=HOSTILE, email="bo@example.se", text=HOSTILE, answer_by=NOW, at=NOW,
        mail_at=NOW, by=anna.user,  # type: ignore[attr-defined]
    )  # fmt: skip
    Item.objects.filter(conversation=row).update(edited_at=NOW, author_name=HOSTILE)
    for path in ("/", "/?sok=snö", f"/k/{row.pk}/", f"/nytt/?rader={row.pk}"):
        page = anna.get(path).content.decode()
        assert "<b>" not in page
        assert "&lt;b&gt;" in page
        assert "{{ x }}" in page
