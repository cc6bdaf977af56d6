"""Instagram through one account's token: the calls. What a poll reads and where it stops is in `reading.py`.

https://developers.facebook.com/docs/instagram-platform/instagram-graph-api, read 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
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
from connectors.facebook.connector import BEFORE_SENDING, same_text
from connectors.facebook.errors import FieldRefused
from connectors.facebook.graph import Graph
from connectors.instagram import mapping
from connectors.instagram.hashtag import HashtagReading
from connectors.instagram.mapping import Place, Unmappable, Us
from connectors.instagram.reading import Reading
from connectors.instagram.shape import LIMIT, Shape

HASHTAG = "hashtag:"
MENTIONS = {
    "mentioned_comment": "comment_id({}){{id,text,timestamp,username,media{{id}}}}",
    "mentioned_media": "media_id({}){{id,caption,timestamp,username,media_type,media_url}}",
}


class Instagram:
    """One professional account. Comments on all its media, answers and old ones too, and hashtags it watches."""

    platform: ClassVar[str] = "instagram"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.REPLY, Capability.HIDE, Capability.UNHIDE, Capability.DELETE}
    )
    own_only: ClassVar[frozenset[Capability]] = frozenset()
    max_length: ClassVar[int] = 2200  # of a caption; of a comment the manual says nothing

    def __init__(self, context: Context) -> None:
        self.context = context
        self.graph = Graph(context, platform="Instagram")
        self.us = Us(context.external_id).called(context.handle.lstrip("@"))

    @property
    def calls(self) -> int:
        return self.graph.calls

    @property
    def quota(self) -> Mapping[str, Any]:
        """`percent` used of the fullest limit, `regain_minutes` until Graph answers again; {} if not known."""
        return self.graph.usage

    def surfaces(self) -> tuple[str, ...]:
        """List the comments, and each watched hashtag. Mentions come by webhook alone, see `read`."""
        tags = dict.fromkeys(tag.strip().lstrip("#") for tag in self.context.hashtags)
        return ("comments", *(f"{HASHTAG}{tag}" for tag in tags if tag))

    def poll(self, surface: str, cursor: Cursor, *, known: Known, now: datetime, full: bool = False) -> Iterator[Page]:
        """See `reading.py` and `hashtag.py`. Raises our errors in the middle; what was yielded until then is good."""
        if surface == "comments":
            return Reading(self.graph, cursor, us=self.us, known=known, now=now, full=full).pages()
        if surface.startswith(HASHTAG):
            tag, us = surface.removeprefix(HASHTAG), self.context.external_id
            return HashtagReading(self.graph, tag, cursor, us=us, known=known, now=now, full=full).pages()
        raise ValueError(f"Instagram has no surface {surface!r}.")

    def read(self, ids: Sequence[str]) -> Page:
        """Read comments by id, and others' comments and captions that mention us. What is not there is `missing`."""
        calls = self.graph.calls
        found, gone = self._look_up(ids)
        items: list[Item] = []
        unreadable: list[Unreadable] = []
        for raw in found.values():
            try:
                items.append(mapping.comment(raw, self._place(raw), self.us))
            except Unmappable as error:
                unreadable.append(mapping.unreadable(raw, str(error), "read"))
        missing = []
        for one in ids:
            if one not in gone:
                continue
            _kind, raw = self._mention(one)
            if not raw:
                missing.append(one)
                continue
            try:
                items.append(mapping.mention(raw, self.us, {}))
            except Unmappable as error:
                unreadable.append(mapping.unreadable(raw, str(error), "read"))
        return Page(
            items=tuple(items),
            unreadable=tuple(unreadable),
            missing=tuple(missing),
            cost=Cost(self.graph.calls - calls, "calls"),
        )

    def _look_up(self, ids: Sequence[str]) -> tuple[dict[str, Any], set[str]]:
        """Ask for less where Graph refuses, but not for less than tells in which thread a comment stands."""
        shape = Shape(without=frozenset({"comments", "replies"}))
        while ids and "parent_id" not in shape.without:
            try:
                found, gone = self.graph.look_up(list(dict.fromkeys(ids)), shape.one)
            except FieldRefused as error:
                shape = shape.less(error)
                continue
            if found or gone:
                return found, gone
            shape = shape.less(Permanent("Instagram visar det inte för oss.", code="permission"))
        return {}, set()

    def _place(self, raw: Mapping[str, Any]) -> Place:
        id, parent, media = mapping.identity(raw), mapping.parent_of(raw), mapping.inside(raw, "media")
        url = mapping.address(media.get("permalink"))
        return Place(mapping.identified(media) or None, parent or id, parent, url)

    def _mention(self, id: str) -> tuple[str, Mapping[str, Any]]:
        """Read what others wrote, and say of what kind it is: Graph shows it only where it mentions us.

        …/instagram-graph-api/reference/ig-user/mentioned_comment and …/mentioned_media
        """
        for kind, fields in MENTIONS.items():
            try:
                answer = self.graph.get_object(self.context.external_id, fields=f"{kind}.{fields.format(id)}")
            except Permanent:
                continue  # not a mention of this kind, or gone: Graph says both in the same words
            raw = mapping.inside(answer if isinstance(answer, dict) else {}, kind)
            if mapping.identified(raw):
                return kind, raw
        return "", {}

    def reply(self, to: Target, text: str) -> Sent:
        """Answer in a comment's thread: Instagram takes answers to top-level comments alone.

        …/instagram-graph-api/reference/ig-comment/replies; to a mention …/ig-user/mentions
        """
        if to.kind is ItemKind.MENTION:
            return self._reply_to_mention(to.external_id, text)
        return Sent(external_id=self.graph.create(to.thread, "replies", text))

    def _reply_to_mention(self, id: str, text: str) -> Sent:
        kind, raw = self._mention(id)
        if not raw:
            raise Gone("Det finns inte längre på Instagram, eller visas inte för oss.")
        where = {"media_id": id}
        if kind == "mentioned_comment":
            where = {"media_id": mapping.identified(raw.get("media")), "comment_id": id}
        return Sent(external_id=self.graph.create(self.context.external_id, "mentions", text, **where))

    def find_sent(self, to: Target, text: str, *, since: datetime, exclude: Collection[str]) -> Sent | None:
        """Look for a reply of ours in the thread. Raises if the thread could not be read to the end."""
        if to.kind is ItemKind.MENTION:
            raise Permanent("Instagram visar inte vad vi har svarat på andras inlägg. Titta efter i appen.")
        earliest, wanted = since - BEFORE_SENDING, same_text(text)
        matches = []
        for raw in self._answers(to.thread):
            at = mapping.time_of(raw.get("timestamp"))
            if at and at >= earliest and same_text(mapping.text(raw.get("text"))) == wanted:
                matches.append((at, mapping.identity(raw), raw))
        for at, id, raw in sorted(matches, key=lambda match: match[:2]):
            if id not in exclude and self._is_ours(raw):
                return Sent(external_id=id, posted_at=at)
        return None

    def _answers(self, thread: str) -> list[Mapping[str, Any]]:
        shape, found = Shape(), list[Mapping[str, Any]]()
        while True:
            try:
                for batch in self.graph.edge(thread, "replies", fields=shape.comment(replies=0), limit=str(LIMIT)):
                    if batch.stopped:
                        raise Temporary(f"{batch.stopped} Svaret gick inte att leta efter.", code="bad_answer")
                    found += [raw for raw in batch.data if isinstance(raw, Mapping) and mapping.identified(raw)]
                return found
            except FieldRefused as error:
                shape, found = shape.less(error), []

    def _is_ours(self, raw: Mapping[str, Any]) -> bool:
        """Where nobody is named it counts as ours; a username of ours may have changed since it was registered."""
        author = mapping.author_of(raw, {})
        if author is None or self.us.wrote(raw):
            return True
        if not mapping.identified(raw.get("from")):
            who = self.graph.get_object(self.context.external_id, fields="id,username")
            self.us = self.us.called(mapping.text(who.get("username")))
        return self.us.wrote(raw)

    def moderate(self, target: Target, action: Capability, text: str = "") -> None:
        """…/instagram-graph-api/reference/ig-comment#updating and #deleting"""
        if action in (Capability.HIDE, Capability.UNHIDE):
            answer = self.graph.write(target.external_id, hide=str(action is Capability.HIDE).lower())
        elif action is Capability.DELETE:
            answer = self.graph.delete_object(target.external_id)
        else:
            raise Permanent("Instagram kan inte göra detta med en kommentar.")
        if answer is False or (isinstance(answer, dict) and answer.get("success") is False):
            raise Permanent("Instagram gjorde det inte.")

    def publish(self, text: str) -> Sent:
        raise Permanent("Instagram tar inte emot inlägg utan bild. Lägg ut det i appen.")

    def verify(self) -> Identity:
        """Tell whom the token speaks for; scopes and expiry only where the app's id and secret are known."""
        who = self.graph.get_object(self.context.external_id, fields="id,username,name")
        try:
            id = mapping.identity(who)
        except Unmappable:
            raise Temporary("Instagram svarade inte begripligt.", code="bad_answer") from None
        handle = mapping.text(who.get("username"))
        scopes, expires_at = self.graph.about_token()
        name = mapping.text(who.get("name")) or handle
        return Identity(external_id=id, name=name, handle=handle, scopes=scopes, expires_at=expires_at)
