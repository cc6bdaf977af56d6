"""One round of reading the comments under an organisation's posts.

- The newest 100 posts are listed; one more call asks for the counts of comments under 50 posts: those where something
  happened in the last 30 days, then the others in turn. A post whose count has changed is read, a comment whose count
  of answers has changed too, each as far as the change reaches.
- Where nothing has changed one page of a busy post is read all the same, another one each time: an edit changes no
  count, nor do a comment that goes and one that comes.
- A first and a full poll read every post and every answer; a full one asks for what it did not see.

| an item | is found by | calls |
|---|---|---|
| new, answers too | the next poll; under a post older than the newest 50, in its turn | 2 or 3 where there is no news |
| edited | the next look at the page it stands on, else a full poll | none more |
| deleted | two full polls: neither shown nor there when asked for | 1 for 50 items not shown |
| late | the next poll, by the count that has grown | pages down to it |
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from functools import cached_property
from typing import Any

from connectors.base import Context, Cost, Cursor, Gone, Item, Known, KnownThread, Page, Permanent, Post, Unreadable
from connectors.linkedin import lists, mapping, urns
from connectors.linkedin.client import Client
from connectors.linkedin.lists import IDS_AT_ONCE, Batch, LoopingList
from connectors.linkedin.mapping import Count
from connectors.linkedin.memory import Memory

BUSY_POSTS = 40  # of the 50 whose counts are asked for; the other places go round
HOT, WARM = timedelta(hours=48), timedelta(days=30)
SHORT_WALK = 3  # calls that reading a post's comments in vain may cost each time
WALK_PAUSE = timedelta(minutes=15)  # before one that cost more is read so far again
PLAIN_POSTS = 5  # read each poll where a server gives no counts; the busiest, and as many in turn
BLIND_THREADS = 2  # comments whose answers are read each poll, in turn, where a server does not count them

LOOPED = "LinkedIn upprepade samma sida. Läsningen avbröts och görs om."
NOT_SHOWN = "LinkedIn visar inte sidan: fel id, eller så saknar kontot behörighet."


class News(Enum):
    """How much of a page was not known before."""

    NONE = 0
    SOME = 1
    ALL = 2


@dataclass(slots=True)
class Goal:
    """How much of a list has to be found before reading may stop. None: all of it."""

    new: int | None = None
    answers: int = 0

    def is_reached(self, news: News) -> bool:
        """Tell whether reading may stop after a page. More news than was counted means that something has gone."""
        if self.new is None or self.new > 0 or self.answers > 0:
            return False
        return news == News.NONE or (news == News.SOME and self.new == 0 and self.answers == 0)


class Round:
    """One poll. Its pages are to be stored as they come; nothing is remembered before the last one."""

    def __init__(
        self, client: Client, context: Context, cursor: Cursor, known: Known, now: datetime, full: bool
    ) -> None:
        self.client, self.known, self.now, self.full = client, known, now, full
        self.author = urns.organization(context.external_id)
        self.us = {self.author, *map(urns.organization, context.own_ids)}
        self.cursor, self.memory = cursor, Memory.from_cursor(cursor)
        self.whole = full or not self.memory.begun
        self.counts: dict[str, Count] = {}  # the platform's own, by post
        self.gone: set[str] = set()  # posts that are not there
        self.seen: set[str] = set()  # every comment of this round
        self.new: set[str] = set()  # those that were not stored when we saw them
        self.titles: dict[str, Post] = {}
        self.told: set[str] = set()  # posts given away
        self.notes: list[str] = []
        self.complete = True
        self.missing: list[str] = []
        self.paid = client.calls

    def pages(self) -> Iterator[Page]:
        """Read what is new, and with `full` everything. The last page carries the new cursor."""
        listed = self._list_posts()
        chosen = list(listed) if self.whole else self._chosen(listed)
        self._count(chosen)
        changed = [post for post in chosen if self._has_changed(post)]
        for post in changed:
            yield from self._walk(post)
        if not (self.whole or changed):
            yield from self._peek()
        if self.full and self.complete and self._is_plausible(listed):
            yield from self._departed()
        yield self._last_page()

    # Which posts

    def _list_posts(self) -> list[str]:
        """List our posts, newest first: all of them, or the newest page.

        https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api, as known on 2026-11-22.
        """
        try:
            for batch in lists.forward(self.client, lists.posts(self.author)):
                posts = [post for record in batch.records if (post := mapping.post_of(record))]
                self.titles.update((post.external_id, post) for post in posts)
                if not self.whole:
                    break
        except Gone:
            raise Permanent(NOT_SHOWN, code="permission") from None
        except LoopingList:
            self._stop_early(LOOPED)
        return list(self.titles)

    def _chosen(self, listed: Sequence[str]) -> list[str]:
        """Choose the posts to look at: the busiest and the newest, then others in turn."""
        everyone = dict.fromkeys([*self._busy_posts, *listed, *self._known_posts])
        if self.memory.plain:
            busy = list(everyone)[:PLAIN_POSTS]
            return [*busy, *self.memory.in_turn("posts", everyone.keys() - set(busy), PLAIN_POSTS)]
        if len(everyone) <= IDS_AT_ONCE:
            return list(everyone)
        busy = list(everyone)[:BUSY_POSTS]
        return [*busy, *self.memory.in_turn("posts", everyone.keys() - set(busy), IDS_AT_ONCE - BUSY_POSTS)]

    def _count(self, posts: Sequence[str]) -> None:
        """Ask for the platform's counts. Without them each post has to be read to know."""
        if self.memory.plain and not self.whole:
            return
        try:
            self.counts, self.gone = lists.summaries(self.client, posts)
            self.memory.plain = False
        except Permanent as error:
            if error.code == "version_sunset":
                raise
            self.memory.plain = True

    def _has_changed(self, post: str) -> bool:
        if post in self.gone:
            return False
        said, before = self.counts.get(post), self.memory.posts.get(post)
        if said is None:
            return self.whole or self.memory.plain
        return said.all > 0 if self.whole or before is None else said != before

    # What stands under them

    def _walk(self, post: str) -> Iterator[Page]:
        """Read the comments under a post as far as its count has changed; one post does not stop the others."""
        goal, calls = self._goal(post), self.client.calls
        walked_at = self.memory.walked.pop(post, None)
        rests = walked_at is not None and self.now - walked_at < WALK_PAUSE and not self.whole
        try:
            reached = yield from self._read(post, post, goal, at_most=1 if rests else None)
        except Gone:
            self.gone.add(post)
            return
        except Permanent as error:
            if error.code == "version_sunset":
                raise
            self.notes.append(f"Kommentarerna under ett inlägg gick inte att läsa: {error}")
            return
        if rests and not reached:
            self.memory.walked[post] = walked_at or self.now
            return
        # A count may lag, or hold what is not shown, or what a webhook has brought: no reason to read far again soon.
        if not reached and not self.whole and self.client.calls - calls > SHORT_WALK:
            self.memory.walked[post] = self.now
        if post in self.counts:
            self.memory.posts[post] = self.counts[post]

    def _goal(self, post: str) -> Goal:
        said, before = self.counts.get(post), self.memory.posts.get(post)
        if self.whole or before is None:
            return Goal()
        if said is None:
            return Goal(new=0)
        return Goal(new=said.top - before.top, answers=(said.all - said.top) - (before.all - before.top))

    def _read(
        self, urn: str, post: str, goal: Goal, *, thread: str | None = None, at_most: int | None = None
    ) -> Generator[Page, None, bool]:
        """Read the comments on a post, or the answers in a thread; tell whether the goal was reached."""
        try:
            for number, batch in enumerate(self._batches(urn, goal, thread), 1):
                news = yield from self._take(batch, post, goal, thread)
                if goal.is_reached(news):
                    return True
                if number == at_most:
                    return False
        except LoopingList:
            self._stop_early(LOOPED)
            return False
        return goal.new is None or goal.is_reached(News.NONE)

    def _batches(self, urn: str, goal: Goal, thread: str | None) -> Iterator[Batch]:
        address = lists.comments(urn)
        said = self.counts.get(urn)
        total = said.top if said else None
        if goal.new is not None and self.memory.oldest_first:
            if total is None:
                total = self.memory.replies.get(urn, 0) + max(goal.new, 0) if thread else self._total_of(address)
            return lists.backward(self.client, address, total, self.memory.page_size)
        return lists.forward(self.client, address)

    def _total_of(self, address: str) -> int:
        return lists.batch_of(self.client, address, 0).total or 0

    def _take(self, batch: Batch, post: str, goal: Goal, thread: str | None) -> Generator[Page, None, News]:
        """Give a page of comments and the answers to them; tell how much of it was news."""
        if batch.next is not None and batch.records:
            self.memory.page_size = min(len(batch.records), lists.PAGE_SIZE)
        if self.memory.oldest_first is None:
            self.memory.oldest_first = lists.is_oldest_first(batch.records)
        items, unreadable = self._items(batch.records, post, thread)
        fresh = [item for item in items if item.external_id not in self.seen]
        known = self.known.item_ids([item.external_id for item in fresh])
        new = {item.external_id for item in fresh} - known
        self.seen.update(item.external_id for item in fresh)
        self.new |= new
        yield self._page(items, unreadable)
        if goal.new is not None:
            goal.new -= len(new)
        grown = False
        if thread is None:
            for item in fresh:
                if item.parent is not None:  # a server that shows answers among what they answer
                    continue
                grew = yield from self._answers(item, post, goal, is_new=item.external_id in new)
                grown = grown or grew
        if not (new or grown):
            return News.NONE
        return News.ALL if len(new) == len(fresh) else News.SOME

    def _answers(self, item: Item, post: str, goal: Goal, *, is_new: bool) -> Generator[Page, None, bool]:
        """Read the answers to a comment if they may hold news; tell whether their count has changed."""
        said, before = mapping.replies_to(item.raw), self.memory.replies.get(item.external_id)
        if said is None and not self._reads_blindly(item, post, is_new=is_new):
            return False
        if said is not None and not (self.full and said) and said == (before or 0):
            return False
        inner = Goal() if self.whole or before is None or said is None else Goal(new=said - before)
        try:
            yield from self._read(item.external_id, post, inner, thread=item.external_id)
        except Gone:
            return False  # since it was listed
        if said is None:
            return False
        goal.answers -= said - (before or 0)
        if said:
            self.memory.replies[item.external_id] = said
        else:
            self.memory.replies.pop(item.external_id, None)
        return said != (before or 0)

    def _reads_blindly(self, item: Item, post: str, *, is_new: bool) -> bool:
        """Whether to look for answers that the comment does not count: not where the post counts none."""
        count = self.counts.get(post)
        if count is not None and count.all == count.top and not self.memory.plain:
            return False
        return self.whole or is_new or item.external_id in self._blind_turn

    def _peek(self) -> Iterator[Page]:
        """Read one page of a busy post though no count has changed."""
        busy = [post for post in self._hot_posts if post not in self.gone]
        for post in self.memory.in_turn("peek", busy, 1):
            try:
                yield from self._read(post, post, Goal(new=0), at_most=1)
            except Permanent as error:
                self.notes.append(f"Kommentarerna under ett inlägg gick inte att läsa: {error}")

    # What is no longer there

    def _is_plausible(self, listed: Sequence[str]) -> bool:
        """LinkedIn may show nothing, without an error, where a permission is missing: that deletes nothing."""
        counted = sum(count.all for count in self.counts.values())
        if not listed and self._known_posts:
            self.notes.append("LinkedIn visar inga inlägg längre. Se över rollen på sidan och appens åtkomst.")
            return False
        if counted and not self.seen:
            self.notes.append(f"LinkedIn räknar {counted} kommentarer men visar inga. Se över appens åtkomst.")
            return False
        return True

    def _departed(self) -> Iterator[Page]:
        """Ask for each comment that should be there and was not shown."""
        unseen: dict[str, list[str]] = defaultdict(list)
        for urn in self.known.live_ids():
            own = urns.comment(urn)
            if own and urn not in self.seen:
                unseen[own.entity].append(own.id)
        for entity, ids in unseen.items():
            try:
                found = lists.look_up(self.client, entity, ids)
            except Permanent as error:
                self.notes.append(f"Vad som har tagits bort gick inte att ta reda på: {error}")
                return
            self.missing += [urns.Comment(entity, id).urn for id in found.gone]
            items, unreadable = self._items(found.records, None, None)
            yield self._page(items, unreadable)

    # What goes out

    def _items(
        self, records: Sequence[Any], post: str | None, thread: str | None
    ) -> tuple[list[Item], list[Unreadable]]:
        return items_of(records, us=self.us, post=post, thread=thread)

    def _page(self, items: Sequence[Item], unreadable: Sequence[Unreadable], **more: Any) -> Page:
        named = [post for id, post in self.titles.items() if id not in self.told and (id in self.counts or more)]
        self.told.update(post.external_id for post in named)
        posts = [replace(post, comment_count=_all(self.counts.get(post.external_id))) for post in named]
        given: dict[str, Any] = {"cursor": self.cursor, **more}
        page = Page(
            posts=tuple(posts),
            items=tuple(items),
            unreadable=tuple(unreadable),
            cost=Cost(self.client.calls - self.paid, "calls"),
            notes=tuple(dict.fromkeys(self.notes)),
            **given,
        )
        self.notes, self.paid = [], self.client.calls
        return page

    def _last_page(self) -> Page:
        self.memory.begun = True
        return self._page(
            (),
            (),
            missing=tuple(self.missing),
            cursor=self.memory.to_cursor() if self.complete else self.cursor,
            complete=self.complete,
            platform_count=self._platform_count(),
        )

    def _platform_count(self) -> int | None:
        """Add up the posts' own counts, if every post that we know of has told its own."""
        posts = ({*self.titles, *self._known_posts} if not self.full else set(self.titles)) - self.gone
        return sum(count.all for count in self.counts.values()) if posts and posts <= self.counts.keys() else None

    def _stop_early(self, why: str) -> None:
        self.complete = False
        self.notes.append(why)

    # What we have

    @cached_property
    def _threads(self) -> Sequence[KnownThread]:
        return self.known.threads()

    @cached_property
    def _known_posts(self) -> list[str]:
        return [post for post in self.known.posts() if post.startswith(("urn:li:share:", "urn:li:ugcPost:"))]

    @cached_property
    def _busy_posts(self) -> list[str]:
        """Posts where something happened in the last 30 days, the busiest first."""
        return self._active_since(self.now - WARM)

    @cached_property
    def _hot_posts(self) -> list[str]:
        return self._active_since(self.now - HOT)

    def _active_since(self, since: datetime) -> list[str]:
        active = [thread.post for thread in self._threads if thread.post and thread.last_activity > since]
        return [post for post, _ in Counter(active).most_common() if urns.is_urn(post)]

    @cached_property
    def _blind_turn(self) -> frozenset[str]:
        hot = [thread.external_id for thread in self._threads if thread.last_activity > self.now - HOT]
        return frozenset(self.memory.in_turn("threads", hot, BLIND_THREADS))


def items_of(
    records: Sequence[Any], *, us: set[str], post: str | None = None, thread: str | None = None
) -> tuple[list[Item], list[Unreadable]]:
    """Read an answer's comments; what cannot be read is set aside."""
    items: list[Item] = []
    unreadable: list[Unreadable] = []
    for record in records:
        try:
            items.append(mapping.item_of(record, us=us, post=post, thread=thread))
        except mapping.Unmappable as error:
            unreadable.append(mapping.unreadable_of(record, str(error)))
    return items, unreadable


def _all(count: Count | None) -> int | None:
    return count.all if count else None


def by_entity(ids: Sequence[str]) -> Mapping[str, list[str]]:
    """Sort comments by the post that their URNs name; what is no comment's URN is left out."""
    found: dict[str, list[str]] = defaultdict(list)
    for urn in ids:
        own = urns.comment(urn)
        if own:
            found[own.entity].append(own.id)
    return found
