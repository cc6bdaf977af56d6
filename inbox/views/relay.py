"""What whoever takes a turn on a relay account sees: the card, one's own consent, and handing back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts import relay
from accounts.models import Baton
from accounts.permissions import Permission, may, needs
from inbox import selectors
from inbox.models import Conversation

RULES = (
    gettext_lazy("Skriv inget om enskilda personer: sekretess gäller även i kommentarer."),
    gettext_lazy("Visa inga bilder på barn, elever, brukare eller patienter utan att du har fått lov."),
    gettext_lazy("Skriv under med ditt förnamn."),
    gettext_lazy("Svara samma dag."),
    gettext_lazy("Är du osäker? Fråga en kommunikatör innan du skriver."),
)
TONE = (
    gettext_lazy("Berätta som för en granne: kort, varmt och utan förkortningar."),
    gettext_lazy("Tacka för beröm, och svara på frågan innan du lägger till något eget."),
    gettext_lazy("Möt ilska lugnt: bekräfta, ge fakta, hänvisa vidare. Ett svar räcker."),
)
OPEN_SHOWN = 20


def _own(request: HttpRequest, pk: int) -> Baton:
    """Give one's own week; 404 for anybody else's, but for those who plan."""
    rows = Baton.objects.select_related("channel__owner", "user")
    return get_object_or_404(rows if may(request.user, Permission.PLAN) else rows.filter(user=request.user), pk=pk)


@needs(Permission.READ)
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """The hand-over card. Whoever has the week says that it is read, which opens the first reply."""
    baton, now = _own(request, pk), timezone.now()
    is_mine = baton.user_id == request.user.pk
    if request.method == "POST" and is_mine:
        if relay.open_card(baton, now=now):
            messages.success(request, _("Tack. Nu kan du svara."))
        return redirect("inbox:list")
    seen = selectors.visible_to(request.user).filter(channel=baton.channel)
    waiting = seen.exclude(status=Conversation.Status.CLOSED).filter(due_at__isnull=False)
    context = {
        "section": "inbox",
        "baton": baton,
        "is_mine": is_mine,
        "opens_at": relay.opens_at(baton.monday),
        "closes_at": relay.closes_at(baton.monday),
        "is_over": now >= relay.closes_at(baton.monday),
        "waiting": waiting.select_related("contact", "channel").order_by("due_at", "pk")[:OPEN_SHOWN],
        "rules": RULES,
        "tone": TONE,
        "now": now,
    }
    return render(request, "inbox/relay_card.html", context)


@require_POST
@needs(Permission.READ)
def consent(request: HttpRequest, pk: int) -> HttpResponse:
    baton = get_object_or_404(Baton.objects.select_related("user"), pk=pk, user=request.user)
    relay.consent(baton, now=timezone.now())
    messages.success(request, _("Tack. Kontot öppnas för dig när veckan börjar."))
    return redirect("staffing:relay_card", pk)


@require_POST
@needs(Permission.READ)
def hand_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a week up, at any time and without a reason: nobody else reads or answers by it from now on."""
    baton = _own(request, pk)
    relay.hand_back(baton, by=request.user, now=timezone.now())
    messages.success(request, _("Veckan är lämnad tillbaka. Åtkomsten är stängd."))
    return redirect("staffing:page" if may(request.user, Permission.READ_REGISTER) else "inbox:list")
