"""What the conversation's page says of its lane: why it is in it, and what is to be done there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.http import HttpRequest

from inbox.lanes import guide, lanes
from inbox.lanes import texts as lane_texts
from inbox.lanes.texts import LEGAL, Texts
from inbox.models import Conversation, FollowUp, LaneChange, LaneTexts, PassedOn
from inbox.showing import chips
from inbox.showing.around import Place
from inbox.writing import bank

Lane = Conversation.Lane
TONES = {Lane.URGENT: "late", Lane.PERSON: "soon", Lane.LEGAL: "dayoff"}
ICONS = {Lane.URGENT: "bell-alert", Lane.PERSON: "lifebuoy", Lane.LEGAL: "scale"}


@dataclass(frozen=True)
class Shown:
    """What the conversation's page says of its lane. `change` is None where nobody knows why it is in it."""

    row: Conversation
    change: LaneChange | None
    texts: Texts
    seen: str = ""

    @property
    def name(self) -> str:
        return str(Lane(self.row.lane).label)

    @property
    def tone(self) -> str:
        return TONES[Lane(self.row.lane)]

    @property
    def icon(self) -> str:
        return ICONS[Lane(self.row.lane)]

    @property
    def reason(self) -> str:
        return lanes.reason(self.change.rule) if self.change else ""

    @property
    def kind(self) -> str:
        """What of legal effect it is; "" where only a person has said that it is something."""
        rule = self.change.rule if self.change else ""
        return rule if rule in LEGAL else ""

    @property
    def acknowledge(self) -> list[str]:
        """The first step's sentences as this citizen would read them."""
        name = bank.first_name(self.row)
        return [guide.called(sentence, name) for sentence in self.texts.sentences("acknowledge")]

    @property
    def what(self) -> str:
        return str(LEGAL[self.kind][1]) if self.kind else ""

    @property
    def kinds(self) -> list[tuple[str, str, str]]:
        """What it may be, and who deals with it: the known kind alone, or all to choose among."""
        keys = [self.kind] if self.kind else list(LEGAL)
        return [(key, str(LEGAL[key][0]), self.texts.recipient(key).name) for key in keys]

    @property
    def handovers(self) -> list[dict[str, Any]]:
        return getattr(self.change, "handed", []) if self.change else []

    @property
    def ask_at(self) -> datetime | None:
        return getattr(self.change, "ask_at", None)

    @property
    def is_asked(self) -> bool:
        return bool(getattr(self.change, "is_asked", False))


@dataclass(frozen=True)
class Mark:
    """The lane as a badge of a row; `seen` of something urgent: knowledge has a date."""

    name: str
    reason: str
    tone: str
    icon: str
    certain: bool
    seen: str


def mark(row: Conversation, now: datetime) -> Mark | None:
    """What a row of the list says of its lane; `row` comes from `selectors.as_shown`."""
    lane = Lane(row.lane)
    if lane == Lane.ORDINARY:
        return None
    change = row.lane_change or {}  # type: ignore[attr-defined]
    reason, certain = lanes.reason(change.get("rule", "")), change.get("certain", True)
    seen = chips.seen(row.seen_at, now)  # type: ignore[attr-defined]
    return Mark(str(lane.label), reason, TONES[lane], ICONS[lane], certain, seen)


def shown(row: Conversation, places: list[Place], now: datetime) -> Shown | None:
    """Gather what a conversation's page says of its lane. No query for an ordinary one, else one."""
    if row.lane == Lane.ORDINARY:
        return None
    open_ones = FollowUp.objects.filter(conversation=OuterRef("conversation"), answered_at=None)
    handed = PassedOn.objects.filter(conversation=OuterRef("conversation")).order_by("pk")
    facts = JSONObject(
        name="name", kind="kind", email="email", mailed="mailed_at", waits="mail_at", error="error", by=F("by__name")
    )
    changes = LaneChange.objects.filter(conversation=row.pk).select_related("by").order_by("-pk")
    change = changes.annotate(
        texts=Subquery(LaneTexts.objects.order_by("-version").values("content")[:1]),
        ask_at=Subquery(open_ones.values("ask_at")[:1]),
        is_asked=Subquery(open_ones.values("asked")[:1]),
        handed=ArraySubquery(handed.values(facts=facts)),
    ).first()
    texts = Texts(getattr(change, "texts", None) or lane_texts.BUILT_IN)
    times = [p.item.first_seen_at for p in places if p.item.conversation_id == row.pk and p.item.first_seen_at]
    return Shown(row, change, texts, chips.seen(min(times, default=None), now) if row.lane == Lane.URGENT else "")


def guides(shown_: Shown | None, request: HttpRequest, **form: Any) -> bool:
    """Whether the four steps stand where the composer else is: in the lane *Individ*, until a verdict is chosen."""
    is_person = shown_ is not None and shown_.row.lane == Lane.PERSON
    return is_person and not form and not {"beslut", "redigera", "utkast", "mall"} & request.GET.keys()
