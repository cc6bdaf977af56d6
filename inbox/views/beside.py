"""What the page of a conversation leaves out until asked: the whole of a long thread, and who can be given it."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime

from accounts.permissions import Permission, needs
from inbox import selectors
from inbox.selectors import Filters
from inbox.showing import around, protection
from inbox.views.contexts import part, people
from inbox.views.inbox import found


@needs(Permission.READ)
def whole_thread(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the thread that a conversation stands in from its beginning, page by page."""
    row = found(request, pk)
    asked = request.GET.get("efter", "")
    places, more = around.page(row.thread, _read_key(asked))
    protection.mark((place.item for place in places), row)
    context = {
        "section": "inbox",
        "conversation": row,
        "places": places,
        "is_first": not asked,
        "more": urlencode({"efter": f"{more[0].isoformat()}_{more[1]}"}) if more else "",
        "query": Filters.of(request.GET).query(after=""),
    }
    return render(request, "inbox/thread.html", context)


def _read_key(key: str) -> tuple[datetime, int] | None:
    moment, _, pk = key.rpartition("_")
    try:
        at = parse_datetime(moment)
    except ValueError:
        return None
    return (at, int(pk)) if at and at.tzinfo and selectors.is_id(pk) else None


@needs(Permission.ANSWER)
def assignees(request: HttpRequest, pk: int) -> HttpResponse:
    """Who can be given a conversation: the choices of its menu, which asks for them when it is opened, or a page."""
    row = found(request, pk)
    context = {
        "section": "inbox",
        "conversation": row,
        "people": people(),
        "query": Filters.of(request.GET).query(after=""),
    }
    return render(request, "inbox/assign.html#choices" if part(request) else "inbox/assign.html", context)
