"""What is no longer on YouTube is missed, and nothing else."""

from __future__ import annotations

import pytest

from connectors.base import Connector
from tests.connectors.reader import Reader
from tests.connectors.youtube.stage import LONG_AGO, YouTubeStage


def test_a_full_poll_asks_only_for_what_it_did_not_see(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    entries = stage.many(90)
    reader.poll(connector, "comments")
    for gone in entries[:3]:
        stage.world.delete(gone.id)
    first, second = reader.poll(connector, "comments", full=True), reader.poll(connector, "comments", full=True)
    assert first.calls == second.calls == 3  # the list, the video, one look-up
    assert sorted(second.deleted) == sorted(gone.id for gone in entries[:3])


def test_a_deleted_reply_deep_in_a_thread_is_missed(stage: YouTubeStage, connector: Connector, reader: Reader) -> None:
    first = stage.citizen_writes("Fråga")
    replies = [stage.answer(first, f"Svar {number}") for number in range(30)]
    reader.poll(connector, "comments")
    stage.world.delete(replies[2].id)
    reader.poll(connector, "comments", full=True)
    assert reader.poll(connector, "comments", full=True).deleted == [replies[2].id]


def test_nothing_counts_as_gone_where_nothing_can_be_looked_up(
    stage: YouTubeStage, connector: Connector, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = stage.many(20)
    reader.poll(connector, "comments")
    stage.world.delete(entries[0].id)
    monkeypatch.setattr("sandbox.youtube.routes._ids", lambda args: [])  # a look-up that shows nothing at all
    done = reader.poll(connector, "comments", full=True)
    assert not [id for page in done.pages for id in page.missing]
    assert done.notes


def test_what_we_hid_is_hidden_and_not_gone(stage: YouTubeStage, connector: Connector, reader: Reader) -> None:
    entry = stage.citizen_writes("Opassande")
    stage.citizen_writes("Passande")
    reader.poll(connector, "comments")
    stage.world.hide(entry.id)
    reader.poll(connector, "comments", full=True)
    assert not reader.poll(connector, "comments", full=True).deleted
    reader.poll(connector, "review")
    assert reader.find("Opassande").hidden


def test_an_old_thread_that_is_deleted_is_missing_in_its_sweep(
    stage: YouTubeStage, connector: Connector, reader: Reader
) -> None:
    old = stage.many(130)[0]
    reply = stage.answer(old, "Svar", at=LONG_AGO)
    reader.poll(connector, "comments")
    stage.world.delete(old.id)
    missing = {id for page in reader.poll(connector, "comments").pages for id in page.missing}
    assert missing == {old.id, reply.id}


def test_a_reading_of_one_comment_says_what_is_missing(stage: YouTubeStage, connector: Connector) -> None:
    there, gone = stage.citizen_writes("Kvar"), stage.citizen_writes("Borta")
    stage.world.delete(gone.id)
    page = connector.read([there.id, gone.id])
    assert [item.text for item in page.items] == ["Kvar"]
    assert page.missing == (gone.id,)
