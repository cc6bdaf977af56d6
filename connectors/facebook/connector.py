"""A Facebook page through the Graph API, with the page's own token (https://developers.facebook.com/docs/pages-api)."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from connectors.base import (
    Capability,
    Context,
    Cost,
    Cursor,
    Gone,
    Identity,
    Item,
    ItemKind,
    Known,
    Page,
    Permanent,
    Sent,
    Target,
    Temporary,
    Unreadable,
)
from connectors.facebook import mapping, messages
from connectors.facebook.belonging import EDGES, MESSAGES, SURFACES
from connectors.facebook.errors import FieldRefused
from connectors.facebook.graph import Graph
from connectors.facebook.mapping import Place, Unmappable
from connectors.facebook.messages import PLAIN_MESSAGE, MessageReading
from connectors.facebook.placing import Placing
from connectors.facebook.reading import Reading
from connectors.facebook.shape import Shape
from connectors.facebook.source import times_of

LISTED = Shape(plain=True).stream()
BEFORE_SENDING = timedelta(minutes=10)  # their clock against ours


class Facebook:
    """One page: comments on its posts and advertisements, nested and old ones too, what visitors write on it, who tags
    it, and messages to it."""

    platform: ClassVar[str] = "facebook"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(Capability)
    own_only: ClassVar[frozenset[Capability]] = frozenset({Capability.EDIT})
    max_length: ClassVar[int] = 8000  # of a comment

    def __init__(self, context: Context) -> None:
        self.context = context
        self.graph = Graph(context)

    @property
    def calls(self) -> int:
        return self.graph.calls

    @property
    def quota(self) -> Mapping[str, Any]:
        """`percent` used of the fullest limit, `regain_minutes` until Facebook answers again; {} if not known."""
        return self.graph.usage

    def surfaces(self) -> tuple[str, ...]:
        """List comments, what visitors write, comments on advertisements, who tags the page, and messages to it."""
        return SURFACES

    def poll(self, surface: str, cursor: Cursor, *, known: Known, now: datetime, full: bool = False) -> Iterator[Page]:
        """See `reading.py` and `messages.py`. Raises our errors in the middle; what was yielded until then is good."""
        page_id = self.context.external_id
        if surface == MESSAGES:
            return MessageReading(self.graph, cursor, page_id=page_id, known=known, now=now, full=full).pages()
        if surface not in EDGES:
            raise ValueError(f"Facebook has no surface {surface!r}.")
        return Reading(self.graph, surface, cursor, page_id=page_id, known=known, now=now, full=full).pages()

    def read(self, ids: Sequence[str]) -> Page:
        """Read comments and visitors' posts by id. What is not there comes as `missing`.

        Of a message Facebook does not say in which conversation it stands: those are for `poll`.
        """
        calls = self.graph.calls
        page_id, shape = self.context.external_id, Shape()
        own = [one for one in ids if one.startswith(f"{page_id}_")]
        comments, gone = self._read([one for one in ids if one not in own], shape, "comment_fields")
        under = sorted({mapping.post_of(one, page_id) for one in comments})
        posts, gone_posts = self._read(list(dict.fromkeys([*own, *under])), shape, "post_fields")
        visitors = {one for one, raw in posts.items() if mapping.is_visitors(raw, page_id)}
        placing = Placing(self.graph, frozenset)
        for raw in comments.values():
            if mapping.is_readable(raw):
                placing.note(raw)
        placing.look_up(comments)
        items: list[Item] = []
        unreadable: list[Unreadable] = []
        for one, raw in {**{one: posts[one] for one in own if one in visitors}, **comments}.items():
            try:
                items.append(self._item(one, raw, placing, visitors, gone_posts))
            except Unmappable as error:
                unreadable.append(mapping.unreadable(raw, str(error), "read"))
        return Page(
            posts=tuple(mapping.post(raw, None) for one, raw in posts.items() if one not in visitors),
            items=tuple(items),
            unreadable=tuple(unreadable),
            missing=tuple(one for one in ids if one in gone or one in gone_posts),
            cost=Cost(self.graph.calls - calls, "calls"),
        )

    def _item(
        self, id: str, raw: Mapping[str, Any], placing: Placing, visitors: Collection[str], gone: Collection[str]
    ) -> Item:
        page_id = self.context.external_id
        if id in visitors:
            return mapping.post_of_others(raw, page_id)
        post, thread = mapping.post_of(id, page_id), placing.thread(id) or id
        if post in gone and page_id in mapping.tags(raw):
            return mapping.mention(raw, thread, placing.parent(id), page_id)
        return mapping.comment(raw, Place(post, post in visitors, thread, placing.parent(id)), page_id)

    def _read(self, ids: Sequence[str], shape: Shape, fields: str) -> tuple[dict[str, Any], set[str]]:
        if not ids:
            return {}, set()
        try:
            return self.graph.look_up(ids, getattr(shape, fields))
        except FieldRefused as error:
            return self.graph.look_up(ids, getattr(shape.less(error), fields))

    def reply(self, to: Target, text: str) -> Sent:
        """Answer a comment, a visitor's post or a message. An answer to an answer, Facebook puts under the top one.

        https://developers.facebook.com/docs/graph-api/reference/object/comments#publish, read 2026-11-22.
        """
        if to.kind is ItemKind.MESSAGE:
            return Sent(external_id=messages.send(self.graph, self.context.external_id, to, text))
        return Sent(external_id=self.graph.create(to.external_id, "comments", text))

    def find_sent(self, to: Target, text: str, *, since: datetime, exclude: Collection[str]) -> Sent | None:
        """Look for a reply of ours in the thread. Raises if the thread could not be read to the end."""
        earliest = since - BEFORE_SENDING
        matches: dict[str, datetime] = {}
        is_message = to.kind is ItemKind.MESSAGE
        for owner in (to.thread,) if is_message else dict.fromkeys((to.thread, to.external_id)):
            try:
                matches.update(self._ours(owner, same_text(text), earliest, is_message=is_message))
            except Gone:
                if owner == to.thread:
                    raise  # gone, or hidden from us: that is no proof that nothing stands there
        rest = sorted((at, id) for id, at in matches.items() if id not in exclude)
        return Sent(external_id=rest[0][1], posted_at=rest[0][0]) if rest else None

    def _ours(self, owner: str, text: str, earliest: datetime, *, is_message: bool) -> dict[str, datetime]:
        found: dict[str, datetime] = {}
        edge, asked = ("messages", {"fields": PLAIN_MESSAGE}) if is_message else ("comments", LISTED)
        for batch in self.graph.edge(owner, edge, **asked):
            if batch.stopped:
                raise Temporary(f"{batch.stopped} Svaret gick inte att leta efter.", code="bad_answer")
            for raw in batch.data:
                if not mapping.is_readable(raw):
                    continue
                author, at = mapping.author_of(raw), mapping.time_of(raw.get("created_time"))
                ours = author is None or author.external_id == self.context.external_id
                if ours and at and at >= earliest and same_text(mapping.text_of(raw)) == text:
                    found[mapping.identity(raw)] = at
            if is_message and (times := times_of(batch.data)) and times[-1] < earliest:
                break  # newest first, and Meta says of what is older than the newest 20 that it is gone
        return found

    def moderate(self, target: Target, action: Capability, text: str = "") -> None:
        """https://developers.facebook.com/docs/graph-api/reference/comment, read 2026-11-22."""
        if action is Capability.LIKE:
            answer = self.graph.put_like(target.external_id)
        elif action in (Capability.HIDE, Capability.UNHIDE):
            answer = self.graph.write(target.external_id, is_hidden=str(action is Capability.HIDE).lower())
        elif action is Capability.DELETE:
            answer = self.graph.delete_object(target.external_id)
        elif action is Capability.EDIT:
            answer = self.graph.write(target.external_id, message=text)
        else:
            raise Permanent("Facebook kan inte göra detta med en kommentar.")
        if answer is False or (isinstance(answer, dict) and answer.get("success") is False):
            raise Permanent("Facebook gjorde det inte.")

    def publish(self, text: str) -> Sent:
        """https://developers.facebook.com/docs/graph-api/reference/page/feed#publish, read 2026-11-22."""
        return Sent(external_id=self.graph.create(self.context.external_id, "feed", text))

    def verify(self) -> Identity:
        """Tell whom the token speaks for; scopes and expiry only where the app's id and secret are known."""
        who = self.graph.get_object("me", fields="id,name")
        try:
            id = mapping.identity(who)
        except Unmappable:
            raise Temporary("Facebook svarade inte begripligt.", code="bad_answer") from None
        scopes, expires_at = self.graph.about_token()
        return Identity(external_id=id, name=str(who.get("name") or ""), scopes=scopes, expires_at=expires_at)


def same_text(text: str) -> str:
    """Give a text as it compares: unescaped, without leading @names, however the white space came out."""
    return " ".join(re.sub(r"^(\s*@[\w.]+)+\s", "", html.unescape(text)).split())
