"""What people decide in the pages: each view reads a form, calls one action and answers once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.permissions import Permission, needs
from inbox import actions, selectors
from inbox.models import Conversation, Outgoing
from inbox.selectors import Filters
from inbox.verdicts import VERDICTS
from inbox.views.inbox import conversation_context, list_context

SEND_DELAY = 10.0  # seconds in which Ångra takes a reply back


def posted(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Guard a view that changes a conversation; say a refusal where the user stands."""

    @wraps(view)
    @require_POST
    @needs(Permission.ANSWER)
    def guarded(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, pk, **kwargs)
        except actions.Refused as refused:
            messages.error(request, str(refused))
            return redirect(request.headers.get("referer") or "inbox:list")

    guarded.permission = Permission.ANSWER  # type: ignore[attr-defined]
    return guarded


def visible(request: HttpRequest, pk: int) -> Conversation:
    try:
        return selectors.conversation(request.user, pk)
    except Conversation.DoesNotExist as error:
        raise Http404 from error


def onward(request: HttpRequest, row: Conversation) -> HttpResponseRedirect:
    """Go to the next one of the view that the user works through."""
    filters = Filters.of(request.GET)
    following = selectors.following(request.user, filters, row, timezone.now())
    query = filters.query(after="")
    address = reverse("inbox:conversation", args=[following.pk]) if following else reverse("inbox:list")
    return redirect(f"{address}?{query}" if query else address)


def back(request: HttpRequest, row: Conversation) -> HttpResponseRedirect:
    query = Filters.of(request.GET).query(after="")
    address = reverse("inbox:conversation", args=[row.pk])
    return redirect(f"{address}?{query}" if query else address)


@require_POST
@needs(Permission.ANSWER)
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """Queue what the composer holds; a refusal shows the form again with every word still in it (422)."""
    row, form = visible(request, pk), request.POST
    now = timezone.now()
    try:
        promised_at = _promised(form) if form.get("verdict") == "holding" else None
        outgoing = actions.reply(
            row.pk,
            kind=_kind(form),
            text=form.get("text", "").replace("\r\n", "\n"),
            by=request.user,
            key=form.get("key", ""),
            now=now,
            drawn_at=parse_datetime(form.get("drawn_at", "")) or now,
            promised_at=promised_at,
            delay=SEND_DELAY,
            sign=True,
        )
    except actions.Refused as refused:
        kept = {
            name: form.get(name, "") for name in ("verdict", "text", "key", "drawn_at", "promised_day", "promised_time")
        }
        context = list_context(request, selected=row) | conversation_context(request, row, error=str(refused), **kept)
        return render(request, "inbox/list.html", context, status=422)
    text = _("%(kind)s till %(name)s skickas om 10 sekunder.") % {
        "kind": outgoing.get_kind_display(),
        "name": row.contact or _("avsändaren"),
    }
    messages.success(request, text, extra_tags=reverse("inbox:cancel", args=[outgoing.pk]))
    return onward(request, row)


def _kind(form: Any) -> str:
    verdict = VERDICTS.get(form.get("verdict", ""))
    if verdict is None or verdict.sends is None:
        raise actions.Refused(_("Välj svar, besked eller hänvisning."), code="bad_verdict")
    return verdict.sends


def _promised(form: Any) -> datetime:
    try:
        naive = datetime.fromisoformat(f"{form.get('promised_day', '')}T{form.get('promised_time', '')}")
        return timezone.make_aware(naive)
    except ValueError as error:
        raise actions.Refused(_("Ange dag och klockslag för det utlovade svaret."), code="no_promise") from error


@posted
def decide(request: HttpRequest, pk: int, verdict: str) -> HttpResponse:
    row = visible(request, pk)
    if verdict not in VERDICTS:
        raise Http404
    event = actions.decide(row.pk, verdict, reason=request.POST.get("reason", ""), by=request.user, now=timezone.now())
    text = _("%(name)s: inget svar behövs.") % {"name": row.contact or _("Okänt namn")}
    messages.success(request, text, extra_tags=reverse("inbox:undo", args=[event.pk]))
    return onward(request, row)


@posted
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    conversation = actions.undo(pk, by=request.user, now=timezone.now())
    messages.success(request, _("Ångrat. Svarsfristen gäller igen."))
    return back(request, conversation)


@posted
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    outgoing = get_object_or_404(Outgoing, pk=pk, conversation__in=selectors.visible_to(request.user))
    actions.cancel(outgoing.pk, by=request.user, now=timezone.now())
    messages.success(request, _("Ångrat. Inget har skickats."))
    return back(request, outgoing.conversation)


@posted
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    outgoing = get_object_or_404(Outgoing, pk=pk, conversation__in=selectors.visible_to(request.user))
    actions.retry(outgoing.pk, by=request.user, now=timezone.now())
    messages.success(request, _("Svaret skickas igen."))
    return back(request, outgoing.conversation)


@posted
def settle_unknown(request: HttpRequest, pk: int) -> HttpResponse:
    """A person has looked on the platform: the reply stands there, or it does not."""
    outgoing = get_object_or_404(Outgoing, pk=pk, conversation__in=selectors.visible_to(request.user))
    was_sent = request.POST.get("answer") == "sent"
    actions.settle_unknown(outgoing.pk, was_sent=was_sent, by=request.user, now=timezone.now())
    messages.success(request, _("Tack. Svaret räknas som skickat.") if was_sent else _("Tack. Svaret skickas igen."))
    return back(request, outgoing.conversation)


@posted
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    row = visible(request, pk)
    chosen = request.POST.get("assignee", "")
    person = get_object_or_404(User, pk=chosen, is_active=True) if chosen.isdigit() else None
    actions.assign(row.pk, to_user=person, by=request.user, now=timezone.now())
    messages.success(request, _("Tilldelad %s.") % person if person else _("Ingen är ansvarig nu."))
    return back(request, row)


@posted
def note(request: HttpRequest, pk: int) -> HttpResponse:
    row = visible(request, pk)
    actions.add_note(row.pk, text=request.POST.get("text", ""), by=request.user, now=timezone.now())
    return back(request, row)


@posted
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    row = visible(request, pk)
    actions.reopen(row.pk, by=request.user, now=timezone.now())
    messages.success(request, _("Återöppnad. Svarsfristen räknas från det äldsta obesvarade."))
    return back(request, row)
