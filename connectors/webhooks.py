"""What the platforms push, all in one shape: whose it is, which ids to read, and which of them are said to be gone.

Pure. The envelopes are read in each platform's `webhook.py`. A delivery is never believed for more than this: what it
names is read back, and what it does not reach is found by the polls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from connectors.facebook import webhook as facebook
from connectors.facebook.belonging import MESSAGES, TAGGED
from connectors.instagram import webhook as instagram
from connectors.linkedin import webhook as linkedin
from connectors.twitter import webhook as twitter

REMOVED = frozenset({"remove", "delete"})  # Facebook's verbs


@dataclass(frozen=True, slots=True)
class Sign:
    """Something happened to an account of ours. Without an `id` we know only that it is time to look.

    `surface`: where to look then, "" for everywhere.
    """

    account: str
    id: str = ""
    is_gone: bool = False
    surface: str = ""


def signs(platform: str, body: bytes) -> list[Sign]:
    """Give what a delivery tells, each once and in the order told; none if it cannot be read."""
    read = READERS.get(platform)
    return list(dict.fromkeys(sign for sign in read(body) if sign.account)) if read else []


def _facebook(body: bytes) -> Iterable[Sign]:
    for change in facebook.changes(facebook.parsed(body)):
        value = change.value
        if value.get("item") == "reaction":
            continue  # somebody liked something: nothing was written
        if change.field == "messaging":
            if isinstance(value.get("message"), Mapping):  # not that one was delivered, read or liked
                yield Sign(change.account, surface=MESSAGES)
            continue
        if change.field == "mention" and not value.get("comment_id"):
            yield Sign(change.account, surface=TAGGED)  # somebody else's post: its id does not tell it from a comment
            continue
        named = value.get("comment_id") or value.get("post_id") if change.field in ("feed", "mention") else None
        id = str(named) if isinstance(named, str | int) and not isinstance(named, bool) else ""
        yield Sign(change.account, id, is_gone=bool(id) and value.get("verb") in REMOVED)


def _instagram(body: bytes) -> Iterable[Sign]:
    for notice in instagram.notices(facebook.parsed(body)):
        yield Sign(notice.account, "" if notice.kind == instagram.Told.MESSAGE else notice.id)


def _linkedin(body: bytes) -> Iterable[Sign]:
    for told in linkedin.notifications(body):
        if told.is_about_a_comment:
            yield Sign(told.organization, told.comment, is_gone=told.action == "COMMENT_DELETE")
        else:
            yield Sign(told.organization)


def _twitter(body: bytes) -> Iterable[Sign]:
    for event in twitter.events(body):
        yield Sign(event.account, event.id if event.is_about_a_post else "", is_gone=event.is_deletion)


READERS: Mapping[str, Callable[[bytes], Iterable[Sign]]] = {
    "facebook": _facebook,
    "instagram": _instagram,
    "linkedin": _linkedin,
    "twitter": _twitter,
}


def is_genuine(platform: str, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
    """Tell whether the platform signed these raw bytes with our app's secret."""
    if platform in ("facebook", "instagram"):
        return facebook.is_genuine(body, headers.get("X-Hub-Signature-256"), app_secret=secret)
    if platform == "linkedin":
        return linkedin.is_signed(body, headers.get(linkedin.SIGNATURE_HEADER, ""), secret)
    return platform == "twitter" and twitter.is_signed(body, headers.get(twitter.SIGNATURE_HEADER, ""), secret)
