"""The register's forms."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import channels, rules
from accounts.models import Channel, Platform, User
from accounts.register import POINTS

TOKEN_HELP = {
    "twitter": '{"consumer_key": …, "consumer_secret": …, "access_token": …, "access_token_secret": …}',
    "facebook": '{"access_token": …, "app_id": …, "app_secret": …}',
    "instagram": '{"access_token": …, "app_id": …, "app_secret": …, "page_id": …}',
    "linkedin": '{"client_id": …, "client_secret": …, "access_token": …, "refresh_token": …}',
    "youtube": '{"client_id": …, "client_secret": …, "refresh_token": …}',
}


class TokenField(forms.CharField):
    """A token as JSON, pasted; never shown again."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"})

    def to_python(self, value: Any) -> dict[str, Any]:
        text = super().to_python(value)
        if not text:
            return {}
        try:
            token = json.loads(text)
        except ValueError as error:
            raise forms.ValidationError(_("Nyckeln ska vara JSON, som i exemplet.")) from error
        if not isinstance(token, dict):
            raise forms.ValidationError(_("Nyckeln ska vara ett JSON-objekt, som i exemplet."))
        return token


DATES = ("starts_on", "ends_on", "review_on")
REGISTER_FIELDS = (
    "purpose", "focus", "audience", "owner", "deputy", "approver", "starts_on", "ends_on", "review_on", "controller",
    "agreement", "signature",
)  # fmt: skip


def say_who_may_not_approve(*fields: forms.Field) -> None:
    """Let lists of people say of whom a reply that waits is never asked."""
    able = set(rules.approving().values_list("pk", flat=True))

    def words(person: User) -> str:
        return str(person) if person.pk in able else _("%s (får inte godkänna svar)") % person

    for field in fields:
        field.label_from_instance = words  # type: ignore[attr-defined]


class ChannelForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the register knows of a channel. On a new one also its id on the platform and its key."""

    hashtags = forms.CharField(
        label=gettext_lazy("Hashtaggar som bevakas"),
        required=False,
        help_text=gettext_lazy("Med mellanslag emellan. Bevakas på X och Instagram."),
    )

    class Meta:
        model = Channel
        fields = ("name", "kind", "department", *REGISTER_FIELDS, "handle")
        widgets = {
            "purpose": forms.Textarea(attrs={"rows": 2}),
            "focus": forms.Textarea(attrs={"rows": 2}),
            "audience": forms.Textarea(attrs={"rows": 2}),
            **{name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d") for name in DATES},
        }
        help_texts = {
            "controller": gettext_lazy("Nämnden som svarar för personuppgifterna, till exempel kommunstyrelsen."),
            "agreement": gettext_lazy("Plattformens avtal eller villkor, och var det är diariefört."),
            "ends_on": gettext_lazy("För konton som bara ska finnas en tid."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).order_by("name")
        for name in ("owner", "deputy", "approver"):
            self.fields[name].queryset = people  # type: ignore[attr-defined]
        say_who_may_not_approve(self.fields["deputy"], self.fields["approver"])
        for name in REGISTER_FIELDS:  # the wizard lets none be active with gaps
            self.fields[name].required = name not in ("ends_on", "signature")
        for point, label in POINTS.items():
            self.fields[f"check_{point}"] = forms.URLField(
                label=label, assume_scheme="https", initial=self.instance.checklist.get(point, ""),
                help_text=_("Länk till sidan där det står."),
            )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Gather the checklist's links in the one field that stores them."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.instance.checklist = {point: cleaned.pop(f"check_{point}", "") for point in POINTS}
        cleaned["checklist"] = self.instance.checklist
        return cleaned

    def clean_signature(self) -> str:
        return self.cleaned_data["signature"] or self.instance.signature

    def clean_hashtags(self) -> tuple[str, ...]:
        return tuple(tag.lstrip("#") for tag in self.cleaned_data["hashtags"].replace(",", " ").split())


def offered_platforms() -> list[tuple[str, str]]:
    """Give the platforms that the pages offer: LinkedIn only where it is switched on."""
    return [choice for choice in Platform.choices if choice[0] != Platform.LINKEDIN or settings.LINKEDIN_ENABLED]


def _has_app(platform: str) -> bool:
    return all(settings.PLATFORM_APPS.get(platform, ("", "")))


class NewChannelForm(ChannelForm):
    is_sandbox = forms.BooleanField(
        label=gettext_lazy("Ett provkonto i sandlådan"),
        required=False,
        help_text=gettext_lazy(
            "Sandlådan låtsas vara plattformarna. Där går allt att prova, och ingenting når det riktiga nätet."
        ),
    )
    department = forms.CharField(
        label=gettext_lazy("Förvaltning"),
        max_length=120,
        widget=forms.TextInput(attrs={"list": "departments", "autocomplete": "off"}),
        help_text=gettext_lazy("En som finns, eller en ny."),
    )
    token = TokenField(
        label=gettext_lazy("Nyckel"),
        help_text=gettext_lazy(
            "Från plattformens utvecklarsida, som JSON. Den sparas krypterad och visas aldrig igen. "
            "Lämna tomt om du vill ansluta kontot genom att logga in på plattformen i nästa steg."
        ),
        required=False,
    )

    class Meta(ChannelForm.Meta):
        fields = (
            "platform",
            "external_id",
            "name",
            "kind",
            *REGISTER_FIELDS,
            "handle",
        )

    field_order = ("platform", "is_sandbox", "external_id", "name", "kind", "department")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["platform"].choices = offered_platforms()  # type: ignore[attr-defined]
        self.fields["external_id"].help_text = _(
            "Om du inte vet det, skriv användarnamnet. Id:t hämtas när du loggar in på plattformen i nästa steg."
        )
        if channels.has_sandbox():
            self.fields["is_sandbox"].initial = not any(map(_has_app, Platform.values))  # else nothing can be connected
        else:
            del self.fields["is_sandbox"]

    def clean(self) -> dict[str, Any]:
        """Demand a key where nobody can connect by signing in: Gensvar has no app at that platform."""
        cleaned = super().clean() or self.cleaned_data
        has_app = cleaned.get("is_sandbox") or _has_app(cleaned.get("platform", ""))
        if "token" in cleaned and not cleaned["token"]:
            cleaned["token"] = None
            if not has_app:
                self.add_error("token", _("Nyckeln behövs: på den plattformen går det inte att ansluta på annat sätt."))
        return cleaned


class TokenForm(forms.Form):
    token = TokenField(
        label=gettext_lazy("Ny nyckel"), help_text=gettext_lazy("Som JSON. Sparas krypterad och visas aldrig igen.")
    )
