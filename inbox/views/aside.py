"""What is done beside the reply: a note is written, a conversation is handed over. Each keeps every typed word."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Department
from inbox import actions
from inbox.deciding import handing, helping
from inbox.models import Conversation
from inbox.selectors import is_id
from inbox.views.inbox import conversation_answer, found
from inbox.views.sides import HAND_OVER, NOTE
from inbox.views.verdicts import SEND_DELAY, back, form_of, moment, onward


def _again(request: HttpRequest, row: Conversation, side: str, why: str) -> HttpResponse:
    return conversation_answer(request, row, status=422, side=side, error=why, typed=request.POST.dict())


@form_of(found)
def note(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    text, now = request.POST.get("note", "").replace("\r\n", "\n"), timezone.now()
    ticked = {int(each) for each in request.POST.getlist("naming") if is_id(each)}
    try:
        made = actions.add_note(row.pk, text=text, by=request.user, now=now, naming=ticked)
    except actions.Refused as refused:
        return _again(request, row, NOTE, str(refused))
    named = ", ".join(str(each.person) for each in made.heads_ups.select_related("person"))
    said = _("Anteckningen är sparad. Den syns bara för oss.")
    told = _("%s får veta det.") % named if named else ""
    messages.success(request, f"{said} {told}".rstrip())
    return back(request, row)


@form_of(found)
def confirm_helper(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    """A neighbour gave the right answer: like it and say so; whoever asked is answered by that."""
    form, now = request.POST, timezone.now()
    if not is_id(form.get("item", "")):
        return back(request, row)
    drawn_at = moment(form.get("drawn_at", "")) or now
    reply = helping.confirm_helper(
        row.pk, int(form["item"]), by=request.user, key=form.get("key", "")[:70], now=now, drawn_at=drawn_at,
        delay=SEND_DELAY,
    )  # fmt: skip
    said = _("Invånarens svar bekräftas om 10 sekunder. Då är båda klara.")
    messages.success(request, said, extra_tags=reverse("inbox:cancel", args=[reply.pk]))
    return onward(request, row)


@form_of(found)
def hand_over(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    chosen = request.POST.get("department", "")
    if not is_id(chosen):
        return _again(request, row, HAND_OVER, _("Välj vilken förvaltning som tar över."))
    to = get_object_or_404(Department, pk=chosen)
    reason = request.POST.get("reason", "").replace("\r\n", "\n")
    try:
        handing.hand_over(row.pk, to=to, reason=reason, by=request.user, now=timezone.now())
    except actions.Refused as refused:
        return _again(request, row, HAND_OVER, str(refused))
    messages.success(request, _("Överlämnad till %s.") % to)
    return onward(request, row)
