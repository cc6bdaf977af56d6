"""X behind our protocol: what is asked of API v2, with which parameters, and what it costs.

Calls and their limits: docs.x.com/x-api/posts (mentions, timelines, search, look-up, create, delete, hide), read
2026-11-22. X bills what it returns, once per UTC day and tweet; what `Cost` says is therefore the most it can be.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
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
from connectors.twitter import conversations, fields, mapping, oauth, snowflake
from connectors.twitter.client import Client
from connectors.twitter.errors import refusal_in_success
from connectors.twitter.mapping import Batch, Us
from connectors.twitter.matching import EARLIER, is_our_reply
from connectors.twitter.paging import Mark, clock, walk
from connectors.twitter.polling import POST_READ, Ask, Poll

OWNED_READ = 0.001  # dollars for a mention of ours or a tweet of ours; docs.x.com/x-api/getting-started/pricing
REPLY_PRICE = 0.010  # for an answer to someone who turned to us
LINK_PRICE = 0.20  # for any tweet with an address in it
LINK = re.compile(r"https?://\S|\bwww\.\S|\b[\w-]+\.(?:se|com|org|net|nu|eu|info|io)\b", re.IGNORECASE)

PAGE_SIZE = 100  # the most that X gives at once
MENTIONS_REACHABLE = 800  # the newest that X lists; docs.x.com/x-api/posts/timelines, 2026-11-22
FIND_PAGES = 10  # of our own timeline, to find one reply of ours
WANTED: Mapping[str, Any] = {
    "expansions": "author_id,referenced_tweets.id,attachments.media_keys",
    "tweet_fields": (
        "attachments,author_id,conversation_id,created_at,edit_history_tweet_ids,entities,in_reply_to_user_id,lang,"
        "note_tweet,referenced_tweets"
    ),
    "user_fields": "name,username",
    "media_fields": "preview_image_url,type,url",
}


def price_of_reply(text: str) -> float:
    """Give what sending this answer costs, in dollars: an address in it makes it twenty times dearer."""
    return LINK_PRICE if LINK.search(text) else REPLY_PRICE


class Twitter:
    """X, seen through one channel's keys."""

    platform: ClassVar[str] = "twitter"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.REPLY, Capability.HIDE, Capability.UNHIDE, Capability.DELETE, Capability.PUBLISH}
    )
    own_only: ClassVar[frozenset[Capability]] = frozenset({Capability.DELETE})
    max_length: ClassVar[int] = 280

    def __init__(self, context: Context) -> None:
        self._context = context
        self._client = Client(context)

    @property
    def calls(self) -> int:
        return self._client.calls

    @property
    def quota(self) -> Mapping[str, Any]:
        return self._client.quota

    def surfaces(self) -> tuple[str, ...]:
        """List mentions, replies in our conversations, what we wrote ourselves, who quotes it, and each hashtag."""
        tags = dict.fromkeys(tag.strip().lstrip("#") for tag in self._context.hashtags)
        return ("mentions", "conversation", "own", "quotes", *(f"hashtag:{tag}" for tag in tags if tag))

    # Reading

    def poll(self, surface: str, cursor: Cursor, *, known: Known, now: datetime, full: bool = False) -> Iterator[Page]:
        """Read what is new on a surface, newest first; the last page carries the cursor.

        Stops at the first page that is wholly known. A full poll reads all that X still shows; with the mentions it
        also asks which known tweets are gone.
        """
        us, threads, posts = self._us(), known.threads(), known.posts()
        wrote = frozenset(thread.external_id for thread in threads if thread.we_wrote)
        us = replace(us, posts=frozenset(posts), threads=wrote)
        poll = Poll(
            mark=Mark.read(cursor),
            cursor=cursor,
            known=known,
            now=now,
            full=full,
            look_up=lambda ids: self._look_up(ids, us),
            clock=lambda now: clock(self._client.last_headers, now),
        )
        since_id = poll.mark.begin()
        if surface in ("mentions", "own"):
            method = {"mentions": "get_users_mentions", "own": "get_users_tweets"}[surface]
            yield from poll.listing(self._timeline(method, us, surface), OWNED_READ, since_id=since_id)
            if surface == "mentions" and poll.fell_short(MENTIONS_REACHABLE):
                yield from self._mentions_beyond(poll, us, since_id)
        elif surface.startswith("hashtag:"):
            tag = surface.partition(":")[2]
            yield from poll.listing(self._search(f"#{tag}", us, surface), POST_READ, since_id=since_id)
        elif surface == "conversation":
            plan = conversations.plan(threads, posts, turn=poll.mark.turn, now=now, full=full)
            for query in plan.queries:
                yield from poll.listing_oldest_first(self._search(query, us, surface), POST_READ)
            poll.mark = replace(poll.mark, turn=plan.turn)
        elif surface == "quotes":
            yield from self._quotes(poll, us, posts)
        else:
            raise Permanent("X har inget sådant flöde.", code="unknown_surface")
        if surface == "mentions" and full:
            try:
                yield from self._missing(known, us, cursor)
            except Permanent:  # what was read is read; only what is gone is not known
                poll.fail("Det gick inte att kontrollera vilka inlägg som är borttagna.")
        yield poll.closing()

    def read(self, ids: Sequence[str]) -> Page:
        """Look tweets up by id; those that X says are gone are in `deletions`."""
        return _looked_up(self._look_up(ids, self._us()))

    def _mentions_beyond(self, poll: Poll, us: Us, since_id: str | None) -> Iterator[Page]:
        """Search for the mentions of a storm that X no longer lists."""
        ask = self._search(f"@{us.name}", us, "mentions", until_id=poll.oldest_id)
        try:
            yield from poll.listing(ask, POST_READ, since_id=since_id)
        except (Permanent, AuthExpired):  # keys that may not search
            poll.notes.append("X visar bara de 800 senaste omnämnandena. Äldre kan saknas.")

    def _quotes(self, poll: Poll, us: Us, posts: Sequence[str]) -> Iterator[Page]:
        """Search for quotes of our posts; those that name us come as mentions too."""
        plan = conversations.quotes(posts, turn=poll.mark.turn, now=poll.now, full=poll.full)
        try:
            for query in plan.queries:
                yield from poll.listing_oldest_first(self._search(query, us, "quotes"), POST_READ)
        except Permanent:  # a plan without that operator
            poll.notes.append("X låter inte nyckeln söka efter citat. De som nämner er syns bland omnämnandena.")
        poll.mark = replace(poll.mark, turn=plan.turn)

    def _missing(self, known: Known, us: Us, cursor: Cursor) -> Iterator[Page]:
        """Ask for every tweet we hold: what X says is gone is a deletion, what has a newer version is an edit."""
        ids = [id for id in known.live_ids() if id.isascii() and id.isdigit()]
        for start in range(0, len(ids), PAGE_SIZE):
            asked = ids[start : start + PAGE_SIZE]
            found = self._look_up(asked, us)
            there = {*found.ids, *found.newer, *found.gone, *found.withheld}
            missing = tuple(id for id in asked if id not in there)
            edited = tuple(item for item in found.items if item.external_id in found.newer)
            yield replace(_looked_up(found), posts=(), items=edited, missing=missing, cursor=cursor)

    def _look_up(self, ids: Sequence[str], us: Us) -> Batch:
        """Fetch tweets by id (https://docs.x.com/x-api/posts/get-posts-by-ids), each in its newest version."""
        found = Batch()
        for start in range(0, len(ids), PAGE_SIZE):
            body = self._client.read("get_tweets", list(ids[start : start + PAGE_SIZE]), **WANTED)
            if "data" not in body and "errors" not in body:
                raise Temporary("X svarade inte begripligt.", code="bad_answer")
            found = _joined(found, mapping.read_batch(body, us, "read"))
        newer = [id for id in found.newer if id not in found.ids]
        if not newer:
            return found
        body = self._client.read("get_tweets", newer[:PAGE_SIZE], **WANTED)
        return _joined(found, mapping.read_batch(body, us, "read"))

    def _timeline(self, method: str, us: Us, surface: str) -> Ask:
        """Read mentions (docs.x.com/x-api/users/get-mentions) or what we wrote (…/users/get-posts)."""

        def ask(token: str | None, *, since_id: str | None, start_time: datetime | None) -> Batch:
            body = self._client.read(
                method,
                self._context.external_id,
                pagination_token=token,
                since_id=since_id,
                start_time=start_time,
                max_results=PAGE_SIZE,
                **WANTED,
            )
            return _batch(body, us, surface)

        return ask

    def _search(self, query: str, us: Us, surface: str, *, until_id: str | None = None) -> Ask:
        """Search the last seven days (docs.x.com/x-api/posts/search-recent-posts), as the app if it has a token."""

        def ask(token: str | None, *, since_id: str | None, start_time: datetime | None) -> Batch:
            body = self._client.read(
                "search_recent_tweets",
                query,
                as_app=True,
                next_token=token,
                until_id=until_id,
                since_id=since_id,
                start_time=start_time,
                max_results=PAGE_SIZE,
                **WANTED,
            )
            return _batch(body, us, surface)

        return ask

    # Writing

    def reply(self, to: Target, text: str) -> Sent:
        """Answer a tweet (docs.x.com/x-api/posts/create-post)."""
        return self._create(text=text, in_reply_to_tweet_id=to.external_id)

    def publish(self, text: str) -> Sent:
        """Post a tweet of our own."""
        return self._create(text=text)

    def _create(self, **body: Any) -> Sent:
        answer = self._client.write("create_tweet", **body)
        data = answer.get("data")
        id = fields.record_id(data)
        if not id:
            raise refusal_in_success(answer) or OutcomeUnknown(
                "X svarade inte begripligt. Det är oklart om det gick fram."
            )
        return Sent(id, _posted_at(id))

    def find_sent(self, to: Target, text: str, *, since: datetime, exclude: Collection[str]) -> Sent | None:
        """Look for a reply of ours in our own timeline. Raises if the timeline could not be read to its end."""
        us = self._us()
        ask = self._timeline("get_users_tweets", us, "own")
        found: list[tuple[datetime | None, str]] = []
        for step in walk(lambda token: ask(token, since_id=None, start_time=since - EARLIER), max_pages=FIND_PAGES):
            for record in step.batch.records:
                id = fields.record_id(record)
                ids = set(fields.history(record)) if id else {""}
                if not ids & {*exclude, ""} and is_our_reply(record, to, text, since):
                    found.append((fields.time_of(record), id))
            if step.end in ("repeated", "too many") and not found:
                raise Temporary("Det gick inte att läsa hela kontots flöde på X.", code="look_up_incomplete")
        if not found:
            return None
        posted_at, id = min(found, key=lambda each: snowflake.order(each[1]))
        return Sent(id, posted_at)

    def moderate(self, target: Target, action: Capability, text: str = "") -> None:
        """Hide or show an answer in a conversation that we began, or delete a tweet of ours."""
        calls = {
            Capability.HIDE: ("hide_reply", "hidden", True),
            Capability.UNHIDE: ("unhide_reply", "hidden", False),
            Capability.DELETE: ("delete_tweet", "deleted", True),
        }
        if action not in calls:
            raise Permanent("Det går inte att göra på X.", code="not_possible")
        method, name, expected = calls[action]
        answer = self._client.write(method, target.external_id)
        data = answer.get("data")
        if not isinstance(data, Mapping) or data.get(name) is not expected:
            raise refusal_in_success(answer) or OutcomeUnknown(
                "X svarade inte begripligt. Det är oklart om det gick fram."
            )

    def verify(self) -> Identity:
        """Ask whom the keys speak for (docs.x.com/x-api/users/get-my-user)."""
        answer = self._client.read("get_me", user_fields="name,username")
        data = answer.get("data")
        id = fields.record_id(data)
        if not isinstance(data, Mapping) or not id:
            raise refusal_in_success(answer) or Temporary("X svarade inte begripligt.", code="bad_answer")
        name, handle = data.get("name"), data.get("username")
        access = self._client.last_headers.get("x-access-level", "")
        return Identity(
            id,
            name=name if isinstance(name, str) else "",
            handle=handle if isinstance(handle, str) else "",
            scopes=tuple(filter(None, access.split("-"))),
            expires_at=None if oauth.can_refresh(self._client.token) else oauth.expires_at(self._client.token),
        )

    def _us(self) -> Us:
        return Us(self._context.external_id, self._context.handle)


def _batch(body: Mapping[str, Any], us: Us, surface: str) -> Batch:
    """Read a page of a list; an answer that is none is an error, never an empty page."""
    refusal = refusal_in_success(body)
    if refusal:
        raise refusal
    if "data" not in body and "meta" not in body:
        raise Temporary("X svarade inte begripligt.", code="bad_answer")
    return mapping.read_batch(body, us, surface)


def _looked_up(found: Batch) -> Page:
    return Page(
        posts=found.posts,
        items=found.items,
        unreadable=found.unreadable,
        deletions=found.gone,
        cost=Cost(POST_READ * len(found.ids), "usd"),
    )


def _joined(first: Batch, second: Batch) -> Batch:
    return Batch(
        posts=(*first.posts, *second.posts),
        items=(*first.items, *second.items),
        unreadable=(*first.unreadable, *second.unreadable),
        records=(*first.records, *second.records),
        ids=(*first.ids, *second.ids),
        newer=(*first.newer, *second.newer),
        gone=(*first.gone, *second.gone),
        withheld=(*first.withheld, *second.withheld),
    )


def _posted_at(id: str) -> datetime | None:
    """Take the time in an id if it is about now; another server's ids may tell none."""
    posted_at = snowflake.time_of(id)
    return posted_at if posted_at and abs(posted_at - datetime.now(UTC)) < timedelta(days=1) else None
