"""The accessibility statement, for everybody, and the form by which anybody tells of a barrier."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.permissions import Permission, needs
from inbox.lanes import barriers


class ReportForm(forms.Form):
    """`website` is a trap: people do not see it, machines fill it in."""

    text = forms.CharField(
        label=gettext_lazy("Vad gick inte?"), max_length=barriers.LONGEST, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("Berätta gärna vilket hjälpmedel du använder. Skriv inga personliga uppgifter."),
    )  # fmt: skip
    page = forms.CharField(label=gettext_lazy("Vilken sida?"), max_length=300, required=False)
    email = forms.EmailField(
        label=gettext_lazy("E-post, om du vill ha svar"), required=False, max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip
    website = forms.CharField(required=False, widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}))

    def shown(self) -> list[forms.BoundField]:
        return [self[name] for name in ("text", "page", "email")]


@login_not_required
def statement(request: HttpRequest) -> HttpResponse:
    return render(request, "inbox/accessibility.html", {"section": "accessibility"})


@login_not_required
def report(request: HttpRequest) -> HttpResponse:
    """Take a report; a machine's is thanked for as well, and dropped."""
    came_from = request.GET.get("sida", "")[:300]
    form = ReportForm(request.POST if request.method == "POST" else None, initial={"page": came_from})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and not form.cleaned_data["website"] and not barriers.may_report(_address(request)):
            form.add_error(None, _("Många rapporter har kommit härifrån den senaste timmen. Försök igen om en stund."))
            status = 429
        elif form.is_valid():
            _store(form.cleaned_data)
            messages.success(request, _("Tack. Vi har tagit emot din rapport."))
            return redirect("inbox:accessibility")
    return render(request, "inbox/barrier_form.html", {"section": "accessibility", "form": form}, status=status)


def _store(data: dict[str, Any]) -> None:
    if not data["website"]:
        barriers.report(text=data["text"], page=data["page"], email=data["email"], now=timezone.now())


def _address(request: HttpRequest) -> str:
    """Where a request comes from: as the proxy in front says, if there is one that also brings HTTPS."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.IS_HTTPS else ""
    return (forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", ""))[:60]


@require_POST
@needs(Permission.ANSWER)
def done(request: HttpRequest, pk: int) -> HttpResponse:
    if barriers.done(pk, by=request.user, now=timezone.now()):  # type: ignore[arg-type]
        messages.success(request, _("Rapporten är besvarad."))
    return redirect("/?vy=legal")
