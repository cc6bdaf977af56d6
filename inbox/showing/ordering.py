"""The order of a list, and the key by which a page goes on from a row of it.

What goes before every deadline stands on top, lane by lane; then by effective deadline, what has none last; done ones
newest first. A key is `lane~moment_id`, its lane left out where it is ordinary, its moment `-` where there is none.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import BooleanField, F, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.dateparse import parse_datetime

from inbox.models import Conversation
from inbox.showing.query import is_id
from inbox.showing.written import sql_of

if TYPE_CHECKING:
    from inbox.selectors import Filters

Lane = Conversation.Lane


def in_order(rows: QuerySet[Conversation], filters: Filters) -> list[QuerySet[Conversation]]:
    """Cut a view after its key into what is read by an index each: lane by lane on top, then the rest, all sorted."""
    if not filters.pins:
        return [in_its_order(_after(rows, filters), filters)]
    last = _lane_of(filters.after)
    lanes = [
        in_its_order(_after(rows.filter(lane=lane), filters) if lane == last else rows.filter(lane=lane), filters)
        for lane in Lane
        if lane < Lane.ORDINARY and (last is None or lane >= last)
    ]
    rest = rows.filter(lane=Lane.ORDINARY)
    if filters.all_due:
        rest = rest.filter(due_at__isnull=False)
    return [*lanes, in_its_order(_after(rest, filters) if last == Lane.ORDINARY else rest, filters)]


def _lane_of(key: str) -> int | None:
    """Say in which lane a key lies; None where there is no key."""
    if read_key(key) is None:
        return None
    lane, _, rest = key.partition("~")
    return int(lane) if rest else Lane.ORDINARY


def in_its_order(rows: QuerySet[Conversation], filters: Filters) -> QuerySet[Conversation]:
    if filters.newest_first:
        return rows.order_by("-last_item_at", "-pk")
    return rows.order_by(F("due_at").asc(nulls_last=True), "pk")


def key_of(row: Conversation, filters: Filters) -> str:
    """Where a row stands in the order of a view."""
    moment = row.last_item_at if filters.newest_first else row.due_at
    lane = f"{row.lane}~" if filters.pins and row.lane != Lane.ORDINARY else ""
    return f"{lane}{moment.isoformat() if moment else '-'}_{row.pk}"


def read_key(key: str) -> tuple[datetime | None, int] | None:
    """Read a key of a row; None if it is none."""
    moment, _, pk = (key[2:] if key[:2] in ("1~", "2~", "3~") else key).rpartition("_")
    if not is_id(pk):
        return None
    try:
        at = None if moment == "-" else parse_datetime(moment)
    except ValueError:
        return None
    return (at, int(pk)) if moment == "-" or (at and at.tzinfo) else None


def _after(rows: QuerySet[Conversation], filters: Filters) -> QuerySet[Conversation]:
    """Keep what comes after a key; all of it without one that can be read."""
    key = read_key(filters.after)
    if key is None:
        return rows
    at, pk = key
    if filters.newest_first:
        # The bound tells the index where to begin; the exact condition alone would walk there from the start.
        older = Q(last_item_at__lt=at) | Q(last_item_at=at, pk__lt=pk)
        return rows.filter(older, last_item_at__lte=at) if at else rows
    if at is None:
        return rows.filter(due_at=None, pk__gt=pk)
    later = Q(due_at__gt=at) | Q(due_at=at, pk__gt=pk)
    if filters.all_due and _lane_of(filters.after) == Lane.ORDINARY:
        return rows.filter(later, due_at__gte=at)
    return rows.filter(later | Q(due_at=None))


def _before(rows: QuerySet[Conversation], filters: Filters) -> QuerySet[Conversation]:
    """Keep what comes before a key; all of it without one."""
    key = read_key(filters.after)
    if key is None:
        return rows
    at, pk = key
    if filters.newest_first:
        return rows.filter(Q(last_item_at__gt=at) | Q(last_item_at=at, pk__gt=pk)) if at else rows
    if at is None:
        return rows.filter(Q(due_at__isnull=False) | Q(due_at=None, pk__lt=pk))
    return rows.filter(Q(due_at__lt=at) | Q(due_at=at, pk__lt=pk))


def above(rows: QuerySet[Conversation], filters: Filters, most: int) -> QuerySet[Conversation]:
    """What stands above a key, at most `most` of its lane; all of the view without a key."""
    last = _lane_of(filters.after) if filters.pins else None
    if last is None:
        return in_its_order(_before(rows, filters), filters)
    here = in_its_order(_before(rows.filter(lane=last), filters), filters)
    sql, params = sql_of(here.values("pk")[:most])
    in_lane = RawSQL(f'"inbox_conversation"."id" = ANY(ARRAY({sql}))', params, BooleanField())
    return rows.filter(Q(lane__lt=last) | Q(in_lane))
