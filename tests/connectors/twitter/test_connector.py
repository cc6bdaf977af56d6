"""What only X does: edits with new ids, hashtags, conversations, the seven days, prices; against the sandbox."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import (
    AuthExpired,
    Capability,
    Exhausted,
    Gone,
    ItemKind,
    Known,
    OutcomeUnknown,
    Page,
    Permanent,
    Target,
)
from connectors.twitter import snowflake
from connectors.twitter.connector import Twitter, price_of_reply
from sandbox.twitter import issue_app, query
from tests.connectors.reader import Reader
from tests.connectors.twitter.stage import ASA, BO, OURS, TwitterStage
from tests.sandbox_server import RunningSandbox


@pytest.fixture
def stage(sandbox: RunningSandbox) -> Iterator[TwitterStage]:
    made = TwitterStage(sandbox)
    yield made
    made.mend()


@pytest.fixture
def reader() -> Reader:
    return Reader()


def test_an_edit_is_seen_in_the_next_ordinary_poll(stage: TwitterStage, reader: Reader) -> None:
    entry, connector = stage.citizen_writes("När öpnar badet?"), stage.connector()
    reader.poll(connector)
    stage.world.edit(entry.id, "@exempelby När öppnar badet?")
    done = reader.poll(connector)
    assert [(item.text, item.earlier_ids) for item in done.changed] == [("@exempelby När öppnar badet?", (entry.id,))]


def test_a_full_poll_finds_the_edit_of_what_is_too_old_to_be_listed(stage: TwitterStage, reader: Reader) -> None:
    entry, connector = stage.citizen_writes("När öpnar badet?"), stage.connector()
    reader.poll(connector)
    stage.world.edit(entry.id, "När öppnar badet, alltså?")  # no longer names us, so no list of ours holds it
    assert [item.text for item in reader.poll(connector, full=True).changed] == ["När öppnar badet, alltså?"]


def test_a_hashtag_hit_can_be_read_but_not_answered(stage: TwitterStage, reader: Reader) -> None:
    entry = stage.world.write("twitter", "tweet", BO, "Ser fram emot #Sommarfest & musik")
    connector = stage.connector(hashtags=("sommarfest",))
    reader.poll(connector, "hashtag:sommarfest")
    item = reader.find(entry.text)
    assert (item.kind, item.addressed, item.can_reply) == (ItemKind.HASHTAG, False, False)
    with pytest.raises(Permanent) as caught:
        connector.reply(stage.target(entry), "Välkommen!")
    assert caught.value.code == "reply_not_allowed"


def test_a_hashtag_with_swedish_letters_and_a_sign_is_one_surface(stage: TwitterStage, reader: Reader) -> None:
    stage.world.write("twitter", "tweet", BO, "Nu är det #Översvämning")
    connector = stage.connector(hashtags=("#översvämning", "översvämning", " "))
    assert connector.surfaces()[4:] == ("hashtag:översvämning",)
    assert reader.poll(connector, "hashtag:översvämning").texts == ["Nu är det #Översvämning"]


def test_an_answer_that_names_nobody_is_found_where_we_wrote(stage: TwitterStage, reader: Reader) -> None:
    connector, entry = stage.connector(), stage.citizen_writes("När öppnar badet?")
    ours = stage.answer(entry, "Klockan nio.", by_us=True)
    reader.poll(connector)
    stage.world.write("twitter", "tweet", ASA, "Även på söndagar?", parent=ours.id)
    reader.poll(connector)
    item = reader.find("Även på söndagar?")
    assert (item.parent, item.thread, item.addressed) == (ours.id, entry.id, True)


def test_an_answer_to_our_post_that_names_nobody_is_found(stage: TwitterStage, reader: Reader) -> None:
    connector = stage.connector()
    reader.poll(connector)
    stage.world.write("twitter", "tweet", ASA, "Äntligen!", parent=stage.first.id)
    reader.poll(connector)
    item = reader.find("Äntligen!")
    assert (item.parent, item.post, item.addressed, item.can_reply) == (None, stage.first.id, True, True)


def test_the_same_tweet_is_the_same_item_on_every_surface(stage: TwitterStage, reader: Reader) -> None:
    stage.citizen_answers_our_post("Vilken kö! #Sommarfest")
    connector = stage.connector(hashtags=("sommarfest",))
    reader.poll(connector)
    known, now = reader.known(), datetime.now(UTC)
    pages = [page for surface in connector.surfaces() for page in connector.poll(surface, {}, known=known, now=now)]
    seen = [replace(item, raw={}) for page in pages for item in page.items]
    assert len(seen) == 3
    assert seen.count(seen[0]) == 3


def test_a_quote_that_does_not_name_us_is_found_and_can_be_answered(stage: TwitterStage, reader: Reader) -> None:
    connector = stage.connector()
    reader.poll(connector)
    quote = stage.world.write("twitter", "tweet", BO, "Äntligen, men varför så dyrt?", extra={"quotes": stage.first.id})
    stage.world.write("twitter", "tweet", ASA, "Något helt annat", extra={"quotes": quote.id})
    done = reader.poll(connector, "quotes")
    (item,) = done.new
    assert (item.external_id, item.kind, item.addressed, item.can_reply) == (quote.id, ItemKind.MENTION, True, True)
    assert (item.thread, item.parent) == (quote.id, None)
    assert reader.poll(connector, "quotes").calls == 1


def test_a_quote_of_an_older_post_is_found_in_its_turn(stage: TwitterStage, reader: Reader) -> None:
    at = stage.world.now() - timedelta(days=5)
    for number in range(30):
        stage.world.write("twitter", "tweet", OURS, f"Nyhet {number}", at=at + timedelta(minutes=number))
    connector = stage.connector()
    reader.poll(connector)
    old = stage.world.entries("twitter", author=OURS, order="old", limit=1)[0]
    stage.world.write("twitter", "tweet", BO, "Så här sa de då", extra={"quotes": old.id})
    found = [text for _ in range(4) for text in reader.poll(connector, "quotes").texts]
    assert found == ["Så här sa de då"]


def test_keys_that_may_not_search_for_quotes_say_so_and_stop_nothing(
    stage: TwitterStage, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.citizen_writes("När öppnar badet?")
    connector = stage.connector()
    reader.poll(connector)
    monkeypatch.delitem(query.OPERATORS, "quotes_of_tweet_id")
    done = reader.poll(connector, "quotes")
    assert done.notes == ["X låter inte nyckeln söka efter citat. De som nämner er syns bland omnämnandena."]
    assert not done.incomplete


def test_reposts_are_left_out(stage: TwitterStage, reader: Reader) -> None:
    stage.world.write("twitter", "tweet", BO, "RT @exempelby: I morgon", extra={"retweets": stage.first.id})
    reader.poll(stage.connector())
    assert not reader.items


def test_a_channel_quiet_for_weeks_is_read_without_a_gap(stage: TwitterStage, reader: Reader) -> None:
    now = datetime.now(UTC)
    stage.citizen_writes("Länge sedan", at=now - timedelta(days=30))
    connector = stage.connector()
    reader.poll(connector)
    stage.citizen_writes("Nu igen")
    done = reader.poll(connector)
    assert (done.texts, done.notes) == (["@exempelby Nu igen"], [])


def test_a_channel_not_read_for_weeks_says_what_may_be_missing(stage: TwitterStage, reader: Reader) -> None:
    now = datetime.now(UTC)
    stage.citizen_writes("Ny", at=now - timedelta(days=2))
    old = snowflake.id_at(now - timedelta(days=20))
    read_at = (now - timedelta(days=20)).isoformat()
    reader.cursors["mentions"] = {"newest_id": old, "since_id": old, "read_at": read_at, "tells_time": True}
    done = reader.poll(stage.connector(), "mentions")
    assert done.texts == ["@exempelby Ny"]
    assert len(done.notes) == 1
    assert done.notes[0].startswith("Lucka")
    assert reader.poll(stage.connector(), "mentions").notes == []


def test_a_page_cap_is_reported_and_leaves_the_cursor(
    stage: TwitterStage, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.twitter.paging.walk.__kwdefaults__", {"max_pages": 2})
    for number in range(201):
        stage.citizen_writes(f"Fråga {number}")
    done = reader.poll(stage.connector(), "mentions")
    assert (len(done.new), done.incomplete) == (200, ["mentions"])
    assert "mentions" not in reader.cursors
    monkeypatch.undo()
    assert len(reader.poll(stage.connector(), "mentions").new) == 1


def test_a_storm_takes_hardly_more_calls_than_there_are_pages(stage: TwitterStage, reader: Reader) -> None:
    with stage.world.together():
        for number in range(2300):
            stage.citizen_answers_our_post(f"Fråga {number}")
    connector = stage.connector()
    done = reader.poll(connector)
    assert len(done.new) == 2300  # more than the 800 mentions that X lists: the rest is searched for
    assert done.calls <= 23 * 1.2
    assert [reader.poll(connector, surface).calls for surface in connector.surfaces()] == [1, 1, 1, 1]


def test_a_protected_tweet_is_not_taken_for_deleted(stage: TwitterStage, reader: Reader) -> None:
    entry = stage.citizen_writes("Låst konto")
    connector = stage.connector()
    reader.poll(connector)
    stage.world.annotate(entry.id, protected=True)
    for _ in range(3):
        assert reader.poll(connector, full=True).deleted == []


def test_more_than_a_hundred_are_looked_up_in_batches(stage: TwitterStage) -> None:
    ids = [stage.citizen_writes(f"Fråga {number}").id for number in range(150)]
    stage.world.delete(ids[149])
    connector = stage.connector()
    page = connector.read([*ids, "17"])
    assert (len(page.items), set(page.deletions), connector.calls) == (149, {ids[149], "17"}, 2)


def test_a_look_up_gives_the_newest_version(stage: TwitterStage) -> None:
    entry = stage.citizen_writes("När öpnar badet?")
    stage.world.edit(entry.id, "@exempelby När öppnar badet?")
    page = stage.connector().read([entry.id])
    assert [(item.text, item.earlier_ids) for item in page.items] == [("@exempelby När öppnar badet?", (entry.id,))]


def test_both_vocabularies_are_read_from_the_wire(stage: TwitterStage, reader: Reader) -> None:
    account = stage.world.account(OURS, "twitter")
    assert account is not None
    stage.world.add_account(
        "twitter", account.name, id=OURS, handle=account.handle, ours=True, extra={"vocabulary": "post"}
    )
    entry = stage.citizen_answers_our_post("å" * 400)
    reader.poll(stage.connector())
    item = reader.find(entry.text)
    assert (item.parent, item.post) == (None, stage.first.id)


def test_a_long_text_with_links_is_whole_and_keeps_the_short_links(stage: TwitterStage, reader: Reader) -> None:
    entry = stage.citizen_writes("Se https://example.org/karta?a=1&b=2 " + "å" * 300)
    reader.poll(stage.connector())
    (item,) = reader.items.values()
    assert item.text.startswith("@exempelby Se https://t.co/")
    assert item.text.endswith("å" * 300)
    assert len(item.text) < len(entry.text)


def test_a_reply_with_a_link_and_names_before_it_is_found_again(stage: TwitterStage) -> None:
    account = stage.world.account(OURS, "twitter")
    assert account is not None
    extra = {"prefixes_replies": True}
    stage.world.add_account("twitter", account.name, id=OURS, handle=account.handle, ours=True, extra=extra)
    target, text = stage.target(stage.citizen_writes("Var?")), "Se https://example.org/karta?a=1&b=2 & fråga <oss>"
    connector = stage.connector()
    stage.fault("drop_after", method="POST", times=1)
    with pytest.raises(OutcomeUnknown):
        connector.reply(target, text)
    assert connector.find_sent(target, text, since=datetime.now(UTC), exclude=()) is not None


def test_the_same_words_to_two_people_are_two_replies(stage: TwitterStage) -> None:
    first = stage.citizen_writes("När?")
    second = stage.answer(first, "Ja, @exempelby när?")
    connector, since = stage.connector(), datetime.now(UTC)
    sent = connector.reply(stage.target(first), "Klockan nio.")
    assert connector.find_sent(stage.target(second), "Klockan nio.", since=since, exclude=()) is None
    found = connector.find_sent(stage.target(first), "Klockan nio.", since=since, exclude=())
    assert found is not None
    assert found.external_id == sent.external_id


def test_the_same_reply_again_is_perhaps_sent(stage: TwitterStage) -> None:
    target, connector = stage.target(stage.citizen_writes("När?")), stage.connector()
    connector.reply(target, "Klockan nio.")
    with pytest.raises(OutcomeUnknown) as caught:
        connector.reply(target, "Klockan nio.")
    assert caught.value.code == "duplicate"


def test_the_time_of_a_reply_is_the_platforms(stage: TwitterStage) -> None:
    sent = stage.connector().reply(stage.target(stage.citizen_writes("När?")), "Klockan nio.")
    entry = stage.world.entry(sent.external_id)
    assert entry is not None
    assert sent.posted_at is not None
    assert abs(sent.posted_at - entry.created_at) < timedelta(milliseconds=1)


def test_a_publication_becomes_a_post_of_ours(stage: TwitterStage, reader: Reader) -> None:
    connector, since = stage.connector(), datetime.now(UTC)
    sent = connector.publish("Badet öppnar.")
    reader.poll(connector)
    assert reader.posts[sent.external_id].text == "Badet öppnar."
    assert connector.find_sent(Target("", thread=""), "Badet öppnar.", since=since, exclude=()) is not None


def test_what_is_ours_can_be_deleted_and_what_is_not_is_refused(stage: TwitterStage) -> None:
    connector, entry = stage.connector(), stage.citizen_writes("När?")
    sent = connector.reply(stage.target(entry), "Klockan nio.")
    connector.moderate(Target(sent.external_id, thread=entry.id), Capability.DELETE)
    assert stage.our_entries("Klockan nio.") == []
    with pytest.raises(Permanent):
        connector.moderate(stage.target(entry), Capability.DELETE)
    with pytest.raises(Gone):
        connector.moderate(Target(sent.external_id, thread=entry.id), Capability.DELETE)


def test_hiding_where_we_did_not_begin_is_refused(stage: TwitterStage) -> None:
    with pytest.raises(Permanent):
        stage.connector().moderate(stage.target(stage.citizen_writes("När?")), Capability.HIDE)


def test_one_surface_that_fails_leaves_the_others(stage: TwitterStage, reader: Reader) -> None:
    stage.citizen_writes("När?")
    stage.fault("credits", path="/search/")
    connector = stage.connector(hashtags=("x",))
    with pytest.raises(Exhausted):
        reader.poll(connector, "hashtag:x")
    assert reader.poll(connector, "mentions").texts == ["@exempelby När?"]


def test_the_apps_own_token_searches_and_nothing_else(stage: TwitterStage, reader: Reader) -> None:
    token = {**stage.token, "app_bearer": issue_app(stage.world)}
    stage.world.write("twitter", "tweet", BO, "Hej #fest")
    stage.forget_wire()
    reader.poll(stage.connector(token=token, hashtags=("fest",)), "mentions", "own", "hashtag:fest")
    assert [line["account"] for line in stage.wire()] == [OURS, OURS, None]


def test_an_unknown_surface_and_an_unknown_account_are_refused(stage: TwitterStage) -> None:
    for connector, surface in ((stage.connector(), "ads"), (stage.connector(external_id="17"), "mentions")):
        with pytest.raises(Permanent):
            list(connector.poll(surface, {}, known=Known(), now=datetime.now(UTC)))


def test_costs_are_dollars_by_what_came(stage: TwitterStage) -> None:
    for number in range(3):
        stage.citizen_writes(f"Fråga {number} #fest")
    connector = stage.connector(hashtags=("fest",))

    def cost(surface: str) -> float:
        pages: list[Page] = list(connector.poll(surface, {}, known=Known(), now=datetime.now(UTC)))
        assert {page.cost.unit for page in pages} == {"usd"}
        return round(sum(page.cost.amount for page in pages), 4)

    assert (cost("mentions"), cost("own"), cost("hashtag:fest")) == (0.003, 0.001, 0.015)


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("Klockan nio.", 0.01),
        ("Se https://exempelby.se", 0.2),
        ("Se exempelby.se/bad", 0.2),
        ("Kl. 9. Se skylten", 0.01),
    ],
)
def test_a_link_makes_a_reply_dear(text: str, price: float) -> None:
    assert price_of_reply(text) == price


def test_what_is_left_of_the_quota_is_told(stage: TwitterStage) -> None:
    connector = stage.connector()
    connector.verify()
    assert connector.quota["remaining"] == 74
    assert connector.quota["limit"] == 75


def test_no_key_reaches_the_log(stage: TwitterStage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    connector = stage.connector()
    connector.reply(stage.target(stage.citizen_writes("När?")), "Klockan nio.")
    assert not [secret for secret in stage.secrets if secret in caplog.text]


def test_a_wrong_signature_is_refused(stage: TwitterStage) -> None:
    connector = Twitter(stage.context(token={**stage.token, "consumer_secret": "fel"}))
    with pytest.raises(AuthExpired):
        connector.verify()


def test_our_answer_edited_in_the_app_is_still_the_one_we_sent(stage: TwitterStage, reader: Reader) -> None:
    entry, connector, since = stage.citizen_writes("När?"), stage.connector(), datetime.now(UTC)
    sent = connector.reply(stage.target(entry), "Klockan nioo.")
    reader.poll(connector)
    stage.world.edit(sent.external_id, "Klockan nio.")
    done = reader.poll(connector)
    assert [(item.text, item.earlier_ids, item.from_us) for item in done.changed] == [
        ("Klockan nio.", (sent.external_id,), True)
    ]
    target = stage.target(entry)
    assert connector.find_sent(target, "Klockan nio.", since=since, exclude={sent.external_id}) is None


def test_an_answer_to_something_deleted_keeps_its_place(stage: TwitterStage, reader: Reader) -> None:
    gone = stage.citizen_writes("Ångrar mig")
    stage.answer(gone, "@exempelby hur gick det?")
    stage.world.delete(gone.id)
    reader.poll(stage.connector())
    (item,) = reader.items.values()
    assert (item.parent, item.thread) == (gone.id, gone.id)


def test_an_answer_to_our_edited_post_is_at_top_level(stage: TwitterStage, reader: Reader) -> None:
    edited = stage.world.edit(stage.first.id, "I morgon klockan tio öppnar isbanan.")
    stage.world.write("twitter", "tweet", BO, "@exempelby toppen", parent=edited.id)
    reader.poll(stage.connector())
    item = reader.find("@exempelby toppen")
    assert (item.parent, item.thread, item.post) == (None, stage.first.id, stage.first.id)
    assert reader.posts[stage.first.id].text == "I morgon klockan tio öppnar isbanan."


def test_a_poll_that_is_left_in_the_middle_loses_nothing(stage: TwitterStage, reader: Reader) -> None:
    written = {stage.citizen_answers_our_post(f"Fråga {number}").id for number in range(230)}
    connector, now = stage.connector(), datetime.now(UTC)
    reader.poll(connector, "own")
    for surface in ("mentions", "conversation"):
        one_page = Reader()
        one_page.posts = dict(reader.posts)
        page = next(iter(connector.poll(surface, {}, known=one_page.known(), now=now)))
        one_page.take(page)
        one_page.poll(connector, surface)
        assert written <= {item.external_id for item in one_page.items.values()}
