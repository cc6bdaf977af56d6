"""Whether a tweet of ours is the reply we sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Author, Target
from connectors.twitter.matching import is_our_reply, says

SINCE = datetime(2026, 11, 24, 9, tzinfo=UTC)
TO = Target("40", thread="30", author=Author("7"))


def ours(**fields: Any) -> dict[str, Any]:
    replied = [{"type": "replied_to", "id": "40"}]
    made = {"id": "50", "text": "Klockan nio.", "created_at": "2026-11-24T09:00:01Z", "referenced_tweets": replied}
    return {**made, "conversation_id": "30", **fields}


@pytest.mark.parametrize(
    ("read", "sent"),
    [
        ("Klockan nio.", "Klockan nio."),
        ("@bo_ek Klockan nio.", "Klockan nio."),
        ("@bo_ek @AsaOst  Klockan nio.", "  Klockan nio.\n"),
        ("1 &lt; 2 &amp;amp; 3", "1 < 2 &amp; 3"),
        ("Se https://t.co/abcdef1234 här", "Se https://exempelby.se/bad?a=1&b=2 här"),
        ("Se https://t.co/abcdef1234", "Se exempelby.se/bad"),
        ("Så här", "Så här"),
        ("@bo_ek @AsaOst Hej", "@AsaOst Hej"),
    ],
)
def test_a_text_is_known_again(read: str, sent: str) -> None:
    assert is_our_reply(ours(text=read), TO, sent, SINCE)


@pytest.mark.parametrize(("read", "sent"), [("Nio", "Nio."), ("", "x"), ("Se https://t.co/a", "Se "), ("(", ".")])
def test_another_text_is_not(read: str, sent: str) -> None:
    assert not says(read, sent)


def test_a_long_reply_is_compared_whole() -> None:
    text = "Å" * 400
    assert is_our_reply(ours(text="Å" * 279 + "…", note_post={"text": text}), TO, text, SINCE)


def test_what_was_said_before_is_another_reply() -> None:
    early = (SINCE - timedelta(minutes=11)).isoformat()
    assert not is_our_reply(ours(created_at=early), TO, "Klockan nio.", SINCE)
    assert is_our_reply(ours(created_at=(SINCE - timedelta(minutes=9)).isoformat()), TO, "Klockan nio.", SINCE)


def test_the_same_words_to_someone_else_are_another_reply() -> None:
    other = ours(referenced_tweets=[{"type": "replied_to", "id": "41"}], in_reply_to_user_id="8")
    assert not is_our_reply(other, TO, "Klockan nio.", SINCE)


def test_an_answer_to_an_older_version_of_the_target_is_ours() -> None:
    older = ours(referenced_tweets=[{"type": "replied_to", "id": "39"}], in_reply_to_user_id="7")
    assert is_our_reply(older, TO, "Klockan nio.", SINCE)


def test_a_server_that_does_not_say_what_is_answered_is_believed_by_the_text() -> None:
    bare = {"id": "50", "text": "Klockan nio."}
    assert is_our_reply(bare, TO, "Klockan nio.", SINCE)


def test_a_publication_is_looked_for_among_first_tweets() -> None:
    new = Target("", thread="")
    assert is_our_reply(ours(referenced_tweets=None), new, "Klockan nio.", SINCE)
    assert not is_our_reply(ours(), new, "Klockan nio.", SINCE)
