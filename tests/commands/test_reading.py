"""`poll`, `items`, `conversations`: the keys of the contract, in its order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Channel, Credential
from config.commands import time_out
from connectors.base import Sent
from inbox.leaving.sending import accepted
from inbox.models import Item, Outgoing
from tests.commands.run import Shell
from tests.factories import NOW, ChannelFactory, ItemFactory, UserFactory, waiting_conversation
from tests.inbox.reading import MAJA, at, comment, only_conversation, ours, store

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel() -> Channel:
    return ChannelFactory()


def test_an_item_has_every_key(shell: Shell, channel: Channel) -> None:
    store(channel, comment("1"), comment("2", 5, parent="1", author=None, text="Hallå?", edited_at=at(6)))
    first, second = shell("items")
    assert first == {
        "id": Item.objects.get(external_id="1").pk, "channel": channel.pk, "platform": "facebook", "external_id": "1",
        "earlier_ids": [], "thread": "1", "parent": None, "conversation": first["conversation"],
        "author": {"external_id": "700", "name": "Jonas Berg"}, "from_us": False, "text": "Text 1",
        "posted_at": "2026-11-24T09:00:00Z", "edited": False, "deleted": False,
    }  # fmt: skip
    assert (second["parent"], second["thread"], second["author"], second["edited"]) == ("1", "1", None, True)
    assert second["conversation"] not in (None, first["conversation"])


def test_our_own_items_are_listed_under_our_name(shell: Shell, channel: Channel) -> None:
    store(channel, ours("1", 0, channel=channel, parent=None))
    (line,) = shell("items")
    assert line["author"] == {"external_id": channel.external_id, "name": "Exempelby kommun"}
    assert (line["from_us"], line["conversation"]) == (True, None)


def test_an_edit_shows_the_newest_id_and_a_deletion_its_mark(shell: Shell, channel: Channel) -> None:
    store(channel, comment("1", text="Nar?"))
    store(channel, comment("2", thread="1", text="När?", earlier_ids=("1",), edited_at=at(1)))
    store(channel, deletions=("2",), now=at(9))
    (line,) = shell("items")
    assert (line["external_id"], line["earlier_ids"], line["edited"], line["deleted"]) == ("2", ["1"], True, True)


def test_items_ascend_by_the_time_of_writing(shell: Shell, channel: Channel) -> None:
    store(channel, comment("3", 9), comment("1", 1), comment("2", 1))
    lines = shell("items")
    assert [line["posted_at"] for line in lines] == sorted(line["posted_at"] for line in lines)
    assert lines[0]["id"] < lines[1]["id"]


def test_one_channels_items_can_be_asked_for(shell: Shell, channel: Channel) -> None:
    store(channel, comment("1"))
    store(ChannelFactory(), comment("2"))
    assert [line["external_id"] for line in shell("items", "--channel", channel.pk)] == ["1"]
    assert len(shell("items")) == 2


@pytest.mark.parametrize("name", ["items", "conversations", "poll"])
@pytest.mark.parametrize("id", ["77", "x", "-1", "9" * 30, ""])
def test_an_unknown_channel_is_one_error_line(shell: Shell, name: str, id: str) -> None:
    assert shell.fails(name, f"--channel={id}")["code"] == "unknown_channel"


def test_a_conversation_has_every_key(shell: Shell, channel: Channel) -> None:
    store(channel, comment("1"), comment("2", 1, parent="1", author=MAJA), ours("3", 5, channel=channel, parent="1"))
    jonas, maja = shell("conversations")
    assert jonas == {
        "id": jonas["id"], "channel": channel.pk, "platform": "facebook", "thread": "1",
        "contact": {"external_id": "700", "name": "Jonas Berg"}, "status": "closed", "state": None, "due_at": None,
        "cycles": [{
            "id": jonas["cycles"][0]["id"], "kind": "first", "started_at": "2026-11-24T09:00:00Z",
            "due_soon_at": "2026-11-25T05:00:00Z", "due_at": "2026-11-25T09:00:00Z",
            "ended_at": "2026-11-24T09:05:00Z", "outcome": "answered", "kept": True,
        }],
        "items": jonas["items"], "outgoing": [],
    }  # fmt: skip
    assert [item["external_id"] for item in jonas["items"]] == ["1", "3"]
    assert [item["external_id"] for item in maja["items"]] == ["2"]
    assert (maja["status"], maja["due_at"]) == ("open", "2026-11-25T09:01:00Z")
    assert (maja["cycles"][0]["ended_at"], maja["cycles"][0]["outcome"], maja["cycles"][0]["kept"]) == (
        None,
        None,
        None,
    )


def test_an_answer_to_several_stands_in_each_ones_conversation(shell: Shell, channel: Channel) -> None:
    answer = ours("3", 5, channel=channel, parent="1", mentions=("701",))
    store(channel, comment("1"), comment("2", 1, parent="1", author=MAJA), answer)
    assert [[item["external_id"] for item in line["items"]] for line in shell("conversations")] == [
        ["1", "3"], ["2", "3"],
    ]  # fmt: skip


@pytest.mark.parametrize(("hours", "state"), [(1, "on_track"), (21, "due_soon"), (25, "overdue")])
def test_its_state_is_told_by_the_clock(shell: Shell, hours: int, state: str) -> None:
    waiting_conversation(posted_at=datetime.now(UTC) - timedelta(days=400))
    conversation = only_conversation()
    conversation.due_at = datetime.now(UTC) + timedelta(hours=24 - hours)
    conversation.due_soon_at = conversation.due_at - timedelta(hours=4)
    conversation.save()
    assert shell("conversations")[0]["state"] == state


def test_what_is_sent_stands_in_outgoing_and_items(shell: Shell) -> None:
    conversation = waiting_conversation()
    outgoing = Outgoing.objects.create(
        conversation=conversation, kind="answer", to=conversation.items.get(), text="Klockan nio. /Anna", key="k",
        drawn_at=NOW, by=UserFactory(), created_at=NOW, not_before=NOW, status="sending", claimed_at=NOW,
    )  # fmt: skip
    accepted(outgoing, Sent("9", at(5)), at(5))
    (line,) = shell("conversations")
    assert line["outgoing"] == [{
        "id": outgoing.pk, "kind": "answer", "status": "sent", "to": conversation.items.first().external_id,
        "external_id": "9", "text": "Klockan nio. /Anna", "error": None,
    }]  # fmt: skip
    assert [item["external_id"] for item in line["items"]][-1] == "9"


def test_conversations_ascend_by_id_whatever_their_status(shell: Shell, channel: Channel) -> None:
    store(channel, *(comment(str(n), -n) for n in range(5)))
    ids = [line["id"] for line in shell("conversations")]
    assert ids == sorted(ids)


def test_a_long_list_takes_no_more_queries_than_a_short_one(shell: Shell, channel: Channel) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            shell("conversations")
            shell("items")
        return len([query for query in captured if query["sql"].startswith("SELECT")])

    store(channel, comment("1"), ours("2", 5, channel=channel, parent="1"))
    few = cost()
    store(channel, *(comment(f"c{n}", n) for n in range(50)))
    assert cost() == few


def test_times_are_utc_with_a_fraction_only_if_it_is_not_zero() -> None:
    time = datetime(2026, 7, 1, 12, 0, 0, 120000, tzinfo=UTC)
    assert time_out(time) == "2026-07-01T12:00:00.12Z"
    assert time_out(time.replace(microsecond=0)) == "2026-07-01T12:00:00Z"
    assert time_out(time.astimezone(NOW.tzinfo)) == "2026-07-01T12:00:00.12Z"
    assert time_out(None) is None


def test_a_text_of_any_kind_is_one_line(shell: Shell, channel: Channel) -> None:
    text = 'rad 1\nrad 2\r\n\u2028\u0085 "citat" \\ \t🏊'
    store(channel, comment("1", text=text))
    assert shell("items")[0]["text"] == text


def test_a_poll_of_nothing_is_nothing(shell: Shell) -> None:
    assert shell("poll") == []


def test_an_unknown_surface_is_one_error_line(shell: Shell, channel: Channel) -> None:
    assert shell.fails("poll", "--surface", "nowhere")["code"] == "unknown_surface"


def test_a_channel_without_a_key_is_reported_and_the_command_goes_well(shell: Shell, channel: Channel) -> None:
    from accounts.channels import ensure_surfaces

    ensure_surfaces(channel, NOW)
    Credential.objects.all().delete()
    lines = shell("poll")
    assert {line["error"]["code"] for line in lines} == {"no_token"}
    assert [line["surface"] for line in lines] == sorted(line["surface"] for line in lines)


def test_an_item_of_a_conversation_of_old_is_still_there(shell: Shell) -> None:
    ItemFactory(text="gammal", unsettled=False)
    assert shell("conversations")[0]["items"][0]["text"] == "gammal"
