"""What people write to the page in Messenger: read, so that they can be shown the right way and nothing else.

https://developers.facebook.com/docs/graph-api/reference/page/conversations, …/conversation, …/message and
…/messenger-platform/send-messages, read 2026-11-24. Meta gives the details of the 20 newest messages of a conversation
and says of older ones that they are gone; so nothing is ever held for deleted that is older than what is shown.

| a message is | found by | calls |
|---|---|---|
| new, ours too | the next poll: its conversation comes first in the list | 1 for 25 conversations |
| late | likewise, for the conversation has moved; else a full poll | none more |
| edited | the next poll that shows it, among the 20 newest of the 25 newest conversations | none more |
| deleted | two full polls that show an older one of the same conversation, but not it | 1 for 25 conversations |
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from connectors.base import Cost, Cursor, Gone, Item, Known, OutcomeUnknown, Page, Permanent, Target
from connectors.facebook import mapping
from connectors.facebook.belonging import MESSAGES
from connectors.facebook.errors import FieldRefused, ReduceData
from connectors.facebook.graph import Batch, Graph
from connectors.facebook.mapping import Unmappable
from connectors.facebook.reading import NO_SUCH_EDGE
from connectors.facebook.source import SKEW, times_of

EDGE = "conversations"
BACK = timedelta(days=30)  # how far back a first and a full reading go
HUMAN_AGENT_AFTER = timedelta(hours=24)  # later, only a person may answer, and for seven days in all
PLAIN_MESSAGE = "id,created_time,from,message"
MESSAGE = f"{PLAIN_MESSAGE},attachments,sticker"


@dataclass(frozen=True, slots=True)
class Portion:
    """How much to ask for at once; less each time Facebook says that it was too much."""

    conversations: int = 25
    inside: int = 20  # messages of each: Meta shows the details of no more
    plain: bool = False  # only the fields that every Graph knows

    @property
    def message_fields(self) -> str:
        return PLAIN_MESSAGE if self.plain else MESSAGE

    @property
    def fields(self) -> str:
        about = "id,updated_time" if self.plain else "id,updated_time,link"
        return f"{about},messages.limit({self.inside}){{{self.message_fields}}}"

    def less(self, error: Exception) -> Portion:
        """Give the next smaller portion; raise the error if there is none."""
        if isinstance(error, FieldRefused):
            if self.plain:
                raise error
            return replace(self, plain=True)
        if self.conversations == 1:
            raise error
        return replace(self, conversations=self.conversations // 2)


class MessageReading:
    """One poll of the page's conversations. `pages()` is walked once."""

    def __init__(self, graph: Graph, cursor: Cursor, *, page_id: str, known: Known, now: datetime, full: bool) -> None:
        self.graph, self.cursor, self.page_id, self.known, self.now = graph, cursor, page_id, known, now
        self.full = full
        at = mapping.time_of(cursor.get("at"))
        self.read_until = now - BACK if full or at is None else at
        self.portion = Portion(plain=not full and bool(cursor.get("plain")))
        self.done: set[str] = set()  # conversations read in this poll
        self.shown: dict[str, dict[str, datetime]] = {}  # by conversation: the messages shown, and when written
        self.notes: list[str] = []
        self.complete = True
        self.calls = graph.calls

    def pages(self) -> Iterator[Page]:
        """Yield what there is; the last page holds the cursor."""
        while True:
            try:
                yield from self._conversations()
                break
            except (ReduceData, FieldRefused) as error:
                if isinstance(error, FieldRefused) and error.field == EDGE:
                    self.notes.append(NO_SUCH_EDGE)
                    break
                self.portion = self.portion.less(error)
            except Gone:
                refused = "Facebook visar inte sidans meddelanden: fel id, eller så saknar kontot behörighet."
                raise Permanent(refused, code="permission") from None
        yield self._last()

    def _conversations(self) -> Iterator[Page]:
        asked = {"platform": "messenger", "fields": self.portion.fields, "limit": str(self.portion.conversations)}
        for batch in self.graph.edge(self.page_id, EDGE, **asked):
            items: list[Item] = []
            unreadable = []
            for raw in batch.data:
                if not mapping.is_readable(raw):
                    unreadable.append(mapping.unreadable(raw, "Facebook visar inget id.", MESSAGES))
                elif mapping.identity(raw) not in self.done:
                    self._read(raw, items, unreadable)
            if items or unreadable:
                yield self._page(items=tuple(items), unreadable=tuple(unreadable), cursor=self.cursor)
            self._mind(batch)
            moved = [mapping.time_of(raw.get("updated_time")) for raw in batch.data if isinstance(raw, Mapping)]
            if batch.more and self._are_read(moved):
                return

    def _are_read(self, moved: list[datetime | None]) -> bool:
        """Tell whether these conversations, and all behind them, were read: they come newest first, and are older."""
        known = [at for at in moved if at is not None]
        newest_first = all(later >= earlier for later, earlier in pairwise(known))
        return len(known) == len(moved) > 0 and newest_first and known[0] < self.read_until

    def _read(self, raw: Mapping[str, Any], items: list[Item], unreadable: list[Any]) -> None:
        """Read a conversation's messages down to those that an earlier poll has read."""
        conversation, link = mapping.identity(raw), mapping.address({"permalink_url": raw.get("link")})
        inside = raw.get("messages") if isinstance(raw.get("messages"), Mapping) else None
        moved = mapping.time_of(raw.get("updated_time"))
        if inside is None and moved is not None and moved < self.read_until:
            return
        # A Graph that puts no edges inside is asked for each conversation by itself.
        edge = {"fields": self.portion.message_fields, "limit": str(self.portion.inside)}
        batches = self.graph.walk(inside) if inside else self.graph.edge(conversation, "messages", **edge)
        shown: dict[str, datetime] = {}
        for batch in batches:
            for message in batch.data:
                try:
                    item = mapping.message(message, conversation, self.page_id, link)
                except Unmappable as error:
                    unreadable.append(mapping.unreadable(message, str(error), MESSAGES))
                else:
                    items.append(item)
                    shown[item.external_id] = item.posted_at
            self._mind(batch)
            times = times_of(batch.data)
            if not times or times[-1] < self.read_until:
                break
        self.shown[conversation] = shown
        self.done.add(conversation)

    def _mind(self, batch: Batch) -> None:
        if batch.stopped:
            self.complete = False
            self.notes.append(f"{batch.stopped} Resten läses vid nästa hämtning.")

    def _missing(self) -> tuple[str, ...]:
        """Give the messages that should have stood among those shown, and did not."""
        if not self.full or not self.complete:
            return ()
        oldest = {conversation: min(shown.values()) for conversation, shown in self.shown.items() if shown}
        return tuple(
            message.external_id
            for message in self.known.messages()
            if message.thread in oldest
            and message.posted_at > oldest[message.thread]
            and message.external_id not in self.shown[message.thread]
        )

    def _last(self) -> Page:
        """Conversations without a single message are what Facebook shows where a permission is missing."""
        if self.done and not any(self.shown.values()):
            self.notes.append("Facebook visar konversationer men inga meddelanden. Se över appens behörigheter.")
        moved = {"at": (self.now - SKEW).isoformat(), "plain": self.portion.plain}
        return self._page(
            missing=self._missing(),
            cursor=moved if self.complete else self.cursor,
            complete=self.complete,
            notes=tuple(dict.fromkeys(self.notes)),
        )

    def _page(self, **parts: Any) -> Page:
        page = Page(cost=Cost(self.graph.calls - self.calls, "calls"), **parts)
        self.calls = self.graph.calls
        return page


def send(graph: Graph, page_id: str, to: Target, text: str) -> str:
    """Answer a message, and give the new one's id. One call; Meta judges whether it still may be answered.

    More than 24 hours after the person wrote only the tag for answers by people is accepted, for an app that has it
    (…/messenger-platform/send-messages/message-tags, read 2026-11-24).
    """
    if to.author is None:
        raise Permanent("Facebook säger inte vem som skrev. Svara i Meta Business Suite.", code="no_recipient")
    asked = {"messaging_type": "RESPONSE"}
    if to.posted_at and datetime.now(UTC) - to.posted_at > HUMAN_AGENT_AFTER:
        asked = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    answer = graph.write(
        f"{page_id}/messages",
        recipient=json.dumps({"id": to.author.external_id}),
        message=json.dumps({"text": text}),
        **asked,
    )
    found = answer.get("message_id") if isinstance(answer, dict) else None
    if not isinstance(found, str) or not found:
        raise OutcomeUnknown("Facebook svarade utan id. Det är oklart om det gick fram.")
    return found
