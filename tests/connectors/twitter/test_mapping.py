"""What X's JSON becomes, by the payloads and by variants of them that no server should send."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import Item, ItemKind
from connectors.twitter.mapping import Us, read_batch
from tests.connectors.twitter.payloads import LISTS, US, body

GRETA, SIXTEN = "1424701995218518541", "1257988477547873845"


def items(name: str, surface: str = "mentions", us: Us = US) -> dict[str, Item]:
    return {item.external_id: item for item in read_batch(body(name), us, surface).items}


def one(record: dict[str, Any], surface: str = "mentions", us: Us = US, **included: Any) -> Item:
    batch = read_batch({"data": [record], "includes": included}, us, surface)
    assert not batch.unreadable, batch.unreadable
    return batch.items[0]


def tweet(**fields: Any) -> dict[str, Any]:
    return {"id": "50", "text": "Hej", "author_id": "7", "created_at": "2026-11-20T10:00:00.000Z", **fields}


@pytest.mark.parametrize("name", LISTS)
def test_every_record_of_a_payload_is_read_or_marked(name: str) -> None:
    batch = read_batch(body(name), US, "mentions")
    data = body(name).get("data", [])
    records = data if isinstance(data, list) else [data]
    assert len(batch.items) + len(batch.posts) + len(batch.newer) >= len(records)
    assert not batch.unreadable
    assert batch.next_token == body(name).get("meta", {}).get("next_token")


def test_a_tweet_with_default_fields_has_its_time_from_its_id() -> None:
    item = items("mentions_page_with_next_token")["1583412030120039600"]
    assert item.posted_at.isoformat(timespec="seconds") == "2022-10-21T10:57:01+00:00"
    assert item.author is None
    assert item.thread == item.external_id


def test_old_and_new_words_give_the_same_items() -> None:
    new = body("search_page_post_vocabulary")
    words = {"post": "tweet", "posts": "tweets"}
    old = json.dumps(new)
    for name in ("edit_history_post_ids", "referenced_posts", "note_post"):
        old = old.replace(name, name.replace("post", "tweet"))
    old = old.replace('"posts"', f'"{words["posts"]}"')
    for ours, theirs in zip(
        read_batch(new, US, "mentions").items, read_batch(json.loads(old), US, "mentions").items, strict=True
    ):
        assert (ours.text, ours.parent, ours.post, ours.earlier_ids) == (
            theirs.text,
            theirs.parent,
            theirs.post,
            theirs.earlier_ids,
        )


def test_a_long_text_is_whole() -> None:
    assert items("search_page_post_vocabulary")["2123329302822179746"].text.endswith("fram med rullator.")


def test_an_answer_to_our_post_is_at_top_level_and_the_post_comes_along() -> None:
    batch = read_batch(body("search_page_post_vocabulary"), US, "mentions")
    item = next(item for item in batch.items if item.external_id == "2123324902997665541")
    assert (item.parent, item.post, item.thread) == (None, "2123094883169469951", "2123094883169469951")
    assert [post.external_id for post in batch.posts] == ["2123094883169469951"]
    assert batch.posts[0].text == "I morgon öppnar isbanan på torget klockan 10."


def test_an_answer_to_a_citizen_under_our_post_has_that_citizen_as_parent() -> None:
    found = items("conversation_search_page", "conversation")
    assert found["2123024670521709208"].parent == "2123024167205308498"
    assert found["2123024167205308498"].parent is None
    assert {item.thread for item in found.values()} == {"2123023412229939003"}


def test_authors_come_with_name_and_handle() -> None:
    author = items("search_page_post_vocabulary")["2123329302822179746"].author
    assert author is not None
    assert (author.external_id, author.name, author.handle) == (GRETA, "Greta Öhman", "gretaohmanby")


def test_an_edited_tweet_is_one_item_under_its_newest_id() -> None:
    item = items("tweet_edited")["2123025844927782281"]
    assert item.earlier_ids == ("2123023412231462098",)
    assert item.text == "Badet har öppet i dag"
    assert item.edited_at is not None
    assert item.posted_at < item.edited_at


def test_an_older_version_is_no_item_but_names_the_newest() -> None:
    old = body("tweet_edited")["includes"]["tweets"][0]
    batch = read_batch({"data": [old]}, US, "mentions")
    assert batch.items == ()
    assert batch.newer == ("2123025844927782281",)


@pytest.mark.parametrize("history", [[""], [], None, "50", [None], {"50": 1}])
def test_a_blank_history_is_no_edit(history: object) -> None:
    item = one(tweet(edit_history_tweet_ids=history))
    assert (item.external_id, item.earlier_ids, item.edited_at) == ("50", (), None)


def test_an_edit_with_small_ids_keeps_what_times_there_are() -> None:
    item = one(tweet(id="101", edit_history_tweet_ids=["99", "101", "100"]))
    assert item.earlier_ids == ("99", "100")
    assert item.posted_at == item.edited_at == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_what_is_gone_is_told_from_what_we_may_not_see() -> None:
    answer = body("tweets_lookup_with_missing")
    hidden = {**answer["errors"][0], "resource_id": "9", "title": "Authorization Error"}
    answer["errors"].append({**hidden, "type": "https://api.twitter.com/2/problems/not-authorized-for-resource"})
    batch = read_batch(answer, US, "read")
    assert batch.gone == ("2122656121225445031",)
    assert batch.withheld == ("9",)


def test_texts_are_unescaped_once() -> None:
    assert one(tweet(text="1 &lt; 2 &amp;amp; å &gt;")).text == "1 < 2 &amp; å >"


def test_nul_and_lone_surrogates_become_the_replacement_character() -> None:
    item = one(json.loads('{"id":"50","text":"a\\u0000b\\ud83dc","created_at":"2026-11-20T10:00:00Z"}'))
    assert item.text == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"


def test_reposts_are_no_items_in_either_vocabulary() -> None:
    records = [
        tweet(id="1", referenced_tweets=[{"type": "retweeted", "id": "9"}]),
        tweet(id="2", referenced_posts=[{"type": "reposted", "id": "9"}]),
    ]
    batch = read_batch({"data": records}, US, "mentions")
    assert (batch.items, batch.unreadable, batch.ids) == ((), (), ("1", "2"))


@pytest.mark.parametrize(
    "text", ["hej @exempelbyse", ".@ExempelbySE  tack", "(@EXEMPELBYSE)", "bra jobbat @exempelbyse’s"]
)
def test_we_are_named_in_any_case_and_place(text: str) -> None:
    item = one(tweet(text=text), "hashtag:exempelby")
    assert (item.kind, item.addressed, item.can_reply) == (ItemKind.MENTION, True, True)


@pytest.mark.parametrize("text", ["hej @exempelbysen", "post@exempelbyse.se", "hej #exempelbyse"])
def test_a_mere_hashtag_hit_is_not_addressed_and_cannot_be_answered(text: str) -> None:
    item = one(tweet(text=text), "hashtag:exempelby")
    assert (item.kind, item.addressed, item.can_reply) == (ItemKind.HASHTAG, False, False)


def test_a_quote_of_ours_is_addressed() -> None:
    quote = tweet(text="Läs!", referenced_tweets=[{"type": "quoted", "id": "40"}])
    ours = {"id": "40", "text": "Nytt", "author_id": US.external_id, "created_at": "2026-11-19T10:00:00Z"}
    assert one(quote, "hashtag:x", tweets=[ours]).can_reply
    assert one(quote, "hashtag:x", us=Us(US.external_id, posts=frozenset({"40"}))).addressed
    assert not one(quote, "hashtag:x").addressed


def test_an_answer_in_a_thread_where_we_wrote_is_addressed_though_it_names_nobody() -> None:
    us = Us(US.external_id, threads=frozenset({"30"}))
    answer = tweet(conversation_id="30", referenced_tweets=[{"type": "replied_to", "id": "31"}])
    item = one(answer, "hashtag:x", us=us)
    assert (item.kind, item.addressed, item.can_reply, item.parent) == (ItemKind.COMMENT, True, False, "31")


def test_our_own_answer_is_ours_and_our_own_first_tweet_is_a_post() -> None:
    answer = tweet(
        author_id=US.external_id, conversation_id="30", referenced_tweets=[{"type": "replied_to", "id": "30"}]
    )
    first = tweet(id="60", author_id=US.external_id, conversation_id="60")
    batch = read_batch({"data": [answer, first]}, US, "own")
    assert [(item.external_id, item.from_us, item.parent) for item in batch.items] == [("50", True, "30")]
    assert [post.external_id for post in batch.posts] == ["60"]


def test_our_answer_to_our_own_first_tweet_has_no_parent() -> None:
    answer = tweet(
        author_id=US.external_id,
        conversation_id="30",
        in_reply_to_user_id=US.external_id,
        referenced_tweets=[{"type": "replied_to", "id": "30"}],
    )
    item = one(answer, "own")
    assert (item.parent, item.post, item.from_us) == (None, "30", True)


def test_in_our_own_timeline_a_tweet_without_author_is_ours() -> None:
    answer = tweet(conversation_id="30", referenced_tweets=[{"type": "replied_to", "id": "30"}])
    del answer["author_id"]
    assert one(answer, "own").from_us
    assert one(answer, "mentions").author is None


def test_a_conversation_that_is_not_said_is_followed_upwards() -> None:
    answer = tweet(referenced_tweets=[{"type": "replied_to", "id": "40"}])
    above = {"id": "40", "text": "", "referenced_tweets": [{"type": "replied_to", "id": "30"}]}
    assert one(answer).thread == "40"
    assert one(answer, tweets=[above]).thread == "30"


def test_an_edited_post_of_ours_keeps_the_conversation_as_its_id() -> None:
    first = tweet(id="61", author_id=US.external_id, conversation_id="60", edit_history_tweet_ids=["60", "61"])
    answer = tweet(conversation_id="60", referenced_tweets=[{"type": "replied_to", "id": "61"}])
    batch = read_batch({"data": [answer], "includes": {"tweets": [first]}}, US, "mentions")
    assert (batch.items[0].parent, batch.items[0].post) == (None, "60")
    assert batch.posts[0].external_id == "60"


def test_pictures_and_language_come_along() -> None:
    media = [
        {"media_key": "3_1", "url": "https://example.org/a.jpg"},
        {"media_key": "7_1", "preview_image_url": "https://example.org/b.jpg"},
    ]
    item = one(tweet(attachments={"media_keys": ["3_1", "7_1", "9_9"]}, lang="sv"), media=media)
    assert item.media == ("https://example.org/a.jpg", "https://example.org/b.jpg")
    assert item.language == "sv"
    assert one(tweet(lang="und")).language == ""


def test_mentions_are_handles_and_ids() -> None:
    item = items("search_page_post_vocabulary")["2123324902997665541"]
    assert item.mentions == ("exempelbyse", "1698610011305870259")


@pytest.mark.parametrize(
    "record",
    [None, 5, "hej", [], {}, {"id": ""}, {"id": True, "text": "x"}, {"id": "5", "text": "x"}, tweet(text=["x"])],
)
def test_an_odd_record_is_kept_raw_and_the_others_are_read(record: object) -> None:
    batch = read_batch({"data": [tweet(id="1"), record, tweet(id="2")], "meta": {"next_token": "n"}}, US, "mentions")
    assert [item.external_id for item in batch.items] == ["1", "2"]
    assert len(batch.unreadable) == 1
    assert json.loads(batch.unreadable[0].raw) == record
    assert batch.next_token == "n"


ODD = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.integers(), max_size=2) | st.just({})
)


def paths(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List where every value inside a JSON document stands."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([above] if above else []), *(path for key, each in inner for path in paths(each, (*above, key)))]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_variant_of_a_payload_breaks_a_page(data: st.DataObject) -> None:
    answer = copy.deepcopy(body(data.draw(st.sampled_from([*LISTS, "tweet_edited"]))))
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(paths(answer)))
        holder = answer
        for key in path[:-1]:
            holder = holder[key]
        if isinstance(holder, dict) and data.draw(st.booleans()):
            del holder[path[-1]]
        else:
            holder[path[-1]] = data.draw(ODD)
        if not paths(answer):
            break
    batch = read_batch(answer, US, data.draw(st.sampled_from(["mentions", "own", "conversation", "hashtag:x"])))
    records = answer.get("data") if isinstance(answer, dict) else None
    if isinstance(records, list):
        assert len(batch.items) + len(batch.unreadable) <= len(records)
    for item in batch.items:
        assert item.external_id
        assert item.posted_at.tzinfo is not None
        assert "\x00" not in item.text


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_one_record_holds_the_others_are_read(data: st.DataObject) -> None:
    answer = copy.deepcopy(body(data.draw(st.sampled_from([*LISTS]))))
    records = answer.get("data", [])
    if not isinstance(records, list) or not records:
        return
    spoilt = data.draw(st.integers(0, len(records) - 1))
    others = {record["id"] for number, record in enumerate(records) if number != spoilt}
    records[spoilt] = data.draw(st.dictionaries(st.sampled_from(sorted(records[spoilt])), ODD) | ODD)
    batch = read_batch(answer, US, "mentions")
    assert others <= {item.external_id for item in batch.items}
