"""What LinkedIn pushes is checked on its raw bytes, and read once."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from connectors.linkedin import webhook
from tests.connectors.linkedin.payloads import load, raw

SECRET = "WPL_AP1.secret"
BODY = raw("webhook_comment")


def test_a_signed_delivery_is_recognised() -> None:
    signed = hmac.new(SECRET.encode(), b"hmacsha256=" + BODY, hashlib.sha256).hexdigest()
    assert webhook.is_signed(BODY, signed, SECRET)
    assert webhook.is_signed(BODY, f"hmacsha256={signed}", SECRET)


@pytest.mark.parametrize(
    ("body", "given", "secret"),
    [
        (BODY + b" ", webhook.signature(BODY, SECRET), SECRET),
        (BODY, webhook.signature(BODY, "another"), SECRET),
        (BODY, "", SECRET),
        (BODY, "åäö", SECRET),
        (BODY, webhook.signature(BODY, ""), ""),
    ],
)
def test_anything_else_is_not(body: bytes, given: str, secret: str) -> None:
    assert not webhook.is_signed(body, given, secret)


def test_the_handshake_signs_the_bare_challenge() -> None:
    answer = webhook.challenge_answer("890e4665-4dfe-4ab1", SECRET)
    expected = hmac.new(SECRET.encode(), b"890e4665-4dfe-4ab1", hashlib.sha256).hexdigest()
    assert answer == {"challengeCode": "890e4665-4dfe-4ab1", "challengeResponse": expected}


def test_a_notification_names_the_comment_to_read() -> None:
    (notification,) = webhook.notifications(BODY)
    assert notification == webhook.Notification(
        id="4407020",
        organization="urn:li:organization:48217",
        action="COMMENT",
        post="urn:li:activity:7625123517274498455",
        comment="urn:li:comment:(urn:li:activity:7625123517274498455,7322241979476957435)",
    )
    assert notification.is_about_a_comment


def test_the_same_notification_counts_once() -> None:
    given = load("webhook_comment")
    given["notifications"] *= 3
    assert len(webhook.notifications(json.dumps(given).encode())) == 1


@pytest.mark.parametrize(
    ("action", "is_about"),
    [("COMMENT_EDIT", True), ("COMMENT_DELETE", True), ("ADMIN_COMMENT", True), ("LIKE", False), ("SHARE", False)],
)
def test_only_some_are_about_a_comment(action: str, is_about: bool) -> None:
    given = load("webhook_comment")
    given["notifications"][0]["action"] = action
    assert webhook.notifications(json.dumps(given).encode())[0].is_about_a_comment is is_about


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"null", b'{"notifications": 3}', b'{"notifications": [null]}']
)
def test_what_cannot_be_read_is_left_to_the_polls(body: bytes) -> None:
    assert webhook.notifications(body) == []
