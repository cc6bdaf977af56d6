"""What a connector is, and the values that pass between a platform and the rest of Gensvar.

Plain Python: no Django, no Celery, no database. A connector speaks to one platform with one channel's credentials;
everything it reads comes out as the frozen values below, everything that goes wrong as one of the errors below.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Literal, Protocol

Cursor = Mapping[str, Any]
"""Where a surface's last complete poll ended. JSON-serialisable, opaque to all but its connector; `{}` at first."""


class Capability(StrEnum):
    """What a platform lets us do through its API; what exists decides which buttons are drawn."""

    REPLY = "reply"
    LIKE = "like"
    HIDE = "hide"
    UNHIDE = "unhide"
    DELETE = "delete"
    EDIT = "edit"
    PUBLISH = "publish"


class ItemKind(StrEnum):
    COMMENT = "comment"
    MENTION = "mention"
    HASHTAG = "hashtag"
    MESSAGE = "message"
    VISITOR_POST = "visitor_post"


class Held(StrEnum):
    """A comment that the platform does not show until somebody of ours approves it, and why."""

    REVIEW = "review"
    SPAM = "spam"


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote. `external_id` is the platform's id; `name` is shown; `handle` only where the platform has one."""

    external_id: str
    name: str = ""
    handle: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """Something of ours (or a visitor's page) that comments stand under: a Facebook post, a video, our own tweet."""

    external_id: str
    text: str
    posted_at: datetime | None
    url: str = ""
    comment_count: int | None = None  # the platform's own count, for the coverage meter
    is_ad: bool = False  # shown as an advertisement alone, and never in our own feed
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing somebody wrote, ours included, as a reader of the platform sees it.

    `thread`: X the conversation id; Facebook, Instagram, YouTube the id of the top-level comment (a visitor's post: its
    id); messages the platform's conversation id. `parent`: the item answered, None at top level (never our post).
    `text`: what a reader sees: unescaped once, long posts whole. Times are aware UTC.
    """

    external_id: str
    kind: ItemKind
    thread: str
    parent: str | None
    post: str | None  # external id of the Post it stands under, where there is one
    author: Author | None  # None: the platform does not say
    text: str
    posted_at: datetime
    edited_at: datetime | None = None
    earlier_ids: tuple[str, ...] = ()  # X: an edit is a new id; the older ones, oldest first
    from_us: bool = False  # written by the account whose token we use
    addressed: bool = True  # mentions us, quotes us or stands under something of ours; a mere hashtag hit is not
    mentions: tuple[str, ...] = ()  # external ids (or lower-case handles on X) of those named in the text
    hidden: bool | None = False  # None: the platform does not say
    held: Held | Literal[""] | None = ""  # why nobody is shown it yet; None: the platform does not say
    can_reply: bool = True
    url: str = ""
    media: tuple[str, ...] = ()  # addresses of pictures and videos, by reference
    language: str = ""  # BCP 47 if the platform says
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record of the platform that could not be understood: stored raw, marked, and the poll goes on."""

    surface: str
    reason: str
    raw: str  # ASCII-escaped JSON


@dataclass(frozen=True, slots=True)
class Cost:
    """What the calls behind a page cost. `unit` is usd (X), units (YouTube) or calls."""

    amount: float = 0.0
    unit: str = "calls"


@dataclass(frozen=True, slots=True)
class Page:
    """What one step of a poll found.

    `cursor` is stored only when the whole poll went well, after the last page was stored. `complete` is False on the
    last page when the poll had to stop early (page cap, loop guard); its `notes` say why. `deletions`: external ids
    that the platform itself says are gone. `missing`: ids of `known.live_ids` that a complete reading should have
    shown and did not: a deletion only once two complete readings agree.
    """

    posts: tuple[Post, ...] = ()
    items: tuple[Item, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    deletions: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    cursor: Cursor = field(default_factory=dict)
    complete: bool = True
    cost: Cost = Cost()
    platform_count: int | None = None  # the platform's own count of what this surface holds, where it says
    notes: tuple[str, ...] = ()  # for people, in Swedish: a gap, a stopped loop


@dataclass(frozen=True, slots=True)
class Target:
    """What a reply or a moderation acts on."""

    external_id: str
    thread: str
    post: str | None = None
    author: Author | None = None
    kind: ItemKind = ItemKind.COMMENT
    posted_at: datetime | None = None  # when it was written, by the platform's clock
    from_us: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """A write that the platform has accepted. `posted_at` is None where its answer holds no time."""

    external_id: str
    posted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the token speaks for."""

    external_id: str
    name: str
    handle: str = ""
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownThread:
    """A thread that we already have. `last_activity`: when something last happened in it, as far as we know."""

    external_id: str
    post: str | None
    last_activity: datetime
    item_count: int = 0
    we_wrote: bool = False
    is_private: bool = False  # messages, which nobody else reads


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """A private message that we have."""

    external_id: str
    thread: str
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """What we already have of a channel, so that a connector can look where news may be without asking a database.

    Each is called at most once a poll, but for `item_ids`, which says which of the given external ids are stored.
    `threads`: newest activity first. `live_ids`: undeleted public items of citizens and of ours, for deletion checks;
    those younger than 30 days, with a full poll all. `messages`: the same of private ones. `posts`: external ids of our
    posts, newest first; `ads`: of those that are advertisements alone, which are not among `posts`.
    """

    item_ids: Callable[[Collection[str]], set[str]] = lambda ids: set()
    threads: Callable[[], Sequence[KnownThread]] = tuple
    live_ids: Callable[[], Sequence[str]] = tuple
    messages: Callable[[], Sequence[KnownMessage]] = tuple
    posts: Callable[[], Sequence[str]] = tuple
    ads: Callable[[], Sequence[str]] = tuple


@dataclass(frozen=True, slots=True)
class Context:
    """All that a connector is given: no settings, no database behind its back.

    `base_url`: root of the platform's API, without a path. `save_token` stores a refreshed token before it is used
    (X's refresh tokens work once); `refresh_lock` is a context manager that lets one process at a time refresh and
    yields the token as it is stored now.
    """

    external_id: str  # our own account's id on the platform
    handle: str
    token: Mapping[str, Any]
    base_url: str
    token_url: str = ""
    version: str = ""
    hashtags: tuple[str, ...] = ()
    save_token: Callable[[Mapping[str, Any]], None] = lambda token: None
    refresh_lock: Callable[[], Any] | None = None
    own_ids: frozenset[str] = frozenset()  # external ids of all our accounts on this platform


class Connector(Protocol):
    """One platform, seen through one channel's credentials. `calls` counts the HTTP requests made so far."""

    platform: ClassVar[str]
    capabilities: ClassVar[frozenset[Capability]]
    own_only: ClassVar[frozenset[Capability]]  # those of them that reach nothing but what we wrote ourselves
    max_length: ClassVar[int]  # characters in a reply, as the platform counts them
    # How long what people wrote, and what their profiles say, may be kept since it was last read. A connector that
    # does not say (read with getattr) sets no limit.
    retention: ClassVar[timedelta | None]
    profile_retention: ClassVar[timedelta | None]

    def __init__(self, context: Context) -> None: ...
    @property
    def calls(self) -> int: ...
    @property
    def quota(self) -> Mapping[str, Any]: ...  # what the last answers said of what is left
    def surfaces(self) -> tuple[str, ...]: ...
    def poll(
        self, surface: str, cursor: Cursor, *, known: Known, now: datetime, full: bool = False
    ) -> Iterator[Page]: ...
    def read(self, ids: Sequence[str]) -> Page: ...
    def reply(self, to: Target, text: str) -> Sent: ...
    def find_sent(self, to: Target, text: str, *, since: datetime, exclude: Collection[str]) -> Sent | None: ...
    def moderate(self, target: Target, action: Capability, text: str = "") -> None: ...
    def publish(self, text: str) -> Sent: ...
    def verify(self) -> Identity: ...


class PlatformError(Exception):
    """Something a platform answered, or did not. `str()` is a sentence in plain Swedish for a communicator, without
    tokens and without what people wrote; `code` is short and stable, for commands and the log."""

    code = "platform_error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code:
            self.code = code


class Temporary(PlatformError):
    """Surely nothing was done; try again later. `retry_after` in seconds, None if the platform does not say."""

    code = "temporary"

    def __init__(self, message: str, *, retry_after: float | None = None, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class Exhausted(PlatformError):
    """Quota, rate limit or credits are used up until `until` (aware UTC)."""

    code = "quota_exhausted"

    def __init__(self, message: str, *, until: datetime, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.until = until


class AuthExpired(PlatformError):
    """The token is dead: a person must connect the channel again."""

    code = "auth_expired"


class Permanent(PlatformError):
    """The platform will never accept this."""

    code = "refused"


class Gone(Permanent):
    """What we acted on is no longer there, or no longer visible to us."""

    code = "gone"


class OutcomeUnknown(PlatformError):
    """The write may have been done: time-out, reset, 5xx, an unreadable 2xx."""

    code = "outcome_unknown"
