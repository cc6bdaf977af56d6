"""Every component of the pages in every state, to be looked at: for whoever draws or translates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.models import Platform
from accounts.permissions import Permission, needs
from inbox.showing import chips
from inbox.showing.chips import Chip
from inbox.verdicts import VERDICTS


class SampleForm(forms.Form):
    """A field of each kind, filled and wrong."""

    name = forms.CharField(label="Namn", max_length=4, help_text="En hjälptext.")
    text = forms.CharField(label="Text", widget=forms.Textarea(attrs={"rows": 2}), required=False)
    kind = forms.ChoiceField(label="Slag", choices=[("a", "Huvudkonto"), ("b", "Ämneskonto")])
    day = forms.DateField(label="Dag", widget=forms.DateInput(attrs={"type": "date"}))
    is_active = forms.BooleanField(label="Används", required=False)


def deadline_chips() -> list[Chip]:
    """One chip of each kind."""
    tomorrow = _("i morgon")
    return [
        Chip(_("Försenad %s") % "2 h", "late", "exclamation-circle"),
        Chip(_("%s kvar") % "40 min", "soon", "clock"),
        Chip(_("%s kvar") % "9 h", "calm", "clock"),
        Chip(f"{tomorrow} 08.12", "calm", "clock"),
        Chip(_("%s, snarast") % _("Måndag"), "dayoff", "calendar"),
        Chip(_("Besked, lovat %s") % "tor", "kept", "check"),
        Chip(_("Lovat svar, försenat %s") % "2 h", "late", "exclamation-circle"),
        Chip(_("Klar"), "kept", "check"),
        Chip(_("Före anslutning"), "calm", "archive-box"),
    ]


@needs(Permission.REGISTER)
def page(request: HttpRequest) -> HttpResponse:
    context: dict[str, Any] = {
        "chips": deadline_chips(),
        "replies": [chips.of_reply(status, held=False) for status in ("queued", "failed", "unknown")]
        + [chips.of_reply("queued", held=True)],
        "platforms": [(platform.value, platform.label) for platform in Platform],
        "verdicts": VERDICTS.values(),
        "empty_form": SampleForm(prefix="empty"),
        "wrong_form": SampleForm({"wrong-name": "För långt"}, prefix="wrong"),
        "tones": ("late", "soon", "calm", "dayoff", "kept"),
    }
    return render(request, "inbox/style.html", context)
