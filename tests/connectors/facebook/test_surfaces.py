"""What else a page must see: comments on advertisements, who tags it, and messages to it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Author, Connector, Exhausted, ItemKind, OutcomeUnknown, Permanent, Target
from connectors.facebook import mapping
from sandbox.entries import Entry
from tests.connectors.facebook.odd import PAGE, START, OddGraph, error
from tests.connectors.facebook.stage import ANNA, BO, US, FacebookStage
from tests.connectors.facebook.test_mapping import payload
from tests.connectors.reader import Reader


@pytest.fixture
def connector(stage: FacebookStage) -> Connector:
    return stage.connector()


@pytest.fixture
def reader() -> Reader:
    return Reader()


def message_target(entry: Entry) -> Target:
    assert entry.thread
    return Target(
        entry.id,
        thread=entry.thread,
        author=Author(entry.author),
        kind=ItemKind.MESSAGE,
        posted_at=entry.created_at,
    )


# Advertisements


def test_a_comment_on_an_advertisement_is_found_on_its_own_surface(
    stage: FacebookStage, connector: Connector, reader: Reader
) -> None:
    ad = stage.we_advertise("Sök jobb hos oss")
    comment = stage.citizen_writes("När är sista dag?", post=ad)
    reader.poll(connector, "comments")
    assert not reader.items
    reader.poll(connector, "ads")
    item = reader.find(comment.text)
    assert (item.external_id, item.post, item.addressed) == (comment.id, ad.id, True)
    assert reader.posts[ad.id].is_ad


def test_each_surface_reads_its_own_posts_alone(stage: FacebookStage, connector: Connector, reader: Reader) -> None:
    ad = stage.we_advertise("Sök jobb hos oss")
    stage.citizen_writes("Under annonsen", post=ad)
    stage.citizen_writes("Under inlägget")
    stage.visitor_posts("Trasig lampa")
    stage.somebody_tags_us("Exempelby kommun ordnar fest")
    stage.messages_us("Kan jag få hjälp?")
    reader.poll(connector)
    for surface in connector.surfaces():
        assert reader.poll(connector, surface).calls <= 2, surface
    assert reader.poll(connector, full=True).is_quiet
    assert reader.poll(connector, full=True).is_quiet


def test_a_comment_taken_away_from_an_advertisement_is_seen_in_two_full_polls(
    stage: FacebookStage, connector: Connector, reader: Reader
) -> None:
    gone = stage.citizen_writes("Ångrar mig", post=stage.we_advertise("Sök jobb hos oss"))
    stage.citizen_writes("Står kvar")
    reader.poll(connector)
    stage.world.delete(gone.id)
    assert reader.poll(connector, full=True).deleted + reader.poll(connector, full=True).deleted == [gone.id]


def test_an_advertisement_that_is_also_published_is_read_once(
    stage: FacebookStage, connector: Connector, reader: Reader
) -> None:
    ad = stage.we_advertise("Sök jobb hos oss")
    comment = stage.citizen_writes("När är sista dag?", post=ad)
    stage.world.annotate(ad.id, ad="boosted")
    reader.poll(connector)
    assert not reader.posts[ad.id].is_ad
    assert reader.find(comment.text).post == ad.id
    assert reader.poll(connector, "ads").is_quiet


def test_a_graph_without_such_a_list_says_so_and_is_no_error(odd: OddGraph, reader: Reader) -> None:
    for surface, edge in (("ads", "ads_posts"), ("tagged", "tagged"), ("messages", "conversations")):
        refusal = error(f"(#100) Tried accessing nonexistent field ({edge}) on node type (Page)", 100)
        odd.answer = lambda path, args, refusal=refusal: refusal
        done = reader.poll(odd.connector(), surface, now=START + timedelta(hours=1))
        assert done.notes == ["Facebook har inget sådant flöde i den här versionen. Det finns inget att hämta."]
        assert not done.incomplete


# Tags


def test_who_tags_us_is_read_without_being_addressed(
    stage: FacebookStage, connector: Connector, reader: Reader
) -> None:
    post = stage.somebody_tags_us("Exempelby kommun ordnar fest")
    stage.world.write("facebook", "comment", ANNA, "Kul!", root=post.id)
    done = reader.poll(connector, "tagged")
    (item,) = done.new
    assert (item.external_id, item.thread, item.kind, item.addressed) == (post.id, post.id, ItemKind.MENTION, False)
    assert item.post is None
    assert item.mentions == (US,)


def test_where_we_have_joined_in_what_others_write_is_read_too(
    stage: FacebookStage, connector: Connector, reader: Reader
) -> None:
    post = stage.somebody_tags_us("Exempelby kommun ordnar fest")
    reader.poll(connector, "tagged")
    ours = stage.world.write("facebook", "comment", US, "Välkomna!", root=post.id)
    reader.poll(connector, "tagged")
    assert reader.find("Välkomna!").external_id == ours.id
    stage.world.write("facebook", "comment", ANNA, "När börjar det?", root=post.id)
    reader.poll(connector, "tagged")
    assert (reader.find("När börjar det?").thread, reader.find("När börjar det?").addressed) == (post.id, False)


# Messages


def test_a_message_is_read_with_its_conversation(stage: FacebookStage, connector: Connector, reader: Reader) -> None:
    first = stage.messages_us("Kan jag få hjälp? å & ö <3")
    ours = stage.we_message(first, "Ring 0123-45 67 89.")
    stage.messages_us("Hej", by=BO)
    reader.poll(connector, "messages")
    item = reader.find(first.text)
    assert (item.external_id, item.thread, item.parent, item.post) == (first.id, first.thread, None, None)
    assert (item.kind, item.author and item.author.external_id) == (ItemKind.MESSAGE, ANNA)
    assert item.url.startswith("https://www.facebook.com/")
    assert reader.find(ours.text).from_us
    assert reader.find("Hej").thread != first.thread
    assert reader.poll(connector, "messages").calls == 1


def test_a_long_conversation_is_read_to_what_is_known(
    stage: FacebookStage, connector: Connector, reader: Reader
) -> None:
    written = {stage.messages_us(f"Rad {number}").id for number in range(50)}
    reader.poll(connector, "messages")
    assert written == set(reader.items)
    stage.messages_us("En till")
    assert reader.poll(connector, "messages").texts == ["En till"]


def test_only_a_message_missing_among_newer_and_older_ones_is_held_for_deleted(
    stage: FacebookStage, connector: Connector, reader: Reader
) -> None:
    oldest = stage.messages_us("Först", ago=timedelta(days=3))
    gone = stage.messages_us("Ångrar mig", ago=timedelta(days=2))
    stage.messages_us("Sist")
    reader.poll(connector)
    stage.world.delete(gone.id)
    assert reader.poll(connector, full=True).deleted + reader.poll(connector, full=True).deleted == [gone.id]
    stage.world.delete(oldest.id)
    assert reader.poll(connector, full=True).deleted + reader.poll(connector, full=True).deleted == []


def test_an_answer_to_a_message_goes_to_its_writer_once(
    stage: FacebookStage, connector: Connector, reader: Reader
) -> None:
    message, since = stage.messages_us("Kan jag få hjälp?"), datetime.now(UTC)
    stage.forget_wire()
    sent = connector.reply(message_target(message), "Ring 0123-45 67 89 & fråga.")
    assert len(stage.writes()) == 1
    assert [entry.id for entry in stage.our_entries("Ring 0123-45 67 89 & fråga.")] == [sent.external_id]
    found = connector.find_sent(message_target(message), "Ring 0123-45 67 89 & fråga.", since=since, exclude=())
    assert found and found.external_id == sent.external_id
    reader.poll(connector, "messages")
    assert reader.find("Ring 0123-45 67 89 & fråga.").external_id == sent.external_id


def test_an_answer_lost_after_the_write_is_unknown_and_is_found(stage: FacebookStage, connector: Connector) -> None:
    message, since = stage.messages_us("Kan jag få hjälp?"), datetime.now(UTC)
    stage.fault("drop_after", method="POST")
    stage.forget_wire()
    with pytest.raises(OutcomeUnknown):
        connector.reply(message_target(message), "Ring växeln.")
    assert len(stage.writes()) == 1
    stage.mend()
    assert connector.find_sent(message_target(message), "Ring växeln.", since=since, exclude=())
    assert connector.find_sent(message_target(message), "Något annat.", since=since, exclude=()) is None


def test_after_a_day_an_answer_is_tagged_as_a_persons(stage: FacebookStage, connector: Connector) -> None:
    message = stage.messages_us("Kan jag få hjälp?", ago=timedelta(days=3))
    connector.reply(message_target(message), "Ring växeln.")
    assert len(stage.our_entries("Ring växeln.")) == 1


def test_after_a_week_the_refusal_says_why(stage: FacebookStage, connector: Connector) -> None:
    message = stage.messages_us("Kan jag få hjälp?", ago=timedelta(days=8))
    with pytest.raises(Permanent, match="24 timmar") as caught:
        connector.reply(message_target(message), "Ring växeln.")
    assert caught.value.code == "window_closed"


def test_without_the_permission_messages_are_an_error_and_comments_are_not(
    stage: FacebookStage, connector: Connector, reader: Reader
) -> None:
    stage.citizen_writes("När öppnar badet?")
    token = stage.world.token(stage.token["access_token"])
    assert token
    scopes = ["pages_read_engagement", "pages_read_user_content"]
    stage.world.issue_token("facebook", US, "page", token=token.token, extra={**token.extra, "scopes": scopes})
    with pytest.raises(Permanent) as caught:
        reader.poll(connector, "messages")
    assert caught.value.code == "permission"
    assert reader.poll(connector, "comments").texts == ["När öppnar badet?"]


def test_a_spent_quota_of_messages_is_told_with_its_time(
    stage: FacebookStage, connector: Connector, reader: Reader
) -> None:
    stage.fault("rate_limit")
    with pytest.raises(Exhausted):
        reader.poll(connector, "messages")


def test_a_message_that_cannot_be_read_does_not_stop_the_others(
    stage: FacebookStage, connector: Connector, reader: Reader
) -> None:
    odd = stage.messages_us("Konstig")
    stage.messages_us("Läsbar")
    stage.spoil(odd)
    reader.poll(connector, "messages")
    assert reader.texts == {"Läsbar"}
    assert reader.unreadable


def test_conversations_listed_oldest_first_are_read_to_the_end(odd: OddGraph, reader: Reader) -> None:
    days = {f"t_{number}": START - timedelta(days=40 - number) for number in range(40)}

    def answer(path: str, args: dict[str, str]) -> Any:
        if not path.endswith("/conversations"):
            return None
        rows = [
            {"id": id, "updated_time": at.isoformat(), "messages": {"data": [{
                "id": f"m_{id}", "created_time": at.isoformat(), "message": id, "from": {"id": "7", "name": "Åsa"},
            }]}}
            for id, at in days.items()
        ]  # fmt: skip
        return 200, {}, odd.page(path, rows, args)

    odd.answer = answer
    reader.poll(odd.connector(), "messages", now=START)
    days["t_new"] = START + timedelta(minutes=30)
    assert reader.poll(odd.connector(), "messages", now=START + timedelta(hours=1)).texts == ["t_new"]


def test_a_tag_that_is_taken_away_is_seen_in_two_full_polls(
    stage: FacebookStage, connector: Connector, reader: Reader
) -> None:
    post = stage.somebody_tags_us("Exempelby kommun ordnar fest")
    reader.poll(connector)
    stage.world.delete(post.id)
    assert reader.poll(connector, full=True).deleted + reader.poll(connector, full=True).deleted == [post.id]


def test_an_advertisement_whose_comment_was_pushed_first_is_known_as_one(
    stage: FacebookStage, connector: Connector, reader: Reader
) -> None:
    ad = stage.we_advertise("Sök jobb hos oss")
    pushed = stage.citizen_writes("När är sista dag?", post=ad)
    reader.take(connector.read([pushed.id]))
    assert reader.posts[ad.id].is_ad
    later = stage.citizen_writes("Hur mycket tjänar man?", post=ad)
    assert later.text in reader.poll(connector, "ads").texts


def test_a_comment_elsewhere_that_names_us_is_a_mention_without_our_post(
    stage: FacebookStage, connector: Connector
) -> None:
    theirs = stage.world.write("facebook", "post", BO, "Nu snöar det", wall=BO)
    tags = [{"id": US, "name": "Exempelby kommun", "offset": 0, "length": 16}]
    comment = stage.world.write("facebook", "comment", ANNA, "Exempelby kommun?", root=theirs.id, extra={"tags": tags})
    (item,) = connector.read([comment.id]).items
    assert (item.kind, item.addressed, item.post, item.thread) == (ItemKind.MENTION, False, None, comment.id)


def test_recorded_messages_become_items() -> None:
    items = [mapping.message(raw, "t_1", "2122588589049412") for raw in payload("messages_by_ids").values()]
    assert next(item.author.external_id for item in items if item.author) == "2711405548779125"
    assert items[0].media[0].startswith("https://example.org/")
    assert all("access_token=EAA" not in json.dumps(dict(item.raw)) for item in items)


@pytest.mark.parametrize("odd_value", [None, 7, [], "x", {"data": "x"}, {"data": [None, {"image_data": 3}]}], ids=str)
@pytest.mark.parametrize("name", ["from", "message", "attachments", "sticker"])
def test_an_odd_message_is_read_or_refused_and_never_breaks(name: str, odd_value: Any) -> None:
    raw = {"id": "m_1", "created_time": "2026-11-24T12:00:00+0000", name: odd_value}
    assert mapping.message(raw, "t_1", PAGE).external_id == "m_1"
