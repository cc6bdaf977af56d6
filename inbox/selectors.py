"""What the pages read. Querysets filter and never write; access is asked here, in `visible_to`.

The list is one index scan: `Conversation` repeats what it is sorted by, pages go by key (deadline, id), and
counts stop at a thousand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.utils.dateparse import parse_datetime

from accounts.models import Channel, Surface, User
from accounts.permissions import Permission, may
from inbox.models import Conversation, Item, ItemVersion, Outgoing, ReplyCycle

PAGE = 40  # rows a page: what a tall screen shows twice
COUNT_CAP = 1000  # counting further costs more than anybody wants to know
SILENT_AFTER = timedelta(minutes=15)  # a surface unread for so long may hide something
Status = Conversation.Status

VIEWS = ("due", "mine", "unassigned", "promised", "check", "open", "before", "done")
"""The views of the side menu, in its order. `due` is home: all that waits for us."""
STATES = ("overdue", "due_soon", "on_track")


@dataclass(frozen=True)
class Filters:
    """What of the inbox is asked for; `query()` is the address of it."""

    view: str = "due"
    channel: int | None = None
    state: str = ""
    after: str = ""  # key of the last row of the page before

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        """Read a page's query string; what makes no sense is left out."""
        view, state, channel = query.get("vy", ""), query.get("lage", ""), query.get("konto", "")
        return cls(
            view=view if view in VIEWS else "due",
            channel=int(channel) if channel.isascii() and channel.isdigit() and len(channel) < 18 else None,
            state=state if state in STATES else "",
            after=query.get("efter", ""),
        )

    def query(self, **changes: object) -> str:
        wanted = replace(self, **changes) if changes else self  # type: ignore[arg-type]
        pairs = {
            "vy": wanted.view if wanted.view != "due" else "",
            "konto": wanted.channel,
            "lage": wanted.state,
            "efter": wanted.after,
        }
        return urlencode({key: value for key, value in pairs.items() if value})


@dataclass(frozen=True)
class ListPage:
    rows: list[Conversation]
    after: str  # key of the last row, "" on the last page


def visible_to(user: User) -> QuerySet[Conversation]:
    """The conversations that this person may see: everything to everyone with a role, in one installation."""
    return Conversation.objects.all() if may(user, Permission.READ) else Conversation.objects.none()


def matching(user: User, filters: Filters, now: datetime) -> QuerySet[Conversation]:
    """The conversations of a view, unsorted."""
    rows = visible_to(user).filter(_view(filters.view, user, now))
    if filters.channel:
        rows = rows.filter(channel=filters.channel)
    if filters.state:
        rows = rows.filter(in_state(filters.state, now))
    return rows


def _view(view: str, user: User, now: datetime) -> Q:
    rests = Q(status=Status.SNOOZED, snoozed_until__gt=now)
    is_open = ~Q(status=Status.CLOSED)
    stuck = Q(outgoing__status__in=[Outgoing.Status.UNKNOWN]) | Q(outgoing__held=True, outgoing__status="queued")
    return {
        "due": is_open & Q(due_at__isnull=False) & ~rests,
        "mine": is_open & Q(assignee=user),
        "unassigned": is_open & Q(assignee=None, due_at__isnull=False),
        "promised": is_open & Q(promised_at__isnull=False),
        "check": stuck | Q(pk__in=failed_last()),
        "open": is_open & Q(before_connection=False),
        "before": Q(before_connection=True),
        "done": Q(status=Status.CLOSED),
    }[view]


def failed_last() -> QuerySet[Outgoing]:
    """Conversations still open whose newest reply failed: nobody has been answered."""
    newer = Outgoing.objects.filter(conversation=OuterRef("conversation"), pk__gt=OuterRef("pk"))
    failed = Outgoing.objects.filter(~Exists(newer), status=Outgoing.Status.FAILED)
    return failed.exclude(conversation__status=Status.CLOSED).values("conversation")


def in_state(state: str, now: datetime) -> Q:
    """The rule of `sla.clock.state`, in SQL; a test holds that both agree."""
    return {
        "overdue": Q(due_at__lte=now),
        "due_soon": Q(due_at__gt=now, due_soon_at__lte=now),
        "on_track": Q(due_soon_at__gt=now),
    }[state]


def page(user: User, filters: Filters, now: datetime) -> ListPage:
    """One page of the list: by effective deadline, what has none last; done ones newest first. Two queries."""
    rows = matching(user, filters, now).distinct() if filters.view == "check" else matching(user, filters, now)
    rows = rows.select_related("channel", "contact", "assignee", "thread__post").prefetch_related(
        Prefetch("outgoing", Outgoing.objects.exclude(status="sent").order_by("-pk"), to_attr="not_sent")
    )
    newest_first = filters.view in ("done", "before")
    rows = _after(rows, filters.after, newest_first=newest_first)
    if newest_first:
        rows = rows.order_by("-last_item_at", "-pk")
    else:
        rows = rows.order_by(F("due_at").asc(nulls_last=True), "pk")
    found = list(rows[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    return ListPage(found[:PAGE], _key(last, newest_first=newest_first) if last else "")


def _key(row: Conversation, *, newest_first: bool) -> str:
    moment = row.last_item_at if newest_first else row.due_at
    return f"{moment.isoformat() if moment else '-'}_{row.pk}"


def _after(rows: QuerySet[Conversation], key: str, *, newest_first: bool) -> QuerySet[Conversation]:
    moment, _, pk = key.rpartition("_")
    if not pk.isdigit():
        return rows
    at = parse_datetime(moment) if moment != "-" else None
    if newest_first:
        return rows.filter(Q(last_item_at__lt=at) | Q(last_item_at=at, pk__lt=pk)) if at else rows
    if at is None:
        return rows.filter(due_at=None, pk__gt=pk)
    return rows.filter(Q(due_at__gt=at) | Q(due_at=at, pk__gt=pk) | Q(due_at=None))


def capped_count(rows: QuerySet[Conversation]) -> int:
    """Count up to COUNT_CAP + 1."""
    return rows.order_by()[: COUNT_CAP + 1].count()


def view_counts(user: User, now: datetime) -> dict[str, int]:
    """How many each view of the menu holds, capped; done ones are not counted."""
    views = ("due", "mine", "unassigned", "promised", "check", "open")
    return {view: capped_count(matching(user, Filters(view=view), now).values("pk").distinct()) for view in views}


def news_count(user: User, filters: Filters, since: datetime, now: datetime) -> int:
    """How many conversations of this view have got something new since the list was drawn. One query."""
    return capped_count(matching(user, filters, now).filter(arrived_at__gt=since).values("pk").distinct())


def conversation(user: User, pk: int) -> Conversation:
    """Raises Conversation.DoesNotExist also for what the user may not see."""
    return (
        visible_to(user)
        .select_related("channel__department", "contact", "assignee", "thread__post", "department")
        .prefetch_related(
            Prefetch("cycles", ReplyCycle.objects.select_related("policy", "reply").order_by("pk")),
            Prefetch("outgoing", Outgoing.objects.select_related("by", "to").order_by("pk")),
            "notes__by",
            "verdicts__by",
            "cycles__deadline_changes",
        )
        .get(pk=pk)
    )


THREAD_WINDOW = 60  # items shown around the citizen's own; a storm's thread has thousands


def thread_items(row: Conversation) -> tuple[list[Item], int]:
    """The thread around a conversation, oldest first, and how many items of it are left out. Three queries.

    All of the citizen's own items and our replies to them are there; of the others the newest.
    """
    fields = Item.objects.select_related("contact", "first_seen_by", "channel").prefetch_related(
        Prefetch("versions", ItemVersion.objects.order_by("pk"))
    )
    own = fields.filter(conversation=row).order_by("-posted_at", "-pk")[: 2 * THREAD_WINDOW]
    others = fields.filter(thread=row.thread_id).exclude(conversation=row).order_by("-posted_at", "-pk")
    items = {item.pk: item for item in (*own, *others[:THREAD_WINDOW])}
    left_out = max(0, row.thread.item_count - len(items))
    return sorted(items.values(), key=lambda item: (item.posted_at, item.pk)), left_out


def following(user: User, filters: Filters, row: Conversation, now: datetime) -> Conversation | None:
    """The next one of the view after this one has left it, else the first."""
    rows = matching(user, replace(filters, after=""), now).exclude(pk=row.pk)
    ordered = rows.order_by(F("due_at").asc(nulls_last=True), "pk")
    after = _after(ordered, _key(row, newest_first=False), newest_first=False).first()
    return after or ordered.first()


def channels() -> list[Channel]:
    """The channels in use, with their surfaces, for the menu and the health line. Two queries."""
    rows = Channel.objects.exclude(status=Channel.Status.CLOSED).select_related("credential")
    return list(rows.prefetch_related(Prefetch("surfaces", Surface.objects.order_by("name"))).order_by("name", "pk"))
