"""The list and the conversation, side by side where there is room, and what is new while they are open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_not_required
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import ngettext

from accounts.permissions import Permission, may, needs
from inbox import live, selectors
from inbox.incoming import reading
from inbox.models import Conversation
from inbox.selectors import Filters
from inbox.showing import chips, menu, presence, thread
from inbox.views import rows as list_rows
from inbox.views.contexts import (
    composer_context,
    conversation_context,
    health_context,
    part,
)
from inbox.views.lists import list_context
from sla import policies

MOST_ROWS = 400  # rows of an open page whose deadlines are kept up to date: ten pages of the list


@needs(Permission.READ)
def list_page(request: HttpRequest) -> HttpResponse:
    """The list; asked by htmx for the list or for more rows, only those."""
    templates = {"list": "inbox/_list.html", "more": "inbox/_list.html#rows"}
    context = list_context(request, policies.in_force())
    return render(request, templates.get(part(request), "inbox/list.html"), context)


@needs(Permission.READ)
def conversation_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The list, and beside it one conversation with its thread, history and composer."""
    row = found(request, pk)
    if part(request) == "composer":
        context = composer_context(request, row, policies.in_force().policy(row.channel_id), timezone.now())
        context["query"] = Filters.of(request.GET).query(after="")
        return render(request, "inbox/_composer.html", context)
    return conversation_answer(request, row)


def found(request: HttpRequest, pk: int) -> Conversation:
    """Give a conversation that the user may see; 404 for any other."""
    try:
        return thread.conversation(request.user, pk)
    except Conversation.DoesNotExist as error:
        raise Http404 from error


def conversation_answer(
    request: HttpRequest, row: Conversation | None, *, status: int = 200, **form: Any
) -> HttpResponse:
    """Show a conversation, or that none is left: its pane to htmx, else the whole page. `form`: what was typed."""
    rules = policies.in_force(row.waits_under if row else None)  # type: ignore[attr-defined]
    if part(request):
        context = conversation_context(request, row, rules, **form) if row else _nothing_left(request)
        response = render(request, "inbox/pane.html", context, status=status)
        response["HX-Push-Url"] = address(request, row)
        response["HX-Retarget"], response["HX-Reswap"] = "#pane", "innerHTML"
        return response
    context = list_context(request, rules, selected=row)
    context |= conversation_context(request, row, rules, **form) if row else {}
    return render(request, "inbox/list.html", context, status=status)


def address(request: HttpRequest, row: Conversation | None) -> str:
    """The address of a conversation, or of the list, in the view that the user works through."""
    query = Filters.of(request.GET).query(after="")
    path = reverse("inbox:conversation", args=[row.pk]) if row else reverse("inbox:list")
    return f"{path}?{query}" if query else path


def _nothing_left(request: HttpRequest) -> dict[str, Any]:
    now = timezone.now()
    health = reading.health(now)
    filters = Filters.of(request.GET)
    return {
        "filters": filters,
        "query": filters.query(after=""),
        "now": now,
        "is_done": True,
        "next": selectors.next_deadline(request.user, now),
        **health_context(health, now),
    }


@needs(Permission.READ)
def news(request: HttpRequest) -> HttpResponse:
    """What has happened since the list was drawn, as parts that a script puts in their place. Nothing else moves."""
    now, user = timezone.now(), request.user
    filters = Filters.of(request.GET)
    since = _moment(request.GET.get("sedan", "")) or now
    shown = [int(pk) for pk in request.GET.get("rader", "").split(",") if selectors.is_id(pk)][:MOST_ROWS]
    fresh = selectors.news(user, filters, shown=shown, since=since, now=now)
    rules = policies.in_force()
    rows = presence.with_present(selectors.as_shown(selectors.visible_to(user).filter(pk__in=shown), user))
    still = selectors.matching(user, replace(filters, after=""), now).filter(pk__in=shown)
    count = len(fresh)
    context = {
        "count": count,
        "label": ngettext("%(n)s ny – visa", "%(n)s nya – visa", count) % {"n": count},
        "query": filters.query(after=""),
        "rows": list_rows.listed(rows, rules, now, user, ""),
        "left": sorted(set(shown) - set(still.values_list("pk", flat=True))),
        "counts": menu.counts(user, filters, now, menu.saved_by(user)),
        "meanwhile": _meanwhile(request, rules),
        "now": now,
        **health_context(reading.health(now), now),
    }
    response = render(request, "inbox/news.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _meanwhile(request: HttpRequest, rules: policies.InForce) -> dict[str, Any] | None:
    """What has happened in the conversation that is open, and its deadline as it is now."""
    pk, revision = request.GET.get("oppen", ""), request.GET.get("revision", "")
    drawn_at = _moment(request.GET.get("ritad", ""))
    rows = presence.with_present(selectors.visible_to(request.user))
    row = rows.filter(pk=pk).first() if selectors.is_id(pk) else None
    if row is None or drawn_at is None or not selectors.is_id(revision):
        return None
    now = timezone.now()
    words = thread.meanwhile(row, revision=int(revision), since=drawn_at, now=now)
    return {
        "row": row,
        "words": words,
        "chip": chips.of(row, rules.policy(row.channel_id), now),
        "around": presence.around(row, request.user, now),  # type: ignore[arg-type]
    }


def _moment(text: str) -> Any:
    """Read an instant of an address; None if it is none."""
    try:
        moment = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


@login_not_required  # a page whose sign-in has ended asks too, and a sign-in page is no stream
async def events(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The stream of news. Who asks is found out once; then the database is let go."""
    refusal = await sync_to_async(_refusal)(request)
    if refusal is not None:
        return refusal
    response = StreamingHttpResponse(live.stream(), content_type="text/event-stream")
    response["Cache-Control"] = "no-cache, no-transform"
    response["X-Accel-Buffering"] = "no"
    return response


def _refusal(request: HttpRequest) -> HttpResponse | None:
    try:
        if not request.user.is_authenticated:
            return HttpResponse(status=204)  # tells the browser to ask no more
        return None if may(request.user, Permission.READ) else HttpResponse(status=403)
    finally:
        connections.close_all()


events.permission = Permission.READ  # type: ignore[attr-defined]  # asked inside; the permission tests read it
