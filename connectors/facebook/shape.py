"""What to ask the Graph API for, and how much of it at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from connectors.facebook.errors import FieldRefused

LIMIT = 100  # posts or comments in a call; the most that Facebook gives

AUTHOR = "from{id,name}"
PLAIN_COMMENT = f"id,message,created_time,{AUTHOR},parent{{id}},permalink_url"
COMMENT = f"{PLAIN_COMMENT},comment_count,is_hidden,message_tags,attachment"
PLAIN_POST = f"id,message,created_time,{AUTHOR},permalink_url"
POST = f"{PLAIN_POST},story,updated_time,is_published,message_tags,attachments{{type,url,media,subattachments}}"


@dataclass(frozen=True, slots=True)
class Shape:
    """How much to ask for at once; less each time Facebook says that it was too much."""

    posts: int = LIMIT
    inside: int = LIMIT  # comments inside each post
    comments: int = LIMIT
    plain: bool = False  # only the fields that every Graph knows

    @property
    def comment_fields(self) -> str:
        return PLAIN_COMMENT if self.plain else COMMENT

    @property
    def post_fields(self) -> str:
        """A post without what stands under it."""
        return PLAIN_POST if self.plain else POST

    @property
    def post_with_comments(self) -> str:
        stream = f"comments.limit({self.inside}).filter(stream).order(reverse_chronological).summary(true)"
        return f"{self.post_fields},{stream}{{{self.comment_fields}}}"

    def stream(self) -> dict[str, str]:
        """Arguments of the edge `comments` (https://developers.facebook.com/docs/graph-api/reference/object/comments).

        `stream` gives answers beside top-level comments, and spares us Facebook's own filtering.
        """
        return {
            "fields": self.comment_fields,
            "filter": "stream",
            "order": "reverse_chronological",
            "summary": "true",
            "limit": str(self.comments),
        }

    def less(self, error: Exception) -> Shape:
        """Give the next smaller shape; raise the error if there is none."""
        if isinstance(error, FieldRefused):
            if self.plain:
                raise error
            return replace(self, plain=True)
        if self.posts == self.comments == 1:
            raise error
        posts, inside, comments = (max(1, count // 2) for count in (self.posts, self.inside, self.comments))
        return replace(self, posts=posts, inside=inside, comments=comments)
