"""Måndagsstart and Helgkoll: two pages that show what days off leave behind, and what they would."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.permissions import Permission, needs
from inbox import selectors
from inbox.promise import backlog
from inbox.promise.backlog import DaysOff
from inbox.showing import chips
from inbox.views.rows import row_context
from sla import policies


@needs(Permission.READ)
def monday(request: HttpRequest) -> HttpResponse:
    """What has come in over the days off, the most urgent first, and how much of it probably needs no answer."""
    now, rules = timezone.now(), policies.in_force()
    policy = policies.pure(rules.default)
    off = backlog.just_over(policy, now)
    context: dict[str, Any] = {"section": "inbox", "title": _("Måndagsstart"), "off": off}
    context["coming"] = None if off else backlog.coming(policy, now)
    if off:
        rows = backlog.came_in(request.user, policy, off)
        count, (likely, of) = rows.count(), backlog.probably_without_answer(rows)
        days = ngettext("%(n)s ledig dag", "%(n)s lediga dagar", off.count) % {"n": off.count}
        context |= _shown(rows, request.user, rules)
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
        count, until = rows.count(), _until(off)
        context |= _shown(rows, request.user, rules)
        context["heading"] = ngettext("%(n)s ska ha svar före %(until)s", "%(n)s ska ha svar före %(until)s", count) % {
            "n": count,
            "until": until,
        }
    return render(request, "inbox/backlog.html", context)


def _until(off: DaysOff) -> str:
    noon = timezone.make_aware(timezone.datetime.combine(off.first, backlog.NOON))
    return chips.when(noon, timezone.now())


def _shown(rows: Any, user: User, rules: policies.InForce) -> dict[str, Any]:
    now = timezone.now()
    found = list(selectors.as_shown(rows, user)[: backlog.MOST_SHOWN + 1])
    return {
        "rows": [row_context(row, rules, now) for row in found[: backlog.MOST_SHOWN]],
        "has_more": len(found) > backlog.MOST_SHOWN,
    }
