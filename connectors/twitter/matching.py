"""Whether a tweet of ours is the reply we sent, when X never told us what became of it."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta

from connectors.base import Target
from connectors.twitter import fields
from connectors.twitter.fields import Record

EARLIER = timedelta(minutes=10)  # our clock may be ahead of X's
LEADING_NAMES = re.compile(r"^(?:@\w+\s+)+")
SHORT_LINK = re.compile(r"https?://t\.co/\w+")


def is_our_reply(record: Record, to: Target, text: str, since: datetime) -> bool:
    """Compare text, time and place of a tweet in our own timeline with what we meant to send."""
    said_at = fields.time_of(record)
    if said_at is not None and said_at < since - EARLIER:
        return False
    return answers(record, to) and says(fields.text_of(record), text)


def answers(record: Record, to: Target) -> bool:
    """Tell whether a tweet answers the target; a new post (no target) answers nobody."""
    parent = fields.replied_to(record)
    if not to.external_id:
        return parent is None
    if parent == to.external_id:
        return True
    conversation = fields.conversation_id(record)
    if parent is None:  # a server that does not say what is answered
        return conversation in (None, to.thread)
    # The target may have got a new id by an edit since: the same person, in the same conversation.
    same_person = to.author is not None and fields.answered_user(record) == to.author.external_id
    return same_person and conversation == to.thread


def says(read: str, sent: str) -> bool:
    """Tell whether a text read back is the one sent: X puts names before it and shortens the links in it."""
    pattern = r"\S+".join(re.escape(part) for part in SHORT_LINK.split(_bare(read)))
    return re.fullmatch(pattern, _bare(sent)) is not None


def _bare(text: str) -> str:
    return LEADING_NAMES.sub("", unicodedata.normalize("NFC", text).strip()).strip()
