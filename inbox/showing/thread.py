"""What the page of a conversation reads beside its thread: its history, and what happens while somebody writes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db.models import (
    BooleanField,
    CharField,
    DateTimeField,
    ExpressionWrapper,
    F,
    JSONField,
    OuterRef,
    Prefetch,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce, Concat, JSONObject, NullIf
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import HouseRules, User
from inbox import selectors
from inbox.deciding import grounds, guard
from inbox.deciding.grounds import Ground
from inbox.models import (
    REPLIES,
    Conversation,
    DeadlineChange,
    Draft,
    ExpertQuestion,
    GroundList,
    HandOver,
    Item,
    Note,
    Outgoing,
    PendingReply,
    ReplyCycle,
    VerdictEvent,
)
from inbox.promise import promises
from inbox.showing import chips, presence, written
from inbox.verdicts import MODERATE, VERDICTS
from inbox.writing import neutrality, replying

EDIT_LAG = timedelta(hours=1)  # how long ago the platform may date an edit that we have only just come to know


def conversation(user: User, pk: int) -> Conversation:
    """Give a conversation with its replies, and with the cycle whose deadline it shows. Two queries.

    `waits_since`, `waits_as` and `waits_under` are that cycle's start, kind and policy; `holdings` is how many holding
    replies stand unanswered, null for none; `presence.around` reads who has it open; `pending_reply` is the id of a
    reply that waits for approval, and `reply_waits` whether this user's would. Raises Conversation.DoesNotExist also
    for what the user may not see.
    """
    now = timezone.now()
    rows = selectors.visible_to(user).select_related(
        "channel__department", "contact", "assignee", "thread__post", "department", "topic"
    )
    rows = rows.annotate(
        **_facts(),
        neutral_until=Subquery(neutrality.periods(timezone.localdate(now)).values("last_day")[:1]),
        reply_waits=ExpressionWrapper(replying.waiting(user, now), BooleanField()),
    )
    rows = presence.with_present(rows)
    return rows.prefetch_related(Prefetch("outgoing", Outgoing.objects.select_related("by").order_by("pk"))).get(pk=pk)


@cache
def _facts() -> dict[str, RawSQL]:
    """What a conversation's page says of it that hangs on nobody who reads it, and on no time."""
    cycle = ReplyCycle.objects.filter(conversation=OuterRef("pk"), ended_at=None).order_by("due_at", "pk")
    pending = PendingReply.objects.filter(conversation=OuterRef("pk"), decided_at=None)
    return written.spelled_out(
        Conversation.objects.annotate(
            waits_since=Subquery(cycle.values("started_at")[:1]),
            waits_as=Subquery(cycle.values("kind")[:1]),
            waits_under=Subquery(cycle.values("policy")[:1]),
            holdings=promises.counted(),
            central_after=Subquery(HouseRules.objects.values("central_after_hours")[:1]),
            pending_reply=Subquery(pending.values("pk")),
        )
    )


@dataclass(frozen=True)
class Event:
    """Something we did in a conversation, in words."""

    at: datetime
    who: str
    what: str
    undone: bool = False


@dataclass(frozen=True)
class Question:
    """Something that an expert has been asked and not yet answered; `mailed_at` is null while its mail is to go."""

    pk: int
    name: str
    who: str
    text: str
    answer_by: datetime
    mailed_at: datetime | None
    error: str


@dataclass(frozen=True)
class HandedOver:
    """Who gave a conversation to another department, and why, as the receiver reads it."""

    at: datetime
    who: str
    was: str
    to: str
    why: str


@dataclass(frozen=True)
class Log:
    """What lies with a conversation: `events` oldest first, `drafts` as `drafts.seen_by` gives them, of everybody."""

    events: list[Event] = field(default_factory=list)
    notes: list[Event] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    hand_overs: list[HandedOver] = field(default_factory=list)


def log(row: Conversation) -> Log:
    """What we have done here, our notes, what experts have been asked and what has been typed.

    One query beside the replies that came with the row.
    """
    found, ruled = Log(), []
    kinds: dict[str, Ground] = {}
    for kind, at, who, what, first, second, facts in written.rows(_log_of_some_row(), {written.SOME_ROW: row.pk}):
        more = json.loads(facts or "null")
        if kind == "note":
            found.notes.append(Event(at, who, what))
        elif kind == "question":
            found.questions.append(Question(who=who.split()[0], text=what, answer_by=first, mailed_at=second, **more))
        elif kind == "draft":
            by = User(pk=more.pop("user"), name=who)
            found.drafts.append(Draft(conversation=row, user=by, text=what, saved_at=at, promised_at=first, **more))
        elif kind == "handed":
            found.hand_overs.append(HandedOver(at, who, why=what, **more))
            words = _("Överlämnad från %(was)s till %(to)s") % more
            found.events.append(Event(at, who, f"{words}: {what}"))
        elif kind == "moved":
            words = _("Svarsfristen flyttades från %(old)s till %(new)s")
            words %= {"old": chips.exactly(first), "new": chips.exactly(second)}
            found.events.append(Event(at, who, words))
        elif kind == "grounds":
            kinds = grounds.of(GroundList(grounds=more))
        else:
            ruled.append((at, who, what, first is not None))
    found.events.extend(Event(at, who, _verdict_words(what, kinds), undone) for at, who, what, undone in ruled)
    found.events.extend(_replies(row))
    found.events.sort(key=lambda event: event.at)
    found.drafts.sort(key=lambda draft: (draft.saved_at, draft.pk), reverse=True)
    return found


def _replies(row: Conversation) -> Iterator[Event]:
    holdings = 0
    for out in row.outgoing.all():
        holdings = _in_a_row(out, holdings)
        what = promises.words(holdings) if out.kind == Outgoing.Kind.HOLDING else ""
        what = what[:1].upper() + what[1:] or out.get_kind_display()
        yield Event(out.created_at, out.by.get_short_name(), f"{what} ({out.get_status_display()})")


def _in_a_row(out: Outgoing, before: int) -> int:
    """Count the holding replies since we last answered, this one included if it has come through."""
    if out.kind == Outgoing.Kind.HOLDING:
        return before + (out.status == Outgoing.Status.SENT)
    return 0 if out.status == Outgoing.Status.SENT and out.kind in REPLIES else before


def _verdict_words(key_and_reason: str, kinds: Mapping[str, Ground]) -> str:
    key, _dot, reason = key_and_reason.partition(".")
    verdict = VERDICTS.get(key)
    if verdict is None:
        return key
    if verdict is MODERATE:
        why: Any = kinds[reason].label if reason in kinds else reason
    else:
        why = dict(verdict.reasons).get(reason) if verdict.reasons else reason
    return f"{verdict.label}: {why}" if why else str(verdict.label)


@cache
def _log_of_some_row() -> written.Sql:
    return written.sql_of(_logged(Conversation(pk=written.SOME_ROW)))


def _logged(row: Conversation) -> QuerySet[Any, tuple[Any, ...]]:
    """Everything of a `Log` as (kind, at, who, what, a time, another, facts), oldest first."""
    no_time, no_facts = Cast(Value(None), DateTimeField()), Cast(Value(None), JSONField())

    def columns(
        rows: QuerySet[Any],
        kind: str,
        what: Any,
        first: Any = no_time,
        second: Any = no_time,
        facts: Any = no_facts,
        *,
        at: str = "at",
        by: str = "by",
    ) -> QuerySet[Any, Any]:
        name = Coalesce(NullIf(F(f"{by}__name"), Value("")), F(f"{by}__username"), Value(""))
        texts = {"source": Value(kind, output_field=CharField()), "who": name, "what": Cast(what, TextField())}
        moments = {"moment": F(at), "first_time": first, "second_time": second, "facts": facts}
        found = rows.order_by().annotate(**texts, **moments)
        return found.values_list("source", "moment", "who", "what", "first_time", "second_time", "facts")

    ruled = VerdictEvent.objects.filter(conversation=row)
    moves = DeadlineChange.objects.filter(cycle__conversation=row)
    # A closed conversation waits for nobody.
    asked = ExpertQuestion.objects.filter(conversation=row, ended_at=None).exclude(conversation__status="closed")
    question = JSONObject(pk="pk", name="name", error="error")
    typed = Draft.objects.filter(conversation=row)
    draft = JSONObject(pk="pk", slot="slot", shared="shared", user="user_id")
    handed = HandOver.objects.filter(conversation=row)
    whence = JSONObject(was="from_department__name", to="to_department__name")
    in_force = GroundList.objects.filter(
        version=Subquery(GroundList.objects.order_by("-version").values("version")[:1])
    )
    return (
        columns(ruled, "verdict", Concat("verdict", Value("."), "reason"), F("undone_at"))
        .union(
            columns(Note.objects.filter(conversation=row), "note", F("text")),
            columns(moves, "moved", F("reason"), F("old_due_at"), F("new_due_at")),
            columns(asked, "question", F("text"), F("answer_by"), F("mailed_at"), question),
            columns(typed, "draft", F("text"), F("promised_at"), facts=draft, at="saved_at", by="user"),
            columns(handed, "handed", F("reason"), facts=whence),
            columns(in_force, "grounds", Value(""), facts=F("grounds"), at="made_at"),
            all=True,
        )
        .order_by("moment")
    )


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
