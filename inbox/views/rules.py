"""The municipality's own rules, tried before they are saved; and what the lanes say, and whom they pass things to."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.permissions import Permission, may, needs
from inbox.incoming import phrases, sorting_rules
from inbox.lanes import lanes
from inbox.lanes import texts as lane_texts
from inbox.lanes.texts import LEGAL, STEPS
from inbox.models import Conversation, SortingRule

Lane = Conversation.Lane
LIFTS = [(lane.value, lane.label) for lane in Lane if lane != Lane.ORDINARY]
NONE = ("", gettext_lazy("–"))


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """If …, then …; nothing here can hide, delete, block or answer."""

    in_lane = forms.TypedChoiceField(
        label=gettext_lazy("Spår som Gensvar har hittat"), required=False, coerce=int, empty_value=None,
        choices=[NONE, *LIFTS],
    )  # fmt: skip
    lane = forms.TypedChoiceField(
        label=gettext_lazy("Lyft till spåret"), required=False, coerce=int, empty_value=None, choices=[NONE, *LIFTS]
    )

    class Meta:
        model = SortingRule
        fields = (
            "name", "is_active", "words", "hashtag", "channel", "in_lane", "department", "topic", "lane", "flag",
            "blurs",
        )  # fmt: skip
        widgets = {"words": forms.Textarea(attrs={"rows": 5})}
        help_texts = {
            "words": gettext_lazy(
                "Ett uttryck på varje rad. * efter ett ord är vilken ändelse som helst, … mellan ord är högst tre ord."
            ),
            "hashtag": gettext_lazy("Utan #."),
            "flag": gettext_lazy("Ett ord eller två, som syns på raden. Skriv om kommentaren, aldrig om personen."),
        }

    IF = ("words", "hashtag", "channel", "in_lane")
    THEN = ("department", "topic", "lane", "flag", "blurs")

    def asks(self) -> list[forms.BoundField]:
        return [self[name] for name in self.IF]

    def does(self) -> list[forms.BoundField]:
        return [self[name] for name in self.THEN]

    def clean_hashtag(self) -> str:
        return str(self.cleaned_data["hashtag"]).strip().lstrip("#").lower()

    def clean_words(self) -> str:
        lines = [line.strip() for line in self.cleaned_data["words"].splitlines() if line.strip()]
        if len(lines) > phrases.MOST:
            raise ValidationError(_("Högst %s uttryck i en regel.") % phrases.MOST)
        for line in lines:
            try:
                phrases.phrase(line)
            except ValueError as error:
                raise ValidationError(_("”%s” går inte att leta efter. Skriv minst ett helt ord.") % line) from error
        return "\n".join(lines)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not any(data.get(name) for name in self.IF) and not self.errors:
            raise ValidationError(_("Skriv vad regeln ska leta efter."))
        if not any(data.get(name) for name in self.THEN) and not self.errors:
            raise ValidationError(_("Välj vad regeln ska göra: sortera, flagga eller sudda."))
        return data

    def fingerprint(self) -> str:
        """What was tried, so that nothing else is saved."""
        facts = {name: str(self.cleaned_data.get(name)) for name in (*self.IF, *self.THEN)}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@needs(Permission.READ)
def list_page(request: HttpRequest) -> HttpResponse:
    """The rules, and beside them those that come with the system: everybody may read by what comments are sorted."""
    built_in = [
        (str(Lane(lane).label), str(lanes.REASONS[key]), surely, perhaps)
        for lane, key, surely, perhaps in lanes.as_written()
    ]
    context = {"section": "inbox", "rules": sorting_rules.all_rules(), "built_in": built_in}
    context |= {"version": lanes.book().version, "weapons": " ".join(lanes.weapons())}
    return render(request, "inbox/rules.html", context)


@needs(Permission.REGISTER)
def edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Write a rule, try it on the newest comments, and save what was tried."""
    rule = get_object_or_404(SortingRule, pk=pk) if pk else SortingRule()
    form = RuleForm(request.POST or None, instance=rule)
    trial, tried = None, ""
    if request.method == "POST" and form.is_valid():
        tried = form.fingerprint()
        if "save" in request.POST and request.POST.get("tried") == tried:
            sorting_rules.save(form.instance, by=request.user, now=timezone.now())
            messages.success(request, _("Sparat: %s. Regeln gäller det som kommer in från och med nu.") % rule.name)
            return redirect("inbox:rules")
        trial = sorting_rules.tried(form.instance)
        if "save" in request.POST:
            form.add_error(None, _("Regeln är ändrad sedan du provade den. Se vad den träffar och spara sedan."))
    context = {"section": "inbox", "form": form, "rule": rule, "trial": trial, "tried": tried}
    refused = request.method == "POST" and not form.is_valid()
    return render(request, "inbox/rule_form.html", context, status=422 if refused else 200)


@require_POST
@needs(Permission.REGISTER)
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    rule = get_object_or_404(SortingRule, pk=pk)
    sorting_rules.remove(rule, by=request.user, now=timezone.now())
    messages.success(request, _("Regeln %s är borttagen. Det den redan har sorterat ligger kvar.") % rule.name)
    return redirect("inbox:rules")


class TextsForm(forms.Form):
    """The lanes' texts, a line each."""

    LINES = forms.Textarea(attrs={"rows": 4})
    numbers = forms.CharField(
        label=gettext_lazy("Nummer att ringa"), widget=LINES,
        help_text=gettext_lazy("Ett på varje rad: nummer | namn | när det gäller."),
    )  # fmt: skip
    acknowledge = forms.CharField(
        label=gettext_lazy("1. Bekräfta"), widget=LINES,
        help_text=gettext_lazy("En mening på varje rad. {namn} blir förnamnet. Ta inte ställning i sak."),
    )  # fmt: skip
    secrecy = forms.CharField(label=gettext_lazy("2. Förklara sekretess"), widget=LINES)
    follow_up = forms.CharField(label=gettext_lazy("4. Följ upp"), widget=LINES)

    def __init__(self, *args: Any, texts: lane_texts.Texts, **kwargs: Any) -> None:
        numbers = "\n".join(f"{each.number} | {each.name} | {each.what}" for each in texts.numbers)
        initial = {step: "\n".join(texts.sentences(step)) for step in STEPS if step != "place"}
        super().__init__(*args, initial={**initial, "numbers": numbers}, **kwargs)
        for key, (name, _what) in LEGAL.items():
            to = texts.recipient(key)
            self.fields[f"{key}_name"] = forms.CharField(label=name, initial=to.name, max_length=120)
            self.fields[f"{key}_email"] = forms.EmailField(
                label=_("E-post"), initial=to.email, required=False, max_length=254
            )

    def guide(self) -> list[forms.BoundField]:
        return [self[name] for name in ("acknowledge", "secrecy", "numbers", "follow_up")]

    def recipients(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"{key}_name"], self[f"{key}_email"]) for key in LEGAL]

    def clean_numbers(self) -> list[dict[str, str]]:
        rows = []
        for line in _lines(self.cleaned_data["numbers"]):
            parts = [part.strip() for part in line.split("|")]
            if len(parts) != 3 or not all(parts[:2]):
                raise ValidationError(_("”%s” ska vara nummer | namn | när det gäller.") % line)
            rows.append(dict(zip(("number", "name", "what"), parts, strict=True)))
        return rows

    def content(self) -> dict[str, Any]:
        data = self.cleaned_data
        steps = {step: _lines(data[step]) for step in ("acknowledge", "secrecy", "follow_up")}
        recipients = {key: {"name": data[f"{key}_name"], "email": data[f"{key}_email"]} for key in LEGAL}
        return {"numbers": data["numbers"], "recipients": recipients, **steps}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


@needs(Permission.READ)
def texts(request: HttpRequest) -> HttpResponse:
    """What the lanes say; administrators change it."""
    is_post, held = request.method == "POST", lane_texts.current()
    form = TextsForm(request.POST if is_post else None, texts=held)
    if not may(request.user, Permission.REGISTER):
        for field in form.fields.values():
            field.disabled = True
    if is_post and form.is_valid():
        try:
            lane_texts.save(form.content(), by=request.user, now=timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Sparat. Texterna gäller från och med nu."))
            return redirect("inbox:lane_texts")
    context = {"section": "inbox", "form": form}
    return render(request, "inbox/lane_texts.html", context, status=422 if is_post else 200)
