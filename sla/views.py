"""The policies' pages: which there are and for whom, what each means, and the days off to come.

They see no conversation; the page on which a policy is changed lives in the inbox, as it lists what would move.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Channel, Department, User
from accounts.permissions import Permission, may, needs
from sla import policies, preview
from sla.calendar import Closure, zone
from sla.clock import Policy, Reading
from sla.explain import explain
from sla.forms import READINGS, SHORT_READINGS
from sla.models import ConfirmedYear, PolicyChoice, PolicyVersion
from sla.words import Language, closure_words, deadline_words


@needs(Permission.READ)
def list_page(request: HttpRequest) -> HttpResponse:
    """Every policy, and which holds for which accounts."""
    versions = policies.newest()
    names = {row.key: row.definition.get("name", row.key) for row in versions}
    chosen = PolicyChoice.objects.all()
    channels = {row.channel_id: row.key for row in chosen if row.channel_id}
    departments = {row.department_id: row.key for row in chosen if row.department_id}
    kinds = {row.kind: row.key for row in chosen if row.kind}
    rows = [
        ("kind", _("Slag"), [(value, label, kinds.get(value, "")) for value, label in Channel.Kind.choices]),
        ("department", _("Förvaltning"), [
            (row.pk, str(row), departments.get(row.pk, "")) for row in Department.objects.all()
        ]),
        ("channel", _("Konto"), [
            (row.pk, f"{row.get_platform_display()}, {row}", channels.get(row.pk, ""))
            for row in Channel.objects.order_by("name", "pk")
        ]),
    ]  # fmt: skip
    context = {
        "section": "policies",
        "versions": [(row, READINGS[policies.pure(row).reading]) for row in versions],
        "names": names.items(),
        "groups": rows,
        "year": policies.year_to_confirm(timezone.localdate()) if may(request.user, Permission.REGISTER) else None,
    }
    return render(request, "sla/policies.html", context)


@needs(Permission.READ)
def policy_page(request: HttpRequest, key: str) -> HttpResponse:
    """What one policy means: its rule, one instant tried, the readings side by side, the coming twelve months."""
    version = found(key)
    policy = policies.pure(version)
    context = {
        "section": "policies",
        "version": version,
        "reading": READINGS[policy.reading],
        "ladder": [f"{hours:g}".replace(".", ",") for hours in policy.ladder],
        "tried": tried(policy, request.GET.get("tid", "")),
        **meaning(policy, timezone.localdate()),
    }
    return render(request, "sla/policy.html", context)


def found(key: str) -> PolicyVersion:
    """Give the newest version of a policy of an address; 404 for none."""
    try:
        return policies.current(key)
    except PolicyVersion.DoesNotExist as error:
        raise Http404 from error


def meaning(policy: Policy, today: date) -> dict[str, Any]:
    """Lay out what a policy means from today on, for `sla/_meaning.html`."""
    now, tz = timezone.now(), zone(policy.calendar.tz)
    arrivals = [
        (each.at, [(due and deadline_words(due, now, tz, language()), is_own) for due, is_own in _own(policy, each)])
        for each in preview.side_by_side(policy, today)
    ]
    year_on = today.replace(year=today.year + 1, day=min(today.day, 28))
    off = [
        (each.day, reason(each.closure) if each.closure else _("stänger %s") % each.closes.replace(":", "."))
        for each in preview.days_off(policy, today, year_on)
    ]
    months = [
        (first, first.weekday(), [(day, reason(why) if why else "", _tone(why)) for day, why in days])
        for first, days in preview.months(policy, today)
    ]
    return {
        "readings": [(SHORT_READINGS[reading], reading == policy.reading) for reading in Reading],
        "arrivals": arrivals,
        "days_off": off,
        "months": months,
        "today": today,
    }


def _own(policy: Policy, arrival: preview.Arrival) -> list[tuple[datetime | None, bool]]:
    return [(due, reading == policy.reading) for due, reading in zip(arrival.due, Reading, strict=True)]


def _tone(closure: Closure | None) -> str:
    return "" if closure is None else "named" if closure.name else "off"


def reason(closure: Closure) -> str:
    return closure_words(closure, language())


def language() -> Language:
    return "en" if (get_language() or "sv").startswith("en") else "sv"


def tried(policy: Policy, text: str) -> dict[str, Any]:
    """Derive the deadline of an instant that somebody has typed, as the field of a page gives it."""
    try:
        naive = parse_datetime(text)
    except ValueError:
        naive = None
    if naive is None:
        local = timezone.localtime().replace(second=0, microsecond=0)
        return {"at": f"{local:%Y-%m-%dT%H:%M}", "lines": (), "error": _("Skriv dag och klockslag.") if text else ""}
    at = naive if naive.tzinfo else naive.replace(tzinfo=zone(policy.calendar.tz))
    try:
        lines = explain(policy, at, language()).lines
    except ValueError:
        return {"at": text, "lines": (), "error": _("För den tiden går det inte att räkna ut någon frist.")}
    return {"at": f"{at:%Y-%m-%dT%H:%M}", "lines": lines, "error": ""}


@require_POST
@needs(Permission.REGISTER)
def choose(request: HttpRequest) -> HttpResponse:
    """Say which policy holds for an account, a department or a kind of account; for what comes in from now on."""
    what, value, key = (request.POST.get(name, "") for name in ("what", "value", "key"))
    whose = _whose(what, value)
    if whose is None or (key and not PolicyVersion.objects.filter(key=key).exists()):
        raise Http404
    policies.choose(key, by=cast(User, request.user), now=timezone.now(), **whose)
    messages.success(request, _("Sparat. Det gäller det som kommer in från och med nu."))
    return redirect("sla:policies")


def _whose(what: str, value: str) -> dict[str, Any] | None:
    if what == "kind":
        return {"kind": value} if value in Channel.Kind.values else None
    model = {"channel": Channel, "department": Department}.get(what)
    is_id = value.isascii() and value.isdigit() and len(value) < 18
    is_there = model is not None and is_id and model._default_manager.filter(pk=int(value)).exists()
    return {what: int(value)} if is_there else None


@needs(Permission.REGISTER)
def confirm_year(request: HttpRequest, year: int) -> HttpResponse:
    """Show the days off of a coming year, as every policy has them, and take an administrator's word for them."""
    if not timezone.localdate().year <= year <= timezone.localdate().year + 1:
        raise Http404
    if request.method == "POST":
        policies.confirm_year(year, by=cast(User, request.user), now=timezone.now())
        messages.success(request, _("Tack. Helgdagarna %s är bekräftade.") % year)
        return redirect("sla:policies")
    start, end = date(year, 1, 1), date(year + 1, 1, 1)
    listed = [
        (row, [
            (each.day, reason(each.closure) if each.closure else _("stänger %s") % each.closes.replace(":", "."))
            for each in preview.days_off(policies.pure(row), start, end)
        ])
        for row in policies.newest()
    ]  # fmt: skip
    confirmed = ConfirmedYear.objects.filter(year=year).select_related("by").first()
    context = {"section": "policies", "year": year, "listed": listed, "confirmed": confirmed}
    return render(request, "sla/year.html", context)
