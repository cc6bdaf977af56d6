"""The list of ordinary channels that comments are redirected to, and Vems är det?: who answers for what, and where."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.permissions import Permission, needs
from inbox import actions
from inbox.models import LinkCheck, RedirectTarget, Responsibility
from inbox.writing import links, whose

WEEKDAYS = (
    gettext_lazy("måndag"), gettext_lazy("tisdag"), gettext_lazy("onsdag"), gettext_lazy("torsdag"),
    gettext_lazy("fredag"), gettext_lazy("lördag"), gettext_lazy("söndag"),
)  # fmt: skip
_HOURS = re.compile(r"\d{1,2}([.:]\d{2})?\s?[–-]\s?\d{1,2}([.:]\d{2})?")


class RedirectForm(forms.ModelForm):  # type: ignore[type-arg]
    """A target, with a field of its own for each weekday's hours."""

    url = forms.URLField(
        label=gettext_lazy("Länk"),
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("Läggs sist i svaret, om den inte redan står i texten. Kontrolleras varje natt."),
    )

    class Meta:
        model = RedirectTarget
        fields = ("name", "text", "url", "phone", "takes", "is_elsewhere", "owner", "position", "is_active")
        widgets = {"text": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "text": gettext_lazy(
                "Säg varför, vart personen ska vända sig och vad som händer sedan, och hur lång tid det tar."
            ),
            "takes": gettext_lazy("Som slutet av en mening: Det brukar ta … ”ungefär tre veckor”."),
            "is_elsewhere": gettext_lazy("Inte kommunens: regionen, Trafikverket, polisen, en annan kommun."),
            "owner": gettext_lazy("Får veta när länken slutar fungera."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.filter(is_active=True).order_by("name")  # type: ignore[attr-defined]
        known = self.instance.hours if len(self.instance.hours) == len(WEEKDAYS) else [""] * len(WEEKDAYS)
        for number, name in enumerate(WEEKDAYS):
            self.fields[f"open_{number}"] = forms.CharField(
                label=_("Öppet %s") % name, required=False, initial=known[number], max_length=40,
                help_text=_("Till exempel 8–16.30. Tomt är stängt.") if number == 0 else "",
            )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        hours = [" ".join(str(cleaned.get(f"open_{number}") or "").split()) for number in range(len(WEEKDAYS))]
        for number, given in enumerate(hours):
            if given and not all(_HOURS.fullmatch(part.strip()) for part in given.split(",")):
                self.add_error(f"open_{number}", _("Skriv tider så här: 8–16.30, eller 8–12, 13–16."))
        self.instance.hours = [given.replace("-", "–") for given in hours] if any(hours) else []
        return cleaned


@needs(Permission.READ)
def list_page(request: HttpRequest) -> HttpResponse:
    dead = {check.url: check for check in LinkCheck.objects.filter(state=LinkCheck.State.DEAD)}
    targets = RedirectTarget.objects.select_related("owner").order_by("is_elsewhere", "position", "name")
    rows = [
        {"target": target, "dead": [dead[url] for url in links.in_text(f"{target.url} {target.text}") if url in dead]}
        for target in targets
    ]
    return render(request, "inbox/redirects.html", {"section": "inbox", "rows": rows})


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


@require_POST
@needs(Permission.MANAGE_TEXTS)
def check_links(request: HttpRequest) -> HttpResponse:
    """Look at every link now, as every night."""
    dead = links.check_all(timezone.now())
    if dead:
        said = ngettext("%(n)s länk fungerar inte.", "%(n)s länkar fungerar inte.", dead) % {"n": dead}
        messages.error(request, said)
    else:
        messages.success(request, _("Inga döda länkar."))
    return redirect("inbox:redirects")


@needs(Permission.READ)
def whose_page(request: HttpRequest) -> HttpResponse:
    """Look up who answers for what a text is about; without a text, the whole list."""
    asked = request.GET.get("q", "").strip()[:400]
    rows = list(Responsibility.objects.select_related("target"))
    hits = whose.asked(asked, rows) if asked else [whose.Hit(row, is_here=True) for row in rows]
    return render(request, "inbox/whose.html", {"section": "inbox", "asked": asked, "hits": hits})


class ResponsibilityForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Responsibility
        fields = ("subject", "words", "place", "target", "note")


@needs(Permission.MANAGE_TEXTS)
def whose_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    row = get_object_or_404(Responsibility, pk=pk) if pk else Responsibility()
    form = ResponsibilityForm(request.POST or None, instance=row)
    if request.method == "POST" and "remove" in request.POST and pk:
        actions.remove_responsibility(row, by=request.user, now=timezone.now())
        messages.success(request, _("Borttaget: %s") % row)
        return redirect("inbox:whose")
    if request.method == "POST" and form.is_valid():
        actions.save_responsibility(form.instance, by=request.user, now=timezone.now())
        messages.success(request, _("Sparat: %s") % form.instance)
        return redirect("inbox:whose")
    context = {"section": "inbox", "form": form, "row": row}
    return render(request, "inbox/whose_form.html", context, status=422 if request.method == "POST" else 200)
