"""While somebody writes: the draft is kept within a second and shared with a click; hints on the language come back."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Permission, needs
from inbox.deciding import notes
from inbox.models import Conversation
from inbox.showing import presence
from inbox.views import desk
from inbox.views.inbox import found
from inbox.views.verdicts import back, form_of
from inbox.writing import drafts


@require_POST
@needs(Permission.ANSWER)
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what is typed; answer with what the page says about it."""
    row, form, now = found(request, pk), request.POST, timezone.now()
    draft = keep(request, row, form, now)
    hints = [] if form.get("slot") == notes.SLOT else desk.hints(form.get("text", ""))
    context = {"conversation": row, "draft": draft, "hints": hints, "now": now}
    return render(request, "inbox/_writing.html", context)


def keep(request: HttpRequest, row: Conversation, form: QueryDict, now: datetime) -> object:
    return drafts.save(
        row,
        form.get("slot", ""),
        form.get("text", "").replace("\r\n", "\n"),
        by=request.user,  # type: ignore[arg-type]
        now=now,
        key=form.get("key", "")[:80],
        promised_at=_promised(form),
    )


def _promised(form: QueryDict) -> datetime | None:
    try:
        naive = datetime.fromisoformat(f"{form.get('promised_day', '')}T{form.get('promised_time', '')}")
        return timezone.make_aware(naive)
    except (ValueError, OverflowError):
        return None  # half typed: the rest of the draft is worth keeping all the same


@form_of(found)
def share(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    """Let the others see the draft, or no longer; without a script what stands in the form is kept first."""
    form, now = request.POST, timezone.now()
    if "text" in form:
        keep(request, row, form, now)
    is_shared = form.get("shared") == "1"
    if drafts.share(row, form.get("slot", ""), is_shared=is_shared, by=request.user, now=now):  # type: ignore[arg-type]
        text = _("Utkastet delas med alla som svarar.") if is_shared else _("Utkastet är bara ditt igen.")
        messages.success(request, text)
    return back(request, row)


@require_POST
@needs(Permission.READ)
def here(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a sign of an open page: `here`, `away` or `left`. Answers with nothing, as nobody waits for it."""
    row, state = found(request, pk), request.POST.get("state", "here")
    if state == "left":
        presence.leave(row, by=request.user)  # type: ignore[arg-type]
    else:
        presence.look(row, by=request.user, now=timezone.now(), is_away=state == "away")  # type: ignore[arg-type]
    return HttpResponse(status=204)


@form_of(found)
def take_over(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    """Write in the place of somebody who writes here; both are told."""
    taken_from = presence.take_over(pk, by=request.user, now=timezone.now())  # type: ignore[arg-type]
    if taken_from:
        name = taken_from.get_short_name()
        messages.success(
            request, _("Du skriver svaret nu. %(name)s får veta det och har kvar sin text.") % {"name": name}
        )
    return back(request, row)
