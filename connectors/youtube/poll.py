"""One round of reading the comments of a channel.

How each kind of news is found, within what time, in how many calls of one unit each:

- new thread: the list by time, to the first page wholly known. Each poll; 1 call for 100 threads.
- new reply: `totalReplyCount` or an embedded reply, in the threads of the list's first page. Each poll; 1 for 100.
- new reply in an older thread: the comment count of a video has risen more than this round explains, so its threads
  are read; besides, a sweep of 49 older threads in turn, two thirds of them active in the last 48 hours. Next poll,
  or by its turn where a server gives no counts; 1 call for 50 videos, 1 for the sweep.
- late, or released from review, far down the list: the same rise of a video's count. Next poll.
- edit: wherever a comment is shown again, and every comment in a full poll.
- deletion: threads by the sweep, every comment by a full poll, which asks for what it did not see. Two readings.

A round without news costs three calls at most: the list, the videos, the sweep.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import quote

from connectors.base import (
    Context,
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
    Temporary,
    Unreadable,
)
from connectors.youtube import mapping
from connectors.youtube.mapping import ThreadReading
from connectors.youtube.memory import Memory
from connectors.youtube.transport import Answer, Api, LoopingList

PAGE_SIZE = 100  # the API's largest
IDS_AT_ONCE = 50  # the API's largest for a look-up by id
IDS_LENGTH = 1_750  # characters; Google's client turns a GET of more than 2,048 into a POST that few servers know
BUSY_VIDEOS = 40  # of the 50 looked up each poll; the other places go round
SHORT_WALK = 3  # units that reading a video's threads in vain may cost each time
WALK_PAUSE = timedelta(minutes=15)  # before one that cost more is read again
EMBEDDED = 5  # replies a thread shows by itself, at most

LOOPED = "YouTube upprepade samma sida. Läsningen avbröts och görs om."


class Round:
    """One poll. Its pages are to be stored as they come; nothing is remembered before the last one."""

    def __init__(self, api: Api, context: Context, cursor: Cursor, known: Known, now: datetime, full: bool) -> None:
        self.api, self.context, self.known, self.now, self.full = api, context, known, now, full
        self.cursor, self.memory = cursor, Memory.from_cursor(cursor)
        self.newest_at = self.memory.newest_at
        self.seen: set[str] = set()  # every comment of this round
        self.new: set[str] = set()  # those that were not stored when we saw them
        self.threads: dict[str, ThreadReading] = {}
        self.new_by_video: Counter[str] = Counter()
        self.seen_by_video: Counter[str] = Counter()
        self.counts: dict[str, int] = {}  # the platform's own, by video
        self.asked: set[str] = set()  # videos looked up
        self.posts: list[Post] = []
        self.notes: list[str] = []
        self.complete = True
        self.missing: list[str] = []
        self.paid = api.units

    def pages(self) -> Iterator[Page]:
        """Read what is new, and with `full` everything. The last page carries the new cursor."""
        ended_suddenly = yield from self._newest_threads()
        if self.complete:
            yield from self._unexplained_videos(ended_suddenly)
            yield from self._departed() if self.full else self._old_threads()
        yield self._last_page()

    # The list by time

    def _newest_threads(self) -> Generator[Page, None, bool]:
        """Read the list to the first page wholly known, and tell whether it ended at a page as long as any other."""
        longest = length = 0
        try:
            for answer in self._thread_pages(allThreadsRelatedToChannelId=self.context.external_id, order="time"):
                threads = self._threads_of(answer)
                if not self.asked:
                    self._look_up_videos(self._busy_videos(threads))
                stop = yield from self._take(threads, listing=True)
                if stop:
                    return False
                longest, length = max(longest, len(threads)), len(threads)
                self._look_up_new_videos(at_least=IDS_AT_ONCE)
        except LoopingList:
            self._stop_early(LOOPED)
        self._look_up_new_videos(at_least=1)
        return 0 < length == longest

    def _take(self, threads: Sequence[ThreadReading], *, listing: bool = False) -> Generator[Page, None, bool]:
        """Give a page of threads and the replies they do not show; tell whether all of it was known, and old."""
        known = self.known.item_ids([item.external_id for thread in threads for item in thread.items])
        fresh = {thread.id: thread for thread in threads if thread.id and thread.id not in self.threads}.values()
        longer = [thread for thread in fresh if self._has_unread(thread, known)]
        before = len(self.new)
        self.threads.update((thread.id, thread) for thread in fresh)
        items = [item for thread in threads for item in thread.items]
        yield self._page(items, [u for thread in threads for u in thread.unreadable], known)
        wholly_known = len(self.new) == before and not longer
        for thread in longer:
            yield from self._replies(thread)
        times = [thread.published_at for thread in threads if thread.published_at]
        if listing and times:
            self.newest_at = max(times) if self.newest_at is None else max(self.newest_at, *times)
        # What an interrupted poll stored is known too, but lies above what the last complete one had reached.
        reached = self.memory.newest_at is not None and bool(times) and min(times) <= self.memory.newest_at
        return wholly_known and reached and not self.full

    def _has_unread(self, thread: ThreadReading, known: set[str]) -> bool:
        """Tell whether a thread has replies that we may lack and its reading does not show."""
        if not thread.has_more and (thread.total is not None or thread.replies < EMBEDDED):
            self.memory.replies.pop(thread.id, None)
            return False
        shows_new = any(item.external_id not in known for item in thread.items)
        return self.full or shows_new or self.memory.replies.get(thread.id) != thread.total

    def _replies(self, thread: ThreadReading) -> Iterator[Page]:
        """Read a thread's replies: all of them, or until as many new ones as it had grown by and a page without any."""
        expected = max(1, (thread.total or 0) - self.memory.replies.get(thread.id, 0))
        parameters = {"part": "snippet", "parentId": thread.id, "maxResults": PAGE_SIZE, "textFormat": "plainText"}
        found: set[str] = {item.external_id for item in thread.items} & self.new
        try:
            for answer in self.api.pages("comments", ids_in=mapping.ids_in, **parameters):
                items, unreadable = self._comments_of(answer, thread=thread)
                known = self.known.item_ids([item.external_id for item in items])
                yield self._page(items, unreadable, known)
                here = {item.external_id for item in items} & self.new
                found |= here
                if items and not here and len(found) >= expected and not self.full:
                    break
        except Gone:
            return  # removed since it was listed
        except LoopingList:
            self._stop_early(LOOPED)
            return
        if thread.total is not None:
            self.memory.replies[thread.id] = thread.total

    # Videos

    def _busy_videos(self, threads: Sequence[ThreadReading]) -> list[str]:
        """Choose the videos to look up: those commented on, the most recently active, then others in turn."""
        active = [thread.post for thread in self._known_threads if thread.post]
        busy = list(dict.fromkeys([*(thread.video for thread in threads if thread.video), *active]))
        everyone = set(busy) | set(self._known_posts)
        if len(everyone) <= IDS_AT_ONCE:
            return sorted(everyone)
        chosen = busy[:BUSY_VIDEOS]
        others = sorted(everyone - set(chosen))
        turn = [video for video in others if video > self.memory.video_after] or others
        turn = turn[: IDS_AT_ONCE - len(chosen)]
        self.memory.video_after = turn[-1]
        return [*chosen, *turn]

    def _look_up_new_videos(self, *, at_least: int) -> None:
        unknown = {thread.video for thread in self.threads.values() if thread.video}
        unknown -= self.asked | set(self._known_posts)
        if len(unknown) >= at_least:
            self._look_up_videos(sorted(unknown))

    def _look_up_videos(self, videos: Sequence[str]) -> None:
        """Read titles and counts. A failure costs the titles, never the comments."""
        for batch in batches(videos, at_most=IDS_AT_ONCE):
            self.asked.update(batch)
            try:
                answer = self.api.read("videos", part="snippet,statistics", id=",".join(batch))
            except PlatformError as error:
                self.notes.append(f"Videornas titlar gick inte att läsa: {error}")
                return
            posts = [post for record in mapping.records(answer) if (post := mapping.post_of(record))]
            self.posts += posts
            self.counts |= {p.external_id: p.comment_count for p in posts if p.comment_count is not None}

    def _unexplained_videos(self, ended_suddenly: bool) -> Iterator[Page]:
        """Read the threads of videos that the platform counts more comments under than this round explains."""
        explained: set[str] = set()
        for video, count in self.counts.items():
            lacking, walked_at = self._lacking(video, count, ended_suddenly), self.memory.walked.get(video)
            if lacking > 0 and walked_at and self.now - walked_at < WALK_PAUSE:
                continue
            if lacking > 0:
                yield from self._walk(video, lacking)
            self.memory.videos[video] = count
            explained.add(video)
        # Elsewhere the old count stands, with what we have found since; the rest is looked for later.
        for video in self.memory.videos.keys() - explained:
            self.memory.videos[video] += self.new_by_video[video]

    def _lacking(self, video: str, count: int, ended_suddenly: bool) -> int:
        before = self.memory.videos.get(video)
        if before is not None and not self.full:
            return count - before - self.new_by_video[video]
        return count - self.seen_by_video[video] if ended_suddenly else 0

    def _walk(self, video: str, lacking: int) -> Iterator[Page]:
        start, calls = self.new_by_video[video], self.api.units
        self.memory.walked.pop(video, None)
        try:
            for answer in self._thread_pages(videoId=video, order="time"):
                yield from self._take(self._threads_of(answer))
                if self.new_by_video[video] - start >= lacking and not self.full:
                    return
        except Permanent as error:
            self.notes.append(f"En video gick inte att läsa: {error}")
        except LoopingList:
            self._stop_early(LOOPED)
        # A count may lag, or hold what is not shown, or a reply of ours that we know: no reason to walk far again soon.
        if self.api.units - calls > SHORT_WALK:
            self.memory.walked[video] = self.now

    # Old threads and what is gone

    def _old_threads(self) -> Iterator[Page]:
        """Look at some of the threads that the list did not show."""
        self.memory.forget_all_but(self._known_threads)
        skipped = self.threads.keys() | self.memory.gone
        waiting = [thread for thread in self._known_threads if thread.external_id not in skipped]
        absent: list[str] = []
        for batch in batches(self.memory.due_threads(waiting, now=self.now), at_most=IDS_AT_ONCE - 1):
            try:
                answers, lost = self._by_id(
                    "commentThreads", batch, part="snippet,replies", denied=self.memory.gone.add
                )
            except Permanent as error:
                self.notes.append(f"Äldre trådar gick inte att läsa: {error}")
                break
            absent += lost
            for answer in answers:
                yield from self._take(self._threads_of(answer, listed=None))
        if absent:
            live = self.known.live_ids()
            self.missing += [id for id in live if id in absent or mapping.thread_in(id) in absent]

    def _departed(self) -> Iterator[Page]:
        """Ask for each comment that should be there and was not shown."""
        self.memory.gone.clear()
        unseen = [id for id in self.known.live_ids() if id not in self.seen]
        for batch in batches(unseen, at_most=IDS_AT_ONCE - 1):
            answers, lost = self._by_id("comments", batch, part="snippet")
            self.missing += lost
            for answer in answers:
                items, unreadable = self._comments_of(answer)
                yield self._page(items, unreadable, {item.external_id for item in items})

    def _by_id(
        self, resource: str, ids: Sequence[str], *, part: str, denied: Callable[[str], None] = lambda id: None
    ) -> tuple[list[Answer], list[str]]:
        """Look up ids; give the answers, and the ids that are not there.

        One that was just listed is asked for too: where it does not come either, the answer says nothing about the
        others. `denied` is told each id that the platform answered with an error.
        """
        canary = next(iter(self.threads), None)
        asked = [*ids, canary] if canary else ids
        answers = list(lookups(self.api, resource, asked, part=part, denied=denied))
        found = {id for answer in answers for id in mapping.ids_in(answer)}
        if canary and canary not in found:
            self.notes.append("YouTube visade inte heller det som nyss fanns. Inget räknas som borttaget.")
            return answers, []
        return answers, [id for id in ids if id not in found]

    # Pages

    def _thread_pages(self, **filters: Any) -> Iterator[Answer]:
        return self.api.pages(
            "commentThreads",
            ids_in=mapping.ids_in,
            part="snippet,replies",
            maxResults=PAGE_SIZE,
            textFormat="plainText",
            **filters,
        )

    def _threads_of(self, answer: Answer, *, listed: str | None = mapping.PUBLISHED) -> list[ThreadReading]:
        us = self.context.external_id
        return [mapping.thread_of(record, us=us, listed=listed) for record in mapping.records(answer)]

    def _comments_of(
        self, answer: Answer, *, thread: ThreadReading | None = None
    ) -> tuple[list[Item], list[Unreadable]]:
        return comments_of(answer, us=self.context.external_id, thread=thread)

    def _page(self, items: Sequence[Item], unreadable: Sequence[Unreadable], known: set[str]) -> Page:
        for item in items:
            if item.external_id in self.seen:
                continue
            self.seen.add(item.external_id)
            self.seen_by_video[item.post or ""] += 1
            if item.external_id not in known:
                self.new.add(item.external_id)
                self.new_by_video[item.post or ""] += 1
        return self._made(items=tuple(items), unreadable=tuple(unreadable), cursor=self.cursor)

    def _last_page(self) -> Page:
        self.memory.newest_at = self.newest_at
        return self._made(
            missing=tuple(dict.fromkeys(self.missing)),
            cursor=self.memory.to_cursor() if self.complete else self.cursor,
            complete=self.complete,
            platform_count=self._platform_count(),
        )

    def _made(self, **parts: Any) -> Page:
        page = Page(
            posts=tuple(self.posts),
            notes=tuple(dict.fromkeys(self.notes)),
            cost=Cost(self.api.units - self.paid, "units"),
            **parts,
        )
        self.posts, self.notes, self.paid = [], [], self.api.units
        return page

    def _platform_count(self) -> int | None:
        """Add up the videos' own counts, if every video we know of has told its own."""
        videos = {thread.video for thread in self.threads.values() if thread.video} | set(self._known_posts)
        return sum(self.counts.values()) if videos and videos <= self.counts.keys() else None

    def _stop_early(self, why: str) -> None:
        self.complete = False
        self.notes.append(why)

    @cached_property
    def _known_threads(self) -> Sequence[KnownThread]:
        return self.known.threads()

    @cached_property
    def _known_posts(self) -> Sequence[str]:
        return self.known.posts()


def lookups(
    api: Api, resource: str, ids: Sequence[str], *, part: str, denied: Callable[[str], None] = lambda id: None
) -> Iterator[Answer]:
    """Look up ids, halving where the platform answers that one of them is not there. Raises Temporary for a loop."""
    try:
        answers = list(api.pages(resource, ids_in=mapping.ids_in, part=part, id=",".join(ids), textFormat="plainText"))
    except Gone:
        if len(ids) == 1:
            denied(ids[0])
            return
        half = len(ids) // 2
        yield from lookups(api, resource, ids[:half], part=part, denied=denied)
        yield from lookups(api, resource, ids[half:], part=part, denied=denied)
    except LoopingList as error:
        raise Temporary(LOOPED, code="bad_answer") from error
    else:
        yield from answers


def comments_of(answer: Answer, *, us: str, thread: ThreadReading | None = None) -> tuple[list[Item], list[Unreadable]]:
    """Read an answer's comments: the replies of `thread`, or any."""
    items: list[Item] = []
    unreadable: list[Unreadable] = []
    for record in mapping.records(answer):
        try:
            if thread:
                item = mapping.item_of(record, us=us, thread=thread.id, parent=thread.id, video=thread.video)
            else:
                item = mapping.item_of(record, us=us)
        except mapping.Unmappable as error:
            unreadable.append(mapping.unreadable_of(record, str(error)))
        else:
            items.append(item)
    return items, unreadable


def batches(ids: Sequence[str], *, at_most: int = IDS_AT_ONCE) -> Iterator[list[str]]:
    """Cut ids into look-ups: at most so many, and no longer than a GET may be."""
    batch: list[str] = []
    length = 0
    for id in ids:
        cost = len(quote(id, safe="")) + 3  # a comma is written %2C
        if batch and (len(batch) == at_most or length + cost > IDS_LENGTH):
            yield batch
            batch, length = [], 0
        batch.append(id)
        length += cost
    if batch:
        yield batch
