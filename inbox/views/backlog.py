"""Måndagsstart and Helgkoll: two pages that show what days off leave behind, and what they would."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.permissions import Permission, needs
from inbox import selectors
from inbox.house import staffing
from inbox.models import Conversation
from inbox.promise import backlog
from inbox.promise.backlog import DaysOff
from inbox.showing import chips
from inbox.verdicts import LIKE, NO_REPLY
from inbox.views.rows import row_context
from sla import policies


@dataclass
class Group:
    """Those that seem to need the same, all of which can be decided at once. `do`: what `bulk` is asked to do."""

    name: str
    do: str
    entries: list[dict[str, Any]] = field(default_factory=list)
    key: str = field(default_factory=lambda: uuid.uuid4().hex)  # a double click decides once

    @property
    def button(self) -> str:
        count = len(self.entries)
        if self.do == LIKE.key:
            words = ngettext("Gilla %(n)s och markera som klar", "Gilla %(n)s och markera som klara", count)
            return words % {"n": count}
        words = ngettext("Markera %(n)s som klar: %(reason)s", "Markera %(n)s som klara: %(reason)s", count)
        return words % {"n": count, "reason": dict(NO_REPLY.reasons)[self.do.partition(":")[2]]}


@needs(Permission.READ)
def monday(request: HttpRequest) -> HttpResponse:
    """What has come in over the days off, the most urgent first; what probably needs no answer apart, by its kind."""
    now, rules = timezone.now(), policies.in_force()
    policy = policies.pure(rules.default)
    off = backlog.just_over(policy, now)
    context: dict[str, Any] = {"section": "inbox", "title": _("Måndagsstart"), "off": off}
    context["coming"] = None if off else backlog.coming(policy, now)
    if off:
        rows = backlog.came_in(request.user, policy, off)
        count, (likely, of) = rows.count(), backlog.probably_without_answer(rows)
        entries, has_more = _shown(rows, rules, request.user, now)
        questions, groups = _parted(entries)
        days = ngettext("%(n)s ledig dag", "%(n)s lediga dagar", off.count) % {"n": off.count}
        context |= {"rows": questions, "groups": groups, "has_more": has_more, "now": now}
        context["heading"] = ngettext("%(count)s väntar efter %(days)s", "%(count)s väntar efter %(days)s", count) % {
            "count": count,
            "days": days,
        }
        if likely:
            context["estimate"] = ngettext(
                "Troligen behöver %(n)s av dem inget svar.", "Troligen behöver %(n)s av dem inget svar.", likely
            ) % {"n": likely}
            context["estimated_of"] = of if of < count else 0
    return render(request, "inbox/backlog.html", context)


@needs(Permission.READ)
def weekend(request: HttpRequest) -> HttpResponse:
    """What falls due before noon of the first working day after the days off that begin tonight."""
    now, rules = timezone.now(), policies.in_force()
    policy = policies.pure(rules.default)
    off = backlog.ahead(policy, now)
    context: dict[str, Any] = {"section": "inbox", "title": _("Helgkoll"), "off": off}
    context["coming"] = None if off else backlog.coming(policy, now)
    if off:
        rows = backlog.falls_due(request.user, off)
        count, until = rows.count(), _until(off, now)
        entries, has_more = _shown(rows, rules, request.user, now)
        context |= {"rows": entries, "has_more": has_more, "on_call": staffing.on_call(*backlog.hours(policy, off))}
        context["heading"] = ngettext("%(n)s ska ha svar före %(until)s", "%(n)s ska ha svar före %(until)s", count) % {
            "n": count,
            "until": until,
        }
    return render(request, "inbox/backlog.html", context)


def _until(off: DaysOff, now: datetime) -> str:
    noon = timezone.make_aware(datetime.combine(off.first, backlog.NOON))
    return chips.when(noon, now)


def _shown(rows: Any, rules: policies.InForce, user: User, now: datetime) -> tuple[list[dict[str, Any]], bool]:
    """The first of these rows, and whether there are more."""
    found = list(selectors.as_shown(rows, user)[: backlog.MOST_SHOWN + 1])
    return [row_context(row, rules, now) for row in found[: backlog.MOST_SHOWN]], len(found) > backlog.MOST_SHOWN


def _parted(entries: Iterable[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[Group]]:
    """Part what a person has to read by itself from what seems to need the same as others."""
    questions: list[dict[str, Any]] = []
    groups: dict[tuple[str, str], Group] = {}
    for entry in entries:
        row, suggestion = entry["row"], entry["suggestion"]
        if suggestion is None or row.lane < Conversation.Lane.ORDINARY:
            questions.append(entry)
            continue
        do = backlog.proposal(row, suggestion)
        groups.setdefault((suggestion.why, do), Group(str(suggestion.why), do)).entries.append(entry)
    return questions, list(groups.values())
