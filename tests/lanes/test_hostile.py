"""Whatever people write is shown as text: in the list, the thread, notices and mail (acceptance 6 of the inbox)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from connectors.base import Author, ItemKind, Page
from connectors.base import Item as Read
from inbox import escalation, ingest
from inbox.models import Conversation, Item
from inbox.telling import alarms, digests
from tests.factories import NOW, ChannelFactory, UserFactory

pytestmark = pytest.mark.django_db
Write = Callable[..., Conversation]
HOUR = timedelta(hours=1)

HOSTILE = {
    "script": '<script>alert(1)</script><img src=x onerror="alert(1)">',
    "template": "{{ user.password }} {% url 'x' %} ${7*7} #{7*7}",
    "long": "å" * 10_000,
    "zero width": "Hej\u200b\u200c\u200d\u2060 där",
    "right to left": "Hej \u202egnäv\u202c slut \u2067omvänt\u2069",
    "surrogates": "Hej \ud83d slut \udc00",
    "nul and controls": "Hej\0\x07\x1b[31m slut",
    "headers": "Hej\r\nBcc: alla@example.org\r\n\r\nslut",
}


def read(channel: Any, text: str) -> Conversation:
    """Store a text as a poll reads it, hostile name and all."""
    author = Author("a1", f"<b>{text[:60]}</b>")
    item = Read(
        external_id="h1", kind=ItemKind.COMMENT, thread="h1", parent=None, post=None, author=author, text=text,
        posted_at=NOW - 30 * HOUR,
    )  # fmt: skip
    stored = ingest.store(channel, "comments", Page(items=(item,)), now=NOW - 30 * HOUR)
    ingest.settle(stored.thread_ids, NOW - 30 * HOUR)
    return Conversation.objects.get()


def shown(text: str) -> str:
    """What is left of a text once it is stored: nothing that the database cannot hold."""
    return Item.objects.get().text if Item.objects.exists() else text


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_text_in_the_list_the_thread_and_the_mail(
    name: str, anna: Client, mailoutbox: list[Any], default_policy: None
) -> None:
    person = UserFactory()
    row = read(ChannelFactory(owner=person), HOSTILE[name])
    text = shown(HOSTILE[name])
    text.encode()
    for page in (anna.get("/").content.decode(), anna.get(f"/k/{row.pk}/").content.decode()):
        assert "<script>alert" not in page and "<img src=x" not in page and "<b>" not in page.split("<main")[1]
        assert text[:60].split("\r")[0] in unescape(page).replace("\r\n", "\n") or name in ("headers", "long")
        assert "pbkdf2" not in page
    assert text in unescape(anna.get(f"/k/{row.pk}/").content.decode()) or "\r" in text
    escalation.sweep(NOW)
    digests.send(NOW)
    assert mailoutbox
    for mail in mailoutbox:
        mail.message().as_bytes()
        assert mail.recipients() == [person.email]
        assert "\n" not in mail.subject
        html = mail.alternatives[0][0] if mail.alternatives else ""
        assert "<script>alert" not in html and "<img src=x" not in html


def test_an_urgent_hostile_text_is_in_no_alarm(write: Write, mailoutbox: list[Any]) -> None:
    write("Vi vet var ni bor\r\nBcc: x@example.org <script>", thread__channel=ChannelFactory(owner=UserFactory()))
    alarms.send(NOW + timedelta(minutes=1))
    (mail,) = mailoutbox
    assert "Bcc" not in mail.message().as_string() and "script" not in mail.body
