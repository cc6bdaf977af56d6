"""Neutrality: between dates nothing political is liked, and nobody answers it alone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import AuditEvent, NeutralPeriod, Role, Topic
from inbox import actions
from inbox.models import Conversation, Outgoing, PendingReply, ReplyTemplate
from tests.factories import NOW, UserFactory, waiting_conversation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _standing_still() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def political() -> Conversation:
    """A comment on what is marked political, in a period of neutrality."""
    NeutralPeriod.objects.create(name="Val", first_day=date(2026, 11, 20), last_day=date(2026, 11, 24))
    row = waiting_conversation(text="Rösta rätt! 👍")
    row.topic = Topic.objects.create(name="Politik", department=row.channel.department, is_political=True)
    row.save()
    return row


def like(row: Conversation, **given: Any) -> Outgoing:
    return actions.like(row.pk, **{"by": UserFactory(), "key": "k", "now": NOW, **given})


def client_of(role: str = Role.COMMUNICATOR) -> Client:
    client = Client()
    client.force_login(UserFactory(role=role))
    return client


def test_a_like_of_politics_is_refused_by_every_way(political: Conversation) -> None:
    for act in (
        lambda: like(political),
        lambda: actions.decide(political.pk, "like", by=UserFactory(role=Role.ADMIN), now=NOW),
    ):
        with pytest.raises(actions.Refused) as refused:
            act()
        assert refused.value.code == "neutral"
    assert client_of().post(f"/k/{political.pk}/gilla/", {"key": "x"}).status_code == 422
    assert not Outgoing.objects.exists()


@pytest.mark.parametrize("what", ["another topic", "no topic", "the day after"])
def test_everything_else_is_liked_as_ever(what: str, political: Conversation) -> None:
    if what == "another topic":
        Topic.objects.update(is_political=False)
    if what == "no topic":
        Conversation.objects.update(topic=None)
    now = NOW + timedelta(days=1) if what == "the day after" else NOW
    assert like(political, now=now).kind == "like"


def test_the_page_offers_no_like_says_why_and_suggests_nothing(political: Conversation) -> None:
    page = client_of().get(f"/k/{political.pk}/").content.decode()
    assert f"/k/{political.pk}/gilla/" not in page
    assert "Neutralitet till och med 24 november" in page
    assert "Förslag:" not in page
    assert "Neutralitet: Val" in client_of(Role.READER).get("/").content.decode()


def test_a_reply_about_politics_waits_for_somebody_else_whoever_writes_it(political: Conversation) -> None:
    form = {"verdict": "answer", "text": "Tack för att du hör av dig.", "key": "x", "drawn_at": NOW.isoformat()}
    assert client_of(Role.ADMIN).post(f"/k/{political.pk}/svara/", form).status_code == 302
    assert PendingReply.objects.exists()
    with pytest.raises(actions.Refused, match="godkännas av någon annan"):
        actions.reply(political.pk, kind="answer", text="Hej", by=UserFactory(role=Role.ADMIN), key="y", now=NOW)
    assert AuditEvent.objects.get(action="approval.asked").data["topic"] == political.topic_id


def test_a_period_brings_its_answer_into_the_bank_once() -> None:
    client = client_of(Role.CENTRAL)
    for name in ("Val 2026", "Omval"):
        form = {"name": name, "first_day": "2026-08-01", "last_day": "2026-09-13"}
        client.post("/husregler/neutralitet/", form)
    assert [row.name for row in ReplyTemplate.objects.all()] == ["Frågan avgörs av politikerna"]
