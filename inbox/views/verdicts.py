"""What people decide in the pages: each view reads a form, calls one action and answers once.

A refusal answers 422 and shows the page again with every typed word in it. An address that only takes forms leads to
its conversation when it is merely visited, as after a session has run out and somebody has signed in again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial, wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.permissions import Permission, needs
from inbox import actions, selectors
from inbox.models import Conversation, Outgoing, PendingReply, VerdictEvent
from inbox.selectors import Filters
from inbox.verdicts import VERDICTS
from inbox.views import collective
from inbox.views.contexts import part
from inbox.views.inbox import address, conversation_answer, found
from inbox.writing import links, screening, together

SEND_DELAY = 10.0  # seconds in which Ångra takes a reply back
KEPT = ("verdict", "text", "template", "drawn_at", "promised_day", "promised_time", "redirect", "manager_note", "why")
SAID = {
    "no_reply": gettext_lazy("%(name)s: inget svar behövs."),
    "like": gettext_lazy("%(name)s: gillad, och klar."),
    "watch": gettext_lazy("%(name)s: bevakas."),
}
Handler = Callable[..., HttpResponse]


def form_of(
    owner: Callable[[HttpRequest, int], Conversation], permission: Permission = Permission.ANSWER
) -> Callable[[Handler], Handler]:
    """Guard a view that carries out a form in a conversation, which `owner` finds by the address's id."""

    def guard(view: Handler) -> Handler:
        @wraps(view)
        @needs(permission)
        def guarded(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
            row = owner(request, pk)
            if request.method != "POST":
                return redirect(address(request, row))
            try:
                return view(request, pk, row=row, **kwargs)
            except actions.Refused as refused:
                return refuse(request, row, str(refused))

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return guard


def of_reply(request: HttpRequest, pk: int) -> Conversation:
    outgoing = get_object_or_404(Outgoing, pk=pk, conversation__in=selectors.visible_to(request.user))
    return found(request, outgoing.conversation_id)


def of_event(request: HttpRequest, pk: int) -> Conversation:
    event = get_object_or_404(VerdictEvent, pk=pk, conversation__in=selectors.visible_to(request.user))
    return found(request, event.conversation_id)


def refuse(request: HttpRequest, row: Conversation, why: str) -> HttpResponse:
    """Say why not, on the page where the form stands, with what was typed in it."""
    typed = {"link_text": request.POST.get("link", "")}
    return conversation_answer(request, row, status=422, refusal=why, **typed)


def onward(request: HttpRequest, row: Conversation) -> HttpResponse:
    """Go to the next one of the view that the user works through."""
    following = selectors.following(request.user, Filters.of(request.GET), row, timezone.now())
    return _go(request, following)


def back(request: HttpRequest, row: Conversation) -> HttpResponse:
    return _go(request, row)


def _go(request: HttpRequest, row: Conversation | None) -> HttpResponse:
    if not part(request):
        return redirect(address(request, row))
    return conversation_answer(request, found(request, row.pk) if row else None)


@form_of(found)
def reply(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    """Queue what the composer holds; a refusal shows the form again with every word still in it (422)."""
    form, now = request.POST, timezone.now()
    text = form.get("text", "").replace("\r\n", "\n")
    asked = {"by": request.user, "now": now, "drawn_at": moment(form.get("drawn_at", "")) or now}
    try:
        links.stop_dead(text, now)
        asked["kind"] = _kind(form)
        send = (
            partial(together.reply, **collective.form_of(request)) if collective.is_asked(request) else screening.reply
        )
        outgoing = send(
            row,
            acknowledged=form.get("anyway", "").split(),
            why=form.get("why", ""),
            template=form.get("template", ""),
            redirect=form.get("redirect", ""),
            text=text,
            key=form.get("key", "")[:80],
            promised_at=_promised(form) if form.get("verdict") == "holding" else None,
            delay=SEND_DELAY,
            sign=True,
            note=form.get("manager_note", ""),
            **asked,
        )
    except actions.Refused as refused:
        error_on = "promise" if "promise" in refused.code else "text"
        kept = _kept(form, refused) | collective.kept(request, row, refused, asked)
        return conversation_answer(request, row, status=422, error=str(refused), error_on=error_on, **kept)
    if isinstance(outgoing, PendingReply):
        said = _("Väntar på godkännande. %s ser inget än, och svarsfristen gäller.") % (row.contact or _("Avsändaren"))
        messages.success(request, said, extra_tags=reverse("inbox:withdraw", args=[outgoing.pk]))
        return onward(request, row)
    messages.success(request, _leaves(outgoing, row), extra_tags=reverse("inbox:cancel", args=[outgoing.pk]))
    return onward(request, row)


def _leaves(outgoing: Outgoing, row: Conversation) -> str:
    kind, others = outgoing.get_kind_display(), outgoing.also.count()
    if others:
        return _("%(kind)s till %(n)s personer skickas om 10 sekunder.") % {"kind": kind, "n": others + 1}
    name = row.contact or _("avsändaren")
    return _("%(kind)s till %(name)s skickas om 10 sekunder.") % {"kind": kind, "name": name}


def _kept(form: Any, refused: actions.Refused) -> dict[str, Any]:
    """What the composer held and holds again, so that nobody writes anything twice."""
    kept: dict[str, Any] = {name: form[name] for name in KEPT if name in form}
    if refused.code == "bad_verdict":
        kept["verdict"] = "answer"  # whose form has room for the words and for why
    if refused.code == "answered_meanwhile":
        kept.pop("drawn_at", None)  # now it has been seen: whoever sends again means it
    return kept | {"warned": getattr(refused, "kinds", ())}


def _kind(form: Any) -> str:
    verdict = VERDICTS.get(form.get("verdict", ""))
    if verdict is None or verdict.sends is None:
        raise actions.Refused(_("Välj svar, besked eller hänvisning."), code="bad_verdict")
    return verdict.sends


def moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def _promised(form: Any) -> datetime:
    try:
        naive = datetime.fromisoformat(f"{form.get('promised_day', '')}T{form.get('promised_time', '')}")
        return timezone.make_aware(naive)
    except (ValueError, OverflowError) as error:
        raise actions.Refused(_("Ange dag och klockslag för det utlovade svaret."), code="no_promise") from error


@form_of(found)
def decide(request: HttpRequest, pk: int, *, row: Conversation, verdict: str) -> HttpResponse:
    if verdict not in VERDICTS:
        raise Http404
    reason, now = request.POST.get("reason", ""), timezone.now()
    event = actions.decide(row.pk, verdict, reason=reason, by=request.user, now=now)
    text = SAID.get(verdict, SAID["no_reply"]) % {"name": row.contact or _("Okänt namn")}
    messages.success(request, text, extra_tags=reverse("inbox:undo", args=[event.pk]))
    return onward(request, row)


@form_of(of_event)
def undo(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    actions.undo(pk, by=request.user, now=timezone.now())
    messages.success(request, _("Ångrat. Svarsfristen gäller igen."))
    return back(request, row)


@form_of(of_reply)
def cancel(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    actions.cancel(pk, by=request.user, now=timezone.now())
    messages.success(request, _("Ångrat. Inget har skickats, och texten är kvar."))
    return back(request, row)


@form_of(of_reply)
def retry(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    actions.retry(pk, by=request.user, now=timezone.now())
    messages.success(request, _("Svaret skickas igen."))
    return back(request, row)


@form_of(of_reply)
def settle_unknown(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    """A person has looked on the platform: the reply stands there, or it does not."""
    was_sent = request.POST.get("answer") == "sent"
    link = request.POST.get("link", "")
    actions.settle_unknown(pk, was_sent=was_sent, external_id=link, by=request.user, now=timezone.now())
    messages.success(request, _("Tack. Svaret räknas som skickat.") if was_sent else _("Tack. Svaret skickas igen."))
    return back(request, row)


@form_of(found)
def assign(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    chosen = request.POST.get("assignee", "")
    person = get_object_or_404(User, pk=chosen, is_active=True) if selectors.is_id(chosen) else None
    actions.assign(row.pk, to_user=person, by=request.user, now=timezone.now())
    messages.success(request, _("%s är ansvarig.") % person if person else _("Ingen är ansvarig nu."))
    return back(request, row)


@form_of(found)
def reopen(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    actions.reopen(row.pk, by=request.user, now=timezone.now())
    messages.success(request, _("Återöppnad. Svarsfristen räknas från det äldsta obesvarade."))
    return back(request, row)
