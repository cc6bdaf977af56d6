"""An own comment that a poll finds, and a reply of ours that is on its way: the same, or not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Sent
from inbox import actions, outbox
from inbox.leaving import sending
from inbox.leaving.confirmation import link_own, same_text
from inbox.models import Conversation, Item, Outgoing
from tests.factories import ItemFactory, ThreadFactory, UserFactory, waiting_conversation
from tests.inbox.scene import fake

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TEXT = "Klockan tio."


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def claimed() -> Outgoing:
    conversation = waiting_conversation(posted_at=NOW - timedelta(hours=1))
    queued = actions.reply(conversation.pk, kind="answer", text=TEXT, key="k", by=UserFactory(), now=NOW)
    outgoing = sending.claim(queued.pk, now=NOW, holder="a")
    assert outgoing is not None
    return outgoing


def own(outgoing: Outgoing, **given: Any) -> Item:
    """What a poll brings: ours, nobody's conversation yet."""
    facts = {"posted_at": NOW, "text": TEXT, "parent_external_id": outgoing.to.external_id, "external_id": "r1"}
    place = {"thread": outgoing.to.thread, "channel": outgoing.to.channel, "conversation": None, "contact": None}
    return ItemFactory(**{**place, **facts, "from_us": True, "native": True, **given})


def test_a_reply_that_is_being_sent_is_recognised(claimed: Outgoing) -> None:
    item = own(claimed)
    assert link_own(item, NOW) is True
    claimed.refresh_from_db()
    assert (claimed.status, claimed.external_id, item.native, item.conversation) == (
        "sent", "r1", False, claimed.conversation,
    )  # fmt: skip
    assert claimed.conversation.cycles.get().reply == item


def test_the_platform_s_answer_then_changes_nothing(claimed: Outgoing) -> None:
    link_own(own(claimed), NOW)
    sending.accepted(claimed, Sent("r1", NOW), NOW)
    assert (claimed.conversation.items.filter(from_us=True).count(), claimed.conversation.verdicts.count()) == (1, 1)


def test_of_the_id_the_platform_s_answer_knows_best(claimed: Outgoing) -> None:
    link_own(own(claimed, external_id="somebody-typed-the-same"), NOW)
    sending.accepted(claimed, Sent("r1", NOW), NOW)
    claimed.refresh_from_db()
    assert (claimed.status, claimed.external_id) == ("sent", "r1")


@pytest.mark.parametrize("status", ["unknown", "queued"])
def test_one_that_may_have_gone_is_recognised_before_it_is_sent_again(claimed: Outgoing, status: str) -> None:
    Outgoing.objects.update(status=status)
    assert link_own(own(claimed), NOW) is True
    assert Outgoing.objects.get().status == "sent"


@pytest.mark.parametrize("status", ["failed", "cancelled", "sent"])
def test_one_that_is_done_with_is_not(claimed: Outgoing, status: str) -> None:
    Outgoing.objects.update(status=status, external_id="other")
    assert link_own(own(claimed), NOW) is False


def test_one_that_has_not_left_is_not(monkeypatch: Any) -> None:
    """A colleague typed the same words in the app: that is an answer, and ours is not needed any more."""
    connector, conversation = fake(monkeypatch), waiting_conversation(posted_at=NOW - timedelta(hours=1))
    queued = actions.reply(conversation.pk, kind="answer", text=TEXT, key="k", by=UserFactory(), now=NOW, delay=10)
    assert link_own(own(queued), NOW) is False
    Item.objects.filter(external_id="r1").update(conversation=conversation, fetched_at=NOW + timedelta(seconds=5))
    outbox.deliver(NOW + timedelta(seconds=10))
    queued.refresh_from_db()
    assert (queued.status, connector.sent) == ("failed", [])


def test_other_words_are_another_comment(claimed: Outgoing) -> None:
    assert link_own(own(claimed, text="Klockan elva."), NOW) is False


def test_the_same_words_in_another_thread_are_another_comment(claimed: Outgoing) -> None:
    assert link_own(own(claimed, thread=ThreadFactory(channel=claimed.to.channel)), NOW) is False


def test_the_same_words_long_before_are_another_comment(claimed: Outgoing) -> None:
    assert link_own(own(claimed, posted_at=NOW - timedelta(minutes=11)), NOW) is False


def test_of_two_with_the_same_words_in_a_thread_the_one_to_its_parent_is_meant(claimed: Outgoing) -> None:
    other = Conversation.objects.create(
        channel=claimed.to.channel, thread=claimed.to.thread, root_external_id="b", last_item_at=NOW, arrived_at=NOW
    )
    item = ItemFactory(conversation=other, contact=None, external_id="b", posted_at=NOW, fetched_at=NOW)
    second = actions.reply(other.pk, kind="answer", text=TEXT, key="k2", by=UserFactory(), now=NOW)
    sending.claim(second.pk, now=NOW, holder="b")
    assert link_own(own(claimed, parent_external_id=item.external_id), NOW) is True
    statuses = dict(Outgoing.objects.values_list("key", "status"))
    assert statuses == {"k": "sending", "k2": "sent"}


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("Hej!", " Hej!\n", True),
        ("Hej & välkommen <3", "Hej &amp; välkommen &lt;3", True),
        ("Hej!", "@bo_ek @asa Hej!", True),
        ("@bo_ek Hej!", "Hej!", True),
        ("Läs på https://example.se/bad och ring.", "Läs på https://t.co/a1B2 och ring.", True),
        ("Läs på example.se/bad", "Läs på https://t.co/a1B2", True),
        ("En (två) [tre] *fyra*", "En (två) [tre] *fyra*", True),
        ("rad ett\r\nrad två", "rad ett\nrad två", True),
        ("Va\u0308lkommen", "Välkommen", True),
        ("Hej!", "Hej! Välkommen.", False),
        ("Hej! Välkommen.", "Hej!", False),
        ("Läs på https://example.se/bad idag", "Läs på https://t.co/a1B2 i morgon", False),
        ("hej", "Hej", False),
        ("", "@bo_ek", False),
    ],
)
def test_texts_are_compared_as_a_platform_shows_them(ours: str, theirs: str, same: bool) -> None:
    assert same_text(ours, theirs) is same
