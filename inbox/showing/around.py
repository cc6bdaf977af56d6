"""The thread around a conversation: all of it, of a long one what matters here, and the rest by the page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Case, Exists, OuterRef, Q, QuerySet, When
from django.db.models.expressions import RawSQL

from inbox.models import Conversation, Item, ItemVersion, Outgoing, Thread

WHOLE = 120  # items: a thread that is longer is shown in part, a storm's has thousands
OWN = 60  # of the citizen's own items and our answers to them, the newest
NEAR = 15  # items written right before the newest of them, and as many after
HIGHEST = 12  # steps from an item up to what it answers; X hangs answers below answers without end
PAGE = 100  # items a page of the whole thread
DEEPEST = 3  # steps of indentation; a phone has no room for more


@dataclass(frozen=True)
class Version:
    """What an item said until it was edited."""

    text: str
    replaced_at: datetime


@dataclass(frozen=True)
class Place:
    """An item and how deep it hangs in the tree, 0 at the top."""

    item: Item
    depth: int

    @property
    def versions(self) -> list[Version]:
        """What it said before, the oldest first."""
        words, times = self.item.old_texts, self.item.old_times  # type: ignore[attr-defined]
        return [Version(*each) for each in zip(words or (), times or (), strict=True)]


# The citizen's own items and our answers; what they answer, up to the top; what was written around the newest of them.
AROUND = """
WITH RECURSIVE own AS (
    SELECT id, parent_external_id FROM inbox_item WHERE conversation_id = %s
    ORDER BY posted_at DESC, id DESC LIMIT %s
), above AS (
    SELECT id, parent_external_id, 0 AS steps FROM own
    UNION
    SELECT parent.id, parent.parent_external_id, steps + 1 FROM above
    JOIN inbox_item parent ON parent.channel_id = %s AND parent.external_id = above.parent_external_id
    WHERE above.parent_external_id <> '' AND steps < %s
)
SELECT id FROM above
UNION (SELECT id FROM inbox_item WHERE thread_id = %s AND posted_at <= %s ORDER BY posted_at DESC, id DESC LIMIT %s)
UNION (SELECT id FROM inbox_item WHERE thread_id = %s AND posted_at > %s ORDER BY posted_at, id LIMIT %s)
"""


def items(row: Conversation) -> tuple[list[Place], int]:
    """The thread as a tree, oldest first, and how many items of it are left out. One query.

    Each item also tells what it said before (`old_texts`, `old_times`), whether it waits for us (`waits`) and whether
    it was we who took it away (`taken_away`).
    """
    rows = _shown()
    if row.thread.item_count <= WHOLE:
        found = list(rows.filter(thread=row.thread_id).order_by("-posted_at", "-pk")[: 2 * WHOLE])
    else:
        found = list(rows.filter(pk__in=_around(row)))
    return tree(found), max(0, row.thread.item_count - len(found))


WAITS = Case(When(Q(cycle__isnull=False, cycle__ended_at=None), then=True), default=False)


def _around(row: Conversation) -> RawSQL:
    near = (row.thread_id, row.last_item_at, NEAR)
    return RawSQL(AROUND, (row.pk, OWN, row.channel_id, HIGHEST, *near, *near))  # a constant


@cache  # Django takes longer to make it than PostgreSQL to answer
def _shown() -> QuerySet[Item]:
    old = ItemVersion.objects.filter(item=OuterRef("pk")).order_by("pk")
    ours = Outgoing.objects.filter(to=OuterRef("pk"), kind=Outgoing.Kind.DELETE, status=Outgoing.Status.SENT)
    edited = Q(edited_at__isnull=False)
    # Asked only where there can be something: of most items nothing is.
    return (
        Item.objects.select_related("contact", "first_seen_by")
        .defer("raw")
        .annotate(
            old_texts=Case(When(edited, then=ArraySubquery(old.values("text")))),
            old_times=Case(When(edited, then=ArraySubquery(old.values("replaced_at")))),
            taken_away=Case(When(Q(deleted_at__isnull=False), then=Exists(ours)), output_field=BooleanField()),
            waits=WAITS,
        )
    )


def theirs(row: Conversation, places: Collection[Place]) -> list[Item]:
    """Of what is shown, what the citizen has written that is still there, oldest first."""
    own = (place.item for place in places if place.item.conversation_id == row.pk)
    there = (item for item in own if not item.from_us and item.deleted_at is None)
    return sorted(there, key=lambda item: (item.posted_at, item.pk))


def written_by(row: Conversation, most: int) -> list[Item]:
    """The same, of all that the citizen has written, without the thread: the newest, oldest first. One query."""
    there = Item.objects.filter(conversation=row, from_us=False, deleted_at=None).annotate(waits=WAITS)
    return list(there.defer("raw").order_by("-posted_at", "-pk")[:most])[::-1]


def ours(row: Conversation, pk: int) -> Item | None:
    """An answer of ours in the thread of a conversation. One query."""
    return Item.objects.filter(pk=pk, thread=row.thread_id, from_us=True).defer("raw").first()


def page(thread: Thread, after: tuple[datetime, int] | None) -> tuple[list[Place], tuple[datetime, int] | None]:
    """One page of the whole thread, oldest first, after a key, and the key of its last item if more follows."""
    rows = _shown().filter(thread=thread)
    if after:
        at, pk = after
        rows = rows.filter(Q(posted_at__gt=at) | Q(posted_at=at, pk__gt=pk), posted_at__gte=at)
    found = list(rows.order_by("posted_at", "pk")[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    return tree(found[:PAGE]), (last.posted_at, last.pk) if last else None


def tree(found: list[Item]) -> list[Place]:
    """Put each item below the one it answers; what answers nothing that is here stands at the top."""
    ordered = sorted(found, key=lambda item: (item.posted_at, item.pk))
    by_id = {id: item for item in ordered for id in (item.external_id, *item.earlier_ids)}
    below: dict[int | None, list[Item]] = defaultdict(list)
    for item in ordered:
        parent = by_id.get(item.parent_external_id) if item.parent_external_id else None
        is_later = parent is not None and (parent.posted_at, parent.pk) < (item.posted_at, item.pk)
        below[parent.pk if parent and is_later else None].append(item)
    places: list[Place] = []
    stack = [(item, 0) for item in reversed(below[None])]
    while stack:
        item, depth = stack.pop()
        places.append(Place(item, min(depth, DEEPEST)))
        stack += [(each, depth + 1) for each in reversed(below[item.pk])]
    return places
