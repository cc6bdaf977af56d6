"""What the pages read of the inbox. Querysets filter and never write; access is asked here, in `visible_to`.

The list is one index scan: `Conversation` repeats what it is sorted by, pages go by key (deadline, id), and
counts stop at a thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.db.models import BooleanField, Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.expressions import Expression, RawSQL
from django.db.models.functions import JSONObject
from django.utils import timezone

from accounts.models import Channel, User
from accounts.permissions import Permission, may, memberships_of, scope_of
from inbox import scope
from inbox.models import REPLIES, Conversation, ExpertQuestion, Item, LaneChange, Outgoing, PendingReply, ReplyCycle
from inbox.promise import promises
from inbox.showing import narrowing, ordering, presence
from inbox.showing.query import LONGEST, Query, is_id, parse
from inbox.showing.written import SOME_ROW, SOME_TIME, TIME_OF_ROW, Sql, Write, asked_again, spelled_out, sql_of

PAGE = 40  # rows a page: what a tall screen shows twice
COUNT_CAP = 1000  # counting further costs more than anybody wants to know
Status, Lane = Conversation.Status, Conversation.Lane

VIEWS = (
    "due", "urgent", "person", "legal", "today", "mine", "department", "unassigned", "promised", "expert", "approval",
    "snoozed", "check", "open", "before", "done",
)  # fmt: skip
"""The views of the side menu, in its order. `due` is home: all that waits for us."""
LANES = {"urgent": Lane.URGENT, "person": Lane.PERSON, "legal": Lane.LEGAL}
PINS = ("due", "today", "mine", "department", "unassigned", "open")
"""The views on top of which stands what goes before the deadline, whether it has one or not."""
SEARCH = "search"  # the view of what the search field asks for
GROUP = "group"  # the view of those who ask the same
STATES = ("overdue", "due_soon", "on_track")
NEWEST_FIRST = ("before", "done")  # views without deadlines
ALL_DUE = ("due", "today", "unassigned", "promised")
DUE_STATUSES = {"obesvarad", "snart", "försenad", "lovad"}  # of a search: all of them have a deadline


@dataclass(frozen=True)
class Filters:
    """What of the inbox is asked for; `query()` is the address of it."""

    view: str = "due"
    channel: int | None = None
    state: str = ""
    after: str = ""  # key of the last row of the page before
    text: str = ""  # what is searched for: then the view is SEARCH
    group: int | None = None  # of those who ask the same: then the view is GROUP

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        """Read a page's query string; what makes no sense is left out."""
        view, state, channel = query.get("vy", ""), query.get("lage", ""), query.get("konto", "")
        text = query.get("sok", "").replace("\0", "").strip()[:LONGEST]
        group = query.get("grupp", "") if not text else ""
        if is_id(group):
            return cls(view=GROUP, group=int(group), after=query.get("efter", ""))
        return cls(
            view=SEARCH if text else view if view in VIEWS else "due",
            channel=int(channel) if is_id(channel) else None,
            state=state if state in STATES and not text else "",
            after=query.get("efter", ""),
            text=text,
        )

    def query(self, **changes: object) -> str:
        wanted = replace(self, **changes) if changes else self  # type: ignore[arg-type]
        pairs = {
            "sok": wanted.text,
            "grupp": wanted.group,
            "vy": wanted.view if wanted.view not in ("due", SEARCH, GROUP) else "",
            "konto": wanted.channel,
            "lage": wanted.state,
            "efter": wanted.after,
        }
        return urlencode({key: value for key, value in pairs.items() if value})

    def asked(self, now: datetime) -> Query:
        """What the search field asks for."""
        return parse(self.text, timezone.localdate(now))

    @property
    def has_words(self) -> bool:
        """Whether single comments are searched for, rather than conversations of some kind."""
        return bool(self.text) and parse(self.text, _ANY_DAY).has_words

    @property
    def newest_first(self) -> bool:
        return self.view in NEWEST_FIRST or (bool(self.text) and not self.all_due)

    @property
    def pins(self) -> bool:
        return self.view in PINS and not (self.state or self.text)

    @property
    def waits(self) -> bool:
        """Whether anything of the view can wait for us, so that it has a state."""
        return self.view not in ("done", SEARCH, GROUP)

    @property
    def all_due(self) -> bool:
        """Whether all that matches has a deadline."""
        if self.text:
            return bool(DUE_STATUSES & set(parse(self.text, _ANY_DAY).statuses))
        return bool(self.state) or self.view in ALL_DUE


_ANY_DAY = date(2000, 1, 3)  # what has nothing to do with days is read on any of them


@dataclass(frozen=True)
class ListPage:
    rows: list[Conversation]
    after: str  # key of the last row, "" on the last page


def visible_to(user: User) -> QuerySet[Conversation]:
    """The conversations that this person may see now: everything, but for the roles that have a scope."""
    rows = Conversation.objects.all()
    if sees_all(user):
        return rows
    return rows.filter(scope.of(scope_of(user), user, timezone.now())) if may(user, Permission.READ) else rows.none()


def sees_all(user: User) -> bool:
    """Whether all conversations are visible to this person. Queries nothing but the roles, once."""
    return may(user, Permission.READ) and scope_of(user).everything


def matching(user: User, filters: Filters, now: datetime) -> QuerySet[Conversation]:
    """The conversations of a view, unsorted; of a search for words all, because `search` finds their comments."""
    rows = visible_to(user)
    if not filters.text:
        # What has a state has a deadline: said so, one index finds it.
        view = "dated" if filters.view == "due" and filters.state else filters.view
        rows = rows.filter(_view(view, user, now))
    elif not filters.has_words:
        rows = rows.filter(narrowing.without_words(filters.asked(now), now))
    if filters.group:
        rows = rows.filter(alike=filters.group)
    if filters.channel:
        rows = rows.filter(channel=filters.channel)
    if filters.state:
        rows = rows.filter(narrowing.in_state(filters.state, now)) if filters.waits else rows.none()
    return rows


def folded(user: User, filters: Filters, now: datetime) -> QuerySet[Conversation]:
    """The conversations of a view as rows: at home, of those who ask the same only the first to be answered."""
    rows = matching(user, filters, now)
    if filters.view != "due" or filters.channel or filters.state:
        return rows
    earlier = Q(due_at__lt=OuterRef("due_at")) | Q(due_at=OuterRef("due_at"), pk__lt=OuterRef("pk"))
    before = visible_to(user).filter(_view("due", user, now), earlier, alike=OuterRef("alike"), lane=Lane.ORDINARY)
    return rows.filter(Q(alike=None) | Q(lane__lt=Lane.ORDINARY) | ~Exists(before))


def _view(view: str, user: User, now: datetime) -> Q:
    rests = Q(status=Status.SNOOZED) & (Q(snoozed_until=None) | Q(snoozed_until__gt=now))
    is_open = ~Q(status=Status.CLOSED)
    # Each is built only when it is asked for: a page counts a dozen views, and some are long to write.
    views: dict[str, Callable[[], Q]] = {
        "due": lambda: is_open & (Q(due_at__isnull=False) | Q(lane__lt=Lane.ORDINARY)) & ~rests,
        "dated": lambda: is_open & ~rests,
        "today": lambda: is_open & Q(due_at__lt=_tomorrow(now)) & ~rests,
        "department": lambda: is_open & _of_department(user),
        "mine": lambda: is_open & Q(assignee=user),
        "unassigned": lambda: is_open & Q(assignee=None, due_at__isnull=False),
        "promised": lambda: is_open & Q(promised_at__isnull=False),
        "expert": lambda: is_open & Q(pk__in=asked_experts()),
        "approval": lambda: Q(pk__in=waits_for_approval()),
        "snoozed": lambda: Q(status=Status.SNOOZED),
        "check": lambda: Q(pk__in=needs_a_person()),
        "open": lambda: is_open & Q(before_connection=False),
        "before": lambda: Q(before_connection=True),
        "done": lambda: Q(status=Status.CLOSED),
        GROUP: lambda: is_open,
    }
    return is_open & Q(lane=LANES[view]) & ~rests if view in LANES else views[view]()


def _tomorrow(now: datetime) -> datetime:
    return timezone.make_aware(datetime.combine(timezone.localdate(now) + timedelta(days=1), time()))


def _of_department(user: User) -> Q:
    """What belongs to the user's departments: given to them, or come in on their accounts and given to nobody."""
    mine = {department for _role, department in memberships_of(user) if department}
    if not mine:
        return Q(pk__in=())
    channels = Channel.objects.filter(department__in=mine).order_by().values("pk")
    # As an array: a subquery beside an OR would keep both indexes from being used.
    sql, params = sql_of(channels)
    here = RawSQL(f'"inbox_conversation"."channel_id" = ANY(ARRAY({sql}))', params, _BOOLEAN)
    return Q(department__in=mine) | (Q(department=None) & Q(here))


_BOOLEAN = BooleanField()


def asked_experts() -> QuerySet[ExpertQuestion]:
    """The conversations that wait for an expert."""
    return ExpertQuestion.objects.filter(ended_at=None).values("conversation")


def waits_for_approval() -> QuerySet[PendingReply]:
    """The conversations with a reply that somebody has to approve."""
    return PendingReply.objects.filter(decided_at=None).values("conversation")


def needs_a_person() -> QuerySet[Outgoing]:
    """The conversations where something is stuck: failed, perhaps sent, or held until somebody mends the channel.

    Of replies the newest counts, and a failed one only until the conversation is closed; of what hides, deletes, edits
    or likes the newest of each item.
    """
    newer = Outgoing.objects.filter(conversation=OuterRef("conversation"), pk__gt=OuterRef("pk"))
    reply = Q(kind__in=REPLIES) & ~Exists(newer.filter(kind__in=REPLIES))
    action = ~Q(kind__in=REPLIES) & ~Exists(newer.filter(to=OuterRef("to")).exclude(kind__in=REPLIES))
    done_with = Q(kind__in=REPLIES, status=Outgoing.Status.FAILED, conversation__status=Status.CLOSED)
    stuck = Q(status__in=("failed", "unknown")) | Q(status=Outgoing.Status.QUEUED, held=True)
    not_done = Outgoing.objects.filter(status__in=("failed", "unknown", "queued"))
    return not_done.filter(stuck, reply | action).exclude(done_with).values("conversation")


def on_its_way() -> QuerySet[Outgoing]:
    """The conversations that a reply is on its way to: nothing is to be done there just now."""
    return Outgoing.objects.filter(status__in=("queued", "sending"), held=False).values("conversation")


def page(user: User, filters: Filters, now: datetime) -> ListPage:
    """One page of the list: by effective deadline, what has none last; done ones newest first. One query.

    Which rows, by one index, is asked in an array, which is planned by itself; then what they show. Joined they would
    be more tables than are planned as one.
    """
    found = _rows_of(user, _again(_ids_of_page, user, filters, now), filters, PAGE + 1)
    last = found[PAGE - 1] if len(found) > PAGE else None
    return ListPage(found[:PAGE], ordering.key_of(last, filters) if last else "")


def first_rows(user: User, rows: QuerySet[Conversation], filters: Filters, most: int) -> list[Conversation]:
    """The first of these rows in the order of a view, with all that a row shows. One query."""
    parts = ordering.in_order(rows, replace(filters, after=""))
    return _rows_of(user, [sql_of(part.values("pk")[:most]) for part in parts], filters, most)


def counted(user: User, filters: Filters, now: datetime) -> Sql:
    """SQL that counts a view or a search without words, up to one more than COUNT_CAP."""
    (sql,) = _again(_count, user, replace(filters, after=""), now)
    return sql


def _count(user: User, filters: Filters, now: datetime) -> tuple[Sql, ...]:
    sql, params = sql_of(matching(user, filters, now).order_by().values("pk")[: COUNT_CAP + 1])
    return ((f"SELECT count(*) FROM ({sql}) counted", params),)


def _ids_of_page(user: User, filters: Filters, now: datetime) -> tuple[Sql, ...]:
    parts = ordering.in_order(folded(user, filters, now), filters)
    return tuple(sql_of(part.values("pk")[: PAGE + 1]) for part in parts)


def _again(write: Write, user: User, filters: Filters, now: datetime) -> tuple[Sql, ...]:
    """Give the SQL of a view as it was written once, with the values of now; of a search it is written each time."""
    if filters.text or not sees_all(user):
        return write(user, filters, now)
    values, after = {SOME_TIME: now, _tomorrow(SOME_TIME): _tomorrow(now)}, ""
    if key := ordering.read_key(filters.after):
        values |= {TIME_OF_ROW: key[0], SOME_ROW: key[1]}
        lane, tilde, _rest = filters.after.rpartition("~")
        moment = "-" if key[0] is None else TIME_OF_ROW.isoformat()
        after = f"{lane}{tilde}{moment}_{SOME_ROW}"
    return asked_again(write, user, replace(filters, after=after), values)


def _rows_of(user: User, asked: Sequence[Sql], filters: Filters, most: int) -> list[Conversation]:
    """The first rows of what `ordering.in_order` gives."""
    arrays = " || ".join(f"ARRAY({sql})" for sql, _params in asked)
    params = [value for _sql, values in asked for value in values]
    these = RawSQL(f'"inbox_conversation"."id" = ANY({arrays})', params, _BOOLEAN)
    shown = presence.with_present(as_shown(visible_to(user).filter(these), user))
    found = list(ordering.in_its_order(shown, filters))
    if filters.pins:
        found.sort(key=lambda row: row.lane)  # stable: within a lane by deadline
    return found[:most]


def as_shown(rows: QuerySet[Conversation], user: User) -> QuerySet[Conversation]:
    """Fetch with each conversation what a row of the list shows: also how its newest reply stands.

    `user`: who reads it; those who ask the same are counted as far as he or she may open them.
    """
    facts = _facts_of_all() if sees_all(user) else _facts(visible_to(user))
    return rows.select_related("channel", "contact", "assignee", "thread__post", "topic").annotate(**facts)


@cache
def _facts_of_all() -> dict[str, RawSQL]:
    return spelled_out(Conversation.objects.annotate(**_facts(Conversation.objects.all())))


def _facts(visible: QuerySet[Conversation]) -> dict[str, Expression]:
    """What a row shows that does not stand in it. `visible`: all that its reader may open."""
    newest = Outgoing.objects.filter(conversation=OuterRef("pk")).order_by("-pk")
    asked = ExpertQuestion.objects.filter(conversation=OuterRef("pk"), ended_at=None).order_by("-pk")
    waits = ReplyCycle.objects.filter(conversation=OuterRef("pk"), ended_at=None, kind=ReplyCycle.Kind.FIRST)
    # By its own count, so that PostgreSQL looks at none where nobody asks the same.
    same = visible.filter(alike=OuterRef("alike")).exclude(status=Status.CLOSED).order_by()
    same = same.values("alike").annotate(n=Count("pk"))
    change = LaneChange.objects.filter(conversation=OuterRef("pk")).order_by("-pk")
    seen = Item.objects.filter(conversation=OuterRef("pk"), first_seen_at__isnull=False).order_by("first_seen_at")
    pictured = Item.objects.filter(conversation=OuterRef("pk"), deleted_at=None).exclude(media=[])
    return {
        "lane_change": Case(When(lane__lt=Lane.ORDINARY, then=_facts_of(change, "rule", "certain"))),
        "seen_at": Case(When(lane=Lane.URGENT, then=Subquery(seen.values("first_seen_at")[:1]))),
        "newest_reply": _facts_of(newest, "status", "held", "kind"),
        "reply_pending": Exists(PendingReply.objects.filter(conversation=OuterRef("pk"), decided_at=None)),
        "expert": Subquery(asked.values("name")[:1]),
        "waits_since": Subquery(waits.values("started_at")[:1]),
        "holdings": promises.counted(),
        "has_media": Exists(pictured),
        "alike_count": Subquery(same.values("n"), output_field=IntegerField()),
    }


def _facts_of(rows: QuerySet[Any], *names: str) -> Subquery:
    """Give some fields of the first of some rows in one: each subquery takes PostgreSQL a while to plan."""
    return Subquery(rows.values(facts=JSONObject(**{name: name for name in names}))[:1])


def news(user: User, filters: Filters, *, shown: Collection[int], since: datetime, now: datetime) -> set[int]:
    """The conversations that a list drawn at `since` lacks, or in which something new was written. Two queries.

    `shown`: the ids of its rows; `filters.after`: the key of the last of them, empty if the list was drawn to its end.
    """
    if filters.has_words:
        return set()
    rows = folded(user, replace(filters, after=""), now)
    arrived = rows.filter(arrived_at__gt=since).values_list("pk", flat=True)[: COUNT_CAP + 1]
    between = ordering.above(rows, filters, COUNT_CAP + 1).exclude(pk__in=shown)
    return {*arrived, *between.values_list("pk", flat=True)[: COUNT_CAP + 1]}


def following(user: User, filters: Filters, row: Conversation, now: datetime) -> Conversation | None:
    """The next one of the view after this one, else the first; what has a reply on its way is passed over."""
    if filters.has_words:
        return None
    rows = folded(user, filters, now).exclude(pk=row.pk).exclude(pk__in=on_its_way())
    for asked in (replace(filters, after=ordering.key_of(row, filters)), replace(filters, after="")):
        for part in ordering.in_order(rows, asked):
            if found := part.first():
                return found
    return None


def next_deadline(user: User, now: datetime) -> Conversation | None:
    """The open conversation whose deadline comes next."""
    rows = visible_to(user).exclude(status=Status.CLOSED).filter(due_at__gt=now)
    return rows.select_related("channel").order_by("due_at", "pk").first()
