"""What people do on the platforms beside replying, and whom they ask: each view reads a form and calls one action."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from inbox import actions, selectors
from inbox.deciding.acting import Refused
from inbox.models import Conversation, ExpertQuestion, Item, ModerationEvidence, Outgoing
from inbox.verdicts import ASK_EXPERT, LIKE, MODERATE
from inbox.views.contexts import part
from inbox.views.inbox import address, conversation_answer, found
from inbox.views.verdicts import SEND_DELAY, back, form_of, moment, onward
from inbox.writing import links, screening

ON_FIELD = {
    "no_ground": "ground", "no_reason": "reason", "empty_text": "text", "bad_text": "text", "unchanged": "text",
    "no_name": "name", "no_email": "email", "already_asked": "email", "answer_by_in_the_past": "answer_by",
}  # fmt: skip
"""Which field of a form a refusal is about."""


@form_of(found)
def like(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    """Like on the platform, or rule it so where it is liked already: one key."""
    form, now = request.POST, timezone.now()
    try:
        drawn_at = moment(form.get("drawn_at", ""))
        outgoing = actions.like(row.pk, by=request.user, key=_key(form), now=now, drawn_at=drawn_at, delay=SEND_DELAY)
    except Refused as refused:
        if refused.code != "already_liked":
            raise
        event = actions.decide(row.pk, LIKE.key, by=request.user, now=now)
        return _done(request, row, _("Redan gillad. Konversationen är klar."), "inbox:undo", event.pk)
    return _done(request, row, _("Gillas om 10 sekunder."), "inbox:cancel", outgoing.pk)


@form_of(found, Permission.MODERATE)
def moderate(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    form, now = request.POST, timezone.now()
    action = form.get("action", "")
    try:
        kept = actions.moderate(
            row.pk,
            action,
            to=form.get("to", ""),
            ground=form.get("ground", ""),
            reason=_text(form, "reason"),
            by=request.user,
            key=_key(form),
            now=now,
            delay=SEND_DELAY,
        )
    except Refused as refused:
        on = "reason" if action == Outgoing.Kind.DELETE and refused.code == "empty_text" else ""
        return _shown_again(request, row, refused, on=on, verdict=MODERATE.key)
    return _moderated(request, row, kept)


def _moderated(request: HttpRequest, row: Conversation, kept: ModerationEvidence) -> HttpResponse:
    outgoing = kept.outgoing.first()
    if outgoing is None:
        return _done(request, row, _("Underlaget är sparat och kommentaren räknas som modererad."))
    if kept.action == Outgoing.Kind.HIDE:
        return _done(request, row, _("Underlaget är sparat. Döljs om 10 sekunder."), "inbox:cancel", outgoing.pk)
    return _done(request, row, _("Underlaget är sparat. Tas bort om 10 sekunder."), "inbox:cancel", outgoing.pk)


@form_of(found)
def ask_expert(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    """Ask, then offer a holding reply where somebody waits and has had none."""
    form, now = request.POST, timezone.now()
    chosen = form.get("person", "")
    person = get_object_or_404(User, pk=chosen, is_active=True) if selectors.is_id(chosen) else None
    try:
        question = actions.ask_expert(
            row.pk,
            name=form.get("name", ""),
            email=form.get("email", ""),
            text=_text(form, "text"),
            answer_by=_answer_by(form),
            person=person,
            by=request.user,
            now=now,
            delay=SEND_DELAY,
        )
    except Refused as refused:
        return _shown_again(request, row, refused, verdict=ASK_EXPERT.key)
    undo = reverse("inbox:undo", args=[question.event_id])
    words = {"name": question.first_name}
    if row.due_at is None or row.status == Conversation.Status.WAITING:
        messages.success(request, _("%(name)s får frågan om 10 sekunder.") % words, extra_tags=undo)
        return onward(request, row)
    said = _("%(name)s får frågan om 10 sekunder. Skicka ett besked också?") % words
    messages.success(request, said, extra_tags=undo)
    if not part(request):
        where = address(request, row)
        return redirect(f"{where}{'&' if '?' in where else '?'}beslut=holding#composer")
    return conversation_answer(request, found(request, row.pk), verdict="holding")


def of_question(request: HttpRequest, pk: int) -> Conversation:
    question = get_object_or_404(ExpertQuestion, pk=pk, conversation__in=selectors.visible_to(request.user))
    return found(request, question.conversation_id)


@form_of(of_question)
def expert_has_answered(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    question = actions.expert_has_answered(pk, by=request.user, now=timezone.now())
    messages.success(request, _("Vi väntar inte längre på %s.") % question.first_name)
    return back(request, row)


@form_of(found, Permission.MODERATE)
def unhide(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    actions.unhide(row.pk, to=request.POST.get("to", ""), by=request.user, key=_key(request.POST), now=timezone.now())
    messages.success(request, _("Kommentaren visas igen så snart plattformen har gjort det."))
    return back(request, row)


@form_of(found, Permission.MODERATE)
def edit_reply(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    form = request.POST
    item = _reply_in(row, form)
    text, now = _text(form, "text"), timezone.now()
    try:
        links.stop_dead(text, now)
        outgoing = screening.edit_reply(
            row,
            item,
            text=text,
            acknowledged=form.get("anyway", "").split(),
            why=form.get("why", ""),
            by=request.user,
            key=_key(form),
            now=now,
            delay=SEND_DELAY,
        )
    except Refused as refused:
        warned = getattr(refused, "kinds", ())
        return _shown_again(request, row, refused, editing=item.pk, warned=warned, why=form.get("why", ""))
    _say(request, _("Den nya texten går ut om 10 sekunder."), "inbox:cancel", outgoing.pk)
    return back(request, row)


@form_of(found, Permission.MODERATE)
def delete_reply(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    item = _reply_in(row, request.POST)
    outgoing = actions.delete_reply(
        row.pk, to=item.external_id, by=request.user, key=_key(request.POST), now=timezone.now(), delay=SEND_DELAY
    )
    _say(request, _("Svaret tas bort om 10 sekunder. Sedan väntar frågan igen."), "inbox:cancel", outgoing.pk)
    return back(request, row)


def _reply_in(row: Conversation, form: QueryDict) -> Item:
    chosen = form.get("reply", "")
    pk = int(chosen) if selectors.is_id(chosen) else 0
    return get_object_or_404(Item, pk=pk, thread=row.thread_id, from_us=True)


def _done(request: HttpRequest, row: Conversation, text: str, undo: str = "", pk: int = 0) -> HttpResponse:
    _say(request, text, undo, pk)
    return onward(request, row)


def _say(request: HttpRequest, text: str, undo: str = "", pk: int = 0) -> None:
    messages.success(request, text, extra_tags=reverse(undo, args=[pk]) if undo else "")


def _shown_again(
    request: HttpRequest, row: Conversation, refused: Refused, *, on: str = "", **form: Any
) -> HttpResponse:
    """Show the form again with all that was typed, and say at which field it stopped (422)."""
    field = on or ON_FIELD.get(refused.code, "form")
    kept = {"key": _key(request.POST), "drawn_at": request.POST.get("drawn_at", "")}
    typed = request.POST.dict()
    return conversation_answer(
        request, row, status=422, error=str(refused), error_on=field, typed=typed, **kept, **form
    )


def _key(form: QueryDict) -> str:
    return form.get("key", "")[:80] or uuid.uuid4().hex


def _text(form: QueryDict, name: str) -> str:
    return form.get(name, "").replace("\r\n", "\n")


def _answer_by(form: QueryDict) -> datetime:
    try:
        naive = datetime.fromisoformat(f"{form.get('answer_day', '')}T{form.get('answer_time', '')}")
        return timezone.make_aware(naive)
    except (ValueError, OverflowError) as error:
        raise Refused(_("Ange dag och klockslag då svaret behövs."), "answer_by_in_the_past") from error
