"""What to ask for, and how much of it at once.

One field that an app may not read, or that a Graph does not know, fails the whole call: it is left out next time.
https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-comment, read 2026-11-24.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from connectors.base import Permanent, PlatformError
from connectors.facebook.errors import FieldRefused, ReduceData

LIMIT = 100  # in a call; Instagram gives what it sees fit below that, 50 comments by the manual
HASHTAG_LIMIT = 50  # the same for media that carry a hashtag

COMMENT = ("id", "text", "timestamp", "username", "from", "hidden", "parent_id")
MEDIA = ("id", "caption", "timestamp", "permalink", "comments_count", "media_type", "username")
HASHTAG = ("id", "caption", "timestamp", "permalink", "media_type", "media_url")

# What is left out, one row after the other, when Graph refuses and does not say which field it means.
STEPS = (("comments",), ("from",), ("hidden", "parent_id"), ("username",), ("replies",))
HASHTAG_STEPS = (("media_url",), ("timestamp", "permalink"))


@dataclass(frozen=True, slots=True)
class Shape:
    """How much to ask for at once; less each time Graph says that it was too much."""

    media: int = 50
    inside: int = 5  # comments inside each media
    comments: int = LIMIT
    replies: int = LIMIT  # below each comment of a page of comments
    without: frozenset[str] = field(default_factory=frozenset)

    def comment(self, replies: int | None = None) -> str:
        """Fields of a comment, those of the answers below it included; 0 leaves them out."""
        fields = self._kept(COMMENT)
        replies = self.replies if replies is None else replies
        if not replies or "replies" in self.without:
            return fields
        return f"{fields},replies.limit({replies}){{{fields}}}"

    @property
    def one(self) -> str:
        """Fields of a comment read by its id: also the media it stands under."""
        media = "" if "media" in self.without else ",media{id,permalink}"
        return self._kept(COMMENT) + media

    @property
    def media_fields(self) -> str:
        """Fields of a media with its newest comments."""
        fields = self._kept(MEDIA)
        if "comments" in self.without:
            return fields
        return f"{fields},comments.limit({self.inside}){{{self.comment(replies=self.inside)}}}"

    @property
    def hashtag(self) -> str:
        return self._kept(HASHTAG)

    def less(self, error: PlatformError, steps: tuple[tuple[str, ...], ...] = STEPS) -> Shape:
        """Give the next smaller shape; raise the error if there is none."""
        if isinstance(error, ReduceData):
            return self._smaller(error)
        if isinstance(error, FieldRefused) and error.field and error.field not in {*self.without, "id"}:
            return replace(self, without=self.without | {error.field})
        if not isinstance(error, Permanent) or error.code == "policy":
            raise error
        for names in steps:
            if not self.without.issuperset(names):
                return replace(self, without=self.without | set(names))
        raise error

    def _smaller(self, error: PlatformError) -> Shape:
        now = (self.media, self.inside, self.comments, self.replies)
        media, inside, comments, replies = (max(1, count // 2) for count in now)
        if (media, inside, comments, replies) == now:
            raise error
        return replace(self, media=media, inside=inside, comments=comments, replies=replies)

    def _kept(self, names: tuple[str, ...]) -> str:
        return ",".join(name for name in names if name not in self.without)
