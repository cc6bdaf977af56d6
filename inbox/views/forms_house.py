"""The forms of the house's rules, and of dialogues."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import dialogues
from accounts.models import ApprovalRule, Channel, Dialogue, HouseRules, NeutralPeriod, Role, User
from accounts.permissions import ALLOWED, CAN_BE_GIVEN, Permission

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class HouseForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = HouseRules
        fields = ("central_after_hours", "relay_waits")


class ApprovalForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ApprovalRule
        fields = ("role", "channel")
        help_texts = {
            "role": gettext_lazy("Gäller den som bara svarar i den rollen. Tomt: alla som svarar på kontot."),
            "channel": gettext_lazy("Tomt: alla konton."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        answering = [role for role in Role.choices if role[0] in ALLOWED[Permission.ANSWER] - {Role.RELAY}]
        self.fields["role"].choices = [("", _("alla")), *answering]  # type: ignore[attr-defined]
        rows = Channel.objects.exclude(status=Channel.Status.CLOSED).order_by("name")
        self.fields["channel"].queryset = rows  # type: ignore[attr-defined]
        self.fields["channel"].empty_label = _("alla konton")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        role, channel = cleaned.get("role", ""), cleaned.get("channel")
        if not role and channel is None:
            raise forms.ValidationError(_("Välj en roll eller ett konto. Annars kunde ingen svara utan att vänta."))
        if ApprovalRule.objects.filter(role=role, channel=channel).exists():
            raise forms.ValidationError(_("Den regeln finns redan."))
        return cleaned


class PeriodForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = NeutralPeriod
        fields = ("name", "first_day", "last_day")
        widgets = {"first_day": DAY, "last_day": DAY}
        help_texts = {"name": gettext_lazy("Till exempel: Allmänna val 2030.")}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("Perioden slutar innan den börjar."))
        return cleaned


class DialogueForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Dialogue
        fields = ("channel", "question", "purpose", "hashtag", "first_day", "last_day", "department", "owner", "staff")
        widgets = {
            "first_day": DAY,
            "last_day": DAY,
            "purpose": forms.Textarea(attrs={"rows": 2}),
            "staff": forms.SelectMultiple(attrs={"size": 6}),
        }
        help_texts = {
            "question": gettext_lazy("Som den ställs till invånarna."),
            "hashtag": gettext_lazy("Utan #. Den som skriver den på kontot hörs av förvaltningen."),
            "staff": gettext_lazy("De som bevakar och svarar medan dialogen pågår."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mains = Channel.objects.filter(kind=Channel.Kind.MAIN).exclude(status=Channel.Status.CLOSED)
        self.fields["channel"].queryset = mains.order_by("name")  # type: ignore[attr-defined]
        people = User.objects.filter(is_active=True, memberships__role__in=CAN_BE_GIVEN).distinct().order_by("name")
        for name in ("owner", "staff"):
            self.fields[name].queryset = people  # type: ignore[attr-defined]
        self.fields["staff"].required = True

    def clean_hashtag(self) -> str:
        tag: str = self.cleaned_data["hashtag"].strip().lstrip("#").lower()
        if not tag.replace("_", "").isalnum():
            raise forms.ValidationError(_("En hashtagg är bokstäver, siffror och understreck, utan mellanslag."))
        return tag

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("Dialogen slutar innan den börjar."))
        elif first and last and cleaned.get("channel") and cleaned.get("hashtag"):
            asked = Dialogue(pk=self.instance.pk, channel=cleaned["channel"], hashtag=cleaned["hashtag"],
                             first_day=first, last_day=last)  # fmt: skip
            if other := dialogues.clash(asked):
                self.add_error("hashtag", _("Dialogen ”%s” har den hashtaggen då.") % other)
        return cleaned


class DialogueClosingForm(forms.ModelForm):  # type: ignore[type-arg]
    closing_post_url = forms.URLField(label=gettext_lazy("Länk till inlägget"), required=False, assume_scheme="https")

    class Meta:
        model = Dialogue
        fields = ("closing_post", "closing_post_url")
        widgets = {"closing_post": forms.Textarea(attrs={"rows": 4})}
        help_texts = {"closing_post": gettext_lazy("Tack, vad som kom fram, och vad som händer sedan.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["closing_post"].required = True
