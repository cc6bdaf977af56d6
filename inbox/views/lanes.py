"""What people do above the deadline: move into a lane, hand over, follow up; and what a conversation is about."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Topic
from accounts.permissions import Permission, needs
from inbox.deciding.acting import Refused
from inbox.incoming import sorting
from inbox.lanes import guide, legal
from inbox.lanes import texts as lane_texts
from inbox.models import Conversation
from inbox.promise import followups
from inbox.views.contexts import part
from inbox.views.inbox import address, conversation_answer, found
from inbox.views.verdicts import back, form_of
from inbox.writing import bank, drafts

Lane = Conversation.Lane


@form_of(found)
def move(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    lane = request.POST.get("lane", "")
    sorting.move(row.pk, int(lane) if lane in ("1", "2", "3", "9") else 0, by=request.user, now=timezone.now())
    said = _("Inget särskilt spår längre.") if lane == "9" else _("Ligger nu i spåret %s.") % Lane(int(lane)).label
    messages.success(request, said)
    return back(request, row)


@needs(Permission.ANSWER)
def topic(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose what a conversation is about; by htmx as a dialog, else a page."""
    row = found(request, pk)
    if request.method == "POST":
        wanted = request.POST.get("topic", "")
        chosen = Topic.objects.filter(pk=wanted).first() if wanted.isdecimal() and len(wanted) < 18 else None
        sorting.give_topic(row.pk, chosen, by=request.user, now=timezone.now())
        said = _("Ämne: %s.") % chosen.name if chosen else _("Inget ämne.")
        messages.success(request, said)
        return redirect(address(request, row))
    topics = sorted(Topic.objects.select_related("department"), key=lambda each: each.name.casefold())
    context = {"section": "inbox", "conversation": row, "topics": topics, "query": request.GET.urlencode()}
    name = "inbox/topic_form.html#form" if part(request) == "dialog" else "inbox/topic_form.html"
    return render(request, name, context)


@form_of(found)
def pass_on(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    made = legal.pass_on(row.pk, request.POST.get("kind", ""), by=request.user, now=timezone.now())
    words = _("Mejlas till %s nu.") if made.email else _("Noterat: överlämnat till %s.")
    messages.success(request, words % made.name)
    return back(request, row)


@form_of(found)
def follow_up(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    said = request.POST.get("answer", "")
    followups.answer(row.pk, said, by=request.user, now=timezone.now())
    messages.success(
        request,
        {
            "yes": _("Bra. Konversationen är klar."),
            "no": _("Konversationen ligger kvar, så att ni kan försöka igen."),
            "unknown": _("Frågan kommer tillbaka nästa arbetsdag."),
        }[said],
    )
    return back(request, row)


@form_of(found)
def write_by_guide(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    """Make a draft of what was chosen in the four steps, and open it in the composer."""
    posted, now = request.POST, timezone.now()
    text = guide.text(
        lane_texts.current(),
        acknowledge=posted.get("acknowledge", ""),
        secrecy=posted.get("secrecy", ""),
        numbers=posted.getlist("number"),
        elsewhere=posted.get("elsewhere", ""),
        follow_up=posted.get("follow_up", ""),
        name=bank.first_name(row),
    )
    if not text:
        raise Refused(_("Välj minst en mening, och vart personen kan vända sig."), "empty_guide")
    drafts.save(row, "redirect", text, by=request.user, now=now)
    if part(request):
        return conversation_answer(request, row, verdict="redirect", text=text)
    here = address(request, row)
    return redirect(f"{here}{'&' if '?' in here else '?'}beslut=redirect#composer")
