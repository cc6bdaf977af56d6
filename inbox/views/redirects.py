"""The list of ordinary channels that comments are redirected to."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Permission, needs
from inbox import actions
from inbox.models import RedirectTarget


class RedirectForm(forms.ModelForm):  # type: ignore[type-arg]
    url = forms.URLField(
        label=gettext_lazy("Länk"),
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("Läggs sist i svaret, om den inte redan står i texten."),
    )

    class Meta:
        model = RedirectTarget
        fields = ("name", "text", "url", "position", "is_active")
        widgets = {"text": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "text": gettext_lazy(
                "Säg varför, vart personen ska vända sig och vad som händer sedan, och hur lång tid det tar."
            ),
        }


@needs(Permission.READ)
def list_page(request: HttpRequest) -> HttpResponse:
    return render(request, "inbox/redirects.html", {"section": "inbox", "targets": RedirectTarget.objects.all()})


@needs(Permission.MANAGE_TEXTS)
def edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    target = get_object_or_404(RedirectTarget, pk=pk) if pk else RedirectTarget()
    form = RedirectForm(request.POST or None, instance=target)
    if request.method == "POST" and form.is_valid():
        actions.save_redirect_target(form.instance, by=request.user, now=timezone.now())
        messages.success(request, _("Sparat: %s") % form.instance.name)
        return redirect("inbox:redirects")
    context = {"section": "inbox", "form": form, "target": target}
    return render(request, "inbox/redirect_form.html", context, status=422 if request.method == "POST" else 200)
