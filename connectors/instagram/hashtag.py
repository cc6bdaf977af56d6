"""One poll of a hashtag: what the public has tagged within 24 hours, all that Instagram lets be seen.

The manual's limits, read 2026-11-24 (…/instagram-graph-api/reference/ig-hashtag/recent-media): 30 different hashtags in
seven days, 50 media a page in no promised order, no author, and the same cursor on every page. So each poll reads
three pages, and on until one brings nothing that is not stored; a first or full one reads to the end. What is deleted
is not told: it leaves the list after a day like everything else.

| an item | is found by | calls |
|---|---|---|
| new, late | the next poll within 24 hours | 1 to 3 where there is no news, 1 more the first time |
| edited | as long as it is in the list | none more |
| deleted | not at all | – |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from connectors.base import Cost, Cursor, Gone, Item, Known, Page, Permanent, Unreadable
from connectors.facebook.errors import ReduceData
from connectors.facebook.graph import Batch, Graph
from connectors.instagram import mapping
from connectors.instagram.mapping import Unmappable
from connectors.instagram.shape import HASHTAG_LIMIT, HASHTAG_STEPS, Shape

ALWAYS = 3  # pages read whatever they bring: without an order, news may be on any
MOST_PAGES = 40  # 2,000 media a day under one hashtag; beyond that nobody reads them


class HashtagReading:
    """One poll of `hashtag:TAG`. `pages()` is walked once."""

    def __init__(self, graph: Graph, tag: str, cursor: Cursor, *, us: str, known: Known, now: datetime, full: bool):
        self.graph, self.tag, self.us, self.known, self.now = graph, tag, us, known, now
        self.whole = full or not cursor
        self.id = str(cursor.get("id") or "")
        self.untimed: dict[str, str] = dict(cursor.get("untimed") or {})  # when we first saw what shows no time
        self.shape = Shape(media=HASHTAG_LIMIT, without=frozenset() if full else frozenset(cursor.get("without") or ()))
        self.cursor, self.seen, self.calls = cursor, dict[str, str](), graph.calls
        self.complete, self.notes = True, list[str]()
        self.ours = frozenset(known.posts())  # what we tagged ourselves is in the list too

    def pages(self) -> Iterator[Page]:
        """Yield what there is; the last page holds the cursor."""
        try:
            yield from self._found()
        except Gone:
            # Ids last for ever, but a hashtag that nobody has used has none.
            self.id = ""
            self.notes.append(f"Ingen har använt #{self.tag} på Instagram.")
        yield self._page(last=True)

    def _found(self) -> Iterator[Page]:
        if not self.id:
            self.id = self._id()
        while True:
            try:
                yield from self._recent()
                return
            except Gone:
                raise
            except (ReduceData, Permanent) as error:
                self.shape = self.shape.less(error, HASHTAG_STEPS)

    def _id(self) -> str:
        """Ask for the hashtag's id, which is for ever (…/instagram-graph-api/reference/ig-hashtag-search)."""
        args = {"user_id": self.us, "q": self.tag}
        answer = self.graph.request(f"{self.graph.version}/ig_hashtag_search", args)
        rows = answer.get("data") if isinstance(answer, dict) else None
        # In one place the manual shows the id without the list around it.
        first = rows[0] if isinstance(rows, list) and rows else answer
        id = mapping.identified(first)
        if not id:
            raise Gone(f"Ingen har använt #{self.tag} på Instagram.")
        return id

    def _recent(self) -> Iterator[Page]:
        args = {"user_id": self.us, "fields": self.shape.hashtag, "limit": str(self.shape.media)}
        for number, batch in enumerate(self.graph.edge(self.id, "recent_media", **args), 1):
            items, odd = self._read(batch)
            if batch.stopped:
                self._stop(f"{batch.stopped} Resten läses vid nästa hämtning.")
            is_news = self._is_news(items)
            yield self._page(items, odd)
            if not self.whole and not is_news and number >= ALWAYS:
                return
            if number == MOST_PAGES and batch.more:
                self._stop(f"Fler än {number * HASHTAG_LIMIT} inlägg med #{self.tag} på ett dygn; resten läses inte.")
                return

    def _read(self, batch: Batch) -> tuple[list[Item], list[Unreadable]]:
        items: list[Item] = []
        odd: list[Unreadable] = []
        for raw in batch.data:
            if mapping.identified(raw) in self.ours:
                continue
            try:
                items.append(self._item(raw if isinstance(raw, dict) else {}))
            except Unmappable as error:
                odd.append(mapping.unreadable(raw, str(error), f"hashtag:{self.tag}"))
        return items, odd

    def _item(self, raw: dict[str, Any]) -> Item:
        id = mapping.identity(raw)
        first = mapping.time_of(self.untimed.get(id)) or self.now
        if mapping.time_of(raw.get("timestamp")) is None:
            self.seen[id] = first.isoformat()
        return mapping.hashtag_hit(raw, first)

    def _is_news(self, items: list[Item]) -> bool:
        ids = {item.external_id for item in items}
        return bool(ids - self.known.item_ids(ids)) if ids else False

    def _stop(self, note: str) -> None:
        self.complete = False
        self.notes.append(note)

    def _page(
        self, items: list[Item] | None = None, odd: list[Unreadable] | None = None, *, last: bool = False
    ) -> Page:
        calls, self.calls = self.graph.calls - self.calls, self.graph.calls
        return Page(
            items=tuple(items or ()),
            unreadable=tuple(odd or ()),
            cursor=self._cursor() if last and self.complete else self.cursor,
            complete=self.complete if last else True,
            cost=Cost(calls, "calls"),
            notes=tuple(self.notes) if last else (),
        )

    def _cursor(self) -> Cursor:
        untimed = self.seen if self.whole else {**self.untimed, **self.seen}
        return {"id": self.id, "untimed": dict(list(untimed.items())[-500:]), "without": sorted(self.shape.without)}
