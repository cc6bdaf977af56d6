"""Handing over: what is open, hot and promised at a swap, signed by who leaves and by who takes over (R-098)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import audit, shifts
from accounts.models import Shift, User
from accounts.permissions import Permission, require
from inbox import selectors
from inbox.deciding.acting import Refused, check_text
from inbox.models import Changeover, Conversation, Draft, ExpertQuestion, PendingReply, Thread

HOT = timedelta(hours=24)
HOT_FROM = 5  # comments of citizens within that time
SHOWN = 20  # rows of each part; the number tells of all
TONIGHT = timedelta(hours=20)
VACATION = _(
    "Det här är igång:\n- \n\nDet här kan vänta tills jag är tillbaka:\n- \n\nKonton jag ansvarar för, och vem som "
    "ersätter mig:\n- \n\nVem som kan svara på vad:\n- "
)


@dataclass(frozen=True)
class State:
    """What there is to hand over, of what the person sees."""

    urgent: list[Conversation]  # resting ones too: whoever takes over must know of each
    promised: list[Conversation]
    overdue: int
    waiting: int
    hot: list[Thread]
    questions: list[ExpertQuestion]
    approvals: int
    drafts: int  # of everybody; what is in them is nobody else's
    shifts: list[Shift]

    @property
    def facts(self) -> dict[str, Any]:
        """What is stored of it: ids, times and numbers."""
        return {
            "urgent": [{"conversation": row.pk} for row in self.urgent],
            "promised": [{"conversation": row.pk, "promised_at": row.promised_at.isoformat()} for row in self.promised
                         if row.promised_at],
            "overdue": self.overdue,
            "waiting": self.waiting,
            "hot": [{"thread": row.pk, "comments": row.fresh} for row in self.hot],  # type: ignore[attr-defined]
            "experts": [{"conversation": row.conversation_id, "answer_by": row.answer_by.isoformat()}
                        for row in self.questions],
            "approvals": self.approvals,
            "drafts": self.drafts,
            "shifts": [{"user": row.user_id, "kind": row.kind, "until": row.ends_at.isoformat()}
                       for row in self.shifts],
        }  # fmt: skip


def state(user: User, now: datetime) -> State:
    """Read it. Eight queries, whatever there is."""
    seen = selectors.visible_to(user)
    still = seen.exclude(status=Conversation.Status.CLOSED)
    promised = still.filter(promised_at__isnull=False).select_related("channel", "contact").order_by("promised_at")
    urgent = still.filter(lane=Conversation.Lane.URGENT).select_related("channel", "contact", "assignee")
    due = still.filter(due_at__isnull=False).aggregate(n=Count("pk"), late=Count("pk", filter=Q(due_at__lte=now)))
    return State(
        urgent=list(urgent.order_by(F("due_at").asc(nulls_last=True), "pk")),
        promised=list(promised),
        overdue=due["late"],
        waiting=due["n"],
        hot=list(_hot(seen, now)[:SHOWN]),
        questions=list(_questions(seen)),
        approvals=PendingReply.objects.filter(decided_at=None, conversation__in=seen).count(),
        drafts=Draft.objects.filter(conversation__in=still).count(),
        shifts=list(shifts.between(now, now + TONIGHT)),
    )


def _hot(seen: QuerySet[Conversation], now: datetime) -> QuerySet[Thread]:
    """The threads in which much has been written of late, the most first."""
    rows = Thread.objects.filter(last_activity_at__gt=now - HOT, conversations__in=seen)
    rows = rows.filter(conversations__items__posted_at__gt=now - HOT, conversations__items__from_us=False)
    counted = rows.annotate(fresh=Count("conversations__items", distinct=True)).filter(fresh__gte=HOT_FROM)
    return counted.select_related("channel", "post").order_by("-fresh", "pk")


def _questions(seen: QuerySet[Conversation]) -> QuerySet[ExpertQuestion]:
    asked = ExpertQuestion.objects.filter(ended_at=None, conversation__in=seen)
    return asked.select_related("conversation__contact").order_by("answer_by")


@transaction.atomic
def give(*, to: User, kind: str, note: str, by: User, now: datetime) -> Changeover:
    """Sign that one has handed over; the state of this moment is stored. Raises Refused."""
    require(by, Permission.ANSWER)
    if to.pk == by.pk:
        raise Refused(_("Välj någon annan än dig själv."), "to_oneself")
    if note:
        check_text(note, "")
    facts = state(by, now).facts
    row = Changeover.objects.create(kind=kind, giver=by, receiver=to, note=note, facts=facts, given_at=now)
    audit.record("changeover.given", f"changeover:{row.pk}", by=by, now=now, to=to.pk, promised=len(facts["promised"]))
    return row


@transaction.atomic
def receive(row: Changeover, *, by: User, now: datetime) -> bool:
    """Sign that one has taken over. False if that was done before. Raises Refused for anybody else."""
    if row.receiver_id != by.pk:
        raise Refused(_("Bara den som tar över kan skriva under här."), "not_yours")
    if Changeover.objects.filter(pk=row.pk, received_at=None).update(received_at=now) != 1:
        return False
    audit.record("changeover.received", f"changeover:{row.pk}", by=by, now=now, giver=row.giver_id)
    return True


def recent() -> QuerySet[Changeover]:
    """The newest hand-overs."""
    return Changeover.objects.select_related("giver", "receiver")[:SHOWN]
