"""The forms about people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Department, Role, User

EVERYWHERE = gettext_lazy("hela kommunen")


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=gettext_lazy("Roll"), choices=Role.choices)
    department = forms.ModelChoiceField(
        label=gettext_lazy("Förvaltning"), queryset=Department.objects.all(), required=False, empty_label=EVERYWHERE
    )


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    email = forms.EmailField(label=gettext_lazy("E-post"), required=False)

    class Meta:
        model = User
        fields = ("name", "title", "username", "email")
        labels = {"username": gettext_lazy("användarnamn")}
        help_texts = {
            "username": "",
            "name": gettext_lazy("Som det skrivs. Det första ordet skriver under svaren."),
            "title": gettext_lazy("Läggs efter namnet under svaren där det får plats, med förvaltningen."),
        }


class NewPersonForm(PersonForm):
    role = RoleForm.base_fields["role"]
    department = RoleForm.base_fields["department"]
    invite = forms.BooleanField(
        label=gettext_lazy("Bjud in med e-post: personen väljer själv lösenord"), required=False, initial=True
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("invite") and not cleaned.get("email") and "email" not in self.errors:
            self.add_error("email", _("Utan e-postadress går det inte att bjuda in."))
        return cleaned


class DepartmentForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Department
        fields = ("name", "is_central")
        help_texts = {"is_central": gettext_lazy("Får veta sist om det som ingen annan har tagit.")}
