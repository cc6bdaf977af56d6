"""What a poll of an account's comments finds, at how many calls, and what it can be relied on for after a bad day."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import AuthExpired, Exhausted, Known, Temporary
from connectors.instagram.connector import Instagram
from sandbox.entries import Entry
from tests.connectors.instagram.stage import TUVA, US, InstagramStage
from tests.connectors.reader import Reader, Round


@pytest.fixture
def connector(stage: InstagramStage) -> Instagram:
    return Instagram(stage.context())


@pytest.fixture
def reader() -> Reader:
    return Reader()


def storm(stage: InstagramStage, post: Entry | None = None, count: int = 2300, every: float = 1.5) -> set[str]:
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


def poll(connector: Instagram, reader: Reader, *, later: timedelta = timedelta(), full: bool = False) -> Round:
    return reader.poll(connector, "comments", now=datetime.now(UTC) + later, full=full)


# How many calls


def test_a_storm_takes_hardly_more_calls_than_it_has_pages(
    stage: InstagramStage, connector: Instagram, reader: Reader
) -> None:
    written = storm(stage)
    done = poll(connector, reader)
    assert set(reader.items) == written
    assert done.calls <= 31 * 1.2  # 1,534 at the top, 50 a page, answers inside
    assert [poll(connector, reader).calls for _ in range(2)] == [1, 1]


def test_a_storm_between_two_polls_takes_no_more(stage: InstagramStage, connector: Instagram, reader: Reader) -> None:
    poll(connector, reader)
    written = storm(stage, every=0.001)
    done = poll(connector, reader)
    assert set(reader.items) == written
    assert done.calls <= 31 * 1.2
    assert poll(connector, reader).calls == 1


def test_a_storm_of_answers_to_one_comment_is_read_page_by_page(
    stage: InstagramStage, connector: Instagram, reader: Reader
) -> None:
    top = stage.citizen_writes("Är vattnet rent?")
    written = {top.id, *(stage.answer(top, f"Svar {number}").id for number in range(320))}
    done = poll(connector, reader)
    assert set(reader.items) == written
    assert done.calls <= 9
    assert poll(connector, reader).calls == 1


def test_a_storm_over_many_pictures_reads_a_page_of_each_in_few_calls(
    stage: InstagramStage, connector: Instagram, reader: Reader
) -> None:
    posts = [stage.we_post(f"Bild {number}") for number in range(20)]
    poll(connector, reader)
    written = set().union(*(storm(stage, post, 60, every=0.001) for post in posts))
    done = poll(connector, reader)
    assert set(reader.items) == written
    assert done.calls <= 4
    assert poll(connector, reader).calls == 1


def test_answers_stand_below_what_they_answer_however_the_pages_fell(
    stage: InstagramStage, connector: Instagram, reader: Reader
) -> None:
    storm(stage, count=450)
    poll(connector, reader)
    for item in reader.items.values():
        entry = stage.world.entry(item.external_id)
        assert entry is not None
        assert (item.thread, item.parent, item.post) == (entry.thread, entry.parent, stage.post.id)


def test_an_answer_in_a_thread_where_something_happened_costs_a_look_not_a_reading(
    stage: InstagramStage, connector: Instagram, reader: Reader
) -> None:
    storm(stage)
    poll(connector, reader)
    old = min(reader.items.values(), key=lambda item: item.posted_at)
    ours = stage.answer(stage.world.entry(old.external_id), "Nej, det stämmer inte.", by_us=True)
    reader.take(connector.read([ours.id]))  # as our own sending is stored
    poll(connector, reader)
    theirs = stage.answer(ours, "Men det står i tidningen!")
    done = poll(connector, reader)
    assert (done.texts, done.calls) == ([theirs.text], 3)


def test_an_answer_deep_in_a_storm_is_found_at_the_latest_by_a_full_poll(
    stage: InstagramStage, connector: Instagram, reader: Reader
) -> None:
    storm(stage)
    poll(connector, reader)
    old = sorted(reader.items.values(), key=lambda item: item.posted_at)[900]
    late = stage.answer(stage.world.entry(old.thread), "Sent")
    first = poll(connector, reader)
    assert first.calls <= 7
    assert [*first.texts, *poll(connector, reader, full=True).texts] == [late.text]


def test_our_own_reply_that_is_stored_already_costs_no_reading(
    stage: InstagramStage, connector: Instagram, reader: Reader
) -> None:
    storm(stage)
    poll(connector, reader)
    newest = max(reader.items.values(), key=lambda item: item.posted_at)
    sent = connector.reply(stage.target(stage.world.entry(newest.thread)), "Nej.")
    stored = reader.known()
    known = Known(
        lambda ids: stored.item_ids(ids) | ({sent.external_id} & set(ids)), stored.threads, posts=stored.posts
    )
    calls = connector.calls
    list(connector.poll("comments", reader.cursors["comments"], known=known, now=datetime.now(UTC)))
    assert connector.calls - calls <= 3


# Old pictures


def test_a_comment_under_any_old_picture_is_found_in_its_turn(
    stage: InstagramStage, connector: Instagram, reader: Reader
) -> None:
    old = [stage.we_post(f"Gammal {days}", ago=timedelta(days=40 + days)) for days in range(230)]
    poll(connector, reader)
    stage.citizen_writes("Gäller det här än?", post=old[-1])
    rounds = [poll(connector, reader, later=timedelta(minutes=number)) for number in range(1, 6)]
    assert [texts for done in rounds for texts in done.texts] == ["Gäller det här än?"]
    assert max(done.calls for done in rounds) <= 3


def test_an_old_picture_where_people_talk_is_looked_at_each_time(
    stage: InstagramStage, connector: Instagram, reader: Reader
) -> None:
    old = [stage.we_post(f"Gammal {days}", ago=timedelta(days=40 + days)) for days in range(230)]
    first = stage.citizen_writes("Gäller det här än?", post=old[-1])
    poll(connector, reader)
    for number in range(3):
        stage.answer(first, f"Hallå {number}")
        assert poll(connector, reader).texts == [f"Hallå {number}"]


def test_an_old_picture_that_is_gone_is_asked_for_once(
    stage: InstagramStage, connector: Instagram, reader: Reader
) -> None:
    posts = [stage.we_post(f"Gammal {days}", ago=timedelta(days=40 + days)) for days in range(120)]
    poll(connector, reader)
    stage.world.delete(posts[-1].id)
    rounds = [poll(connector, reader, later=timedelta(minutes=number)) for number in range(1, 7)]  # turns go by seconds
    assert sorted(done.calls for done in rounds) == [2, 2, 2, 2, 2, 3]


# What breaks off, comes late, is edited, is gone


def break_off(stage: InstagramStage, connector: Instagram, reader: Reader, *, after: int) -> None:
    """Let a poll fail after some pages; what it brought until then is stored, its cursor is not."""
    pages = connector.poll("comments", reader.cursors.get("comments", {}), known=reader.known(), now=datetime.now(UTC))
    with pytest.raises(Temporary):
        for number, page in enumerate(pages, 1):
            reader.take(page)
            if number == after:
                stage.fault("server_error")
    stage.mend()


def test_a_poll_that_broke_off_leaves_no_hole(stage: InstagramStage, connector: Instagram, reader: Reader) -> None:
    poll(connector, reader)
    written = storm(stage, count=700, every=0.001)
    break_off(stage, connector, reader, after=4)
    assert 0 < len(reader.items) < len(written)
    written.add(stage.citizen_writes("En till").id)
    poll(connector, reader, later=timedelta(hours=3))
    assert set(reader.items) == written
    assert poll(connector, reader, later=timedelta(hours=4)).calls == 1


def test_a_comment_shown_hours_late_is_found_by_the_count_that_has_grown(
    stage: InstagramStage, connector: Instagram, reader: Reader
) -> None:
    now = datetime.now(UTC)
    late = stage.citizen_writes("Sen", at=now - timedelta(hours=3), visible_at=now + timedelta(hours=1))
    storm(stage, count=160)
    poll(connector, reader)
    stage.show(late)
    assert reader.poll(connector, "comments", now=late.visible_at).texts == ["Sen"]


def test_what_is_deleted_does_not_hide_what_is_new(stage: InstagramStage, connector: Instagram, reader: Reader) -> None:
    gone = [stage.citizen_writes(f"Ångrar mig {number}") for number in range(3)]
    poll(connector, reader)
    for entry in gone:
        stage.world.delete(entry.id)
    written = [stage.citizen_writes(f"Ny {number}").text for number in range(3)]
    assert poll(connector, reader).texts == written  # the count is the same as before


def test_comments_gone_with_their_picture_are_found_without_asking_for_each(
    stage: InstagramStage, connector: Instagram, reader: Reader
) -> None:
    post = stage.we_post("Fel bild")
    written = storm(stage, post, 120)
    stays = stage.citizen_writes("Står kvar")
    poll(connector, reader)
    stage.world.delete(post.id)
    assert poll(connector, reader, full=True).calls <= 4
    assert set(poll(connector, reader, full=True).deleted) == written
    assert stays.id not in reader.deleted


def test_answers_gone_with_their_comment_are_found_too(
    stage: InstagramStage, connector: Instagram, reader: Reader
) -> None:
    top = stage.citizen_writes("Ångrar mig")
    answers = {stage.answer(top, f"Svar {number}").id for number in range(3)}
    stage.citizen_writes("Står kvar")
    poll(connector, reader)
    stage.world.delete(top.id)
    poll(connector, reader, full=True)
    assert set(poll(connector, reader, full=True).deleted) == {top.id, *answers}


def test_what_is_there_but_not_shown_is_not_taken_for_gone(
    stage: InstagramStage, connector: Instagram, reader: Reader
) -> None:
    stage.citizen_writes("Hej")
    poll(connector, reader)
    stage.fault("missing_next")
    storm(stage, count=130)  # pushes it off the only page
    for _ in range(2):
        assert poll(connector, reader, full=True).deleted == []


def test_an_account_that_shows_nothing_at_all_has_not_lost_everything(
    stage: InstagramStage, connector: Instagram, reader: Reader
) -> None:
    stage.citizen_writes("Hej")
    poll(connector, reader)
    stage.world.delete(stage.post.id)
    rounds = [poll(connector, reader, full=True) for _ in range(3)]
    assert [done.deleted for done in rounds] == [[], [], []]
    assert "behörigheter" in rounds[0].notes[0]


# Who wrote


def test_an_author_whose_id_is_withheld_is_told_by_the_username(
    stage: InstagramStage, connector: Instagram, reader: Reader
) -> None:
    entry = stage.citizen_writes("Hej", from_withheld=True)
    poll(connector, reader)
    author = reader.items[entry.id].author
    assert author is not None
    assert (author.external_id, author.name, author.handle) == ("tuvaekdahl", "tuvaekdahl", "tuvaekdahl")


def test_the_same_person_with_and_without_id_is_one_as_soon_as_the_id_was_seen(
    stage: InstagramStage, connector: Instagram, reader: Reader
) -> None:
    stage.citizen_writes("Med id")
    beside = stage.citizen_writes("Utan id, i samma hämtning", from_withheld=True)
    poll(connector, reader)
    later = stage.citizen_writes("Utan id, senare", from_withheld=True)
    poll(connector, reader)
    authors = {id: reader.items[id].author for id in (beside.id, later.id)}
    assert {author.external_id for author in authors.values() if author} == {TUVA}


def test_our_own_comment_is_ours_by_username_where_the_id_is_withheld(stage: InstagramStage, reader: Reader) -> None:
    top = stage.citizen_writes("När öppnar badet?")
    ours = stage.answer(top, "Klockan nio.", by_us=True)
    stage.world.annotate(ours.id, from_withheld=True)
    poll(Instagram(stage.context(handle="")), reader)  # the list of media tells our username
    assert reader.items[ours.id].from_us
    assert not reader.items[top.id].from_us


def test_mentions_are_lower_case_usernames(stage: InstagramStage, connector: Instagram, reader: Reader) -> None:
    entry = stage.citizen_writes("@Bo.Lindh. ska vi? Eller @tuvaekdahl, men inte a@b.se")
    poll(connector, reader)
    assert reader.items[entry.id].mentions == ("bo.lindh", "tuvaekdahl")


def test_nobody_can_answer_below_a_hidden_comment(stage: InstagramStage, connector: Instagram, reader: Reader) -> None:
    top = stage.citizen_writes("Opassande")
    answer, other = stage.answer(top, "Håller med"), stage.citizen_writes("Hej")
    stage.world.hide(top.id)
    poll(connector, reader)
    can = {id: item.can_reply for id, item in reader.items.items()}
    assert can == {top.id: False, answer.id: False, other.id: True}
    assert reader.items[top.id].hidden


# Evidence


def test_the_last_page_says_what_the_platform_counts(
    stage: InstagramStage, connector: Instagram, reader: Reader
) -> None:
    storm(stage, count=130)
    for days in range(120):
        stage.we_post(f"Gammal {days}", ago=timedelta(days=40 + days))
    assert [poll(connector, reader).pages[-1].platform_count for _ in range(2)] == [130, 130]


def test_comments_that_are_counted_but_never_shown_are_told_of(
    stage: InstagramStage, connector: Instagram, reader: Reader
) -> None:
    storm(stage, count=30)
    for entry in stage.world.entries("instagram", kind="comment"):
        stage.world.annotate(entry.id, withhold=["id"])
    done = poll(connector, reader)
    assert any("räknar 30 kommentarer men visar inga" in note for note in done.notes)


def test_the_usage_header_is_the_quota(stage: InstagramStage, connector: Instagram) -> None:
    assert connector.quota == {}
    stage.fault("rate_limit")
    with pytest.raises(Exhausted) as caught:
        connector.verify()
    assert connector.quota == {"percent": 100, "regain_minutes": 37}
    assert timedelta(minutes=36) < caught.value.until - datetime.now(UTC) < timedelta(minutes=38)


def test_the_token_shows_in_no_log_cursor_error_or_raw_record(
    stage: InstagramStage, connector: Instagram, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stage.spoil(stage.citizen_writes("Konstig"))
    storm(stage, count=130)
    poll(connector, reader)
    stage.fault("drop_before")
    with pytest.raises(Temporary):
        connector.verify()
    raws = [*(item.raw for item in reader.items.values()), *(post.raw for post in reader.posts.values())]
    everything = caplog.text + json.dumps(raws) + json.dumps(reader.cursors) + str(reader.unreadable)
    assert "connectionpool" in caplog.text
    assert not [secret for secret in stage.secrets if secret in everything]


def test_a_token_that_dies_in_the_middle_needs_a_person(
    stage: InstagramStage, connector: Instagram, reader: Reader
) -> None:
    storm(stage, count=300)
    pages = connector.poll("comments", {}, known=reader.known(), now=datetime.now(UTC))
    next(pages)
    stage.revoke()
    with pytest.raises(AuthExpired):
        list(pages)


def test_verify_tells_scopes_and_expiry(stage: InstagramStage) -> None:
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=60)
    app = {"app_id": "7", "app_secret": "hemligt", "scopes": ["instagram_manage_comments"]}
    token = stage.world.issue_token("instagram", US, "page", expires_at=ends, extra=app)
    connector = Instagram(stage.context(token={"access_token": token.token, "app_id": "7", "app_secret": "hemligt"}))
    identity = connector.verify()
    assert (identity.external_id, identity.name, identity.handle) == (US, "Exempelby kommun", "exempelby")
    assert (identity.scopes, identity.expires_at) == (("instagram_manage_comments",), ends)
