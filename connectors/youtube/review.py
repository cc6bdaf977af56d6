"""What YouTube holds back: comments that wait for review, and those that it takes for spam.

https://developers.google.com/youtube/v3/docs/commentThreads/list (moderationStatus), read 2026-11-24: a thread is
listed if its first comment or one of its replies has the status. Each poll reads both lists to the first page wholly
known, a full poll to the end: two calls of one unit without news. What is approved comes with the comments; what is
rejected is in no list.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from connectors.base import Context, Cost, Cursor, Known, Page
from connectors.youtube import mapping
from connectors.youtube.poll import LOOPED, PAGE_SIZE
from connectors.youtube.transport import Api, LoopingList


def pages(api: Api, context: Context, cursor: Cursor, *, known: Known, full: bool) -> Iterator[Page]:
    """Read both lists; the last page holds the cursor: up to when each was read to its end."""
    notes: list[str] = []
    reached = {status: mapping.moment(cursor.get(status)) for status in mapping.HELD}
    newest = dict(reached)
    for status, before in reached.items():
        try:
            for page, times in _listed(api, context, status, cursor):
                ids = {item.external_id for item in page.items}
                is_known = before is not None and known.item_ids(ids) >= ids and min(times, default=before) <= before
                newest[status] = max([*times, *filter(None, [newest[status]])], default=None)
                yield page
                if is_known and not full:
                    break
        except LoopingList:
            notes.append(LOOPED)
    read = {status: at.isoformat() for status, at in newest.items() if at}
    yield Page(cursor=cursor if notes else read, complete=not notes, notes=tuple(notes), cost=Cost(0, "units"))


def _listed(api: Api, context: Context, status: str, cursor: Cursor) -> Iterator[tuple[Page, list[datetime]]]:
    """Give what is held of each page, and when its threads began; what is published there is the comments' affair."""
    paid = api.units
    asked = {
        "part": "snippet,replies",
        "allThreadsRelatedToChannelId": context.external_id,
        "moderationStatus": status,
        "order": "time",
        "maxResults": PAGE_SIZE,
        "textFormat": "plainText",
    }
    for answer in api.pages("commentThreads", ids_in=mapping.ids_in, **asked):
        threads = [
            mapping.thread_of(record, us=context.external_id, listed=status) for record in mapping.records(answer)
        ]
        page = Page(
            items=tuple(item for thread in threads for item in thread.items if item.held),
            unreadable=tuple(odd for thread in threads for odd in thread.unreadable),
            cursor=cursor,
            cost=Cost(api.units - paid, "units"),
        )
        yield page, [thread.published_at for thread in threads if thread.published_at]
        paid = api.units
