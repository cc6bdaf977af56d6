"""A hashtag gives a conversation its department; what nobody takes becomes the central unit's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEvent, Topic
from inbox import ingest
from inbox.house import routing
from inbox.incoming import sorting
from inbox.models import Conversation
from tests.factories import NOW, ConversationFactory, DepartmentFactory, ItemFactory, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def topic() -> Topic:
    place = DepartmentFactory(name="Samhällsbyggnad")
    return Topic.objects.create(tag="exempelbybygger", name="Stadsbyggnad", department=place, owner=UserFactory())


def written(text: str, **conversation: Any) -> Conversation:
    """Let somebody write, as a poll stores and settles it."""
    made = ConversationFactory(**conversation)
    ItemFactory(conversation=made, text=text, unsettled=True)
    ingest.settle([made.thread_id], NOW)
    made.refresh_from_db()
    return made


@pytest.mark.parametrize(
    ("text", "is_routed"),
    [
        ("Vad händer på torget? #ExempelbyBygger", True),
        ("#exempelbybygger!", True),
        ("(#EXEMPELBYBYGGER)", True),
        ("#exempelbybyggerinte", False),
        ("exempelbybygger", False),
        ("# exempelbybygger", False),
        ("#", False),
        ("", False),
    ],
)
def test_a_comment_with_the_hashtag_gets_its_department(topic: Topic, text: str, is_routed: bool) -> None:
    assert written(text).department == (topic.department if is_routed else None)


def test_the_first_known_hashtag_decides(topic: Topic) -> None:
    other = Topic.objects.create(tag="badhus", name="Bad", department=DepartmentFactory(), owner=topic.owner)
    assert written("#okänt #badhus #exempelbybygger").department == other.department


def test_a_department_that_is_there_already_stays(topic: Topic) -> None:
    own = DepartmentFactory()
    assert written("#exempelbybygger", department=own).department == own


def test_our_own_hashtags_give_nothing_away(topic: Topic) -> None:
    made = ConversationFactory()
    ItemFactory(conversation=made, text="#exempelbybygger", from_us=True, unsettled=True)
    assert sorting.sort([made.thread_id], NOW) == 0


def test_what_is_settled_already_is_not_looked_at_again(topic: Topic) -> None:
    made = written("Hej")
    made.items.update(text="#exempelbybygger")
    assert sorting.sort([made.thread_id], NOW) == 0


def test_the_trail_says_why(topic: Topic) -> None:
    made = written("#exempelbybygger")
    event = AuditEvent.objects.get(action="conversation.routed")
    assert (event.subject, event.data["topic"]) == (f"conversation:{made.pk}", "exempelbybygger")


def test_where_nothing_is_found_it_costs_three_queries(django_assert_num_queries: Callable[..., Any]) -> None:
    made = ConversationFactory()
    ItemFactory(conversation=made, text="När öppnar ni?", unsettled=True)
    with django_assert_num_queries(3):
        sorting.sort([made.thread_id], NOW)


@pytest.mark.parametrize(("hours", "is_central"), [(3.99, False), (4, True), (400, True)])
def test_after_four_hours_it_is_the_central_units(hours: float, is_central: bool) -> None:
    waiting = waiting_conversation()
    turn = routing.turn(waiting, waiting.arrived_at + timedelta(hours=hours))
    assert turn is not None
    assert turn.is_central is is_central


def test_what_somebody_has_taken_is_nobodys_turn() -> None:
    waiting = waiting_conversation(assignee=UserFactory())
    assert routing.turn(waiting, NOW) is None


def test_the_page_says_whose_turn_it_is(anna: Client, topic: Topic) -> None:
    waiting = waiting_conversation()
    Conversation.objects.filter(pk=waiting.pk).update(department=topic.department)
    assert "Väntar på Samhällsbyggnad" in anna.get(f"/k/{waiting.pk}/").content.decode()
