"""Our answers stand where they should, and are found again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import Connector, Permanent, Temporary
from tests.connectors.youtube.stage import ANNA, NOW, US, YouTubeStage


def test_our_reply_is_found_on_the_second_page_of_a_long_thread(stage: YouTubeStage, connector: Connector) -> None:
    first = stage.citizen_writes("Fråga")
    since = datetime.now(UTC)
    sent = connector.reply(stage.target(first), "Klockan nio.")
    for number in range(130):
        stage.answer(first, f"Svar {number}")
    found = connector.find_sent(stage.target(first), "Klockan nio.", since=since, exclude=())
    assert found is not None
    assert found.external_id == sent.external_id


def test_an_older_reply_and_a_citizens_same_words_are_not_ours(stage: YouTubeStage, connector: Connector) -> None:
    first = stage.citizen_writes("Fråga", at=NOW - timedelta(days=1))
    stage.answer(first, "Klockan nio.", by_us=True, at=NOW - timedelta(minutes=30))
    stage.answer(first, "Klockan nio.")
    assert connector.find_sent(stage.target(first), "Klockan nio.", since=NOW, exclude=()) is None


def test_a_look_up_in_a_thread_that_is_gone_is_no_absence(stage: YouTubeStage, connector: Connector) -> None:
    first = stage.citizen_writes("Fråga")
    stage.world.delete(first.id)
    with pytest.raises(Permanent):
        connector.find_sent(stage.target(first), "Klockan nio.", since=NOW, exclude=())


def test_a_repeating_list_is_no_absence(stage: YouTubeStage, connector: Connector) -> None:
    first = stage.citizen_writes("Fråga")
    for number in range(130):
        stage.answer(first, f"Svar {number}")
    stage.fault("repeat_page")
    with pytest.raises(Temporary):
        connector.find_sent(stage.target(first), "Klockan nio.", since=NOW, exclude=())


def test_a_reply_to_a_reply_stands_in_the_thread(stage: YouTubeStage, connector: Connector) -> None:
    reply = stage.answer(stage.citizen_writes("Fråga"), "Svar")
    sent = connector.reply(stage.target(reply), "Klockan nio.")
    written = stage.world.entry(sent.external_id)
    assert written is not None
    assert written.parent == reply.thread
    assert sent.posted_at == written.created_at.replace(microsecond=0)
    assert ANNA != written.author == US
