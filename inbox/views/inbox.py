"""The list and the conversation, side by side where there is room."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from accounts.permissions import Permission, may, needs
from inbox import actions, chips, live, selectors, texts
from inbox.models import Conversation, RedirectTarget
from inbox.selectors import Filters
from inbox.verdicts import VERDICTS
from sla import explain, policies

VIEW_NAMES = {
    "due": gettext_lazy("Väntar på svar"),
    "mine": gettext_lazy("Mina"),
    "unassigned": gettext_lazy("Otilldelade"),
    "promised": gettext_lazy("Lovade svar"),
    "check": gettext_lazy("Kontrollera"),
    "open": gettext_lazy("Alla öppna"),
    "before": gettext_lazy("Före anslutning"),
    "done": gettext_lazy("Klara"),
}
STATE_NAMES = {
    "overdue": gettext_lazy("Försenade"),
    "due_soon": gettext_lazy("Snart"),
    "on_track": gettext_lazy("I god tid"),
}


@needs(Permission.READ)
def list_page(request: HttpRequest) -> HttpResponse:
    """The list; asked by htmx for more rows, only those."""
    context = list_context(request)
    return render(request, "inbox/list.html#rows" if request.htmx else "inbox/list.html", context)


def list_context(request: HttpRequest, selected: Conversation | None = None) -> dict[str, Any]:
    now = timezone.now()
    filters = Filters.of(request.GET)
    page = selectors.page(request.user, filters, now)
    channels = selectors.channels()
    context = {
        "section": "inbox",
        "filters": filters,
        "rows": [_row(row, now) for row in page.rows],
        "more": filters.query(after=page.after) if page.after else "",
        "query": filters.query(after=""),
        "now": now,
        "selected": selected,
        "channels": channels,
        "states": STATE_NAMES.items(),
        "title": VIEW_NAMES[filters.view],
        "health": _health(channels, now),
    }
    if not request.htmx:
        counts = selectors.view_counts(request.user, now)
        context["views"] = [
            (key, name, counts.get(key), filters.query(view=key, after="")) for key, name in VIEW_NAMES.items()
        ]
    return context


def _row(row: Conversation, now: datetime) -> dict[str, Any]:
    stuck = row.not_sent[0] if row.not_sent else None
    return {
        "row": row,
        "chip": chips.of(row, policies.policy(), now),
        "stuck": stuck,
        "age": chips.age(row.last_item_at, now),
    }


def _health(channels: list[Any], now: datetime) -> dict[str, Any]:
    """When the channels were last read, and which can't be: an empty inbox must not lie."""
    surfaces = [(channel, surface) for channel in channels for surface in channel.surfaces.all()]
    failing = [
        (channel, surface, chips.age(surface.last_success_at, now) if surface.last_success_at else "")
        for channel, surface in surfaces
        if surface.error_code or (surface.last_success_at and now - surface.last_success_at > selectors.SILENT_AFTER)
    ]
    read = [surface.last_success_at for _channel, surface in surfaces if surface.last_success_at]
    return {
        "failing": failing,
        "last_read": chips.age(max(read), now) if read else "",
        "channel_count": len(channels),
        "is_well": not failing and bool(read),
    }


@needs(Permission.READ)
def conversation_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The list, and beside it one conversation with its thread, history and composer."""
    try:
        row = selectors.conversation(request.user, pk)
    except Conversation.DoesNotExist as error:
        raise Http404 from error
    if may(request.user, Permission.ANSWER):
        actions.mark_seen(row.pk, by=request.user, now=timezone.now())
    context = list_context(request, selected=row) | conversation_context(request, row)
    return render(request, "inbox/list.html", context)


def conversation_context(request: HttpRequest, row: Conversation, **form: Any) -> dict[str, Any]:
    """What the conversation's pane needs; `form` overrides what the composer holds after a refusal."""
    now = timezone.now()
    policy = policies.policy()
    items, left_out = selectors.thread_items(row)
    cycle = next((c for c in row.cycles.all() if c.ended_at is None and c.due_at == row.due_at), None)
    return {
        "conversation": row,
        "chip": chips.of(row, policy, now),
        "items": items,
        "left_out": left_out,
        "explanation": explain.explain(policy, cycle.started_at).lines if cycle and cycle.kind == "first" else (),
        "history": history(row),
        "verdicts": VERDICTS.values(),
        "composer": composer(request, row, now, **form),
        "people": User.objects.filter(is_active=True, memberships__isnull=False).distinct().order_by("name"),
        "on_its_way": [outgoing for outgoing in row.outgoing.all() if outgoing.status not in ("sent", "cancelled")],
    }


def composer(request: HttpRequest, row: Conversation, now: datetime, **form: Any) -> dict[str, Any]:
    """The composer of the chosen verdict, with a key and a time of its own: a double click finds the first row."""
    verdict = VERDICTS.get(str(form.get("verdict") or request.GET.get("beslut", "")), VERDICTS["answer"])
    target = RedirectTarget.objects.filter(is_active=True, pk=request.GET.get("hanvisning") or None).first()
    promised = timezone.localtime(texts.suggested_promise(now))
    drafts = {"holding": texts.holding(row, promised), "redirect": texts.redirect(row, target) if target else ""}
    return {
        "verdict": verdict,
        "key": form.get("key") or uuid.uuid4().hex,
        "drawn_at": form.get("drawn_at") or now.isoformat(),
        "text": form.get("text", drafts.get(verdict.key, "")),
        "error": form.get("error", ""),
        "signature": actions.signature(request.user),
        "promised_day": form.get("promised_day") or promised.date().isoformat(),
        "promised_time": form.get("promised_time") or f"{promised:%H:%M}",
        "redirects": RedirectTarget.objects.filter(is_active=True) if verdict.key == "redirect" else (),
        "redirect": target,
    }


def history(row: Conversation) -> list[dict[str, Any]]:
    """What we have done in this conversation, oldest first: verdicts, replies, moved deadlines."""
    events = [
        {"at": event.at, "who": event.by, "what": VERDICTS[event.verdict].label, "undone": event.undone_at}
        for event in row.verdicts.all()
        if event.verdict in VERDICTS
    ]
    events += [
        {"at": out.created_at, "who": out.by, "what": f"{out.get_kind_display()} ({out.get_status_display()})"}
        for out in row.outgoing.all()
    ]
    events += [
        {"at": move.at, "who": move.by, "what": _("Svarsfristen flyttades från %(old)s till %(new)s") % {
            "old": chips.exactly(move.old_due_at), "new": chips.exactly(move.new_due_at)}}
        for cycle in row.cycles.all() for move in cycle.deadline_changes.all()
    ]  # fmt: skip
    return sorted(events, key=lambda event: event["at"])


@needs(Permission.READ)
def news(request: HttpRequest) -> HttpResponse:
    """What has happened since the list was drawn: a button that shows it, and the deadline chips as they are now."""
    now = timezone.now()
    filters = Filters.of(request.GET)
    since = parse_datetime(request.GET.get("sedan", "").replace(" ", "+"))
    count = selectors.news_count(request.user, filters, since, now) if since and since.tzinfo else 0
    ids = [int(pk) for pk in request.GET.get("rader", "").split(",") if pk.isdigit()][: 5 * selectors.PAGE]
    rows = selectors.visible_to(request.user).filter(pk__in=ids).select_related("channel")
    policy = policies.policy()
    channels = selectors.channels()
    context = {
        "count": count,
        "label": ngettext("%(n)s ny – visa", "%(n)s nya – visa", count) % {"n": count},
        "query": filters.query(after=""),
        "chips": [(row, chips.of(row, policy, now)) for row in rows],
        "health": _health(channels, now),
    }
    return render(request, "inbox/news.html", context)


async def events(request: HttpRequest) -> StreamingHttpResponse:
    """The stream of news. Who is signed in is asked once; then the database is let go."""
    user = await request.auser()
    if not user.is_authenticated:
        return HttpResponse(status=403)
    response = StreamingHttpResponse(live.stream(), content_type="text/event-stream")
    response["Cache-Control"] = "no-cache, no-transform"
    response["X-Accel-Buffering"] = "no"
    await sync_to_async(connections.close_all)()
    return response
