"""YouTube as a connector: reading, answering and moderating the comments of one channel's videos."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors.base import (
    AuthExpired,
    Capability,
    Context,
    Cost,
    Cursor,
    Identity,
    Known,
    OutcomeUnknown,
    Page,
    Permanent,
    Sent,
    Target,
    Temporary,
)
from connectors.youtube import mapping, review
from connectors.youtube.mapping import COMMENTS, REVIEW
from connectors.youtube.poll import LOOPED, PAGE_SIZE, Round, batches, comments_of, lookups
from connectors.youtube.transport import Answer, Api, LoopingList

EARLIER = timedelta(minutes=10)  # clocks differ: a comment may bear a time before we sent it


class YouTube:
    """One channel. Its service is not to be shared between threads: make a connector for each."""

    platform: ClassVar[str] = "youtube"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.REPLY, Capability.HIDE, Capability.UNHIDE, Capability.DELETE, Capability.EDIT}
    )
    own_only: ClassVar[frozenset[Capability]] = frozenset({Capability.EDIT})
    max_length: ClassVar[int] = 10_000

    def __init__(self, context: Context) -> None:
        self._context = context
        self._api = Api(context)

    @property
    def calls(self) -> int:
        """Count the HTTP requests made so far, token refreshes included."""
        return self._api.calls

    @property
    def quota(self) -> Mapping[str, Any]:
        """Say what is left: Google's answers never do."""
        return {}

    def surfaces(self) -> tuple[str, ...]:
        """List what is published under our videos, and what waits for somebody of ours to approve it."""
        return (COMMENTS, REVIEW)

    def poll(self, surface: str, cursor: Cursor, *, known: Known, now: datetime, full: bool = False) -> Iterator[Page]:
        """Read what is new under the channel's videos; see poll.py and review.py."""
        if surface == REVIEW:
            return review.pages(self._api, self._context, cursor, known=known, full=full)
        if surface != COMMENTS:
            raise Permanent("YouTube har inget sådant flöde.", code="no_such_surface")
        return Round(self._api, self._context, cursor, known, now, full).pages()

    def read(self, ids: Sequence[str]) -> Page:
        """Read comments by id; those that are not there come out as missing. comments.list, 1 unit for 50."""
        answers: list[Answer] = []
        before = self._api.units
        for batch in batches(ids):
            answers += lookups(self._api, "comments", batch, part="snippet")
        answer: Answer = {"items": [record for one in answers for record in mapping.records(one)]}
        items, unreadable = comments_of(answer, us=self._context.external_id)
        return Page(
            items=tuple(items),
            unreadable=tuple(unreadable),
            missing=tuple(id for id in ids if id not in mapping.ids_in(answer)),
            cost=Cost(self._api.units - before, "units"),
        )

    def reply(self, to: Target, text: str) -> Sent:
        """Answer in the thread of `to`. comments.insert, 50 units; YouTube knows one level of replies."""
        body = {"snippet": {"parentId": _thread(to), "textOriginal": text}}
        answer = self._api.write("comments", "insert", part="snippet", body=body)
        record = answer if isinstance(answer, dict) else {}
        snippet, id = record.get("snippet"), record.get("id")
        if not isinstance(id, str) or not id:
            raise OutcomeUnknown("YouTube svarade inte begripligt. Det är oklart om svaret gick fram.")
        return Sent(id, mapping.moment(snippet.get("publishedAt")) if isinstance(snippet, dict) else None)

    def find_sent(self, to: Target, text: str, *, since: datetime, exclude: Collection[str]) -> Sent | None:
        """Look for a reply of ours that may have gone out; None says only that YouTube does not show it."""
        parameters = {"part": "snippet", "parentId": _thread(to), "maxResults": PAGE_SIZE, "textFormat": "plainText"}
        matches: list[Sent] = []
        try:
            for answer in self._api.pages("comments", ids_in=mapping.ids_in, **parameters):
                items, _ = comments_of(answer, us=self._context.external_id)
                matches += [
                    Sent(item.external_id, item.posted_at)
                    for item in items
                    if item.from_us
                    and item.external_id not in exclude
                    and item.posted_at >= since - EARLIER
                    and mapping.same_text(item.text, text)
                ]
        except LoopingList as error:
            raise Temporary(LOOPED, code="bad_answer") from error
        return min(matches, key=lambda sent: sent.posted_at or since, default=None)

    def moderate(self, target: Target, action: Capability, text: str = "") -> None:
        """Hide, show again (or approve), delete or edit a comment; only our own can be edited. 50 units.

        Hiding holds the comment for review: that can be undone, which a rejection promises nothing of. What others
        wrote is rejected where our own is deleted: nobody sees it any more, and it is in no list.
        """
        id = target.external_id
        match action:
            case Capability.HIDE:
                self._api.write("comments", "setModerationStatus", id=id, moderationStatus="heldForReview")
            case Capability.UNHIDE:
                self._api.write("comments", "setModerationStatus", id=id, moderationStatus="published")
            case Capability.DELETE if not target.from_us:
                self._api.write("comments", "setModerationStatus", id=id, moderationStatus="rejected")
            case Capability.DELETE:
                self._api.write("comments", "delete", id=id)
            case Capability.EDIT:
                body = {"id": id, "snippet": {"textOriginal": text}}
                self._api.write("comments", "update", part="snippet", body=body)
            case _:
                raise Permanent("Det går inte att göra på YouTube.", code="unsupported")

    def publish(self, text: str) -> Sent:
        """Refuse: the API publishes no text of its own."""
        raise Permanent("Det går inte att publicera på YouTube härifrån.", code="unsupported")

    def verify(self) -> Identity:
        """Say which channel the token speaks for. channels.list, 1 unit."""
        found = mapping.records(self._api.read("channels", part="snippet", mine=True))
        identity = mapping.identity_of(found[0] if found else None, expires_at=self._expires_at)
        if identity is None:
            raise AuthExpired("Nyckeln hör inte till någon kanal på YouTube.", code="no_channel")
        return identity

    @property
    def _expires_at(self) -> datetime | None:
        expiry = self._api.grant.expiry
        return expiry.replace(tzinfo=UTC) if isinstance(expiry, datetime) else None


def _thread(target: Target) -> str:
    return target.thread or mapping.thread_in(target.external_id) or target.external_id
