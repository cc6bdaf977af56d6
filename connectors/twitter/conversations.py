"""What is searched for that does not name us: answers in conversations where we wrote, and quotes of our posts.

The lively ones always, the older ones of a week in turns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.base import KnownThread
from connectors.twitter import snowflake
from connectors.twitter.paging import REACH

LIVELY = timedelta(hours=48)  # asked for in every poll; the older ones of a week take turns, one query a poll
FULL_REACH = timedelta(days=30)  # a full poll asks for these: X shows answers of the last 7 days, in any conversation
QUERY_LENGTH = 512  # characters, self-serve; docs.x.com/x-api/posts/search/integrate/build-a-query, 2026-11-22
ANSWERS, QUOTES = "conversation_id", "quotes_of_tweet_id"  # operators of the search
POSTS_WITHOUT_TIME = 13  # our newest posts whose ids tell no time: one query


@dataclass(frozen=True, slots=True)
class Plan:
    """The queries of one poll, and whose turn it is among the older conversations in the next."""

    queries: tuple[str, ...]
    turn: int


def plan(threads: Sequence[KnownThread], posts: Sequence[str], *, turn: int, now: datetime, full: bool) -> Plan:
    """Choose what to search for; `posts` are the conversations that we began, newest first."""
    return _plan(_activity(threads, posts, now), ANSWERS, turn=turn, now=now, full=full)


def quotes(posts: Sequence[str], *, turn: int, now: datetime, full: bool) -> Plan:
    """Choose the posts of ours whose quotes are searched for; the newest first."""
    return _plan(_activity((), posts, now), QUOTES, turn=turn, now=now, full=full)


def _plan(active: Mapping[str, datetime], operator: str, *, turn: int, now: datetime, full: bool) -> Plan:
    within = [id for id, at in active.items() if at >= now - (FULL_REACH if full else REACH)]
    lively = [id for id in within if full or active[id] >= now - LIVELY]
    turns = list(_queries(within[len(lively) :], operator))
    waiting = turns[turn % len(turns)] if turns else []
    texts = tuple(_text(ids, operator) for ids in _queries([*lively, *waiting], operator))
    return Plan(texts, turn + 1 if turns else 0)


def _activity(threads: Sequence[KnownThread], posts: Sequence[str], now: datetime) -> dict[str, datetime]:
    """Say when something last happened in each conversation of ours, the newest first."""
    active = {thread.external_id: thread.last_activity for thread in threads}
    ours = {thread.external_id for thread in threads if thread.we_wrote} | set(posts)
    untimed = [id for id in posts if id not in active and snowflake.time_of(id) is None][:POSTS_WITHOUT_TIME]
    for id in posts:
        written = now if id in untimed else snowflake.time_of(id)
        if written is not None:
            active[id] = max(written, active.get(id, written))
    chosen = [(id, at) for id, at in active.items() if id in ours]
    return dict(sorted(chosen, key=lambda pair: pair[1], reverse=True))


def _queries(ids: Iterable[str], operator: str) -> Iterator[list[str]]:
    """Cut a list of conversations or posts into queries that are short enough."""
    held: list[str] = []
    for id in ids:
        if held and len(_text([*held, id], operator)) > QUERY_LENGTH:
            yield held
            held = []
        held.append(id)
    if held:
        yield held


def _text(ids: Sequence[str], operator: str) -> str:
    return " OR ".join(f"{operator}:{id}" for id in ids)
