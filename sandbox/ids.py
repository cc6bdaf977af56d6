"""Ids as each platform makes them: realistic to look at, the same for the same history, rising within an instant."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime

from sandbox.entries import to_micros

X_EPOCH_MS = 1_288_834_974_657  # where X's snowflake ids begin to count
INSTAGRAM_EPOCH = 1_577_836_800_000_000  # 2020, in microseconds: 17 digits that begin with 17, as Instagram's do
ACTIVITY_APART = 7  # how far a LinkedIn post's number lies from that of its activity; any constant will do
X_WORKER = 371 << 12  # the bits of the machine that made the id; any constant will do

Taken = Callable[[str], bool]


def new_id(
    platform: str, kind: str, at: datetime, *, wall: str | None, root: str | None, thread: str | None, taken: Taken
) -> str:
    """Make an unused id of that platform for something written at that instant.

    `thread` is the YouTube comment answered, `root` the Facebook post stood under.
    """
    micros = to_micros(at)
    assert micros is not None
    if platform == "twitter":
        return tweet_id(micros, taken)
    if platform == "youtube":
        return _youtube_id(kind, micros, thread, taken)
    if platform == "instagram":
        return _counted("", 17 * 10**15 + micros - INSTAGRAM_EPOCH, taken)
    if platform == "linkedin":
        return _linkedin_id(kind, (micros // 1000) << 22, root or "", taken)
    if kind == "message":
        return _counted("m_", 10**15 + micros, taken)
    if kind == "post":
        return _counted(f"{wall}_", 10**15 + micros, taken)
    return _counted(f"{(root or '').rpartition('_')[2]}_", 10**15 + micros, taken)


def conversation_id(page: str, person: str) -> str:
    """Give the id of the one conversation that a person has with a Facebook page."""
    return f"t_{int(hashlib.sha256(f'{page}/{person}'.encode()).hexdigest()[:13], 16)}"


def tweet_id(micros: int, taken: Taken) -> str:
    """Make X's snowflake: milliseconds, machine, a running number."""
    return _counted("", ((micros // 1000 - X_EPOCH_MS) << 22) | X_WORKER, taken)


def _counted(prefix: str, number: int, taken: Taken) -> str:
    """Count up from the instant, so that of two things written in the same instant the later has the higher id."""
    while taken(f"{prefix}{number}"):
        number += 1
    return f"{prefix}{number}"


def _youtube_id(kind: str, micros: int, thread: str | None, taken: Taken) -> str:
    salt = 0
    while True:
        letters = _letters(f"{kind}/{micros}/{thread}/{salt}")
        if kind == "video":
            made = letters[:11]
        elif thread is None:
            made = f"Ug{letters[:17]}4AaABAg"
        else:
            made = f"{thread}.9{letters[:21]}"
        if not taken(made):
            return made
        salt += 1


def activity_of(post: str) -> str:
    """Give the URN of a LinkedIn post's activity, under which its comments stand."""
    return f"urn:li:activity:{int(post.rpartition(':')[2]) + ACTIVITY_APART}"


def posts_of(activity: str) -> list[str]:
    """Give the URNs that the post of a LinkedIn activity may have."""
    kind, _, number = activity.rpartition(":")
    if kind != "urn:li:activity" or not number.isdecimal():
        return []
    return [f"urn:li:{kind}:{int(number) - ACTIVITY_APART}" for kind in ("share", "ugcPost")]


def _linkedin_id(kind: str, number: int, root: str, taken: Taken) -> str:
    """Make a URN: numbers are milliseconds, moved by 22 bits."""
    while True:
        made = f"urn:li:share:{number}" if kind == "post" else f"urn:li:comment:({activity_of(root)},{number})"
        if not taken(made):
            return made
        number += 1


def _letters(seed: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(seed.encode()).digest()).decode()
