"""Every figure, defined once: what is counted, of what, in which period. Pages, rows, exports and tests read it here.

A figure is a filter on reply cycles, so its number and its rows cannot differ. The unit is always the reply cycle: one
citizen's wait in one thread. States are computed from stored facts and `now`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from inbox.models import Item, ReplyCycle
from inbox.verdicts import NO_REPLY
from sla.clock import Policy, Reading

Outcome, Kind = ReplyCycle.Outcome, ReplyCycle.Kind
SPOKEN = (Outcome.ANSWERED, Outcome.HOLDING, Outcome.REDIRECTED)
ANSWERED = (Outcome.ANSWERED, Outcome.REDIRECTED)
NOT_OWED = (Outcome.LIKED, Outcome.NO_REPLY, Outcome.MODERATED, Outcome.WITHDRAWN)
REASONS = dict(NO_REPLY.reasons)


class Moment(Enum):
    """Which time of a cycle places it in a period: a field, or an annotation of `figures.base`."""

    DUE = "due_at"
    ENDED = "ended_at"
    STARTED = "started_at"
    ANSWERED = "answered_at"
    OPEN_NOW = ""  # none: what is open, whatever the period


@dataclass(frozen=True)
class Left:
    """The instants before which what is due has less than 4 and 12 hours left, while the clock of a policy runs."""

    in_4: datetime
    in_12: datetime

    @classmethod
    def at(cls, now: datetime, policy: Policy) -> Left:
        lengths = (timedelta(hours=4), timedelta(hours=12))
        if policy.reading is Reading.PLAIN:
            return cls(*(now + length for length in lengths))
        return cls(*(policy.calendar.add(now, length) for length in lengths))


@dataclass(frozen=True)
class Instants:
    """Now, and what is left of each wait by the clock of its own policy; `others`: the versions that differ."""

    now: datetime
    left: Left
    others: tuple[tuple[Left, tuple[int, ...]], ...] = ()

    @classmethod
    def at(cls, now: datetime, known: Mapping[int | None, Policy]) -> Instants:
        """`known`: every version by its id, under None the one of cycles that name none."""
        usual = Left.at(now, known[None])
        apart: dict[Left, list[int]] = {}
        for version, policy in known.items():
            left = Left.at(now, policy)
            if version is not None and left != usual:
                apart.setdefault(left, []).append(version)
        return cls(now, usual, tuple((left, tuple(versions)) for left, versions in apart.items()))

    @property
    def last_in_4(self) -> datetime:
        """The instant before which all that has less than 4 hours left falls due."""
        return max(left.in_4 for left in (self.left, *(left for left, _versions in self.others)))

    def between(self, start: str, end: str = "") -> Q:
        """What is due from one instant (`now`, `in_4`, `in_12`) to before another, each by its own policy."""
        elsewhere = [version for _left, versions in self.others for version in versions]
        found = self._span(self.left, start, end)
        if elsewhere:
            found &= Q(policy=None) | ~Q(policy__in=elsewhere)
        for left, versions in self.others:
            found |= self._span(left, start, end) & Q(policy__in=versions)
        return found

    def _span(self, left: Left, start: str, end: str) -> Q:
        found = Q(due_at__gt=self.now) if start == "now" else Q(due_at__gte=getattr(left, start))
        return found & Q(due_at__lt=getattr(left, end)) if end else found


@dataclass(frozen=True)
class Figure:
    """How many cycles a filter leaves. `of`: the figure that it is a share of, its denominator."""

    key: str
    name: str | Promise
    moment: Moment
    where: Callable[[Instants], Q]
    definition: str | Promise
    of: str = ""

    @property
    def of_open(self) -> bool:
        return self.moment is Moment.OPEN_NOW


FIRST, PROMISED = Q(kind=Kind.FIRST), Q(kind=Kind.PROMISED)
IN_TIME, TOO_LATE, WAITS = Q(ended_at__lte=F("due_at")), Q(ended_at__gt=F("due_at")), Q(ended_at=None)
SEEN_IN_TIME = Exists(
    Item.objects.filter(
        conversation=OuterRef("conversation"),
        from_us=False,
        posted_at__gte=OuterRef("started_at"),
        first_seen_at__lte=OuterRef("due_at"),
    )
)
# A question that got a holding reply is answered when the promise is; until then it has no answer.
PROMISE_KEPT_AT = Subquery(
    ReplyCycle.objects.filter(
        conversation=OuterRef("conversation"),
        kind=Kind.PROMISED,
        outcome__in=ANSWERED,
        ended_at__gte=OuterRef("ended_at"),
    )
    .order_by("ended_at")
    .values("ended_at")[:1]
)
ANSWERED_AT = Case(
    When(outcome__in=ANSWERED, then=F("ended_at")),
    When(outcome=Outcome.HOLDING, then=PROMISE_KEPT_AT),
)


def may_count(t: Instants) -> Q:
    """What a figure of what fell due can count at all, asked first, as much of a running week is not due yet."""
    return Q(due_at__lte=t.now) | Q(outcome__in=NOT_OWED)


def owed(t: Instants) -> Q:
    return FIRST & Q(due_at__lte=t.now) & ~Q(outcome__in=NOT_OWED)


def kept(t: Instants) -> Q:
    return owed(t) & Q(outcome__in=SPOKEN) & IN_TIME


def late(t: Instants) -> Q:
    return owed(t) & (WAITS | TOO_LATE)


def promised(t: Instants) -> Q:
    # Superseded in time: the promise was moved, neither kept nor broken.
    return PROMISED & Q(due_at__lte=t.now) & ~Q(outcome__in=NOT_OWED) & ~(Q(outcome=Outcome.SUPERSEDED) & IN_TIME)


def first(_t: Instants) -> Q:
    return FIRST


def waiting(_t: Instants) -> Q:
    return FIRST & WAITS


PROMISE = (
    Figure(
        "owed", _("Förföll"), Moment.DUE, owed,
        _("Första svarsfrister som gick ut under perioden och där ett svar krävdes. Det som avslutades utan svar "
          "(inget svar behövdes, gillat, modererat, borttaget av avsändaren) krävde inget."),
    ),
    Figure(
        "kept", _("Hölls"), Moment.DUE, kept,
        _("De av de förfallna som avslutades senast när fristen gick ut, med svar, besked eller hänvisning. Tiderna är "
          "plattformens, både för frågan och för svaret."),
        of="owed",
    ),
    Figure(
        "kept_answered", _("svar"), Moment.DUE, lambda t: kept(t) & Q(outcome=Outcome.ANSWERED),
        _("Hölls med ett svar."), of="owed",
    ),
    Figure(
        "kept_redirected", _("hänvisning"), Moment.DUE, lambda t: kept(t) & Q(outcome=Outcome.REDIRECTED),
        _("Hölls med en hänvisning till en vanlig kanal."), of="owed",
    ),
    Figure(
        "kept_holding", _("besked"), Moment.DUE, lambda t: kept(t) & Q(outcome=Outcome.HOLDING),
        _("Hölls med ett besked om att svaret kommer. Ett besked räknas aldrig som svar."), of="owed",
    ),
    Figure(
        "answered_in_time", _("Besvarat i tid"), Moment.DUE, lambda t: kept(t) & Q(outcome__in=ANSWERED),
        _("De av de förfallna som hölls med svar eller hänvisning. Besked är inte med."), of="owed",
    ),
    Figure(
        "late", _("För sent"), Moment.DUE, late,
        _("De av de förfallna som avslutades efter fristen eller ännu är öppna."), of="owed",
    ),
    Figure(
        "late_ours", _("för sent"), Moment.DUE, lambda t: late(t) & Q(fetched_late=False),
        _("För sent, fast frågan hade hämtats före fristen."), of="owed",
    ),
    Figure(
        "late_fetched", _("hämtat för sent"), Moment.DUE, lambda t: late(t) & Q(fetched_late=True),
        _("För sent, för att frågan hämtades från plattformen först efter fristen."), of="owed",
    ),
    Figure(
        "still_open", _("Ännu öppna"), Moment.DUE, lambda t: owed(t) & WAITS,
        _("De av de förfallna som ingen har besvarat ännu."), of="owed",
    ),
    Figure(
        "untouched", _("Orörda vid fristen"), Moment.DUE, lambda t: late(t) & ~SEEN_IN_TIME,
        _("För sent, och ingen av oss hade öppnat frågan när fristen gick ut."), of="owed",
    ),
    Figure(
        "ruled_late", _("Avgjorda först efter fristen"), Moment.DUE,
        lambda t: FIRST & Q(outcome__in=NOT_OWED) & TOO_LATE,
        _("Första svarsfrister som gick ut under perioden och avslutades utan svar först efteråt. De räknas inte som "
          "förfallna."),
    ),
)  # fmt: skip

PROMISES = (
    Figure(
        "promises_due", _("Lovade svar"), Moment.DUE, promised,
        _("Utlovade svar vars tid gick ut under perioden. Löften som i tid flyttades av ett nytt besked, eller där "
          "inget svar längre behövdes, är inte med."),
    ),
    Figure(
        "promises_kept", _("Lovade svar hållna"), Moment.DUE,
        lambda t: promised(t) & Q(outcome__in=ANSWERED) & IN_TIME,
        _("De av de lovade svaren som kom senast den utlovade tiden."), of="promises_due",
    ),
    Figure(
        "promises_broken", _("Lovade svar brutna"), Moment.DUE, lambda t: promised(t) & (WAITS | TOO_LATE),
        _("De av de lovade svaren som kom för sent, flyttades för sent eller ännu inte har kommit."),
        of="promises_due",
    ),
)  # fmt: skip

ANSWERS = (
    Figure(
        "first_answer", _("Besvarade frågor"), Moment.ANSWERED, first,
        _("Frågor som under perioden fick sitt svar eller sin hänvisning. Tiden räknas från att frågan skrevs, medan "
          "klockan går, uppåt till hela fem minuter. Ett besked stannar den inte. Medianen är den kortaste tid "
          "inom vilken minst hälften fick svar, ”9 av 10” den inom vilken minst 90 procent fick det."),
    ),
    Figure(
        "first_answer_weekday", _("Kom på vardag"), Moment.ANSWERED, first,
        _("De av de besvarade frågorna som skrevs en dag då klockan går."), of="first_answer",
    ),
    Figure(
        "first_answer_dayoff", _("Kom på ledig dag"), Moment.ANSWERED, first,
        _("De av de besvarade frågorna som skrevs en dag då klockan står still: helg, helgdag eller stängd dag."),
        of="first_answer",
    ),
)  # fmt: skip

ENDINGS = (
    Figure("closed", _("Avslutade"), Moment.ENDED, first, _("Första svarsfrister som avslutades under perioden.")),
    Figure(
        "without", _("Utan svar"), Moment.ENDED, lambda t: FIRST & Q(outcome__in=NOT_OWED),
        _("De av de avslutade som avslutades utan svar, besked eller hänvisning."), of="closed",
    ),
    Figure(
        "redirected", _("Hänvisningar"), Moment.ENDED, lambda t: Q(outcome=Outcome.REDIRECTED),
        _("Svarsfrister, också lovade svar, som under perioden avslutades med en hänvisning."),
    ),
)  # fmt: skip

ARRIVED = Figure(
    "arrived", _("Inkomna frågor"), Moment.STARTED, first,
    _("Första svarsfrister som började löpa under perioden: någon skrev och väntar på oss. Fler kommentarer medan "
      "frågan väntar är samma fråga. En återöppnad fråga räknas igen, på sin första tid."),
)  # fmt: skip

OPEN_NOW = (
    Figure("open_first", _("Öppna"), Moment.OPEN_NOW, waiting, _("Alla som nu väntar på ett första svar.")),
    Figure(
        "open_overdue", _("Försenade"), Moment.OPEN_NOW, lambda t: waiting(t) & Q(due_at__lte=t.now),
        _("Väntar på ett första svar, och fristen har gått ut."), of="open_first",
    ),
    Figure(
        "open_4", _("Under 4 timmar kvar"), Moment.OPEN_NOW,
        lambda t: waiting(t) & t.between("now", "in_4"),
        _("Väntar på ett första svar, med mindre än 4 timmar kvar medan klockan går."), of="open_first",
    ),
    Figure(
        "open_12", _("4–12 timmar kvar"), Moment.OPEN_NOW,
        lambda t: waiting(t) & t.between("in_4", "in_12"),
        _("Väntar på ett första svar, med 4 till 12 timmar kvar medan klockan går."), of="open_first",
    ),
    Figure(
        "open_more", _("12 timmar kvar eller mer"), Moment.OPEN_NOW, lambda t: waiting(t) & t.between("in_12"),
        _("Väntar på ett första svar, med minst 12 timmar kvar medan klockan går."), of="open_first",
    ),
    Figure(
        "open_promised", _("Lovade svar"), Moment.OPEN_NOW, lambda t: PROMISED & WAITS,
        _("Besked är givet och det utlovade svaret återstår."),
    ),
    Figure(
        "open_promised_late", _("Lovade svar, försenade"), Moment.OPEN_NOW,
        lambda t: PROMISED & WAITS & Q(due_at__lte=t.now),
        _("Den utlovade tiden har gått ut utan att svaret har kommit."), of="open_promised",
    ),
)  # fmt: skip


def _without(reason: str, name: str | Promise, where: Q) -> Figure:
    definition = _("De av de avslutade som avslutades utan svar av det skälet.")
    return Figure(f"without-{reason}", name, Moment.ENDED, lambda t: FIRST & where, definition, of="closed")


NO_REASON = Q(outcome=Outcome.NO_REPLY) & (Q(verdict=None) | ~Q(verdict__reason__in=list(REASONS)))

WITHOUT = (
    *(_without(key, name, Q(outcome=Outcome.NO_REPLY, verdict__reason=key)) for key, name in REASONS.items()),
    _without("unsaid", _("Skälet saknas"), NO_REASON),
    _without("withdrawn", _("Borttaget av avsändaren"), Q(outcome=Outcome.WITHDRAWN)),
    _without("liked", _("Gillat räckte"), Q(outcome=Outcome.LIKED)),
    _without("moderated", _("Modererat"), Q(outcome=Outcome.MODERATED)),
)
"""Why something was ended without an answer; together they are `without`."""

FIGURES: dict[str, Figure] = {
    figure.key: figure for figure in (*PROMISE, *PROMISES, *ANSWERS, *ENDINGS, *WITHOUT, ARRIVED, *OPEN_NOW)
}
