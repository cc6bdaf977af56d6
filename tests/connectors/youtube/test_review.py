"""What YouTube holds back is read, shown as such, approved and rejected."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.base import Capability, Connector, Held, Permanent
from connectors.youtube import mapping
from tests.connectors.reader import Reader
from tests.connectors.youtube.stage import US, YouTubeStage


@pytest.fixture
def connector(stage: YouTubeStage) -> Connector:
    return stage.connector()


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.mark.parametrize(
    ("status", "held", "addressed"), [("heldForReview", Held.REVIEW, True), ("likelySpam", Held.SPAM, False)]
)
def test_what_is_held_back_is_read_and_says_why(
    stage: YouTubeStage, connector: Connector, reader: Reader, status: str, held: Held, addressed: bool
) -> None:
    entry = stage.citizen_writes("Kolla min kanal", moderation=status)
    assert reader.poll(connector, "comments").is_quiet
    (item,) = reader.poll(connector, "review").new
    assert (item.external_id, item.held, item.hidden, item.can_reply) == (entry.id, held, True, False)
    assert item.addressed is addressed


def test_a_reply_that_is_held_back_is_found_in_its_published_thread(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    top = stage.citizen_writes("När öppnar badet?")
    reply = stage.answer(top, "Köp klockor här")
    stage.world.annotate(reply.id, moderation="likelySpam")
    reader.poll(connector)
    assert (reader.find(top.text).held, reader.find(reply.text).held) == ("", Held.SPAM)
    assert reader.find(reply.text).parent == top.id


def test_without_news_the_two_lists_are_two_calls(stage: YouTubeStage, connector: Connector, reader: Reader) -> None:
    for number in range(130):
        stage.citizen_writes(f"Reklam {number}", moderation="likelySpam")
    assert len(reader.poll(connector, "review").new) == 130
    assert reader.poll(connector, "review").calls == 2
    assert reader.poll(connector, "review", full=True).is_quiet


def test_what_is_approved_is_shown_and_asked_as_any_other(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    entry = stage.citizen_writes("När öppnar badet?", moderation="likelySpam")
    reader.poll(connector)
    connector.moderate(stage.target(entry), Capability.UNHIDE)
    reader.poll(connector, "comments")
    item = reader.find(entry.text)
    assert (item.held, item.hidden, item.addressed, item.can_reply) == ("", False, True, True)


def test_what_others_wrote_is_rejected_and_our_own_deleted(stage: YouTubeStage, connector: Connector) -> None:
    theirs = stage.citizen_writes("Reklam", moderation="heldForReview")
    ours = stage.answer(stage.citizen_writes("När öppnar badet?"), "Klockan nio.", by_us=True)
    for entry in (theirs, ours):
        connector.moderate(stage.target(entry), Capability.DELETE)
    rejected, deleted = stage.world.entry(theirs.id), stage.world.entry(ours.id)
    assert rejected and (rejected.extra["moderation"], rejected.is_deleted) == ("rejected", False)
    assert deleted and deleted.is_deleted


def test_a_reply_to_what_is_held_back_is_refused(stage: YouTubeStage, connector: Connector) -> None:
    entry = stage.citizen_writes("När öppnar badet?", moderation="heldForReview")
    with pytest.raises(Permanent):
        connector.reply(stage.target(entry), "Klockan nio.")


def test_a_look_up_by_id_says_nothing_of_what_is_held(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    entry = stage.citizen_writes("Reklam", moderation="likelySpam")
    (item,) = connector.read([entry.id]).items
    assert (item.held, item.hidden) == (None, None)


@pytest.mark.parametrize(
    ("snippet", "held"),
    [
        ({}, None),  # a server that does not know what it was asked for: never taken for held
        ({"isPublic": True}, None),
        ({"isPublic": False}, Held.SPAM),
        ({"isPublic": False, "own": "published"}, ""),
        ({"own": "heldForReview"}, Held.REVIEW),
    ],
    ids=str,
)
def test_held_is_only_what_the_platform_says_is_held(snippet: dict[str, Any], held: Held | None) -> None:
    own = {"moderationStatus": snippet.pop("own")} if "own" in snippet else {}
    top = {"id": "Ug1", "snippet": {"publishedAt": "2026-11-24T09:00:00Z", "textDisplay": "Hej", **own}}
    record = {"id": "Ug1", "snippet": {"topLevelComment": top, **snippet}}
    assert mapping.thread_of(record, us=US, listed="likelySpam").items[0].held == held
