"""Where I am signed in, and a way out of each."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST


def own_sessions(request: HttpRequest) -> HttpResponse:
    found = sorted(UserSession.objects.purge_and_list(request.user), key=lambda row: row.created_at, reverse=True)
    here = request.session.session_key
    context = {"rows": [(row, row.session_key == here, browser(row.user_agent)) for row in found]}
    return render(request, "accounts/sessions.html", context)


@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own sessions; somebody else's does not exist here."""
    get_object_or_404(UserSession, pk=pk, user=request.user).end()
    messages.success(request, _("Den inloggningen är avslutad."))
    return redirect("usersessions_list")


def browser(agent: str) -> str:
    """Name the browser and the system of a user agent, as far as people know them by name."""
    browsers = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
    systems = (
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac", "Mac"),
        ("Linux", "Linux"),
    )  # fmt: skip
    found = [next((name for sign, name in names if sign in agent), "") for names in (browsers, systems)]
    return ", ".join(filter(None, found)) or _("okänd webbläsare")
