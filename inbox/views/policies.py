"""Changing a policy: the form, what it would mean, which open deadlines it would move; and then the next version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.permissions import Permission, needs
from inbox.models import Conversation
from inbox.promise import moving
from inbox.showing import chips
from sla import policies
from sla.forms import PolicyForm, initial
from sla.models import PolicyVersion
from sla.policyfile import policy_from_json
from sla.views import found, meaning


@needs(Permission.REGISTER)
def edit(request: HttpRequest, key: str) -> HttpResponse:
    """Change a policy; the first press shows what it would do, the second one does it."""
    version = found(key)
    form = _form(request, version.definition, key)
    return _answer(request, form, version)


@needs(Permission.REGISTER)
def new(request: HttpRequest) -> HttpResponse:
    """Make another policy, from the default one; its id comes of its name."""
    version = policies.current()
    key = _key_of(request.POST.get("name", ""))
    definition = {**version.definition, "name": ""}
    form = _form(request, definition, key or "nytt")
    if request.method == "POST" and (not key or PolicyVersion.objects.filter(key=key).exists()):
        form.add_error("name", _("Det finns redan ett svarstidsmål med det namnet. Välj ett annat."))
    return _answer(request, form, None)


def _key_of(name: str) -> str:
    plain = name.lower().translate(str.maketrans("åäöé", "aaoe"))
    return "-".join("".join(each if each.isascii() and each.isalnum() else " " for each in plain).split())[:40]


def _form(request: HttpRequest, definition: Mapping[str, Any], key: str) -> PolicyForm:
    rest = {"key": key, "tz": definition["tz"], "today": timezone.localdate()}
    return PolicyForm(request.POST if request.method == "POST" else None, initial=initial(definition), **rest)


def _answer(request: HttpRequest, form: PolicyForm, version: PolicyVersion | None) -> HttpResponse:
    context: dict[str, Any] = {"section": "policies", "form": form, "version": version}
    if request.method != "POST" or not form.is_valid():
        return render(request, "inbox/policy_form.html", context, status=422 if request.method == "POST" else 200)
    expected = _number(request.POST.get("version", ""), version)
    mark = _mark(form.definition)
    if request.POST.get("seen") != mark:  # only what has been looked at is saved
        context |= {"preview": _preview(form.definition, version), "mark": mark, "expected": expected}
        return render(request, "inbox/policy_form.html", context)
    try:
        saved = moving.change(form.definition, expected=expected, by=request.user, now=timezone.now())
    except policies.Outdated as outdated:
        form.add_error(None, str(outdated))
        return render(request, "inbox/policy_form.html", context, status=422)
    messages.success(request, _("Sparat som version %s. Fristerna räknas om i bakgrunden.") % saved.version)
    return redirect("sla:policy", saved.key)


def _number(text: str, version: PolicyVersion | None) -> int:
    if version is None:
        return 0
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else version.version


def _mark(definition: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()[:16]


def _preview(definition: Mapping[str, Any], version: PolicyVersion | None) -> dict[str, Any]:
    """What the page says before anything is done."""
    now = timezone.now()
    moves = moving.preview(definition) if version else moving.Preview(0, [])
    rows = Conversation.objects.select_related("contact", "channel").in_bulk(
        [move.conversation for move in moves.first]
    )
    count = moves.count
    heading = ngettext("%(n)s öppen frist flyttas", "%(n)s öppna frister flyttas", count) % {"n": count}
    return {
        "heading": heading if count else _("Ingen öppen frist flyttas"),
        "count": count,
        "moves": [
            (rows[move.conversation], chips.when(move.old, now), chips.when(move.new, now)) for move in moves.first
        ],
        **meaning(policy_from_json(dict(definition)), timezone.localdate()),
    }
