"""The values of the sandbox: who writes, what they wrote, the tokens they hold; and times as the store keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

PLATFORMS = ("twitter", "facebook", "instagram", "linkedin", "youtube")


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody on a platform: a citizen, or one of the municipality's own pages and channels (`ours`)."""

    id: str
    platform: str
    name: str
    handle: str = ""
    ours: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Token:
    """A credential. `kind` is the platform module's own word (page, oauth1, access, refresh, app …)."""

    token: str
    platform: str
    account: str
    kind: str
    expires_at: datetime | None
    revoked: bool
    extra: Mapping[str, Any]

    def is_valid(self, now: datetime) -> bool:
        """Tell whether the platform would accept it."""
        return not self.revoked and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing somebody wrote. Times are aware UTC.

    `kind`: post, video, tweet, comment or message. `wall`: our page or channel it stands on (X: None; a post that only
    tags us: its author). `parent`: the entry answered (None at top level). `thread`: the top-level comment's id (X: the
    conversation id, a message: its conversation). `root`: the post or video it stands under (X: the conversation's
    first tweet); None for posts and videos themselves. `earlier`: older versions, oldest first, each
    `{"id", "text", "at"}` with `at` the time (ISO) from which that text stood.
    """

    id: str
    platform: str
    kind: str
    wall: str | None
    author: str
    parent: str | None
    thread: str | None
    root: str | None
    text: str
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    hidden: bool
    earlier: tuple[Mapping[str, Any], ...]
    extra: Mapping[str, Any]
    truth: Mapping[str, Any] | None
    visible_at: datetime

    @property
    def is_edited(self) -> bool:
        return bool(self.earlier)

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None


def to_micros(moment: datetime | None) -> int | None:
    """Turn an aware time into whole microseconds since 1970."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError("The time has no zone.")
    return (moment - EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int | None) -> datetime | None:
    """Turn microseconds since 1970 into aware UTC."""
    return None if micros is None else EPOCH + timedelta(microseconds=micros)


def iso(moment: datetime | None) -> str | None:
    """Write a time as UTC with Z, a fraction only if it is not zero."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_iso(text: str | None) -> datetime | None:
    """Read an ISO time with offset; raise ValueError without one."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"The time has no zone: {text}")
    return moment.astimezone(UTC)
