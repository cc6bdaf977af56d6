"""Reports that are kept, who gets them by mail, and the text for the board."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Channel, Department
from accounts.permissions import Permission, needs
from insights import boardtext, conclusions, mailing, report, stored
from insights.models import StoredReport, Subscription
from insights.report import Report
from insights.scope import Nonsense, Scope
from insights.views import scope_of
from insights.views_exports import report_file

SHOWN = 50


class SubscriptionForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Subscription
        fields = ("every", "channel", "department")
        widgets = {"every": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every: Any = self.fields["every"]
        every.choices, every.initial = Subscription.Every.choices, Subscription.Every.WEEK
        channel: Any = self.fields["channel"]
        channel.queryset, channel.empty_label = Channel.objects.order_by("name"), _("Alla konton")
        department: Any = self.fields["department"]
        department.queryset, department.empty_label = Department.objects.order_by("name"), _("Alla förvaltningar")


@needs(Permission.READ_FIGURES)
def reports(request: HttpRequest) -> HttpResponse:
    """What has been kept, and what somebody gets by mail."""
    form = SubscriptionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        mailing.subscribe(request.user, **form.cleaned_data, now=timezone.now())  # type: ignore[arg-type]
        messages.success(request, _("Sparat. Rapporten kommer med e-post."))
        return redirect("insights:reports")
    mine = Subscription.objects.filter(user=request.user).select_related("channel", "department").order_by("pk")
    kept = StoredReport.objects.defer("facts").select_related("by")[:SHOWN]
    context = {
        "section": "insights",
        "form": form,
        "mine": mine,
        "kept": [(row, words(row)) for row in kept],
    }
    return render(request, "insights/reports.html", context, status=422 if request.method == "POST" else 200)


def words(row: StoredReport) -> str:
    """Name what a kept report tells of."""
    try:
        scope = stored.scope_of(row)
    except Nonsense:
        return row.definition
    return " · ".join(filter(None, [conclusions.period(scope), conclusions.days(scope), conclusions.within(scope)]))


@require_POST
@needs(Permission.READ_FIGURES)
def unsubscribe(request: HttpRequest, pk: int) -> HttpResponse:
    mailing.unsubscribe(request.user, pk)  # type: ignore[arg-type]
    messages.success(request, _("Utskicket är avslutat."))
    return redirect("insights:reports")


@require_POST
@needs(Permission.READ_FIGURES)
def keep(request: HttpRequest) -> HttpResponse:
    """Keep the report that the form names, as it is now."""
    now = timezone.now()
    try:
        scope = Scope.of(request.POST, now)
    except Nonsense as error:
        raise Http404 from error
    row = stored.store(scope, by=request.user, now=now)  # type: ignore[arg-type]
    messages.success(request, _("Rapporten är sparad, med frågan och tiden."))
    return redirect("insights:stored", row.pk)


def _kept(pk: int) -> tuple[StoredReport, Report]:
    row = get_object_or_404(StoredReport.objects.select_related("by"), pk=pk)
    try:
        return row, stored.report_of(row)
    except Nonsense as error:
        raise Http404 from error


@needs(Permission.READ_FIGURES)
def stored_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A kept report as it was; asked for, also what the same question gives today."""
    row, found = _kept(pk)
    context: dict[str, Any] = {"section": "insights", "report": found, "stored": row}
    if stored.is_of_what_is_gone(row):
        context |= {"is_gone": True, "about": conclusions.within(found.scope)}
    if "jamfor" in request.GET:
        context["differences"] = stored.differences(row)
        context["is_compared"] = True
    return render(request, "insights/promise.html", context)


@needs(Permission.READ_FIGURES)
def stored_file(request: HttpRequest, pk: int, form: str) -> HttpResponseBase:
    return report_file(_kept(pk)[1], form)


@needs(Permission.READ_FIGURES)
def board(request: HttpRequest) -> HttpResponse:
    """Nämndtexten, ready to copy."""
    now = timezone.now()
    found = report.of(scope_of(request, now), now)
    context = {"section": "insights", "report": found, "text": "\n".join(boardtext.sentences(found))}
    return render(request, "insights/board.html", context)
