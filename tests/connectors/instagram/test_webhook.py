"""What Meta pushes for Instagram becomes what to read, whichever envelope it came in."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.facebook import webhook
from connectors.instagram.webhook import Notice, Told, notices
from tests.connectors.instagram.test_mapping import PAYLOADS, payload

ACCOUNT = "17807127064063253"
SECRET = "hemligt"


def signed(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_both_logins_tell_the_same_comment() -> None:
    (one,), (other,) = (notices(payload(f"webhook_comment_{login}_login")) for login in ("facebook", "instagram"))
    assert one == other
    assert one == Notice(
        Told.COMMENT,
        ACCOUNT,
        "17832310720516004",
        media="123560344",
        author="232938645",
        text="Hur anmäler man sig?",
        at=datetime(2026, 10, 14, 7, 20, 11, tzinfo=UTC),
    )


def test_a_mention_is_the_comment_or_else_the_media() -> None:
    (caption,) = notices(payload("webhook_mention_in_caption"))
    (comment,) = notices(payload("webhook_mention_in_comment"))
    assert (caption.kind, caption.id, caption.media) == (Told.MENTION, "17992421849897785", "17992421849897785")
    assert (comment.kind, comment.id, comment.media) == (Told.MENTION, "17830731045067742", "17992421849897785")


def test_a_message_and_our_own_answer_to_it_are_one_conversation() -> None:
    message, echo = notices(payload("webhook_message_and_echo"))
    assert (message.kind, message.from_us, echo.from_us) == (Told.MESSAGE, False, True)
    assert message.author == echo.author == "1780662807231322"
    assert message.at == datetime(2026, 10, 14, 7, 50, 1, 123000, tzinfo=UTC)  # milliseconds
    assert (message.text, echo.text) == ("Hej, när stänger ni i dag?", "Hej! Vi stänger klockan 17.")


def test_every_change_of_every_entry_is_told_and_each_once() -> None:
    comment = payload("webhook_comment_facebook_login")["entry"][0]
    mention = payload("webhook_mention_in_comment")["entry"][0]
    changes = [*comment["changes"], *mention["changes"], *comment["changes"]]
    delivery = {"object": "instagram", "entry": [{**comment, "changes": changes}, mention, comment]}
    assert [notice.kind for notice in notices(delivery)] == [Told.COMMENT, Told.MENTION, Told.MENTION]
    assert len({(notice.kind, notice.id) for notice in notices(delivery)}) == 2


def test_our_own_comment_comes_back_and_is_known_as_ours() -> None:
    delivery = payload("webhook_comment_facebook_login")
    delivery["entry"][0]["changes"][0]["value"]["from"] = {"id": "1", "self_ig_scoped_id": ACCOUNT}
    assert [notice.from_us for notice in notices(delivery)] == [True]


def test_an_answer_tells_what_it_answers() -> None:
    delivery = payload("webhook_comment_facebook_login")
    delivery["entry"][0]["changes"][0]["value"]["parent_id"] = "17832310720516000"
    assert [notice.parent for notice in notices(delivery)] == ["17832310720516000"]


def test_what_is_seen_or_liked_and_what_we_do_not_know_is_left_out() -> None:
    seen = {"sender": {"id": "1"}, "recipient": {"id": ACCOUNT}, "timestamp": 1791964201123, "read": {"mid": "x"}}
    story = {"field": "story_insights", "value": {"media_id": "1"}}
    assert notices({"object": "instagram", "entry": [{"id": ACCOUNT, "messaging": [seen], "changes": [story]}]}) == ()


def test_the_signature_is_over_the_raw_bytes() -> None:
    body = (PAYLOADS / "webhook_comment_facebook_login.json").read_bytes()
    assert webhook.is_genuine(body, signed(body), app_secret=SECRET)
    assert webhook.is_genuine(body, signed(body).upper().replace("SHA256", "sha256"), app_secret=SECRET)
    rewritten = json.dumps(json.loads(body)).encode()
    assert not webhook.is_genuine(rewritten, signed(body), app_secret=SECRET)


@pytest.mark.parametrize(
    "signature", [None, "", "sha256=", "sha1=abc", "å", signed(b"{}", "annat"), signed(b"{}").removeprefix("sha256=")]
)
def test_what_is_not_signed_with_our_secret_is_not_genuine(signature: str | None) -> None:
    assert not webhook.is_genuine(b"{}", signature, app_secret=SECRET)


def test_without_a_secret_or_a_token_of_ours_nothing_is_taken() -> None:
    assert not webhook.is_genuine(b"{}", signed(b"{}", ""), app_secret="")
    query = {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "42"}
    assert webhook.challenge(query, verify_token="") is None


def test_the_handshake_echoes_the_challenge_to_whoever_knows_the_token() -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "vårt", "hub.challenge": "1158201444"}
    assert webhook.challenge(query, verify_token="vårt") == "1158201444"
    for wrong in ({"hub.verify_token": "annat"}, {"hub.mode": "unsubscribe"}, {"hub.verify_token": "vart"}):
        assert webhook.challenge({**query, **wrong}, verify_token="vårt") is None
    assert webhook.challenge({}, verify_token="vårt") is None


def test_a_delivery_that_is_no_json_is_none() -> None:
    for body in (b"", b"{", b"\xff", b"[" * 100_000):
        assert webhook.parsed(body) is None
        assert notices(webhook.parsed(body)) == ()


NAMES = [
    "object", "entry", "id", "time", "changes", "messaging", "field", "value", "from", "media", "text", "sender",
    "message", "mid", "timestamp", "media_id", "comment_id", "parent_id", "recipient", "is_echo",
]  # fmt: skip
JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4),
        st.sampled_from(["comments", "mentions", "messages"]),
    ),
    lambda inside: st.one_of(st.lists(inside, max_size=3), st.dictionaries(st.sampled_from(NAMES), inside, max_size=6)),
    max_leaves=30,
)  # fmt: skip


@given(JSON)
def test_no_delivery_is_odd_enough_to_surprise_us(delivery: Any) -> None:
    told = notices(delivery)
    assert all(isinstance(notice.id, str) and notice.id for notice in told)


@given(st.data(), st.sampled_from(sorted(path.stem for path in PAYLOADS.glob("webhook_*.json"))))
def test_no_variant_of_a_delivery_surprises_us(data: st.DataObject, name: str) -> None:
    delivery = payload(name)
    for entry in delivery["entry"]:
        for one in (entry, *entry.get("changes", []), *entry.get("messaging", [])):
            for key in data.draw(st.lists(st.sampled_from(sorted(one)), max_size=2)):
                one[key] = data.draw(JSON)
    assert all(notice.id for notice in notices(delivery))
