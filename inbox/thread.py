"""What the page of a conversation reads: the thread around it, its history, what happens while somebody writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    CharField,
    DateTimeField,
    F,
    OuterRef,
    Prefetch,
    QuerySet,
    Subquery,
    TextField,
    Value,
    prefetch_related_objects,
)
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from accounts.models import User
from inbox import chips, grounds, guard, promises, selectors
from inbox.models import (
    REPLIES,
    Conversation,
    DeadlineChange,
    Item,
    ItemVersion,
    Note,
    Outgoing,
    ReplyCycle,
    VerdictEvent,
)
from inbox.verdicts import MODERATE, VERDICTS

WINDOW = 60  # items shown around the citizen's own; a storm's thread has thousands
DEEPEST = 3  # steps of indentation; a phone has no room for more
EDIT_LAG = timedelta(hours=1)  # how long ago the platform may date an edit that we have only just come to know


def conversation(user: User, pk: int) -> Conversation:
    """Give a conversation with its replies, and with the cycle whose deadline it shows. Two queries.

    `waits_since`, `waits_as` and `waits_under` are that cycle's start, kind and policy. Raises
    Conversation.DoesNotExist also for what the user may not see.
    """
    cycle = ReplyCycle.objects.filter(conversation=OuterRef("pk"), ended_at=None).order_by("due_at", "pk")
    rows = selectors.visible_to(user).select_related(
        "channel__department", "contact", "assignee", "thread__post", "department"
    )
    rows = rows.annotate(
        waits_since=Subquery(cycle.values("started_at")[:1]),
        waits_as=Subquery(cycle.values("kind")[:1]),
        waits_under=Subquery(cycle.values("policy")[:1]),
    )
    return rows.prefetch_related(Prefetch("outgoing", Outgoing.objects.select_related("by").order_by("pk"))).get(pk=pk)


@dataclass(frozen=True)
class Place:
    """An item and how deep it hangs in the tree, 0 at the top."""

    item: Item
    depth: int

    @property
    def versions(self) -> Sequence[ItemVersion]:
        return self.item.versions.all() if self.item.edited_at else ()


def items(row: Conversation) -> tuple[list[Place], int]:
    """The thread as a tree, oldest first, and how many items of it are left out. One query, in a long thread two.

    All of the citizen's own items are there, and our replies to them; of the others the newest.
    """
    fields = Item.objects.select_related("contact", "first_seen_by").defer("raw")
    newest = fields.filter(thread=row.thread_id).order_by("-posted_at", "-pk")
    if row.thread.item_count <= 2 * WINDOW:
        found = list(newest[: 3 * WINDOW])
    else:
        own = fields.filter(conversation=row).order_by("-posted_at", "-pk")[: 2 * WINDOW]
        found = list({item.pk: item for item in (*own, *newest[:WINDOW])}.values())
    _prefetch_versions(found)
    return tree(found), max(0, row.thread.item_count - len(found))


def _prefetch_versions(found: list[Item]) -> None:
    edited = [item for item in found if item.edited_at]
    if edited:
        prefetch_related_objects(edited, "versions")


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


@dataclass(frozen=True)
class Event:
    """Something we did in a conversation, in words."""

    at: datetime
    who: str
    what: str
    undone: bool = False


@dataclass(frozen=True)
class Log:
    events: list[Event]
    notes: list[Event]


def log(row: Conversation) -> Log:
    """What we have done here, oldest first, and the notes. One query beside the replies that came with the row."""
    events, notes = [], []
    for kind, at, who, what, first, second in _logged(row):
        if kind == "note":
            notes.append(Event(at, who or "", what))
        elif kind == "moved":
            words = _("Svarsfristen flyttades från %(old)s till %(new)s")
            events.append(Event(at, who or "", words % {"old": chips.exactly(first), "new": chips.exactly(second)}))
        else:
            events.append(Event(at, who or "", _verdict_words(what), undone=first is not None))
    holdings = 0
    for out in row.outgoing.all():
        holdings = _in_a_row(out, holdings)
        what = promises.words(holdings) if out.kind == Outgoing.Kind.HOLDING else ""
        what = what[:1].upper() + what[1:] or out.get_kind_display()
        events.append(Event(out.created_at, out.by.get_short_name(), f"{what} ({out.get_status_display()})"))
    return Log(sorted(events, key=lambda event: event.at), notes)


def _in_a_row(out: Outgoing, before: int) -> int:
    """Count the holding replies since we last answered, this one included if it has come through."""
    if out.kind == Outgoing.Kind.HOLDING:
        return before + (out.status == Outgoing.Status.SENT)
    return 0 if out.status == Outgoing.Status.SENT and out.kind in REPLIES else before


def _verdict_words(key_and_reason: str) -> str:
    key, _dot, reason = key_and_reason.partition(".")
    verdict = VERDICTS.get(key)
    if verdict is None:
        return key
    if verdict is MODERATE:
        ground = grounds.of(grounds.current()).get(reason)
        why: Any = ground.label if ground else reason
    else:
        why = dict(verdict.reasons).get(reason) if verdict.reasons else reason
    return f"{verdict.label}: {why}" if why else str(verdict.label)


def _logged(row: Conversation) -> QuerySet[Any, tuple[Any, ...]]:
    """Verdicts, notes and moved deadlines as (kind, at, who, what, a time, another), oldest first."""

    def columns(rows: QuerySet[Any], kind: str, what: Any, first: Any, second: Any) -> QuerySet[Any, Any]:
        moments = {"first_time": first, "second_time": second}
        texts = {"event": Value(kind, output_field=CharField()), "what": Cast(what, TextField())}
        return (
            rows.order_by()
            .annotate(**texts, **moments)
            .values_list("event", "at", "by__name", "what", "first_time", "second_time")
        )

    nothing = Cast(Value(None), DateTimeField())
    ruled = VerdictEvent.objects.filter(conversation=row)
    key_and_reason = Concat("verdict", Value("."), "reason")
    verdicts = columns(ruled, "verdict", key_and_reason, F("undone_at"), nothing)
    notes = columns(Note.objects.filter(conversation=row), "note", F("text"), nothing, nothing)
    moves = DeadlineChange.objects.filter(cycle__conversation=row)
    moved = columns(moves, "moved", F("reason"), F("old_due_at"), F("new_due_at"))
    return verdicts.union(notes, moved, all=True).order_by("at")


def meanwhile(row: Conversation, *, revision: int, since: datetime, now: datetime) -> str:
    """Say what has happened in a conversation since its form was drawn, in one sentence; "" for nothing.

    Two or three queries if its revision has moved, else one.
    """
    was_on_its_way = Outgoing.objects.filter(
        conversation=row, status__in=guard.ON_ITS_WAY, kind__in=REPLIES, created_at__lte=since
    ).exists()
    if not was_on_its_way and (other := guard.other_reply(row, since=since, key="", now=now)):
        return other
    if row.revision == revision:
        return ""
    name = str(row.contact or _("Avsändaren"))
    changed = Item.objects.filter(conversation=row, from_us=False)
    facts = list(changed.values_list("deleted_at", "fetched_at", "edited_at"))
    if any(deleted and deleted > since for deleted, _fetched, _edited in facts):
        return _("%s har tagit bort det du svarar på.") % name
    if any(fetched > since for _deleted, fetched, _edited in facts):
        return _("%s har skrivit mer.") % name
    if any(edited and edited > since - EDIT_LAG for _deleted, _fetched, edited in facts):
        return _("%s har ändrat sin text.") % name
    return _("Någon annan har ändrat något här.")
