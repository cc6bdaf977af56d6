"""Svarsbank: the list of answers, and the form in which one is written."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Platform, User
from accounts.permissions import Permission, needs
from connectors.registry import PATHS
from inbox.models import ReplyTemplate
from inbox.writing import bank


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]
    """A template, with a field of its own for each platform's wording."""

    class Meta:
        model = ReplyTemplate
        fields = ("name", "text", "owner", "department", "review_at", "is_active")
        widgets = {
            "text": forms.Textarea(attrs={"rows": 4}),
            "review_at": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }
        help_texts = {
            "text": gettext_lazy(
                "Fylls i av sig självt: {namn}, {nästa_vardag}, {öppet_idag}, {länk:felanmälan}, och i besked {när}."
            ),
            "review_at": gettext_lazy("Efter den dagen varnar mallen tills någon har läst igenom den."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.filter(is_active=True)  # type: ignore[attr-defined]
        self.fields["owner"].required = False
        for platform in PATHS:
            self.fields[f"variant_{platform}"] = forms.CharField(
                label=_("Annan text på %s") % Platform(platform).label,
                required=False,
                initial=self.instance.variants.get(platform, ""),
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        wanted = {platform: cleaned.get(f"variant_{platform}", "").strip() for platform in PATHS}
        self.instance.variants = {platform: text for platform, text in wanted.items() if text}
        return cleaned


@needs(Permission.READ)
def list_page(request: HttpRequest) -> HttpResponse:
    """The templates by name, each with its lengths and a warning where its day of review has passed."""
    today = timezone.localdate()
    templates = ReplyTemplate.objects.select_related("owner", "department", "changed_by")
    rows = [_row(each, today) for each in sorted(templates, key=lambda each: each.name.casefold())]
    return render(request, "inbox/answers.html", {"section": "inbox", "rows": rows})


def _row(template: ReplyTemplate, today: date) -> dict[str, Any]:
    lengths = [(Platform(name).label, length, most, fits) for name, length, most, fits in bank.lengths(template)]
    return {"template": template, "lengths": lengths, "is_old": template.review_at < today}


@needs(Permission.MANAGE_TEXTS)
def edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    template = get_object_or_404(ReplyTemplate, pk=pk) if pk else ReplyTemplate()
    form = TemplateForm(request.POST or None, instance=template)
    if request.method == "POST" and form.is_valid():
        bank.save(form.instance, by=request.user, now=timezone.now())  # type: ignore[arg-type]
        messages.success(request, _("Sparat: %s") % form.instance.name)
        return redirect("inbox:answers")
    edits = template.edits.select_related("by") if pk else ()
    context = {"section": "inbox", "form": form, "template": template, "edits": edits}
    return render(request, "inbox/answer_form.html", context, status=422 if request.method == "POST" else 200)
