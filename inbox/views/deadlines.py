"""Förklarad frist: what every deadline leads to, as a dialog over what one is doing or as a page."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.permissions import Permission, needs
from inbox import deadlines, selectors
from inbox.showing import chips
from inbox.views.contexts import part
from inbox.views.inbox import found
from sla import policies


@needs(Permission.READ)
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """Derive the deadlines of a conversation; with `?cykel=` one of them."""
    row, now = found(request, pk), timezone.now()
    asked = request.GET.get("cykel", "")
    only = int(asked) if selectors.is_id(asked) else None
    derivations = deadlines.of(row, now, only)
    if only is not None and not derivations:
        raise Http404
    in_dialog = part(request) == "dialog"
    context = {
        "section": "inbox",
        "in_dialog": in_dialog,
        "conversation": row,
        "chip": chips.of(row, policies.in_force().policy(row.channel_id), now),
        "derivations": derivations,
        "only": only,
    }
    return render(request, "inbox/deadline.html#body" if in_dialog else "inbox/deadline.html", context)
