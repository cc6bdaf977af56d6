"""A deadline in words: how it comes about, what has moved it, when people are told, how it ended (R-013)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from inbox.models import Conversation, DeadlineChange, Notice, ReplyCycle
from inbox.showing import chips
from sla import explain, policies
from sla.models import PolicyVersion
from sla.words import Language

MOST_SHOWN = 12  # cycles of one conversation


@dataclass(frozen=True)
class Derivation:
    """One deadline of a conversation. `lines` from arrival to deadline; `moves` and `steps` in words, oldest first."""

    cycle: ReplyCycle
    title: str
    lines: tuple[str, ...]
    rule: str
    moves: list[str]
    steps: list[str]
    ending: str


def of(row: Conversation, now: datetime, only: int | None = None) -> list[Derivation]:
    """Derive the deadlines of a conversation, what is open first, then the newest. Four queries at most.

    `only`: the id of one cycle.
    """
    cycles = ReplyCycle.objects.filter(conversation=row).select_related("policy")
    if only is not None:
        cycles = cycles.filter(pk=only)
    found = list(cycles.order_by(F("ended_at").desc(nulls_first=True), "due_at", "pk")[:MOST_SHOWN])
    moves = list(DeadlineChange.objects.filter(cycle__in=found).select_related("by"))
    notices = list(Notice.objects.filter(cycle__in=found).order_by("at"))
    default = policies.current() if any(cycle.policy is None for cycle in found) else None
    return [
        Derivation(
            cycle=cycle,
            title=_title(cycle, now),
            lines=lines(cycle.kind, cycle.started_at, cycle.due_at, cycle.policy or default, now),
            rule=rule(cycle.policy or default),
            moves=[moved(move, now) for move in moves if move.cycle_id == cycle.pk],
            steps=_steps(cycle, [notice for notice in notices if notice.cycle_id == cycle.pk], now),
            ending=_ending(cycle, now),
        )
        for cycle in found
    ]


def lines(
    kind: str, since: datetime, due_at: datetime, version: PolicyVersion | None, now: datetime
) -> tuple[str, ...]:
    """Derive one deadline; a promised one is what we have promised."""
    if kind == ReplyCycle.Kind.PROMISED:
        words = {"given": chips.said(since, now), "due": chips.when(due_at, now)}
        return (str(_("Vi gav besked %(given)s och lovade svar %(due)s.")) % words,)
    if version is None:
        return ()
    found = explain.explain(policies.pure(version), since, language())
    if found.due_at == due_at:
        return found.lines
    # Moved by hand, or by a rule of its time: what counts is the deadline that stands, and the rows below say why.
    return (found.lines[0], _("Svara senast %s.") % chips.exactly(due_at))


def rule(version: PolicyVersion | None) -> str:
    """Name the policy and its version."""
    if version is None:
        return ""
    name = policies.pure(version).name or _("Svar inom 24 timmar")
    return _("Regel: %(name)s, version %(version)s.") % {"name": name, "version": version.version}


def moved(move: DeadlineChange, now: datetime) -> str:
    """Say who or what moved a deadline, from when to when."""
    why = {
        "earlier_item": _("en äldre kommentar från samma avsändare kom in"),
        "new_holding": _("ett nytt besked lovade en annan tid"),
        "policy": _("svarstidsmålet ändrades"),
    }.get(move.reason, move.reason)
    words = {
        "when": chips.said(move.at, now), "old": chips.exactly(move.old_due_at), "new": chips.exactly(move.new_due_at),
        "why": why, "who": move.by,
    }  # fmt: skip
    text = _("%(when)s: flyttad från %(old)s till %(new)s, eftersom %(why)s (%(who)s).")
    if move.by is None:
        text = _("%(when)s: flyttad från %(old)s till %(new)s, eftersom %(why)s.")
    sentence = text % words
    return sentence[:1].upper() + sentence[1:]


def _title(cycle: ReplyCycle, now: datetime) -> str:
    when = chips.when(cycle.due_at, now)
    if cycle.kind == ReplyCycle.Kind.PROMISED:
        return _("Lovat svar: %s") % when
    return _("Första svar: %s") % when


def _steps(cycle: ReplyCycle, made: Sequence[Notice], now: datetime) -> list[str]:
    """Say which warnings have been given, and which are to come."""
    names = dict(Notice.Step.choices)
    found = [(notice.at, str(names[notice.step]), notice.withdrawn_at is not None) for notice in made]
    if cycle.ended_at is None:
        given = {notice.step for notice in made}
        prefix = "promise" if cycle.kind == ReplyCycle.Kind.PROMISED else "rung"
        for number, at in enumerate(cycle.ladder or (), start=1):
            step = f"{prefix}_{number}"
            if at is not None and step not in given:
                found.append((at, str(names[step]), False))
    words, withdrawn = [], _("återtagen, svaret var i tid")
    for at, name, is_withdrawn in sorted(found):
        words.append(f"{chips.exactly(at)}: {name}" + (f" ({withdrawn})" if is_withdrawn else ""))
    return words


def _ending(cycle: ReplyCycle, now: datetime) -> str:
    if cycle.ended_at is None:
        late = now - cycle.due_at
        if late >= timedelta():
            return _("Fristen har gått ut för %s sedan.") % chips.length(late)
        return _("Fristen löper.")
    words = {"when": chips.exactly(cycle.ended_at), "how": cycle.get_outcome_display()}
    if cycle.kept:
        return _("Avslutad %(when)s, i tid: %(how)s.") % words
    return _("Avslutad %(when)s, efter fristen: %(how)s.") % words


def language() -> Language:
    return "en" if (get_language() or "sv").startswith("en") else "sv"
