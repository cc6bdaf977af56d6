"""LinkedIn as a connector: reading, answering and moderating the comments under one organisation's posts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from connectors.base import (
    Capability,
    Context,
    Cost,
    Cursor,
    Identity,
    Item,
    Known,
    OutcomeUnknown,
    Page,
    Permanent,
    Sent,
    Target,
    Temporary,
    Unreadable,
)
from connectors.linkedin import lists, mapping, urns
from connectors.linkedin.client import UNREADABLE_WRITE, Client
from connectors.linkedin.lists import LoopingList
from connectors.linkedin.mapping import SURFACE
from connectors.linkedin.poll import LOOPED, Round, by_entity, items_of

EARLIER = timedelta(minutes=10)  # clocks differ: a comment may bear a time before we sent it
NO_PLACE = "Det går inte att se vilken kommentar på LinkedIn det gäller."


class LinkedIn:
    """One organisation's page. Not to be shared between threads."""

    platform: ClassVar[str] = "linkedin"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.REPLY, Capability.LIKE, Capability.DELETE, Capability.EDIT}
    )
    own_only: ClassVar[frozenset[Capability]] = frozenset({Capability.EDIT})
    max_length: ClassVar[int] = 1_250
    retention: ClassVar[timedelta | None] = timedelta(hours=48)
    profile_retention: ClassVar[timedelta | None] = timedelta(hours=24)

    def __init__(self, context: Context) -> None:
        self._context = context
        self._client = Client(context)
        self._us = urns.organization(context.external_id)
        self._own = {self._us, *map(urns.organization, context.own_ids)}

    @property
    def calls(self) -> int:
        """Count the HTTP requests made so far, token refreshes included."""
        return self._client.calls

    @property
    def quota(self) -> Mapping[str, Any]:
        """Say what is left: LinkedIn's answers never do, the day's limits stand in its developer portal."""
        return {}

    def surfaces(self) -> tuple[str, ...]:
        """Give the streams to poll."""
        return (SURFACE,)

    def poll(self, surface: str, cursor: Cursor, *, known: Known, now: datetime, full: bool = False) -> Iterator[Page]:
        """Read what is new under the organisation's posts; see poll.py."""
        if surface != SURFACE:
            raise Permanent("LinkedIn har inget sådant flöde.", code="no_such_surface")
        return Round(self._client, self._context, cursor, known, now, full).pages()

    def read(self, ids: Sequence[str]) -> Page:
        """Read comments by their URNs; those that are not there come out as missing. One call for 50 of a post."""
        calls = self._client.calls
        items: list[Item] = []
        unreadable: list[Unreadable] = []
        missing: list[str] = []
        for entity, numbers in by_entity(ids).items():
            found = lists.look_up(self._client, entity, numbers)
            read, odd = items_of(found.records, us=self._own)
            items += read
            unreadable += odd
            missing += [urns.Comment(entity, number).urn for number in found.gone]
        cost = Cost(self._client.calls - calls, "calls")
        return Page(items=tuple(items), unreadable=tuple(unreadable), missing=tuple(missing), cost=cost)

    def reply(self, to: Target, text: str) -> Sent:
        """Answer in the thread of `to`: LinkedIn knows one level of answers.

        POST /rest/socialActions/{comment}/comments,
        https://learn.microsoft.com/linkedin/marketing/community-management/shares/comments-api, as known on 2026-11-22.
        """
        thread = _thread(to)
        body = {
            "actor": self._us,
            "object": thread.entity,
            "message": {"text": text},
            "parentComment": thread.urn,
        }
        answer, header = self._client.write("POST", lists.comments(thread.urn), body)
        id = _id_of(answer, header)
        if not id:
            raise OutcomeUnknown(UNREADABLE_WRITE)
        created = answer.get("created")
        posted_at = mapping.moment(created.get("time")) if isinstance(created, Mapping) else None
        return Sent(urns.Comment(thread.entity, id).urn, posted_at)

    def find_sent(self, to: Target, text: str, *, since: datetime, exclude: Collection[str]) -> Sent | None:
        """Look for a reply of ours that may have gone out; None says that LinkedIn does not show it."""
        thread = _thread(to)
        matches: list[Sent] = []
        try:
            for batch in lists.forward(self._client, lists.comments(thread.urn)):
                items, _ = items_of(batch.records, us={self._us}, thread=thread.urn)
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
        """Like, delete or edit a comment; LinkedIn hides none, and lets only its author edit it.

        https://learn.microsoft.com/linkedin/marketing/community-management/shares/comments-api and …/reactions-api,
        as known on 2026-11-22.
        """
        own = urns.comment(target.external_id)
        if own is None:
            raise Permanent(NO_PLACE, code="no_place")
        actor = f"actor={urns.encoded(self._us)}"
        address = f"{lists.comments(own.entity)}/{urns.encoded(own.id)}?{actor}"
        match action:
            case Capability.LIKE:
                self._client.write("POST", f"reactions?{actor}", {"root": own.urn, "reactionType": "LIKE"})
            case Capability.DELETE:
                self._client.write("DELETE", address)
            case Capability.EDIT:
                patch = {"patch": {"message": {"$set": {"text": text}}}}
                self._client.write("POST", address, patch, restli="PARTIAL_UPDATE")
            case _:
                raise Permanent("Det går inte att göra på LinkedIn.", code="unsupported")

    def publish(self, text: str) -> Sent:
        """Refuse: posts are published on LinkedIn itself."""
        raise Permanent("Det går inte att publicera på LinkedIn härifrån.", code="unsupported")

    def verify(self) -> Identity:
        """Say which organisation the token may read. GET /rest/organizations/{id}: only its administrators may.

        https://learn.microsoft.com/linkedin/marketing/community-management/organizations/organization-lookup-api,
        as known on 2026-11-22.
        """
        answer = self._client.read(f"organizations/{urns.encoded(urns.number(self._us))}")
        identity = mapping.identity_of(answer, id=self._context.external_id, expires_at=self._client.expires_at)
        if identity is None:
            raise Permanent("LinkedIn säger inte vilken sida det är. Se över kontots roll.", code="permission")
        return identity


def _thread(target: Target) -> urns.Comment:
    thread = urns.comment(target.thread) or urns.comment(target.external_id)
    if thread is None:
        raise Permanent(NO_PLACE, code="no_place")
    return thread


def _id_of(answer: Mapping[str, Any], header: str) -> str:
    """Take the new comment's number from wherever it stands: an id is a number, a string or a whole URN."""
    for said in (answer.get("commentUrn"), answer.get("$URN"), answer.get("id"), urns.decoded(header)):
        if found := urns.comment(said):
            return found.id
        if number := mapping.id_of(said):
            return number
    return ""
