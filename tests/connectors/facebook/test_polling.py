"""What a poll of a page finds, at how many calls, and what it can be relied on for after a bad day."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import AuthExpired, Exhausted, Known, Temporary
from connectors.facebook.connector import Facebook
from sandbox.entries import Entry
from tests.connectors.facebook.stage import ANNA, BO, US, FacebookStage
from tests.connectors.reader import Reader, Round


@pytest.fixture
def connector(stage: FacebookStage) -> Facebook:
    return Facebook(stage.context())


@pytest.fixture
def reader() -> Reader:
    return Reader()


def storm(stage: FacebookStage, post: Entry | None = None, count: int = 2300, every: float = 1.5) -> set[str]:
    """Comments in quick succession, every third an answer."""
    began, tops, written = datetime.now(UTC) - timedelta(seconds=every * count), [], set()
    with stage.world.together():
        for number in range(count):
            at = began + timedelta(seconds=every * number)
            if number % 3 == 2:
                written.add(stage.answer(tops[number // 5], f"Svar {number}", at=at).id)
            else:
                tops.append(stage.citizen_writes(f"Fråga {number}", post=post, at=at))
                written.add(tops[-1].id)
    return written


def poll(connector: Facebook, reader: Reader, surface: str = "comments", *, later: timedelta = timedelta()) -> Round:
    return reader.poll(connector, surface, now=datetime.now(UTC) + later)


# How many calls


def test_a_storm_takes_hardly_more_calls_than_it_has_pages(
    stage: FacebookStage, connector: Facebook, reader: Reader
) -> None:
    written = storm(stage)
    done = poll(connector, reader)
    assert set(reader.items) == written
    assert done.calls <= 23 * 1.2
    assert [poll(connector, reader).calls for _ in range(2)] == [1, 1]


def test_a_storm_between_two_polls_takes_no_more(stage: FacebookStage, connector: Facebook, reader: Reader) -> None:
    poll(connector, reader)
    written = storm(stage, every=0.001)
    done = poll(connector, reader)
    assert set(reader.items) == written
    assert done.calls <= 23 * 1.2
    assert poll(connector, reader).calls == 1


def test_a_storm_over_many_posts_reads_a_page_of_each_in_one_call(
    stage: FacebookStage, connector: Facebook, reader: Reader
) -> None:
    posts = [stage.we_post(f"Inlägg {number}") for number in range(20)]
    poll(connector, reader)
    written = set().union(*(storm(stage, post, 115, every=0.001) for post in posts))
    done = poll(connector, reader)
    assert set(reader.items) == written
    assert done.calls <= 27
    assert poll(connector, reader).calls == 1


def test_threads_have_their_top_comment_however_the_pages_fell(
    stage: FacebookStage, connector: Facebook, reader: Reader
) -> None:
    storm(stage, count=450)
    poll(connector, reader)
    for item in reader.items.values():
        entry = stage.world.entry(item.external_id)
        assert entry is not None
        assert (item.thread, item.parent) == (entry.thread, entry.parent)


def test_one_late_answer_in_a_storm_costs_a_look_not_a_reading(
    stage: FacebookStage, connector: Facebook, reader: Reader
) -> None:
    storm(stage)
    poll(connector, reader)
    first = next(iter(reader.items.values()))
    ours = stage.answer(stage.world.entry(first.external_id), "Nej, det stämmer inte.", by_us=True)
    done = poll(connector, reader)
    assert (done.texts, done.calls) == ([ours.text], 1)


def test_our_own_reply_that_is_stored_already_costs_no_reading(
    stage: FacebookStage, connector: Facebook, reader: Reader
) -> None:
    storm(stage)
    poll(connector, reader, later=-timedelta(seconds=1))  # Graph tells whole seconds: in a poll's own it reads deeper
    sent = connector.reply(stage.target(stage.world.entry(next(iter(reader.items)))), "Nej.")
    stored = reader.known()
    known = Known(
        lambda ids: stored.item_ids(ids) | ({sent.external_id} & set(ids)), stored.threads, posts=stored.posts
    )
    calls = connector.calls
    list(connector.poll("comments", reader.cursors["comments"], known=known, now=datetime.now(UTC)))
    assert connector.calls - calls == 1


# Old posts


def test_a_comment_on_any_old_post_is_found_in_its_turn(
    stage: FacebookStage, connector: Facebook, reader: Reader
) -> None:
    old = [stage.we_post(f"Gammalt {days}", ago=timedelta(days=40 + days)) for days in range(230)]
    assert poll(connector, reader).calls == 3
    stage.citizen_writes("Gäller det här än?", post=old[-1])
    rounds = [poll(connector, reader, later=timedelta(minutes=number)) for number in range(1, 5)]
    assert [texts for done in rounds for texts in done.texts] == ["Gäller det här än?"]
    assert max(done.calls for done in rounds) <= 3


def test_an_old_post_where_people_talk_is_looked_at_each_time(
    stage: FacebookStage, connector: Facebook, reader: Reader
) -> None:
    old = [stage.we_post(f"Gammalt {days}", ago=timedelta(days=40 + days)) for days in range(230)]
    stage.citizen_writes("Gäller det här än?", post=old[-1])
    poll(connector, reader)
    for number in range(3):
        stage.citizen_writes(f"Hallå {number}", post=old[-1])
        assert poll(connector, reader).texts == [f"Hallå {number}"]


def test_a_storm_on_an_old_post_that_broke_off_leaves_no_hole(
    stage: FacebookStage, connector: Facebook, reader: Reader
) -> None:
    posts = [stage.we_post(f"Gammalt {days}", ago=timedelta(days=40 + days)) for days in range(120)]
    poll(connector, reader)
    written = storm(stage, posts[-1], 300, every=0.001)
    break_off(stage, connector, reader, after=3)
    assert 0 < len(reader.items) < len(written)
    for number in range(4):
        poll(connector, reader, later=timedelta(hours=2 + number))
    assert set(reader.items) == written


def test_an_old_post_that_is_gone_is_asked_for_once(stage: FacebookStage, connector: Facebook, reader: Reader) -> None:
    posts = [stage.we_post(f"Gammalt {days}", ago=timedelta(days=40 + days)) for days in range(120)]
    poll(connector, reader)
    stage.world.delete(posts[-1].id)
    poll(connector, reader)
    for _ in range(3):
        assert poll(connector, reader).calls <= 2


# What breaks off, comes late, is edited, is gone


def break_off(stage: FacebookStage, connector: Facebook, reader: Reader, *, after: int) -> None:
    """Let a poll fail after some pages; what it brought until then is stored, its cursor is not."""
    pages = connector.poll("comments", reader.cursors.get("comments", {}), known=reader.known(), now=datetime.now(UTC))
    with pytest.raises(Temporary):
        for number, page in enumerate(pages, 1):
            reader.take(page)
            if number == after:
                stage.fault("server_error")
    stage.mend()


def test_a_poll_that_broke_off_leaves_no_hole(stage: FacebookStage, connector: Facebook, reader: Reader) -> None:
    poll(connector, reader)
    written = storm(stage, count=700, every=0.001)
    break_off(stage, connector, reader, after=4)
    assert 0 < len(reader.items) < len(written)
    written.add(stage.citizen_writes("En till").id)
    poll(connector, reader, later=timedelta(hours=3))
    assert set(reader.items) == written
    assert poll(connector, reader, later=timedelta(hours=4)).calls == 1


def test_a_comment_shown_three_hours_late_is_found_deep_in_a_storm(
    stage: FacebookStage, connector: Facebook, reader: Reader
) -> None:
    now = datetime.now(UTC)
    late = stage.citizen_writes("Sen", at=now - timedelta(hours=3), visible_at=now + timedelta(hours=1))
    storm(stage, count=900)
    poll(connector, reader)
    stage.show(late)
    assert reader.poll(connector, "comments", now=late.visible_at).texts == ["Sen"]


def test_an_edit_of_a_recent_comment_is_seen_by_the_next_poll(
    stage: FacebookStage, connector: Facebook, reader: Reader
) -> None:
    entry = stage.citizen_writes("När öpnar badet?")
    poll(connector, reader)
    stage.world.edit(entry.id, "När öppnar badet?")
    assert [item.text for item in poll(connector, reader).changed] == ["När öppnar badet?"]


def test_comments_gone_with_their_post_are_found_without_asking_for_each(
    stage: FacebookStage, connector: Facebook, reader: Reader
) -> None:
    post = stage.we_post("Fel bild")
    written = storm(stage, post, 120)
    reader.poll(connector)
    stage.world.delete(post.id)
    done = reader.poll(connector, full=True)
    assert done.calls <= 6
    assert set(reader.poll(connector, full=True).deleted) == written


def test_answers_gone_with_their_comment_are_found_too(
    stage: FacebookStage, connector: Facebook, reader: Reader
) -> None:
    top = stage.citizen_writes("Ångrar mig")
    answers = {stage.answer(top, f"Svar {number}").id for number in range(3)}
    stage.citizen_writes("Står kvar")
    reader.poll(connector)
    stage.world.delete(top.id)
    reader.poll(connector, full=True)
    assert set(reader.poll(connector, full=True).deleted) == {top.id, *answers}


def test_what_is_there_but_not_shown_is_not_taken_for_gone(
    stage: FacebookStage, connector: Facebook, reader: Reader
) -> None:
    entry = stage.citizen_writes("Hej")
    reader.poll(connector)
    stage.fault("missing_next")
    storm(stage, count=130)  # pushes it off the only page
    for _ in range(2):
        assert reader.poll(connector, full=True).deleted == []
    assert entry.id not in reader.deleted


# Visitors


def test_what_a_visitor_posts_is_an_item_with_a_thread_of_its_own(
    stage: FacebookStage, connector: Facebook, reader: Reader
) -> None:
    post = stage.visitor_posts("Lampan på Storgatan är trasig")
    ours = stage.world.write("facebook", "comment", US, "Tack, vi lagar den.", parent=post.id)
    theirs = stage.world.write("facebook", "comment", BO, "Äntligen", parent=ours.id)
    poll(connector, reader, "visitor_posts")
    shown = {id: (item.kind, item.thread, item.parent, item.post) for id, item in reader.items.items()}
    assert shown == {
        post.id: ("visitor_post", post.id, None, None),
        ours.id: ("comment", post.id, post.id, None),
        theirs.id: ("comment", post.id, ours.id, None),
    }
    assert reader.posts == {}
    assert poll(connector, reader, "comments").is_quiet


def test_both_surfaces_say_the_same_of_a_visitors_post(
    stage: FacebookStage, connector: Facebook, reader: Reader
) -> None:
    post = stage.visitor_posts("Lampan är trasig", media=["https://example.org/lampa.jpg"])
    stage.world.write("facebook", "comment", BO, "Här med", parent=post.id)
    other = Reader()
    poll(connector, reader, "visitor_posts")
    poll(connector, other, "comments")
    assert other.items == reader.items


def test_an_author_that_facebook_withholds_is_unknown(
    stage: FacebookStage, connector: Facebook, reader: Reader
) -> None:
    entry = stage.citizen_writes("Hej", from_withheld=True)
    poll(connector, reader)
    assert reader.items[entry.id].author is None
    assert not reader.items[entry.id].from_us


def test_a_reply_to_a_visitors_post_is_found_again(stage: FacebookStage, connector: Facebook, reader: Reader) -> None:
    post, since = stage.visitor_posts("Lampan är trasig"), datetime.now(UTC)
    sent = connector.reply(stage.target(post), "Tack, vi lagar den.")
    found = connector.find_sent(stage.target(post), "Tack, vi lagar den.", since=since, exclude=())
    assert found is not None
    assert found.external_id == sent.external_id


# Evidence


def test_the_last_page_says_what_the_platform_counts(stage: FacebookStage, connector: Facebook, reader: Reader) -> None:
    storm(stage, count=130)
    assert poll(connector, reader).pages[-1].platform_count == 130
    assert poll(connector, reader).pages[-1].platform_count == 130


def test_the_usage_header_is_the_quota(stage: FacebookStage, connector: Facebook) -> None:
    assert connector.quota == {}
    stage.fault("rate_limit")
    with pytest.raises(Exhausted) as caught:
        connector.verify()
    assert connector.quota == {"percent": 100, "regain_minutes": 37}
    assert timedelta(minutes=36) < caught.value.until - datetime.now(UTC) < timedelta(minutes=38)


def test_the_token_shows_in_no_log_cursor_error_or_raw_record(
    stage: FacebookStage, connector: Facebook, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stage.spoil(stage.citizen_writes("Konstig"))
    storm(stage, count=130)
    poll(connector, reader)
    connector.verify()
    stage.fault("drop_before")
    with pytest.raises(Temporary) as caught:
        connector.verify()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    raws = [*(item.raw for item in reader.items.values()), *(post.raw for post in reader.posts.values())]
    everything = caplog.text + json.dumps(raws) + json.dumps(reader.cursors) + str(reader.unreadable)
    assert "connectionpool" in caplog.text
    assert not [secret for secret in stage.secrets if secret in everything]


def test_a_token_that_dies_in_the_middle_needs_a_person(
    stage: FacebookStage, connector: Facebook, reader: Reader
) -> None:
    storm(stage, count=300)
    pages = connector.poll("comments", {}, known=reader.known(), now=datetime.now(UTC))
    next(pages)
    stage.revoke()
    with pytest.raises(AuthExpired):
        list(pages)


def test_verify_tells_scopes_and_expiry(stage: FacebookStage) -> None:
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=60)
    app = {"app_id": "7", "app_secret": "hemligt", "scopes": ["pages_manage_engagement"]}
    token = stage.world.issue_token("facebook", US, "page", expires_at=ends, extra=app)
    connector = Facebook(stage.context(token={"access_token": token.token, "app_id": "7", "app_secret": "hemligt"}))
    identity = connector.verify()
    assert (identity.external_id, identity.name) == (US, "Exempelby kommun")
    assert (identity.scopes, identity.expires_at) == (("pages_manage_engagement",), ends)


def test_read_brings_comments_and_posts_and_says_what_is_not_there(stage: FacebookStage, connector: Facebook) -> None:
    top, visitor = stage.citizen_writes("Hej"), stage.visitor_posts("Lampan är trasig")
    answer, gone = stage.answer(top, "Hej själv"), stage.citizen_writes("Ångrar mig")
    below = stage.world.write("facebook", "comment", BO, "Här med", parent=visitor.id)
    stage.world.delete(gone.id)
    page = connector.read([answer.id, visitor.id, gone.id, below.id, stage.post.id])
    shown = {item.external_id: (item.thread, item.parent, item.post) for item in page.items}
    assert shown == {
        answer.id: (top.id, top.id, stage.post.id),
        visitor.id: (visitor.id, None, None),
        below.id: (visitor.id, visitor.id, None),
    }
    assert [post.external_id for post in page.posts] == [stage.post.id]
    assert page.missing == (gone.id,)


def test_what_both_a_poll_and_a_read_bring_is_the_same(
    stage: FacebookStage, connector: Facebook, reader: Reader
) -> None:
    top = stage.citizen_writes("Hej", media=["https://example.org/1.jpg"])
    stage.answer(top, "Hej själv")
    poll(connector, reader)
    assert {item.external_id: item for item in connector.read(list(reader.items)).items} == reader.items


def test_the_same_person_saying_the_same_twice_has_said_two_things(
    stage: FacebookStage, connector: Facebook, reader: Reader
) -> None:
    for _ in range(2):
        stage.citizen_writes("Snälla svara")
    assert poll(connector, reader).texts == ["Snälla svara"] * 2
    assert {item.author.external_id for item in reader.items.values() if item.author} == {ANNA}
