"""Many conversations at once: chosen in the list, shown with their texts where it matters, decided, taken back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.permissions import Permission, needs
from inbox import selectors
from inbox.deciding import bulk
from inbox.deciding.acting import Refused
from inbox.deciding.bulk import Left
from inbox.models import Conversation
from inbox.promise import resting
from inbox.selectors import Filters
from inbox.verdicts import NO_REPLY
from inbox.views.contexts import part, people
from inbox.views.rows import row_context
from inbox.views.verdicts import SEND_DELAY, moment
from inbox.writing import bank
from sla import policies

ACTS = ("no_reply", "like", "assign", "rest", "answer")
AT_ONCE = ACTS[:4]  # what needs nothing to be written


@needs(Permission.ANSWER)
def page(request: HttpRequest) -> HttpResponse:
    """Decide at once where the texts stand in the list; else, and for replies, show them all first."""
    if request.method != "POST":
        return redirect(_list(request))
    form, now = request.POST, timezone.now()
    rows = _rows(request, now)
    do, _colon, choice = form.get("do", "").partition(":")
    if not rows:
        messages.error(request, _("Markera minst en konversation först."))
        return redirect(_list(request))
    if do == "send":
        return _send(request, rows, now)
    if do in AT_ONCE and not _is_unseen(request):
        try:
            return _carry_out(request, rows, do, choice, now)
        except Refused as refused:
            return _preview(request, rows, now, do=do, refusal=str(refused))
    return _preview(request, rows, now, do=do if do in ACTS else "")


def _is_unseen(request: HttpRequest) -> bool:
    """Whether all of a view was asked for, of which the list shows a part: nothing is decided before it was shown."""
    return request.POST.get("scope") == "all" and not request.POST.get("seen")


def _list(request: HttpRequest) -> str:
    """Where one came from: the list in its view, or the page of Monday morning."""
    if request.POST.get("back") == "monday":
        return reverse("inbox:monday")
    query = Filters.of(request.GET).query(after="")
    return reverse("inbox:list") + (f"?{query}" if query else "")


def _rows(request: HttpRequest, now: datetime) -> list[Conversation]:
    if _is_unseen(request):
        filters, drawn_at = Filters.of(request.GET), moment(request.POST.get("drawn_at", "")) or now
        return bulk.all_in(request.user, filters, drawn_at=drawn_at, now=now)
    return bulk.chosen(request.user, request.POST.getlist("row"))


def _carry_out(request: HttpRequest, rows: list[Conversation], do: str, choice: str, now: datetime) -> HttpResponse:
    form = request.POST
    common: dict[str, Any] = {
        "by": request.user, "key": form.get("key", "") or uuid.uuid4().hex, "now": now,
        "drawn_at": moment(form.get("drawn_at", "")) or now,
    }  # fmt: skip
    match do:
        case "no_reply":
            if choice not in dict(NO_REPLY.reasons):
                raise Refused(_("Välj varför inget svar behövs."), "unknown_reason")
            outcome = bulk.close(rows, reason=choice, **common)
        case "like":
            outcome = bulk.like(rows, **common)
        case "assign":
            chosen = form.get("assignee", "")
            person = get_object_or_404(User, pk=chosen, is_active=True) if selectors.is_id(chosen) else None
            outcome = bulk.assign(rows, to_user=person, **common)
        case _:
            outcome = bulk.let_rest(rows, until=_until(choice, now), **common)
    _tell(request, outcome)
    return redirect(_list(request))


def _until(wanted: str, now: datetime) -> datetime | None:
    choices = resting.choices(policies.pure(policies.in_force().default), now)
    choice = next((each for each in choices if each.key == wanted), None)
    if choice is None:
        raise Refused(_("Välj hur länge konversationerna ska vila."), "no_time")
    return choice.until


def _tell(request: HttpRequest, outcome: bulk.Outcome) -> None:
    """Say exactly how many, and which were left out and why."""
    sent = outcome.count - outcome.waiting
    words = {
        "no_reply": ngettext("%(n)s är klar utan svar.", "%(n)s är klara utan svar.", outcome.count),
        "like": ngettext("%(n)s gillas om 10 sekunder.", "%(n)s gillas om 10 sekunder.", outcome.count),
        "assign": ngettext("%(n)s har ny ansvarig.", "%(n)s har ny ansvarig.", outcome.count),
        "rest": ngettext("%(n)s vilar.", "%(n)s vilar.", outcome.count),
        "answer": ngettext("%(n)s svar skickas om 10 sekunder.", "%(n)s svar skickas om 10 sekunder.", sent),
    }[outcome.batch.act] % {"n": sent if outcome.batch.act == "answer" else outcome.count}
    if outcome.batch.act == "answer" and outcome.waiting:
        waits = ngettext("%(n)s svar väntar på godkännande.", "%(n)s svar väntar på godkännande.", outcome.waiting)
        words = " ".join([*([words] if sent else []), waits % {"n": outcome.waiting}])
    if outcome.count:
        messages.success(request, words, extra_tags=reverse("inbox:bulk_undo", args=[outcome.batch.pk]))
    if outcome.skipped:
        names = "; ".join(f"{left.row.contact or _('Okänt namn')}: {left.why}" for left in outcome.skipped[:5])
        told = ngettext("%(n)s lämnades. %(why)s", "%(n)s lämnades. %(why)s", len(outcome.skipped))
        messages.error(request, told % {"n": len(outcome.skipped), "why": names})


def _preview(
    request: HttpRequest,
    rows: list[Conversation],
    now: datetime,
    *,
    do: str,
    refusal: str = "",
    texts: Mapping[int, str] | None = None,
    left: Sequence[Left] | None = None,
) -> HttpResponse:
    """All of them with their texts, and what was chosen to do, its number on the button.

    `left`: what has been left out already. Of replies, what has to be answered by itself stands apart.
    """
    form, rules, found, was_sent = request.POST, policies.in_force(), len(rows), left is not None
    drawn_at = moment(form.get("drawn_at", "")) or now
    if left is None and do == "answer":
        left = bulk.to_answer_alone(rows, by=request.user, since=drawn_at, now=now)
    why = {each.row.pk: each.why for each in left or ()}
    apart = [each.row for each in left or () if each.alone]
    rows = [row for row in rows if row not in apart]
    common = form.get("text", "").replace("\r\n", "\n")
    if texts is None and do == "answer" and common.strip():
        texts = _variations(common, rows, now)
    written = texts or {}
    context = {
        "section": "inbox",
        "title": ngettext("%(n)s konversation", "%(n)s konversationer", found) % {"n": found},
        "do": do,
        "entries": [
            row_context(row, rules, now) | {"text": written.get(row.pk, ""), "error": why.get(row.pk, "")}
            for row in rows
        ],
        "apart": [row_context(row, rules, now) | {"why": why[row.pk]} for row in apart],
        "was_sent": was_sent,
        "is_written": bool(written),
        "count": len(rows),
        "is_cut": found == bulk.MOST,
        "most": bulk.MOST,
        "text": common,
        "key": uuid.uuid4().hex,
        # Whoever is shown a refusal has seen what came in between.
        "drawn_at": now.isoformat() if was_sent else drawn_at.isoformat(),
        "query": Filters.of(request.GET).query(after=""),
        "reasons": NO_REPLY.reasons,
        "people": people() if do in ("", "assign") else (),
        "rests": resting.choices(policies.pure(rules.default), now),
        "refusal": refusal,
    }
    return render(request, "inbox/bulk.html", context, status=422 if refusal or was_sent else 200)


def _variations(common: str, rows: list[Conversation], now: datetime) -> dict[int, str]:
    """The same answer as each of them would read it."""
    rules, links = policies.in_force(), bank.texts().links if "{" in common else {}
    return {row.pk: bank.fill(common, row, rules.policy(row.channel_id), now, links)[0] for row in rows}


def _send(request: HttpRequest, rows: list[Conversation], now: datetime) -> HttpResponse:
    """Queue each its own text. Those that a guard stops are shown again with their words; the others go."""
    form = request.POST
    written = {row.pk: form.get(f"text-{row.pk}", "").replace("\r\n", "\n").strip() for row in rows}
    texts = [(row, written[row.pk]) for row in rows if written[row.pk]]
    if not texts:
        return _preview(request, rows, now, do="answer", refusal=_("Skriv minst ett svar först."), texts=written)
    outcome = bulk.reply(
        texts, by=request.user, key=form.get("key", "") or uuid.uuid4().hex, now=now,
        drawn_at=moment(form.get("drawn_at", "")) or now, delay=SEND_DELAY,
    )  # fmt: skip
    _tell(request, replace(outcome, skipped=[]))
    if not outcome.skipped:
        return redirect(_list(request))
    stopped = {left.row.pk for left in outcome.skipped}
    rows = [row for row in rows if row.pk in stopped]
    return _preview(request, rows, now, do="answer", texts=written, left=outcome.skipped)


@needs(Permission.ANSWER)
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take all of it back, and draw the list anew."""
    if request.method == "POST":
        try:
            back, late = bulk.undo(pk, by=request.user, now=timezone.now())
            messages.success(request, ngettext("%(n)s är ångrad.", "%(n)s är ångrade.", back) % {"n": back})
            if late:
                messages.error(request, ngettext("%(n)s hann bli klar.", "%(n)s hann bli klara.", late) % {"n": late})
        except Refused as refused:
            messages.error(request, str(refused))
    if part(request):
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = _list(request)
        return answer
    return redirect(_list(request))
