"""Moderation where several people, workers and texts meet: ways in which it might break."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from connectors.base import Page
from inbox import actions, ingest, outbox
from inbox.actions import Refused
from inbox.models import ModerationEvidence, Outgoing, ReplyCycle
from tests.factories import ItemFactory, UserFactory, waiting_conversation
from tests.inbox.test_moderation import Doer, item_of

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def doer(monkeypatch: Any) -> type[Doer]:
    from connectors import registry

    monkeypatch.setitem(registry.PATHS, "facebook", "tests.inbox.test_moderation:Doer")
    Doer.outcome, Doer.shows, Doer.done = None, Page(), []
    return Doer


def together(*acts: Callable[[], object]) -> None:
    """Do all at the same instant, each over its own connection."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        start.wait(10)
        try:
            act()
        except Refused:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


@pytest.mark.django_db(transaction=True)
def test_four_people_who_hide_and_delete_at_once_leave_one_on_its_way(doer: type[Doer]) -> None:
    conversation = waiting_conversation(posted_at=START - MINUTE)
    to = item_of(conversation).external_id
    people = [UserFactory() for _ in range(4)]

    def moderate(n: int) -> Callable[[], object]:
        action = "hide" if n % 2 else "delete"
        asked = {"to": to, "ground": "abuse", "reason": "Grovt.", "key": f"k{n}", "now": START, "by": people[n]}
        return lambda: actions.moderate(conversation.pk, action, **asked)

    together(*(moderate(n) for n in range(4)))
    assert Outgoing.objects.filter(status="queued").count() == 1
    assert ModerationEvidence.objects.count() == Outgoing.objects.count()


@pytest.mark.django_db(transaction=True)
def test_two_workers_hide_once(doer: type[Doer]) -> None:
    conversation = waiting_conversation(posted_at=START - MINUTE)
    to = item_of(conversation).external_id
    actions.moderate(conversation.pk, "hide", to=to, ground="abuse", key="k", by=UserFactory(), now=START)
    together(lambda: outbox.deliver(START), lambda: outbox.deliver(START), lambda: outbox.deliver(START))
    outbox.deliver(START)
    assert (len(doer.done), ReplyCycle.objects.get().outcome) == (1, "moderated")


@pytest.mark.django_db
def test_a_citizen_who_writes_more_while_a_hiding_is_on_its_way_waits_on(doer: type[Doer]) -> None:
    conversation = waiting_conversation(posted_at=START - MINUTE)
    to = item_of(conversation).external_id
    actions.moderate(conversation.pk, "hide", to=to, ground="abuse", key="k", by=UserFactory(), now=START)
    more = ItemFactory(conversation=conversation, text="Men när då?", posted_at=START, fetched_at=START)
    ingest.settle([conversation.thread_id], START)
    outbox.deliver(START)
    more.refresh_from_db()
    conversation.refresh_from_db()
    assert (more.cycle.ended_at, more.cycle.started_at, conversation.status) == (None, START, "open")


@pytest.mark.django_db
def test_a_hostile_text_is_kept_as_it_is_and_shown_as_text(client: Any) -> None:
    text = "<script>alert(1)</script> {{ user.password }} \u202eolleh\u202c \u200b" + "å" * 9000
    conversation = waiting_conversation(posted_at=START)
    conversation.items.update(text=text)
    anna = UserFactory()
    to = item_of(conversation).external_id
    kept = actions.moderate(conversation.pk, "elsewhere", to=to, ground="abuse", key="k", by=anna, now=START)
    assert json.loads(kept.record)["item"]["text"] == text
    client.force_login(anna)
    for verdict in ("moderate", "ask_expert"):
        shown = client.get(f"/k/{conversation.pk}/?beslut={verdict}").content.decode()
        assert "<script>alert(1)</script>" not in shown


@pytest.mark.django_db
def test_an_undone_delivery_of_a_like_leaves_the_conversation_as_it_was(doer: type[Doer]) -> None:
    conversation, anna = waiting_conversation(posted_at=START - MINUTE), UserFactory()
    due_at = conversation.due_at
    outgoing = actions.like(conversation.pk, by=anna, key="k", now=START, delay=10)
    actions.cancel(outgoing.pk, by=anna, now=START)
    outbox.deliver(START + MINUTE)
    conversation.refresh_from_db()
    assert (conversation.status, conversation.due_at, doer.done) == ("open", due_at, [])
    assert actions.like(conversation.pk, by=anna, key="k2", now=START + MINUTE).status == "queued"
