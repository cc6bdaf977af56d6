"""Ids as each platform makes them: realistic to look at, the same for the same history, rising within an instant."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime

from sandbox.entries import to_micros

X_EPOCH_MS = 1_288_834_974_657  # where X's snowflake ids begin to count
INSTAGRAM_EPOCH = 1_577_836_800_000_000  # 2020, in microseconds: 17 digits that begin with 17, as Instagram's do
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
    if kind == "post":
        return _counted(f"{wall}_", 10**15 + micros, taken)
    return _counted(f"{(root or '').rpartition('_')[2]}_", 10**15 + micros, taken)


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


def _letters(seed: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(seed.encode()).digest()).decode()
