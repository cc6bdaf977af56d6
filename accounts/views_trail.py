"""The audit trail's page: who did what, when; and the way to take it out."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from accounts import audit, trail
from accounts.models import AuditEvent, User
from accounts.permissions import Permission, may, needs
from accounts.trail_words import PLACES, words_of


@needs(Permission.READ_TRAIL)
def list_page(request: HttpRequest) -> HttpResponse:
    query = trail.Query.of(request.GET)
    events = list(trail.found(query)[: trail.PAGE + 1])
    shown = events[: trail.PAGE]
    context = {
        "section": "trail",
        "query": query,
        "rows": [(event, words_of(event.action), _address(event, request)) for event in shown],
        "older": query.address(before=shown[-1].pk) if len(events) > trail.PAGE else "",
        "export": query.address(before=None),
        "people": sorted(User.objects.all(), key=lambda user: str(user).casefold()),
        "actions": sorted(((action, words_of(action)) for action in trail.actions()), key=lambda row: row[1]),
    }
    return render(request, "accounts/trail.html", context)


def _address(event: AuditEvent, request: HttpRequest) -> str:
    kind, _colon, pk = event.subject.partition(":")
    if kind not in PLACES or (kind in ("user", "department") and not may(request.user, Permission.REGISTER)):
        return ""
    try:
        return reverse(PLACES[kind], args=[pk])
    except NoReverseMatch:
        return ""


@needs(Permission.READ_TRAIL)
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Give what was asked for as CSV. Taking it out is an event of its own, and the first in the file."""
    query, now = trail.Query.of(request.GET), timezone.now()
    audit.record("trail.exported", "trail:0", by=request.user, now=now, query=query.address())
    lines = trail.as_csv(trail.found(query).iterator(chunk_size=2000))
    name = f"logg-{timezone.localtime(now):%Y-%m-%d-%H%M}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)
