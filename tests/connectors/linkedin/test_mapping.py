"""LinkedIn's JSON becomes our values, whatever is missing in it."""

from __future__ import annotations

import copy
import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import ItemKind
from connectors.linkedin import mapping, urns, webhook
from connectors.linkedin.errors import from_answer
from tests.connectors.linkedin.payloads import NAMES, US, comment, load, urn

SHARE = "urn:li:share:7092217928969244488"
RUBBISH: list[Any] = [None, "", 0, -1, 1.5, True, [], {}, [[]], {"a": None}, "\ud800", "\x00", "9" * 5000, float("nan")]


def read(record: Any, **where: Any) -> mapping.Item:
    return mapping.item_of(record, us={US}, **where)


def test_the_minimal_page_is_read_whole() -> None:
    (record,) = mapping.elements(load("comments_page_minimal"))
    item = read(record, post=SHARE)
    assert (item.external_id, item.thread, item.parent, item.post) == (urn(83), urn(83), None, SHARE)
    assert (item.text, item.kind, item.from_us) == ("fint", ItemKind.COMMENT, False)
    assert item.author is not None
    assert (item.author.external_id, item.author.name) == ("urn:li:person:Ab3xQ9kLmZ", "")
    assert item.posted_at == datetime(2026, 10, 14, 6, 0, 1, tzinfo=UTC)
    assert item.edited_at is None


def test_an_answer_is_called_by_its_threads_entity_whatever_its_own_urn_says() -> None:
    """Created as one of a ugcPost, listed as one of an activity: it is the same comment."""
    created = {**load("comment_create"), "created": {"time": 1791957601000}}
    item = read(created, thread=urn(83))
    assert item.external_id == urn("7106515644026753936")
    assert (item.thread, item.parent) == (urn(83), urn(83))


def test_an_answer_names_its_thread_itself() -> None:
    item = read(comment(84, parentComment=urn(83)))
    assert (item.external_id, item.thread, item.parent) == (urn(84), urn(83), urn(83))


@pytest.mark.parametrize(
    "record",
    [
        comment(83),
        {**comment(83), "id": 83},
        {key: value for key, value in comment(83).items() if key != "id"},
        {key: value for key, value in comment(83).items() if key != "commentUrn"},
        {**comment(83), "commentUrn": "urn:li:comment:(activity:7092217928969244495,83)"},
        {"$URN": urn(83), **{key: value for key, value in comment(83).items() if key not in ("id", "commentUrn")}},
        {**comment(83), "commentUrn": None, "id": urn(83)},
    ],
)
def test_however_it_is_named_it_is_the_same_comment(record: Any) -> None:
    assert read(record).external_id == urn(83)


def test_a_comment_of_ours_is_known_by_its_actor() -> None:
    assert read(comment(actor=US)).from_us
    assert not read(comment(actor="urn:li:organization:48218")).from_us


def test_an_activity_is_not_taken_for_a_post() -> None:
    assert read(comment()).post is None
    assert read(comment(object="urn:li:ugcPost:7095646487569856783")).post == "urn:li:ugcPost:7095646487569856783"


def test_a_change_later_than_the_writing_is_an_edit() -> None:
    at = 1791957601000
    assert read(comment(at=at, lastModified={"time": at + 1})).edited_at is not None
    assert read(comment(at=at, lastModified={"time": at - 1})).edited_at is None


def test_a_name_comes_only_from_a_profile_beside_the_actor() -> None:
    profile = {"localizedFirstName": "Åsa", "localizedLastName": "Öst", "headline": "Lärare"}
    assert read(comment(**{"actor~": profile})).author.name == "Åsa Öst"
    assert read(comment(**{"actor~": {"localizedName": "Grannbyn"}})).author.name == "Grannbyn"
    assert read(comment()).author.name == ""


def test_those_named_in_a_text_are_mentions() -> None:
    attributes = [
        {
            "start": 0,
            "length": 3,
            "value": {"com.linkedin.common.MemberAttributedEntity": {"member": "urn:li:person:B"}},
        },
        {"start": 5, "length": 3, "value": {"organization": US}},
        {"start": 9, "length": 3, "value": {"hashtag": "urn:li:hashtag:jobb"}},
    ]
    item = read(comment(message={"text": "Bo, vi, #jobb", "attributes": attributes}))
    assert item.mentions == ("urn:li:person:B", US)


def test_the_address_opens_the_comment_on_the_platform() -> None:
    assert read(comment(83)).url == (
        "https://www.linkedin.com/feed/update/urn:li:activity:7092217928969244495"
        "?commentUrn=urn%3Ali%3Acomment%3A%28urn%3Ali%3Aactivity%3A7092217928969244495%2C83%29"
    )


@pytest.mark.parametrize("missing", ["created", "id"])
def test_a_comment_without_time_or_id_is_unmappable(missing: str) -> None:
    record = {key: value for key, value in comment().items() if key not in (missing, "commentUrn")}
    with pytest.raises(mapping.Unmappable):
        read(record)


@pytest.mark.parametrize(
    ("summary", "count"),
    [
        ({"aggregatedTotalComments": 3, "totalFirstLevelComments": 2}, 3),
        ({"totalFirstLevelComments": 2}, 2),
        ({"totalFirstLevelComments": 0}, 0),
        ({}, None),
        (None, None),
        ("3", None),
    ],
)
def test_the_count_of_answers_is_the_larger_one(summary: Any, count: int | None) -> None:
    assert mapping.replies_to(comment(commentsSummary=summary)) == count


@pytest.mark.parametrize(
    ("commentary", "shown"),
    [
        (r"Vi söker \(heltid\) \#jobb", "Vi söker (heltid) #jobb"),
        (r"Följ {hashtag|\#|jobb} och @[Åsa Öst](urn:li:person:Ab3)!", "Följ #jobb och Åsa Öst!"),
        (r"5 \< 6 \| \\ \_x\_ \~ \* \{a\} \[b\]", r"5 < 6 | \ _x_ ~ * {a} [b]"),
        ("Mejla a@b.se (ny)", "Mejla a@b.se (ny)"),
    ],
)
def test_a_posts_markup_becomes_plain_text(commentary: str, shown: str) -> None:
    assert mapping.plain(commentary) == shown


def test_a_draft_is_no_post() -> None:
    assert mapping.post_of({"id": SHARE, "lifecycleState": "DRAFT"}) is None
    assert mapping.post_of({"id": SHARE, "lifecycleState": "PUBLISHED"}) is not None


def test_texts_are_the_same_but_for_outer_space_and_the_form_of_letters() -> None:
    assert mapping.same_text("Öppet kl. 9\n", "  O\u0308ppet kl. 9")
    assert not mapping.same_text("Öppet kl. 9", "Öppet kl. 10")


@pytest.mark.parametrize(
    "text", ["urn:li:activity:1", "urn:li:comment:(urn:li:activity:1)", "urn:li:comment:(,)", "", 3, None]
)
def test_what_is_no_comments_urn_is_none(text: Any) -> None:
    assert urns.comment(text) is None


def test_a_urn_is_encoded_wholly_and_a_list_keeps_its_own_signs() -> None:
    assert urns.encoded(urn(83)) == ("urn%3Ali%3Acomment%3A%28urn%3Ali%3Aactivity%3A7092217928969244495%2C83%29")
    assert urns.listed(["a:1", "b,2"]) == "List(a%3A1,b%2C2)"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(30))
def test_no_damaged_payload_is_ever_a_crash(name: str, seed: int) -> None:
    chance = random.Random(seed)
    body = copy.deepcopy(load(name))
    for _ in range(chance.randint(1, 4)):
        damage(body, chance)
    for record in [*mapping.elements(body), body]:
        try:
            item = read(record, post=SHARE)
        except mapping.Unmappable as error:
            assert mapping.unreadable_of(record, str(error)).raw.isascii()
            continue
        assert urns.comment(item.external_id) and urns.comment(item.thread)
        assert item.posted_at.tzinfo is not None
        assert isinstance(item.text, str)
    content = json.dumps(body).encode()
    assert from_answer(400, content, {}, write=True, now=datetime.now(UTC)).code
    assert isinstance(webhook.notifications(content), list)


@pytest.mark.parametrize("seed", range(200))
def test_no_damaged_comment_is_ever_a_crash(seed: int) -> None:
    chance = random.Random(seed)
    whole = comment(
        84, parentComment=urn(83), commentsSummary={"aggregatedTotalComments": 1},
        content=[{"url": "https://example.org/a.png", "type": "IMAGE"}], **{"actor~": {"localizedName": "Åsa"}},
    )  # fmt: skip
    record = copy.deepcopy(whole)
    for _ in range(chance.randint(1, 4)):
        damage(record, chance)
    try:
        item = read(record, post=SHARE)
    except mapping.Unmappable:
        return
    assert item.external_id.endswith(")")
    assert abs(item.posted_at - datetime(2026, 10, 14, tzinfo=UTC)) < timedelta(days=500_000)
    assert mapping.replies_to(record) in (None, 0, 1)


def damage(record: Any, chance: random.Random) -> None:
    """Replace or remove something at random, anywhere inside."""
    while True:
        keys = list(record) if isinstance(record, dict) else list(range(len(record)))
        if not keys:
            return
        key = chance.choice(keys)
        inner = record[key]
        if isinstance(inner, dict | list) and inner and chance.random() < 0.8:
            record = inner
            continue
        if isinstance(record, dict) and chance.random() < 0.3:
            del record[key]
        else:
            record[key] = chance.choice(RUBBISH)
        return
