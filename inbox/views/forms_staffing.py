"""The forms of rosters: a shift, a relay week, a hand-over."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Baton, Channel, Department, Shift, User
from accounts.permissions import ALLOWED, CAN_BE_GIVEN, Permission

WEEKS_OFFERED = 26  # half a year: as far as anybody plans the relay
WHERE_ALL = gettext_lazy("alla konton")
MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


def people_of(roles: frozenset[str]) -> Any:
    return User.objects.filter(is_active=True, memberships__role__in=roles).distinct().order_by("name")


class ShiftForm(forms.ModelForm):  # type: ignore[type-arg]
    """One place chosen among accounts and departments; stored as whichever it is."""

    place = forms.ChoiceField(label=gettext_lazy("För"), required=False)

    class Meta:
        model = Shift
        fields = ("kind", "user", "starts_at", "ends_at")
        widgets = {"starts_at": MOMENT, "ends_at": MOMENT}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = people_of(CAN_BE_GIVEN)  # type: ignore[attr-defined]
        departments = [(f"d{row.pk}", str(row)) for row in Department.objects.all()]
        channels = Channel.objects.exclude(status=Channel.Status.CLOSED).order_by("name")
        accounts = [(f"c{row.pk}", f"{row.name} ({row.get_platform_display()})") for row in channels]
        groups = [("", str(WHERE_ALL)), (_("Förvaltningens konton"), departments), (_("Ett konto"), accounts)]
        self.fields["place"].choices = groups  # type: ignore[attr-defined]
        self.order_fields(("kind", "user", "place", "starts_at", "ends_at"))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = cleaned.get("starts_at"), cleaned.get("ends_at")
        if start and end and end <= start:
            self.add_error("ends_at", _("Passet slutar innan det börjar."))
        place = cleaned.get("place", "")
        self.instance.channel_id = int(place[1:]) if place.startswith("c") else None
        self.instance.department_id = int(place[1:]) if place.startswith("d") else None
        return cleaned


def week_words(monday: date) -> str:
    """`v. 48 (23–29 november)`."""
    sunday = monday + timedelta(days=6)
    start = f"{monday.day}" if monday.month == sunday.month else date_format(monday, "j F")
    words = {"week": monday.isocalendar().week, "days": f"{start}–{date_format(sunday, 'j F')}"}
    return _("v. %(week)s (%(days)s)") % words


class BatonForm(forms.ModelForm):  # type: ignore[type-arg]
    monday = forms.TypedChoiceField(label=gettext_lazy("Vecka"), coerce=date.fromisoformat)

    class Meta:
        model = Baton
        fields = ("channel", "user", "workplace", "manager")
        help_texts = {
            "workplace": gettext_lazy("Visas i inkorgen: till exempel Förskolan Lyckan."),
            "manager": gettext_lazy("Utan en chefs ord öppnas kontot inte."),
        }

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        relays = Channel.objects.filter(kind=Channel.Kind.RELAY).exclude(status=Channel.Status.CLOSED)
        self.fields["channel"].queryset = relays  # type: ignore[attr-defined]
        self.fields["channel"].label = _("Konto")
        self.fields["user"].queryset = User.objects.filter(is_active=True).order_by("name")  # type: ignore[attr-defined]
        today = timezone.localdate(now)
        first = today - timedelta(days=today.weekday())
        mondays = [first + timedelta(weeks=week) for week in range(WEEKS_OFFERED)]
        if self.instance.pk and self.instance.monday < first:
            mondays.insert(0, self.instance.monday)
        self.fields["monday"].choices = [(day.isoformat(), week_words(day)) for day in mondays]  # type: ignore[attr-defined]
        self.fields["monday"].initial = self.instance.monday
        self.order_fields(("channel", "monday", "user", "workplace", "manager"))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        monday = cleaned.get("monday")
        if isinstance(monday, date):
            self.instance.monday = monday
            taken = Baton.objects.filter(channel=cleaned.get("channel"), monday=monday).exclude(pk=self.instance.pk)
            if other := taken.select_related("user").first():
                self.add_error("monday", _("Veckan har redan getts till %s.") % other.user)
        return cleaned


class HandoverForm(forms.Form):
    kind = forms.CharField(widget=forms.HiddenInput)
    to = forms.ModelChoiceField(label=gettext_lazy("Lämna över till"), queryset=User.objects.none())
    note = forms.CharField(
        label=gettext_lazy("Att veta"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("Skriv inget om enskilda personer."),
    )  # fmt: skip

    def __init__(self, *args: Any, giver: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        answering = ALLOWED[Permission.ANSWER] & ALLOWED[Permission.READ_REGISTER]
        self.fields["to"].queryset = people_of(answering).exclude(pk=giver.pk)  # type: ignore[attr-defined]
