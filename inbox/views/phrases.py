"""Phrases in other languages, and the wordings of templates that colleagues have sent."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.permissions import Permission, needs
from inbox.models import Phrase, TemplateEdit
from inbox.writing import wordings


class PhraseForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Phrase
        fields = ("language", "name", "text", "swedish")
        widgets = {
            "text": forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
            "swedish": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {
            "name": gettext_lazy("Till exempel: Ring kontaktcenter."),
            "text": gettext_lazy("Låt någon som kan språket läsa den först. Den som sparar har godkänt den."),
        }


@needs(Permission.READ)
def list_page(request: HttpRequest) -> HttpResponse:
    """The approved phrases by language, each with its Swedish wording."""
    rows = Phrase.objects.select_related("approved_by")
    return render(request, "inbox/phrases.html", {"section": "inbox", "rows": rows})


@needs(Permission.MANAGE_TEXTS)
def edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    phrase = get_object_or_404(Phrase, pk=pk) if pk else Phrase()
    form = PhraseForm(request.POST or None, instance=phrase)
    if request.method == "POST" and "remove" in request.POST and pk:
        wordings.remove(phrase, by=request.user, now=timezone.now())  # type: ignore[arg-type]
        messages.success(request, _("Borttaget: %s") % phrase)
        return redirect("inbox:phrases")
    if request.method == "POST" and form.is_valid():
        wordings.save(form.instance, by=request.user, now=timezone.now())  # type: ignore[arg-type]
        messages.success(request, _("Sparat: %s") % form.instance)
        return redirect("inbox:phrases")
    context = {"section": "inbox", "form": form, "phrase": phrase}
    return render(request, "inbox/phrase_form.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@needs(Permission.MANAGE_TEXTS)
def settle_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a colleague's wording over into the template, or let it be."""
    suggested = get_object_or_404(TemplateEdit.objects.select_related("template"), pk=pk)
    is_used = request.POST.get("answer") == "use"
    template = wordings.settle_edit(suggested, is_used=is_used, by=request.user, now=timezone.now())  # type: ignore[arg-type]
    messages.success(request, _("Mallen lyder så nu.") if is_used else _("Mallen är som den var."))
    return redirect("inbox:answer_edit", template.pk)
