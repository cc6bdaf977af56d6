"""One poll of a page: which posts can hold news, how deep to read each, and where it is safe to stop.

- Each poll walks the feed down to posts of 48 hours (of 30 days while that is one call more), each post with its 25
  newest comments inside. A post that may hold more news is read on, 100 comments a call (`source.py`).
- One more call looks at 50 posts outside that window: those where something happened in the last 30 days, then the
  others in turn, so that a comment on any old post is found after (old posts / 50) polls.
- A first and a full poll read everything to its end; a full one also asks for what it did not see.

| an item | is found by | calls |
|---|---|---|
| new, nested too | the next poll; under a quiet old post in its turn | 1 to 3 where there is no news |
| edited | the next look at its post among the 25 newest comments, else a full poll | none more |
| deleted | two full polls: neither shown nor there when asked for | 1 for 50 items not shown |
| late | the next look at its post, up to 24 hours back, by the count that has grown | pages down to it |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connectors.base import Cost, Cursor, Gone, Item, Known, Page, Permanent, Post, Unreadable
from connectors.facebook import mapping
from connectors.facebook.belonging import ADS, COMMENTS, EDGES, TAGGED, VISITORS, Belonging
from connectors.facebook.errors import FieldRefused, ReduceData
from connectors.facebook.graph import BATCH, Batch, Graph, page_data
from connectors.facebook.mapping import Place, Unmappable
from connectors.facebook.placing import Placing
from connectors.facebook.shape import LIMIT, Shape
from connectors.facebook.source import SKEW, Source, times_of

HOT = timedelta(hours=48)
WARM = timedelta(days=30)
AHEAD = timedelta(days=1)  # a time further ahead than this is nonsense, and no measure of what we have read
AT_ONCE = 500  # items in one page of ours, so that whoever stores them holds no lock for long
KEPT_POSTS = 300  # posts whose comment count the cursor remembers
KEPT_REPLIES = 2000  # the same for comments, where a Graph leaves answers out of the stream
KEPT_GONE = 500
NO_SUCH_EDGE = "Facebook har inget sådant flöde i den här versionen. Det finns inget att hämta."


class Reading:
    """One poll of one surface. `pages()` is walked once."""

    def __init__(
        self, graph: Graph, surface: str, cursor: Cursor, *, page_id: str, known: Known, now: datetime, full: bool
    ) -> None:
        self.graph, self.surface, self.page_id, self.known, self.now = graph, surface, page_id, known, now
        self.cursor, self.full = cursor, full
        self.at = mapping.time_of(cursor.get("at"))
        self.whole = full or self.at is None  # read everything to its end
        self.shape = Shape(inside=LIMIT if self.whole else LIMIT // 4, plain=not full and bool(cursor.get("plain")))
        self.here = Belonging(surface, page_id, known)
        self.placing = Placing(graph, lambda: {thread.external_id for thread in self.here.threads})
        self.turn: dict[str, str | None] = dict(cursor.get("turn") or {})
        self.replies: dict[str, int] = dict(cursor.get("replies") or {})
        self.gone: set[str] = set() if full else set(cursor.get("gone") or ())
        self.counts: dict[str, int | None] = {}  # posts read, with the platform's count
        self.given: set[str] = set()
        self.stored: set[str] = set()
        self.fresh: set[str] = set()
        self.newest = now
        self.complete, self.covered, self.silent = True, False, False
        self.notes: list[str] = []
        self.posts: list[Post] = []
        self.items: list[Item] = []
        self.unreadable: list[Unreadable] = []
        self.missing: list[str] = []
        self.calls = graph.calls

    def pages(self) -> Iterator[Page]:
        """Yield what there is; the last page holds the cursor."""
        try:
            yield from self._patiently(self._feed)
        except FieldRefused as error:
            if error.field != EDGES[self.surface].name:
                raise
            self.notes.append(NO_SUCH_EDGE)
        except Gone:
            refused = "Facebook visar inte sidan: fel id, eller så saknar kontot behörighet."
            raise Permanent(refused, code="permission") from None
        ids = self._turn()
        for start in range(0, len(ids), BATCH):
            yield from self._patiently(self._by_id, ids[start : start + BATCH])
        self._mind_silence()
        if self.full and self.complete and not self.silent:
            self._ask_for_the_unseen()
        yield from self._news()
        yield self._page(last=True)

    def _patiently(self, step: Callable[..., Iterator[Page]], *args: Any) -> Iterator[Page]:
        """Do a step again, asking for less, when Facebook finds it too much. Posts that were read are passed over."""
        while True:
            try:
                yield from step(*args)
                return
            except (ReduceData, FieldRefused) as error:
                if isinstance(error, FieldRefused) and error.field == EDGES[self.surface].name:
                    raise  # it is the list itself that this Graph does not have
                self.shape = self.shape.less(error)

    # Which posts

    def _feed(self) -> Iterator[Page]:
        """https://developers.facebook.com/docs/graph-api/reference/page/feed, read 2026-11-22."""
        edge = EDGES[self.surface]
        asked = {"fields": self.shape.post_with_comments, "limit": str(self.shape.posts), **edge.args}
        for number, batch in enumerate(self.graph.edge(self.page_id, edge.name, **asked), 1):
            yield from self._read(batch.data)
            self._mind(batch)
            if not self.whole and batch.more and not self._goes_on(batch, number):
                return
        self.covered = True

    def _goes_on(self, batch: Batch, number: int) -> bool:
        times = times_of(batch.data)
        last = times[-1] if times else self.now
        return last > self.now - HOT or (number == 1 and last > self.now - WARM)

    def _turn(self) -> list[str]:
        """Give the posts outside the window whose turn it is, by id."""
        rest = {one: None for one in self.here.posts if one not in self.counts and one not in self.gone}
        if self.whole or not rest:
            return list(rest)
        self.covered = False
        busy = {t.post or t.external_id: None for t in self.here.threads if t.last_activity > self.now - WARM}
        first = [one for one in busy if one in rest][:BATCH]
        quiet = [one for one in rest if one not in busy]
        return first + self._in_turn(quiet, BATCH - len(first))

    def _in_turn(self, quiet: list[str], room: int) -> list[str]:
        """Give the next of the quiet posts, and remember where to go on and since when all of them were read."""
        after = self.turn.get("after")
        begin = quiet.index(after) + 1 if after in quiet else 0
        chosen = quiet[begin : begin + room]
        if begin == 0:
            self.turn = {"before": self.turn.get("began"), "began": self._mark()}
        self.turn["after"] = chosen[-1] if chosen and begin + room < len(quiet) else None
        return chosen

    def _by_id(self, ids: Sequence[str]) -> Iterator[Page]:
        wanted = [one for one in ids if one not in self.counts and one not in self.gone]
        for start in range(0, len(wanted), self.shape.posts):
            found, gone = self.graph.look_up(wanted[start : start + self.shape.posts], self.shape.post_with_comments)
            self.gone |= gone
            yield from self._read(found.values())

    # What stands under them

    def _read(self, raws: Iterable[Any]) -> Iterator[Page]:
        sources = [source for raw in raws if (source := self._source(raw)) is not None]
        inner = {source.id: next(self.graph.walk(source.page)) for source in sources if source.page is not None}
        self._sort(raw for batch in inner.values() for raw in batch.data)
        unfinished = []
        for source in sources:
            batch = inner.get(source.id)
            if batch is not None:
                self._take(source, batch.data)
                self._mind(batch)
            if self._is_unfinished(source, batch, expands=bool(inner)):
                unfinished.append(source)
        yield from self._finish([source for source in sources if source not in unfinished])
        self._widen(unfinished)
        for source in unfinished:
            yield from self._patiently(self._deeper, source)
            yield from self._finish([source])

    def _source(self, raw: Any) -> Source | None:
        """Give the post away, and make ready to read what stands under it. None if it has no id, or was read."""
        if not mapping.is_readable(raw):
            self.unreadable.append(mapping.unreadable(raw, "Facebook visar inget id.", self.surface))
            return None
        id = mapping.identity(raw)
        if id in self.counts:
            return None
        kind = self.here.surface_of_post(raw)
        if kind is None:
            return None
        page = raw.get("comments") if isinstance(raw.get("comments"), Mapping) else None
        total = next(self.graph.walk(page)).total
        if kind in (COMMENTS, ADS):
            self.posts.append(mapping.post(raw, total))
        elif id not in self.given:
            try:
                self._give(mapping.post_of_others(raw, self.page_id, tags_us=kind == TAGGED))
            except Unmappable as error:  # what stands under it may be readable all the same
                self.unreadable.append(mapping.unreadable(raw, str(error), self.surface))
        before = (self.cursor.get("posts") or {}).get(id)
        wide = self.shape.inside == LIMIT
        return Source(id, kind, page, total, before, read_until=self._read_until(id), wide=wide)

    def _read_until(self, id: str) -> datetime | None:
        if self.whole:
            return None
        if id in (self.cursor.get("posts") or {}):
            return self.at
        # Last read in the round before this one, at the earliest when that one began.
        return mapping.time_of(self.turn.get("before"))

    def _is_unfinished(self, source: Source, batch: Batch | None, *, expands: bool) -> bool:
        if source.kind == TAGGED and source.id not in self.here.joined:
            return False  # what people say to each other elsewhere is no business of ours until we speak there
        if batch is None:  # no key: no comments, or a Graph that does not put edges inside
            return not expands
        if not batch.data:  # counted, but not shown
            return bool(source.total) and source.grown != 0
        return source.goes_deeper(batch, self.fresh)

    def _widen(self, sources: Sequence[Source]) -> None:
        """Where several posts must be read on, read a whole page of each in one call."""
        narrow = {source.id: source for source in sources if not source.wide and source.page is not None}
        if len(narrow) < 2:
            return
        try:
            found, _ = self.graph.look_up(list(narrow), replace(self.shape, inside=LIMIT).post_with_comments)
        except (ReduceData, FieldRefused):
            return  # then one by one
        for id, raw in found.items():
            if isinstance(raw.get("comments"), Mapping):
                narrow[id].page, narrow[id].wide = raw["comments"], True

    def _deeper(self, source: Source) -> Iterator[Page]:
        """Read the comments of one post to where it is safe to stop."""
        if source.wide and page_data(source.page):
            batches = self.graph.walk(source.page)
            source.wide = False  # should its next page be too much, we read by ourselves, less at a time
        else:
            batches = self.graph.edge(source.id, "comments", **self.shape.stream())
        try:
            for number, batch in enumerate(batches):
                if number == 0 and batch.total is not None:
                    source.total = batch.total  # the count that goes with what we read from here on
                self._sort(batch.data)
                self._take(source, batch.data)
                self._mind(batch)
                if not source.goes_deeper(batch, self.fresh):
                    return
                yield from self._news()
        except Gone:
            return  # since the feed was read
        except FieldRefused:
            raise
        except Permanent as error:  # one post does not stop the others
            self._stop(f"Kommentarerna under ett inlägg gick inte att läsa. {error}")

    def _finish(self, sources: Sequence[Source]) -> Iterator[Page]:
        """Read answers that the stream left out, find the threads of what still waits, and remember the counts."""
        for source in sources:
            yield from self._unshown_answers(source)
        self.placing.look_up([mapping.identity(raw) for source in sources for raw in source.waiting])
        for source in sources:
            waiting, source.waiting = source.waiting, []
            self._take(source, waiting)
            self.counts[source.id] = source.total
        yield from self._news()

    def _unshown_answers(self, source: Source) -> Iterator[Page]:
        """An answer is newer than what it answers, so a comment never comes before its answers."""
        for id, count in source.answers.items():
            if self.placing.is_answered(id) or self.replies.get(id) == count:
                continue
            for batch in self.graph.edge(id, "comments", **self.shape.stream()):
                below = [_under(raw, id) for raw in batch.data]
                self._sort(below)
                self._take(source, below)
                self._mind(batch)
                yield from self._news()
            self.replies[id] = count

    def _take(self, source: Source, raws: Iterable[Any]) -> None:
        """Give comments away, those whose thread is known."""
        raws = list(raws)
        for raw in raws:
            if mapping.is_readable(raw):
                self.placing.note(raw)
                source.note(raw, self.fresh)
                if mapping.is_ours(raw, self.page_id):
                    self.here.joined.add(source.id)
        if source.kind == TAGGED and source.id not in self.here.joined:
            return
        for raw in raws:
            try:
                id = mapping.identity(raw)
                if id not in self.given:
                    self._place(source, id, raw)
            except Unmappable as error:
                self.unreadable.append(mapping.unreadable(raw, str(error), self.surface))

    def _place(self, source: Source, id: str, raw: Mapping[str, Any]) -> None:
        thread, parent = self.placing.thread(id), self.placing.parent(id)
        if thread is None:
            source.waiting.append(raw)
            return
        place = Place(source.id, source.kind in (VISITORS, TAGGED), thread, parent, elsewhere=source.kind == TAGGED)
        self._give(mapping.comment(raw, place, self.page_id))
        if parent is None and mapping.replies(raw):
            source.answers[id] = mapping.replies(raw)

    def _give(self, item: Item) -> None:
        self.items.append(item)
        self.given.add(item.external_id)
        self.newest = max(self.newest, min(item.posted_at, self.now + AHEAD))

    def _sort(self, raws: Iterable[Any]) -> None:
        """Ask once which of these are stored; a first or full poll reads on whatever the answer."""
        if self.whole:
            return
        ids = {mapping.identity(raw) for raw in raws if mapping.is_readable(raw)} - self.stored - self.fresh
        known = self.known.item_ids(ids) if ids else set()
        self.stored |= known
        self.fresh |= ids - known

    # What is no longer there

    def _ask_for_the_unseen(self) -> None:
        """Find what a whole reading did not show, and is not there when asked for: gone, or not visible to us."""
        unseen = [id for id in self.known.live_ids() if id not in self.given and self.here.has(id)]
        self.missing = [id for id in unseen if self.here.owner(id) in self.gone]  # gone with its post
        asked = [id for id in unseen if self.here.owner(id) not in self.gone]
        try:
            _, gone = self.graph.look_up(asked, "id")
        except Permanent as error:
            self.notes.append(f"Vad som har tagits bort gick inte att ta reda på. {error}")
            return
        self.missing += [id for id in asked if id in gone]

    # What goes out

    def _mind(self, batch: Batch) -> None:
        if batch.stopped:
            self._stop(f"{batch.stopped} Resten läses vid nästa hämtning.")

    def _mind_silence(self) -> None:
        """Facebook leaves comments out, without an error, where a permission is missing."""
        counted = sum(count or 0 for count in self.counts.values())
        self.silent = self.whole and counted > 0 and not self.given
        if self.silent:
            self.notes.append(f"Facebook räknar {counted} kommentarer men visar inga. Se över appens behörigheter.")

    def _stop(self, note: str) -> None:
        self.complete = False
        if note not in self.notes:
            self.notes.append(note)

    def _news(self) -> Iterator[Page]:
        while self.posts or self.items or self.unreadable:
            yield self._page()

    def _page(self, *, last: bool = False) -> Page:
        page = Page(
            posts=tuple(self.posts),
            items=tuple(self.items[:AT_ONCE]),
            unreadable=tuple(self.unreadable),
            missing=tuple(self.missing) if last else (),
            cursor=self._cursor() if last and self.complete else self.cursor,
            complete=self.complete if last else True,
            cost=Cost(self.graph.calls - self.calls, "calls"),
            platform_count=self._platform_count() if last else None,
            notes=tuple(self.notes) if last else (),
        )
        self.posts, self.items, self.unreadable, self.calls = [], self.items[AT_ONCE:], [], self.graph.calls
        return page

    def _platform_count(self) -> int | None:
        """Add up what the platform counts, if every post was read and each has its count."""
        counts = list(self.counts.values())
        known = [count for count in counts if count is not None]
        is_counted = self.surface != TAGGED and self.covered and len(known) == len(counts)
        return sum(known) if is_counted else None

    def _mark(self) -> str:
        return (self.newest - SKEW).isoformat()

    def _cursor(self) -> Cursor:
        turn = {"before": self._mark(), "began": self._mark()} if self.whole else self.turn
        return {
            "at": self._mark(),
            "posts": dict(list(self.counts.items())[:KEPT_POSTS]),
            "turn": turn,
            "gone": sorted(self.gone)[-KEPT_GONE:],
            "replies": dict(list(self.replies.items())[-KEPT_REPLIES:]),
            "plain": self.shape.plain,
        }


def _under(raw: Any, parent: str) -> Any:
    """Say of an answer what it answers, where the platform leaves that to the address it was read from."""
    if not isinstance(raw, Mapping) or mapping.parent_of(raw) is not None:
        return raw
    return {**raw, "parent": {"id": parent}}
