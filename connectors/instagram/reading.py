"""One poll of an account's comments: which media can hold news, how deep to read each, and where it is safe to stop.

- Each poll lists the newest media with Instagram's count and the five newest comments of each. Where the count has
  grown by more than that explains, the media is read on; of answers under old comments, the threads where something
  happened last are asked for first.
- One more call looks at 50 media outside that list: those where something happened in the last 30 days, then those
  looked at longest ago, so that a comment under any old picture is found after (old media / 50) polls.
- A first and a full poll read everything to its end; a full one also tells what is no longer shown.

| an item | is found by | calls |
|---|---|---|
| new, nested too | the next poll; under a quiet old media in its turn | 1 or 2 where there is no news |
| edited | the next poll if it is among the five newest, else a full one | none more |
| deleted | two full polls: not shown though all that is counted was, or not there when asked for | 0 to 2 |
| late | the next poll, by the count that has grown | pages down to it, 4 without news at most |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.base import (
    Cost,
    Cursor,
    Gone,
    Item,
    Known,
    KnownThread,
    Page,
    Permanent,
    PlatformError,
    Post,
    Unreadable,
)
from connectors.facebook.errors import FieldRefused, ReduceData
from connectors.facebook.graph import BATCH, Batch, Graph, page_data
from connectors.instagram import mapping
from connectors.instagram.mapping import Place, Unmappable, Us
from connectors.instagram.memory import Memory
from connectors.instagram.shape import LIMIT
from connectors.instagram.source import Source

HOT = timedelta(hours=48)
WARM = timedelta(days=30)
AT_ONCE = 500  # items in one page of ours, so that whoever stores them holds no lock for long
TOGETHER = 10  # media whose comments are read on in one call
ASKED = 100  # items that were not shown and are asked for in one full poll
PROBES = 25  # comments asked for answers, where nothing yet says whether a Graph puts answers inside comments


class Reading:
    """One poll. `pages()` is walked once."""

    def __init__(self, graph: Graph, cursor: Cursor, *, us: Us, known: Known, now: datetime, full: bool) -> None:
        self.graph, self.us, self.known, self.now, self.cursor, self.full = graph, us, known, now, cursor, full
        self.memory = Memory(cursor, full=full)
        self.whole = self.memory.whole
        self.shape = self.memory.shape()
        self.proven = False  # the fields of a comment were accepted in this poll
        self.sources: dict[str, Source] = {}
        self.given: dict[str, datetime] = {}
        self.stored: set[str] = set()
        self.fresh: set[str] = set()
        self.complete = True
        self.notes: list[str] = []
        self.posts: list[Post] = []
        self.items: list[Item] = []
        self.unreadable: list[Unreadable] = []
        self.missing: list[str] = []
        self.calls = graph.calls
        self._threads: Sequence[KnownThread] | None = None
        self._known_posts: Sequence[str] | None = None

    def pages(self) -> Iterator[Page]:
        """Yield what there is; the last page holds the cursor."""
        try:
            yield from self._patiently(self._listed)
        except Gone:
            refused = "Instagram visar inte kontot: fel id, eller så saknar kontot behörighet."
            raise Permanent(refused, code="permission") from None
        ids = self._turn()
        for start in range(0, len(ids), BATCH):
            yield from self._patiently(self._by_id, ids[start : start + BATCH])
        silent = self._mind_silence()
        if self.full and self.complete and not silent:
            self._look_for_the_unseen()
        yield from self._news()
        yield self._page(last=True)

    def _patiently(self, step: Callable[..., Iterator[Page]], *args: Any) -> Iterator[Page]:
        """Do a step again, asking for less, when Graph finds it too much. Media that were read are passed over."""
        while True:
            try:
                yield from step(*args)
                return
            except Gone:
                raise
            except (ReduceData, Permanent) as error:
                self.shape = self.shape.less(error)

    # Which media

    def _listed(self) -> Iterator[Page]:
        """https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media"""
        edge = self.graph.edge(self.us.id, "media", fields=self.shape.media_fields, limit=str(self.shape.media))
        for number, batch in enumerate(edge, 1):
            yield from self._read(batch.data)
            self._mind(batch)
            if not self.whole and batch.more and not self._goes_on(batch, number):
                return

    def _goes_on(self, batch: Batch, number: int) -> bool:
        rows = [raw for raw in batch.data if isinstance(raw, Mapping)]
        times = [time for raw in rows if (time := mapping.time_of(raw.get("timestamp")))]
        last = min(times, default=self.now)
        return last > self.now - HOT or (number == 1 and last > self.now - WARM)

    def _turn(self) -> list[str]:
        """Give the media outside the list whose turn it is: busy ones first, then those looked at longest ago."""
        rest = [one for one in self.known_posts() if one not in self.sources and one not in self.memory.gone]
        if self.whole:
            return rest
        busy = {thread.post for thread in self.threads() if thread.last_activity > self.now - WARM}
        first = [one for one in rest if one in busy][:BATCH]
        quiet = sorted((one for one in rest if one not in first), key=self.memory.looked_at)
        return first + quiet[: BATCH - len(first)]

    def _by_id(self, ids: Sequence[str]) -> Iterator[Page]:
        wanted = [one for one in ids if one not in self.sources and one not in self.memory.gone]
        for start in range(0, len(wanted), self.shape.media):
            found, gone = self.graph.look_up(wanted[start : start + self.shape.media], self.shape.media_fields)
            self.memory.gone |= gone
            yield from self._read(found.values())

    def known_posts(self) -> Sequence[str]:
        if self._known_posts is None:
            self._known_posts = self.known.posts()
        return self._known_posts

    def threads(self) -> Sequence[KnownThread]:
        if self._threads is None:
            self._threads = self.known.threads()
        return self._threads

    # What stands under them

    def _read(self, raws: Iterable[Any]) -> Iterator[Page]:
        sources = [source for raw in raws if (source := self._source(raw)) is not None]
        self.proven = self.proven or any(source.page is not None for source in sources)
        inner = {source.id: next(self.graph.walk(source.page)) for source in sources if source.page is not None}
        self._sort(raw for batch in inner.values() for raw in batch.data)
        unfinished = [source for source in sources if self._is_unfinished(source, inner.get(source.id))]
        for source in sources:
            if source not in unfinished:
                self.sources[source.id] = source
        yield from self._news()
        self._widen(unfinished)
        for source in unfinished:
            yield from self._patiently(self._deeper, source)
            self.sources[source.id] = source
            yield from self._news()

    def _source(self, raw: Any) -> Source | None:
        """Give the media away, and make ready to read what stands under it. None if it has no id, or was read."""
        try:
            post = mapping.media_post(raw if isinstance(raw, Mapping) else {})
        except Unmappable as error:
            self.unreadable.append(mapping.unreadable(raw, str(error), "comments"))
            return None
        if post.external_id in self.sources:
            return None
        self.us = self.us.called(mapping.username(raw))
        self.posts.append(post)
        page = raw.get("comments") if isinstance(raw.get("comments"), Mapping) else None
        before, until = self.memory.last_time(post.external_id)
        return Source(post.external_id, post.url, page, post.comment_count, before, until)

    def _is_unfinished(self, source: Source, batch: Batch | None) -> bool:
        if batch is None:  # no comments, or a Graph that does not put them inside
            return source.lacks or source.total is None
        news = self._take(source, batch.data)
        self._mind(batch)
        if not batch.data:  # counted, but not shown
            return source.lacks
        return source.goes_deeper(batch, self.fresh, news=news) or bool(source.unfinished) or source.lacks

    def _widen(self, sources: Sequence[Source]) -> None:
        """Where several media must be read on, read a whole page of each in one call."""
        if len(sources) < 2 or "comments" in self.shape.without:
            return
        shape = self.shape
        fields = f"id,comments.limit({shape.comments}){{{shape.comment()}}}"
        for start in range(0, len(sources), TOGETHER):
            some = {source.id: source for source in sources[start : start + TOGETHER]}
            try:
                found, _ = self.graph.look_up(list(some), fields)
            except (ReduceData, Permanent):
                return  # then one by one
            for id, raw in found.items():
                if isinstance(raw.get("comments"), Mapping):
                    some[id].page, some[id].wide = raw["comments"], True

    def _deeper(self, source: Source) -> Iterator[Page]:
        """Read the comments of one media to where it is safe to stop.

        https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-media/comments
        """
        if source.wide and page_data(source.page):
            batches = self.graph.walk(source.page)
            source.wide = False  # should its next page be too much, we read by ourselves, less at a time
        else:
            shape = self.shape
            batches = self.graph.edge(source.id, "comments", fields=shape.comment(), limit=str(shape.comments))
        source.idle = 0
        try:
            for number, batch in enumerate(batches):
                self.proven = True
                self._sort(batch.data)
                news = self._take(source, batch.data)
                self._mind(batch)
                yield from self._answers(source)
                if number == 0 and not source.is_unread and (source.lacks or source.total is None):
                    self._busy_threads(source)
                yield from self._news()
                if not source.goes_deeper(batch, self.fresh, news=news):
                    break
            yield from self._unexpanded(source)
        except Gone:
            return  # since the media was listed
        except FieldRefused:
            raise
        except Permanent as error:
            if not self.proven:
                raise
            source.failed = True  # one media does not stop the others; it is tried again next time
            self.notes.append(f"Kommentarerna under ett inlägg gick inte att läsa. {error}")

    def _answers(self, source: Source) -> Iterator[Page]:
        """Read the answers that did not fit inside their comments, where they may be news."""
        while source.unfinished:
            yield from self._all_answers(source, source.unfinished.pop())

    def _all_answers(self, source: Source, id: str) -> Iterator[Page]:
        """https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-comment/replies"""
        fields, limit = self.shape.comment(replies=0), str(self.shape.comments)
        for batch in self.graph.edge(id, "replies", fields=fields, limit=limit):
            rows = [_under(raw, id) for raw in batch.data]
            self._sort(rows)
            self._take(source, rows)
            self._mind(batch)
            yield from self._news()

    def _unexpanded(self, source: Source) -> Iterator[Page]:
        """Ask each comment for its answers, where a Graph puts none inside, until all that is counted was shown."""
        if self.memory.expands and "replies" not in self.shape.without:
            return
        tops = sorted(source.tops, key=lambda one: self.given[one], reverse=True)
        for number, id in enumerate(tops):
            unsure = self.memory.expands is None and "replies" not in self.shape.without
            if not source.lacks or (unsure and number == PROBES):
                return
            before = len(source.shown)
            yield from self._all_answers(source, id)
            if unsure and len(source.shown) > before:
                self.memory.expands = False

    def _busy_threads(self, source: Source) -> None:
        """Look for answers under old comments, where something happened last: citizens answer our answers."""
        here = (thread.external_id for thread in self.threads() if thread.post == source.id)
        most = max(1, self.shape.comments * BATCH // LIMIT)
        ids = [id for id in here if id not in source.tops and id not in self.memory.gone][:most]
        if not ids or "replies" in self.shape.without:
            return
        found, gone = self.graph.look_up(ids, self.shape.comment(replies=max(1, self.shape.replies // 2)))
        self.memory.gone |= gone
        self._sort(found.values())
        self._take(source, found.values())

    def _take(self, source: Source, raws: Iterable[Any]) -> int:
        """Give comments away with the answers inside them; tell how many are news."""
        before, raws = len(source.new), list(raws)
        for raw in _with_answers(raws):
            self.memory.meet(raw)
        for raw in raws:
            above = mapping.parent_of(raw) if isinstance(raw, Mapping) else None
            id = self._put(source, raw, above, closed=False)
            if not id or above:
                continue
            source.tops.add(id)
            self._take_answers(source, id, raw)
        return len(source.new) - before

    def _take_answers(self, source: Source, id: str, raw: Mapping[str, Any]) -> None:
        page = raw.get("replies")
        if not isinstance(page, Mapping):
            return
        batch = next(self.graph.walk(page))
        self.memory.expands = self.memory.expands or bool(batch.data)
        below = [self._put(source, answer, id, closed=raw.get("hidden") is True) for answer in batch.data]
        is_news = any(one in self.fresh for one in below if one)
        source.unfinished.discard(id)
        if batch.more and (source.is_unread or is_news or source.lacks):
            source.unfinished.add(id)
        self._mind(batch)

    def _put(self, source: Source, raw: Any, above: str | None, *, closed: bool) -> str:
        """Give one comment away, once; give its id, "" if it cannot be read."""
        try:
            id = mapping.identity(raw)
            source.shown.add(id)
            if id in self.given:
                return id
            place = Place(source.id, above or id, above, source.url, closed, self.memory.people)
            item = mapping.comment(raw, place, self.us)
        except Unmappable as error:
            self.unreadable.append(mapping.unreadable(raw, str(error), "comments"))
            return ""
        self.items.append(item)
        self.given[id] = item.posted_at
        if id in self.fresh or (source.read_until and self._came_after(source.read_until, item)):
            source.new.add(id)
        return id

    def _came_after(self, read_until: datetime, item: Item) -> bool:
        """What we wrote ourselves, or a poll that broke off has stored, is there already and is news all the same."""
        return item.posted_at > read_until and not self.memory.was_there(item.external_id)

    def _sort(self, raws: Iterable[Any]) -> None:
        """Ask once which of these are stored; a first or full poll reads on whatever the answer."""
        if self.whole:
            return
        ids = {mapping.identified(raw) for raw in _with_answers(raws)} - self.stored - self.fresh - {""}
        known = self.known.item_ids(ids) if ids else set()
        self.stored |= known
        self.fresh |= ids - known

    # What is no longer there

    def _look_for_the_unseen(self) -> None:
        """Find what a whole reading did not show, and is not there when asked for.

        Where all that Instagram counts was shown, asking would tell nothing more. What stands alone, a hashtag's hit
        or a mention elsewhere, is not of this surface.
        """
        if self.known_posts() and not self.sources:
            self.notes.append("Instagram visar inget av det som kontot har lagt ut. Se över appens behörigheter.")
            return
        alone = {thread.external_id for thread in self.threads() if thread.post is None}
        unseen = [id for id in self.known.live_ids() if id not in self.given and id not in alone]
        if all(source.is_accounted_for for source in self.sources.values()):
            self.missing = unseen
            return
        asked = unseen[:ASKED]
        try:
            _, gone = self.graph.look_up(asked, "id")
        except PlatformError as error:
            self.notes.append(f"Vad som har tagits bort gick inte att ta reda på. {error}")
            return
        self.missing = [id for id in asked if id in gone]

    # What goes out

    def _mind(self, batch: Batch) -> None:
        if batch.stopped:
            self._stop(f"{batch.stopped} Resten läses vid nästa hämtning.")

    def _mind_silence(self) -> bool:
        """Comments are left out, without an error, where a permission is missing."""
        counted = sum(source.total or 0 for source in self.sources.values())
        silent = self.whole and counted > 0 and not self.given
        if silent:
            self.notes.append(f"Instagram räknar {counted} kommentarer men visar inga. Se över appens behörigheter.")
        return silent

    def _stop(self, note: str) -> None:
        self.complete = False
        if note not in self.notes:
            self.notes.append(note)

    def _news(self) -> Iterator[Page]:
        while self.posts or self.items or self.unreadable:
            yield self._page()

    def _page(self, *, last: bool = False) -> Page:
        ends = last and self.complete
        page = Page(
            posts=tuple(self.posts),
            items=tuple(self.items[:AT_ONCE]),
            unreadable=tuple(self.unreadable),
            missing=tuple(self.missing) if last else (),
            cursor=self._next_cursor() if ends else self.cursor,
            complete=self.complete if last else True,
            cost=Cost(self.graph.calls - self.calls, "calls"),
            platform_count=self._platform_count() if last else None,
            notes=tuple(self.notes) if last else (),
        )
        self.posts, self.items, self.unreadable, self.calls = [], self.items[AT_ONCE:], [], self.graph.calls
        return page

    def _next_cursor(self) -> Cursor:
        return self.memory.next_cursor(self.sources.values(), self.given, self.shape, self.now)

    def _platform_count(self) -> int | None:
        """Add up what Instagram counts, as it was when each media was last read; None if one has no count."""
        counts = self.memory.counts(self.sources.values(), self.now)
        wanted = [id for id in {*self.sources, *self.known_posts()} if id not in self.memory.gone]
        known = [counts[id][0] for id in wanted if id in counts and counts[id][0] is not None]
        return sum(known) if len(known) == len(wanted) else None


def _with_answers(raws: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    for raw in raws:
        if isinstance(raw, Mapping):
            yield raw
            replies = page_data(raw.get("replies"))
            yield from (answer for answer in replies if isinstance(answer, Mapping))


def _under(raw: Any, parent: str) -> Any:
    """Say of an answer what it answers, where the platform leaves that to the address it was read from."""
    if not isinstance(raw, Mapping) or mapping.parent_of(raw) is not None:
        return raw
    return {**raw, "parent_id": parent}
