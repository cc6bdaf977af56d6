"""The rules of the house, and its dialogues."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import dialogues as opened
from accounts import rules
from accounts.models import ApprovalRule, Department, Dialogue, NeutralPeriod
from accounts.permissions import Permission, may, needs
from inbox.house import dialogues
from inbox.views.forms_house import ApprovalForm, DialogueClosingForm, DialogueForm, HouseForm, PeriodForm
from inbox.writing import neutrality


@needs(Permission.READ_REGISTER)
def rules_page(request: HttpRequest) -> HttpResponse:
    return _rules(request)


def _rules(request: HttpRequest, status: int = 200, **forms: Any) -> HttpResponse:
    today, house = timezone.localdate(), rules.house()
    context = {
        "section": "house",
        "house": house,
        "central": list(Department.objects.filter(is_central=True)),
        "approvals": list(ApprovalRule.objects.select_related("channel")),
        "periods": [(period, period.first_day <= today <= period.last_day) for period in NeutralPeriod.objects.all()],
    }
    if may(request.user, Permission.HOUSE_RULES):
        context |= {
            "house_form": HouseForm(instance=house),
            "approval_form": ApprovalForm(),
            "period_form": PeriodForm(),
            **forms,
        }
    return render(request, "inbox/house_rules.html", context, status=status)


@require_POST
@needs(Permission.HOUSE_RULES)
def save_house(request: HttpRequest) -> HttpResponse:
    form = HouseForm(request.POST, instance=rules.house())
    if not form.is_valid():
        return _rules(request, 422, house_form=form)
    rules.save_house(form.instance, by=request.user, now=timezone.now())
    messages.success(request, _("Reglerna är sparade."))
    return redirect("house:rules")


@require_POST
@needs(Permission.HOUSE_RULES)
def approval_add(request: HttpRequest) -> HttpResponse:
    form = ApprovalForm(request.POST)
    if not form.is_valid():
        return _rules(request, 422, approval_form=form)
    rules.add_approval(form.instance, by=request.user, now=timezone.now())
    messages.success(request, _("Svaren väntar nu på att någon godkänner dem."))
    return redirect("house:rules")


@require_POST
@needs(Permission.HOUSE_RULES)
def approval_remove(request: HttpRequest, pk: int) -> HttpResponse:
    rules.remove_approval(get_object_or_404(ApprovalRule, pk=pk), by=request.user, now=timezone.now())
    messages.success(request, _("Regeln är borttagen. Det som redan väntar behöver fortfarande godkännas."))
    return redirect("house:rules")


@require_POST
@needs(Permission.HOUSE_RULES)
def period_add(request: HttpRequest) -> HttpResponse:
    form = PeriodForm(request.POST)
    if not form.is_valid():
        return _rules(request, 422, period_form=form)
    neutrality.save_period(form.instance, by=request.user, now=timezone.now())
    messages.success(request, _("Perioden är inlagd: %s.") % form.instance)
    return redirect("house:rules")


@require_POST
@needs(Permission.HOUSE_RULES)
def period_remove(request: HttpRequest, pk: int) -> HttpResponse:
    rules.remove_period(get_object_or_404(NeutralPeriod, pk=pk), by=request.user, now=timezone.now())
    messages.success(request, _("Perioden är borttagen."))
    return redirect("house:rules")


@needs(Permission.READ_REGISTER)
def dialogue_list(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    rows = Dialogue.objects.select_related("channel", "department", "owner")
    context = {
        "section": "channels",
        "rows": [(row, row.is_running(today), row.is_over(today)) for row in rows],
        "running": sum(row.is_running(today) for row in rows),
    }
    return render(request, "inbox/dialogues.html", context)


@needs(Permission.RUN_DIALOGUES)
def dialogue_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Open a dialogue, or change one that is not closed."""
    row = get_object_or_404(Dialogue, pk=pk, closed_at=None) if pk else Dialogue(owner=request.user)
    form = DialogueForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        staff = form.cleaned_data["staff"]
        opened.save(form.instance, staff=list(staff), by=request.user, now=timezone.now())
        messages.success(request, _("Sparat: %s") % form.instance)
        return redirect("house:dialogue", form.instance.pk)
    context = {"section": "channels", "form": form, "dialogue": row if pk else None}
    return render(request, "inbox/dialogue_form.html", context, status=422 if request.method == "POST" else 200)


@needs(Permission.READ_REGISTER)
def dialogue(request: HttpRequest, pk: int) -> HttpResponse:
    """One dialogue with its numbers: as they are, or as they were when it was closed."""
    return _dialogue(request, pk, DialogueClosingForm())


def _dialogue(request: HttpRequest, pk: int, form: DialogueClosingForm, status: int = 200) -> HttpResponse:
    rows = Dialogue.objects.select_related("channel", "department", "owner", "closed_by").prefetch_related("staff")
    row, today = get_object_or_404(rows, pk=pk), timezone.localdate()
    context = {
        "section": "channels",
        "dialogue": row,
        "is_running": row.is_running(today),
        "is_over": row.is_over(today),
        "report": row.report if row.closed_at else dialogues.report(row),
        "form": form if may(request.user, Permission.RUN_DIALOGUES) and row.closed_at is None else None,
    }
    return render(request, "inbox/dialogue.html", context, status=status)


@require_POST
@needs(Permission.RUN_DIALOGUES)
def dialogue_close(request: HttpRequest, pk: int) -> HttpResponse:
    row, form = get_object_or_404(Dialogue, pk=pk), DialogueClosingForm(request.POST)
    if form.is_valid():
        try:
            dialogues.close(row.pk, **form.cleaned_data, by=request.user, now=timezone.now())
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("Dialogen är avslutad, och sammanfattningen är sparad."))
        return redirect("house:dialogue", pk)
    return _dialogue(request, pk, form, 422)
