"""The pages of replies that wait for approval: all that one may decide, one of them, and one's own."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Permission, needs
from inbox import selectors
from inbox.deciding.acting import Refused
from inbox.models import PendingReply
from inbox.showing import protection
from inbox.views.verdicts import SEND_DELAY, moment
from inbox.writing import approvals, links, screening


@needs(Permission.ANSWER)
def list_page(request: HttpRequest) -> HttpResponse:
    """What one may approve, and what became of one's own."""
    now = timezone.now()
    waiting = list(approvals.to_decide(request.user))
    own = [(row, approvals.difference(row.text, row.final_text)) for row in approvals.of_author(request.user, now)]
    context = {
        "section": "inbox",
        "to_decide": [row for row in waiting if approvals.may_approve(request.user, row)],
        "own": own,
        "now": now,
    }
    return render(request, "inbox/approvals.html", context)


def _found(request: HttpRequest, pk: int) -> PendingReply:
    """Give one in what the user sees, or one's own; 404 for any other."""
    rows = PendingReply.objects.select_related(
        "by", "decided_by", "to__contact", "conversation__channel", "conversation__contact",
        "conversation__thread__post",
    )  # fmt: skip
    pending = get_object_or_404(rows, pk=pk)
    is_seen = selectors.visible_to(request.user).filter(pk=pending.conversation_id).exists()
    if not is_seen and pending.by_id != request.user.pk:
        raise Http404
    pending.is_seen = is_seen  # type: ignore[attr-defined]
    protection.mark([pending.to], pending.conversation)
    return pending


@needs(Permission.ANSWER)
def page(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _found(request, pk))


def _page(request: HttpRequest, pending: PendingReply, status: int = 200, **form: Any) -> HttpResponse:
    now = timezone.now()
    context = {
        "section": "inbox",
        "pending": pending,
        "may_approve": approvals.may_approve(request.user, pending) and pending.is_seen,  # type: ignore[attr-defined]
        "is_own": pending.by_id == request.user.pk,
        "pieces": approvals.difference(pending.text, pending.final_text),
        "text": pending.text,
        "drawn_at": now.isoformat(),
        "now": now,
        **form,
    }
    context["is_part"] = is_part = bool(request.htmx)  # type: ignore[attr-defined]
    return render(request, "inbox/_pending.html" if is_part else "inbox/pending.html", context, status=status)


@require_POST
@needs(Permission.APPROVE_REPLIES)
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    pending, form, now = _found(request, pk), request.POST, timezone.now()
    if not pending.is_seen:  # type: ignore[attr-defined]
        raise Http404
    text, acknowledged, why = form.get("text", "").replace("\r\n", "\n"), form.get("anyway", ""), form.get("why", "")
    drawn_at = moment(form.get("drawn_at", "")) or now
    try:
        links.stop_dead(text, now)
        outgoing = screening.approve(
            pending, text=text, acknowledged=acknowledged.split(), why=why, by=request.user, now=now,
            drawn_at=drawn_at, delay=SEND_DELAY,
        )  # fmt: skip
    except Refused as refused:
        composer = {"warned": getattr(refused, "kinds", ()), "why": why}
        return _page(request, _found(request, pk), 422, error=str(refused), text=text, composer=composer)
    said = _("Svaret från %s är godkänt och skickas om 10 sekunder.") % pending.by.get_short_name()
    messages.success(request, said, extra_tags=reverse("inbox:cancel", args=[outgoing.pk]))
    return redirect("inbox:approvals")


@require_POST
@needs(Permission.APPROVE_REPLIES)
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    pending, comment = _found(request, pk), request.POST.get("comment", "")
    if not pending.is_seen:  # type: ignore[attr-defined]
        raise Http404
    try:
        approvals.give_back(pk, comment=comment, by=request.user, now=timezone.now())
    except Refused as refused:
        return _page(request, _found(request, pk), 422, comment_error=str(refused), comment=comment)
    messages.success(request, _("Svaret från %s är lämnat tillbaka, med din kommentar.") % pending.by.get_short_name())
    return redirect("inbox:approvals")


@require_POST
@needs(Permission.ANSWER)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    pending = _found(request, pk)
    try:
        approvals.withdraw(pk, by=request.user, now=timezone.now())
    except Refused as refused:
        return _page(request, pending, 422, error=str(refused))
    messages.success(request, _("Taget tillbaka. Inget har skickats."))
    if pending.is_seen:  # type: ignore[attr-defined]
        return redirect("inbox:conversation", pending.conversation_id)
    return redirect("inbox:approvals")
