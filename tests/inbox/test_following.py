"""What a wait repeats of its conversation is what the conversation says, whoever writes what."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from accounts.models import Topic
from inbox.models import Conversation, ReplyCycle
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.fixture
def topic() -> Topic:
    return Topic.objects.create(name="Simhallen", department=factories.DepartmentFactory())


def wait(conversation: Conversation, **facts: object) -> ReplyCycle:
    times = {"started_at": NOW, "due_soon_at": NOW, "due_at": NOW}
    return ReplyCycle.objects.create(conversation=conversation, kind="first", **times | facts)


def told(cycle: ReplyCycle) -> tuple[int, int, int | None]:
    return ReplyCycle.objects.values_list("channel", "lane", "topic").get(pk=cycle.pk)


def test_a_wait_begins_with_what_its_conversation_says(topic: Topic) -> None:
    conversation = factories.ConversationFactory(lane=2, topic=topic)
    assert told(wait(conversation)) == (conversation.channel_id, 2, topic.pk)


def test_many_waits_written_at_once_each_follow_their_own(topic: Topic) -> None:
    first, second = factories.ConversationFactory(lane=1), factories.ConversationFactory(topic=topic)
    times = {"kind": "first", "started_at": NOW, "due_soon_at": NOW, "due_at": NOW}
    made = ReplyCycle.objects.bulk_create([ReplyCycle(conversation=each, **times) for each in (first, second)])
    assert [told(cycle) for cycle in made] == [(first.channel_id, 1, None), (second.channel_id, 9, topic.pk)]


def test_a_moved_conversation_takes_all_its_waits_along(topic: Topic) -> None:
    conversation = factories.ConversationFactory()
    ended = wait(conversation, ended_at=NOW, outcome="answered")
    cycles = [ended, wait(conversation)]
    Conversation.objects.filter(pk=conversation.pk).update(lane=3, topic=topic)
    assert {told(cycle) for cycle in cycles} == {(conversation.channel_id, 3, topic.pk)}


def test_a_topic_that_is_deleted_is_no_wait_s_any_more(topic: Topic) -> None:
    cycle = wait(factories.ConversationFactory(topic=topic))
    topic.delete()
    assert told(cycle)[2] is None


def test_an_old_copy_that_is_saved_changes_nothing_of_it(topic: Topic) -> None:
    conversation = factories.ConversationFactory()
    old = wait(conversation)
    Conversation.objects.filter(pk=conversation.pk).update(lane=1, topic=topic)
    old.save()
    ReplyCycle.objects.filter(pk=old.pk).update(lane=9, topic=None)
    assert told(old) == (conversation.channel_id, 1, topic.pk)


def test_a_wait_that_is_moved_to_another_conversation_follows_that(topic: Topic) -> None:
    cycle, other = wait(factories.ConversationFactory()), factories.ConversationFactory(topic=topic, lane=2)
    ReplyCycle.objects.filter(pk=cycle.pk).update(conversation=other)
    assert told(cycle) == (other.channel_id, 2, topic.pk)
