"""Full-text search over all that citizens and we have written (R-024), newest first, page by page.

The index gives all hits of a word; so many are sorted at once. What more hits have answers from the newest of them, by
walking back in time: a word that common is met soon. `models/searchable.py` keeps what is searched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models.expressions import RawSQL

from accounts.models import User
from inbox import selectors
from inbox.models import Conversation, Item
from inbox.selectors import Filters
from inbox.showing import narrowing, ordering
from inbox.showing.query import Query
from inbox.showing.written import Sql, sql_of
from inbox.writing import secrecy

PAGE = 40
MOST_HITS = 20_000  # sorted at once: two per cent of a million items
NEWEST_HITS = 10_000  # of a commoner word
OPEN, CLOSE, LESS = "\ue000", "\ue001", "\ue002"  # around a hit, and for "<"; no platform has letters there
SHORT = 240  # characters: a text that is shown whole
MARKS = f"StartSel={OPEN}, StopSel={CLOSE}"
HEADLINE = f"{MARKS}, MaxFragments=2, MaxWords=26, MinWords=12, FragmentDelimiter=\u2009…\u2009"


@dataclass(frozen=True)
class Hit:
    """Something written, the conversation it stands in, and its words in pieces: those that were searched for apart."""

    item: Item
    row: Conversation
    parts: list[tuple[str, bool]]


@dataclass(frozen=True)
class Found:
    """One page. `count`: how many there are in all, None where that was not counted; `is_common`: only the newest
    NEWEST_HITS were looked at; `is_empty`: all the words are such as stand in every sentence."""

    hits: list[Hit]
    after: str = ""
    count: int | None = None
    is_common: bool = False
    is_empty: bool = False


def page(user: User, filters: Filters, now: datetime) -> Found:
    """Find one page of what a query with words asks for. Four queries, of a commoner word five."""
    query = filters.asked(now)
    found, is_common, count = _ids(user, query, filters, now)
    if not found:
        return Found([], count=0, is_empty=count == 0 and _says_nothing(query), is_common=is_common)
    hits = _shown(user, query, [pk for pk, _at in found[:PAGE]])
    last = found[PAGE - 1] if len(found) > PAGE else None
    key = f"{last[1].isoformat()}_{last[0]}" if last else ""
    is_narrowed = query.is_narrowed or filters.channel
    return Found(hits, key, None if is_narrowed or is_common else count, is_common)


def counted(user: User, filters: Filters, now: datetime, cap: int) -> Sql:
    """SQL that counts a query's hits up to a cap."""
    query = filters.asked(now)
    sql, params = _matching(query)
    inner, inner_params = _item(user, query, filters.channel, now)
    return (
        f"SELECT count(*) FROM (SELECT 1 FROM (SELECT item_id FROM inbox_searchentry WHERE {sql} LIMIT {NEWEST_HITS}) h"
        f" WHERE ({inner}) IS NOT NULL LIMIT {cap}) c",
        [*params, *inner_params],
    )


def _ids(user: User, query: Query, filters: Filters, now: datetime) -> tuple[list[tuple[int, datetime]], bool, int]:
    """Give ids and times of a page's hits and one more, whether the words are too common, and how many they have."""
    matching, params = _matching(query)
    inner, inner_params = _item(user, query, filters.channel, now)
    beyond, key, after = "", [], ordering.read_key(filters.after)
    if after and after[0]:
        beyond, key = "(posted_at, item_id) < (%s, %s) AND ", [after[0], after[1]]
    newest = "ORDER BY posted_at DESC, item_id DESC"
    tail = f"{beyond}({inner}) IS NOT NULL {newest} LIMIT {PAGE + 1}"
    with connection.cursor() as cursor:
        # Beside the page a row that only counts: so one query tells both.
        cursor.execute(
            f"WITH hits AS MATERIALIZED ("
            f"SELECT item_id, posted_at FROM inbox_searchentry WHERE {matching} LIMIT {MOST_HITS + 1})"
            f" SELECT NULL::bigint, NULL::timestamptz, count(*) FROM hits UNION ALL (SELECT item_id, posted_at, 0 FROM"
            f" (SELECT * FROM hits WHERE (SELECT count(*) FROM hits) <= {MOST_HITS} {newest}) h WHERE {tail})",
            [*params, *key, *inner_params],
        )
        (_pk, _at, count), *found = cursor.fetchall()
        if count > MOST_HITS:
            cursor.execute(
                f"SELECT item_id, posted_at FROM (SELECT item_id, posted_at FROM inbox_searchentry WHERE {matching}"
                f" {newest} LIMIT {NEWEST_HITS}) h WHERE {tail}",
                [*params, *key, *inner_params],
            )
            found = cursor.fetchall()
    return [(row[0], row[1]) for row in found], count > MOST_HITS, count


def _item(user: User, query: Query, channel: int | None, now: datetime) -> Sql:
    """SQL that gives the id of a hit's item if all beside its words holds, else nothing."""
    items = Item.objects.filter(narrowing.of_items(query), deleted_at=None, conversation__isnull=False)
    if not selectors.sees_all(user):
        items = items.filter(conversation__in=selectors.visible_to(user))
    items = items.filter(narrowing.conversations(query, now, "conversation__"), pk=RawSQL("h.item_id", []))
    if channel:
        items = items.filter(channel=channel)
    sql, params = sql_of(items.order_by().values("pk"))
    return sql, list(params)


def _matching(query: Query) -> Sql:
    """SQL of what must hold of an entry: its words and its time."""
    (words, params), (sql, found) = _tsquery(query), ("TRUE", [])
    if words:
        sql, found = f"vector @@ ({words})", params
    since, until = narrowing.instants(query)
    for sign, moment in ((">=", since), ("<", until)):
        if moment:
            sql, found = f"{sql} AND posted_at {sign} %s", [*found, moment]
    return sql, found


def _tsquery(query: Query) -> Sql:
    parts: list[str] = []
    params: list[Any] = []
    alone, rest = _short_words(query.words)
    if rest:
        parts.append("websearch_to_tsquery('swedish', %s)")
        params.append(rest)
    for word in alone:
        parts.append("(plainto_tsquery('swedish', %s) || plainto_tsquery('swedish', %s))")
        params += [word, word[:-1] if word.endswith("n") else f"{word}n"]
    for prefix in query.prefixes:
        parts.append("to_tsquery('simple', %s)")
        params.append(f"'{prefix}':*")
    for author in query.authors:
        # A name of nothing but signs is nobody's: an empty query finds nothing.
        parts.append("to_tsquery('swedish', %s)")
        params.append(" & ".join(f"'{word}':A" for word in _words(author)))
    return " && ".join(parts), params


_SHORT = re.compile(r"[^\W\d_]{0,4}[oåäöiuy]n?")


def _short_words(words: str) -> tuple[list[str], str]:
    """Take out the words that the Swedish stemmer leaves as they are: *snö* and *snön*, *bro* and *bron* are one."""
    tokens = re.findall(r'-?"[^"]*"?|\S+', words)
    if "or" in tokens:
        return [], words
    alone = [token for token in tokens if _SHORT.fullmatch(token.lower()) and len(token) > 2]
    return alone, " ".join(token for token in tokens if token not in alone)


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in text).split()


def _says_nothing(query: Query) -> bool:
    """Whether nothing is left of the words: all of them are such as stand in every sentence."""
    sql, params = _tsquery(query)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT numnode({sql}) = 0", params) if sql else cursor.execute("SELECT FALSE")
        return bool(cursor.fetchone()[0])


def _shown(user: User, query: Query, ids: list[int]) -> list[Hit]:
    items = {item.pk: item for item in Item.objects.filter(pk__in=ids).select_related("contact", "channel")}
    wanted = {item.conversation_id for item in items.values()}
    rows = {row.pk: row for row in selectors.as_shown(selectors.visible_to(user).filter(pk__in=wanted), user)}
    shown = [items[pk] for pk in ids if pk in items and items[pk].conversation_id in rows]
    texts = _headlines(query, [secrecy.preview(item.text) for item in shown])
    return [Hit(item, rows[item.conversation_id], _parts(text)) for item, text in zip(shown, texts, strict=True)]  # type: ignore[index]


def _headlines(query: Query, texts: list[str]) -> list[str]:
    """Give the piece of each text that shows why it was found; what is masked stays so."""
    sql, params = _tsquery(query)
    if not sql or not texts:
        return [text[:200] for text in texts]
    # PostgreSQL leaves out what looks like a tag, but whoever wrote it wrote words.
    clean = [text.translate(_CLEAN) for text in texts]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ts_headline('swedish', text, {sql}, CASE WHEN length(text) < {SHORT} THEN %s ELSE %s END)"
            " FROM unnest(%s::text[]) WITH ORDINALITY t (text, place) ORDER BY place",
            [*params, f"{MARKS}, HighlightAll=TRUE", HEADLINE, clean],
        )
        return [text.replace(LESS, "<") for (text,) in cursor.fetchall()]


_CLEAN = {ord(OPEN): None, ord(CLOSE): None, ord(LESS): None, ord("<"): LESS}


def _parts(text: str) -> list[tuple[str, bool]]:
    parts = []
    for piece in text.split(OPEN):
        hit, is_closed, rest = piece.partition(CLOSE)
        parts += [(hit, True), (rest, False)] if is_closed else [(hit, False)]
    return [(piece, is_hit) for piece, is_hit in parts if piece]
