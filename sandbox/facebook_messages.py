"""Messenger as the pretend Graph API shows it: a page's conversations, their messages, and sending an answer.

A message is an entry of kind `message` with the page as its `wall`; a person has one conversation with a page. What was
written more than 24 hours before can only be answered with the tag for people, within seven days.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import g, request

from sandbox.entries import Account, Entry
from sandbox.facebook_answers import PLATFORM, GraphError, gone, nonexistent, world
from sandbox.facebook_fields import Field
from sandbox.facebook_paging import Listing, instant, moment, paged, span
from sandbox.ids import conversation_id

WINDOW, WINDOW_OF_PEOPLE = timedelta(hours=24), timedelta(days=7)
LONGEST = 2000  # characters in a message
CHUNK = 200
SCOPE = "pages_messaging"
CONVERSATION = frozenset(
    ["id", "link", "updated_time", "message_count", "snippet", "participants", "messages", "can_reply"]
)
MESSAGE = frozenset(["id", "created_time", "from", "to", "message", "attachments", "sticker", "tags"])


@dataclass(frozen=True, slots=True)
class Conversation:
    """A page and a person who have written to each other. `id` begins with t_."""

    id: str
    newest: Entry

    @property
    def page(self) -> str:
        return self.newest.wall or ""


def conversation(id: str) -> Conversation:
    """Find a conversation of the page that asks. Raises GraphError."""
    newest = world().entries(PLATFORM, kind="message", thread=id, limit=1)
    if not newest or newest[0].wall != g.account:
        raise gone(id)
    return Conversation(id, newest[0])


def conversations(page: Account, given: Mapping[str, str], fields: Sequence[Field]) -> dict[str, Any]:
    """List a page's conversations, the one with the newest message first."""
    _check_scope()
    if given.get("platform", "messenger") != "messenger":
        return {"data": []}

    def newest(start: datetime | None, ascending: bool, offset: int) -> list[Entry]:
        begin, end = span(start, ascending, None, None)
        rows = world().entries(PLATFORM, kind="message", wall=page.id, since=begin, until=end)
        first: dict[str, Entry] = {}
        for row in rows:
            first.setdefault(row.thread or "", row)
        return list(first.values())[offset : offset + CHUNK]

    def show(entry: Entry, fields: Sequence[Field]) -> dict[str, Any]:
        return shown(Conversation(entry.thread or "", entry), fields)

    def is_first(entry: Entry) -> bool:
        return not world().entries(
            PLATFORM, kind="message", thread=entry.thread, since=entry.created_at + timedelta(microseconds=1), limit=1
        )

    listing = Listing(newest, is_first, ascending=False, total=lambda: 0, show=show)
    return paged(page.id, "conversations", listing, given, fields)


def shown(one: Conversation, fields: Sequence[Field]) -> dict[str, Any]:
    """Show a conversation with the fields asked for."""
    found: dict[str, Any] = {"id": one.id}
    for field in fields or [Field("updated_time")]:
        if field.name not in CONVERSATION:
            raise nonexistent(field.name, "UnifiedThread")
        if field.name == "messages":
            found["messages"] = messages(one, {**field.args, "fields": field.source}, field.fields)
        else:
            found[field.name] = {
                "id": one.id,
                "link": f"/{one.page}/inbox/{one.id.removeprefix('t_')}/",
                "updated_time": moment(one.newest.created_at),
                "message_count": world().count(PLATFORM, kind="message", thread=one.id),
                "snippet": one.newest.text[:80],
                "can_reply": True,
            }.get(field.name)
    return {name: value for name, value in found.items() if value is not None}


def messages(one: Conversation, given: Mapping[str, str], fields: Sequence[Field]) -> dict[str, Any]:
    """List a conversation's messages, the newest first."""
    _check_scope()
    since = instant(given.get("since"))

    def chunk(start: datetime | None, ascending: bool, offset: int) -> list[Entry]:
        begin, end = span(start, ascending, since, None)
        rows = {"kind": "message", "thread": one.id, "since": begin, "until": end, "include_deleted": True}
        order = "old" if ascending else "new"
        return world().entries(PLATFORM, order=order, limit=CHUNK, offset=offset, **rows)  # type: ignore[arg-type]

    listing = Listing(chunk, lambda entry: True, ascending=False, total=lambda: 0, show=message)
    return paged(one.id, "messages", listing, given, fields)


def message(entry: Entry, fields: Sequence[Field]) -> dict[str, Any]:
    """Show a message with the fields asked for."""
    _check_scope()
    names = [field.name for field in fields] or ["created_time"]
    if unknown := next((name for name in names if name not in MESSAGE), None):
        raise nonexistent(unknown, "Message")
    pictures = [{"image_data": {"url": link}, "mime_type": "image/jpeg"} for link in entry.extra.get("media", ())]
    withheld = set(entry.extra.get("withhold", ()))
    known = {
        "id": entry.id,
        "created_time": moment(entry.created_at),
        "from": _who(entry.author),
        "message": entry.text,
        "attachments": {"data": pictures} if pictures else None,
    }
    return {name: known[name] for name in ("id", *names) if name not in withheld and known.get(name) is not None}


def send(page: Account, given: Mapping[str, str]) -> dict[str, str]:
    """Send a message of the page's to a person who has written to it."""
    _check_scope()
    person, text = _given(given, "recipient").get("id"), _given(given, "message").get("text")
    if not isinstance(person, str) or not isinstance(text, str) or not text.strip():
        raise GraphError("(#100) Invalid parameter", code=100)
    if len(text) > LONGEST:
        raise GraphError(f"(#100) Length of param message[text] must be less than or equal to {LONGEST}", code=100)
    theirs = world().entries(
        PLATFORM, kind="message", thread=conversation_id(page.id, person), author=person, limit=1, include_deleted=True
    )
    if not theirs:
        raise GraphError("(#100) No matching user found", code=100, subcode=2018001)
    of_people = (given.get("messaging_type"), given.get("tag")) == ("MESSAGE_TAG", "HUMAN_AGENT")
    if world().now() - theirs[0].created_at > (WINDOW_OF_PEOPLE if of_people else WINDOW):
        words = "(#10) This message is sent outside of allowed window."
        raise GraphError(words, code=10, subcode=2018278, status=400)
    made = world().write(PLATFORM, "message", page.id, text, parent=theirs[0].id)
    return {"recipient_id": person, "message_id": made.id}


def _given(given: Mapping[str, str], name: str) -> dict[str, Any]:
    """Read a parameter that is JSON, in a form or in a JSON body."""
    body = request.get_json(silent=True)
    value = given.get(name) or (body.get(name) if isinstance(body, dict) else None)
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}


def _check_scope() -> None:
    """A token without `pages_messaging` reads and writes no message; one that says nothing of scopes may all."""
    scopes = g.token.extra.get("scopes")
    if scopes is not None and SCOPE not in scopes:
        words = f"(#200) Requires {SCOPE} permission to manage the object"
        raise GraphError(words, code=200)


def _who(id: str) -> dict[str, str]:
    account = world().account(id, PLATFORM)
    return {"id": id, "name": account.name if account else "", "email": f"{id}@facebook.com"}
