"""What YouTube holds back, from its list to an answer: shown, approved or rejected, and only then with a clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from inbox import actions
from inbox.deciding import moderation
from inbox.deciding.grounds import current, of
from inbox.models import Item
from tests.factories import UserFactory
from tests.failures.conftest import Watched

pytestmark = pytest.mark.django_db


@pytest.fixture
def watched(watch: Any) -> Watched:
    return watch("youtube")  # type: ignore[no-any-return]


def held(watched: Watched, status: str) -> Item:
    entry = watched.stage.citizen_writes("När öppnar badet?", moderation=status)
    watched.read()
    return watched.items()[entry.id]


def test_likely_spam_has_a_clock_only_once_it_is_approved(watched: Watched) -> None:
    item = held(watched, "likelySpam")
    assert (item.held, item.hidden, item.conversation.due_at) == ("spam", True, None)
    now = datetime.now(UTC)
    moderation.unhide(item.conversation_id, to=item.external_id, by=watched.anna, key="k", now=now)
    watched.deliver()
    watched.read()
    item = watched.items()[item.external_id]
    assert (item.held, item.hidden, item.can_reply) == ("", False, True)
    assert item.cycle.started_at == item.posted_at


def test_what_waits_for_review_has_a_clock_and_is_answered_once_approved(watched: Watched) -> None:
    item = held(watched, "heldForReview")
    assert item.conversation.due_at is not None
    now = datetime.now(UTC)
    moderation.unhide(item.conversation_id, to=item.external_id, by=watched.anna, key="k", now=now)
    watched.deliver()
    watched.read()
    actions.reply(item.conversation_id, kind="answer", text="Klockan nio.", by=watched.anna, key="r", now=now)
    watched.deliver()
    assert len(watched.on_the_platform("Klockan nio.")) == 1


def test_what_is_rejected_is_kept_as_evidence_and_is_gone(watched: Watched) -> None:
    item = held(watched, "heldForReview")
    ground, by = next(iter(of(current()))), UserFactory(role="admin")
    moderation.moderate(
        item.conversation_id, "delete", to=item.external_id, ground=ground, by=by, key="k", now=datetime.now(UTC),
        reason="Reklam", delay=0,
    )  # fmt: skip
    watched.deliver()
    rejected = watched.stage.world.entry(item.external_id)
    assert rejected and rejected.extra["moderation"] == "rejected"
    assert watched.items()[item.external_id].deleted_at is not None


def test_a_full_poll_takes_nothing_of_what_is_held_for_shown(watched: Watched) -> None:
    item = held(watched, "likelySpam")
    watched.read(full=True)
    watched.read(full=True)
    item = watched.items()[item.external_id]
    assert (item.held, item.hidden, item.can_reply, item.deleted_at, item.cycle) == ("spam", True, False, None, None)
