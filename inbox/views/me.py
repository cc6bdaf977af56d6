"""Jag: how somebody wants to be told of deadlines, when not, and who takes over while he or she is away."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, rules
from accounts.forms import say_who_may_not_approve
from accounts.models import NoticeSettings, User
from accounts.permissions import ALLOWED, Permission, needs
from inbox.showing import protection
from inbox.telling import chat, push

TIME = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class NoticeForm(forms.ModelForm):  # type: ignore[type-arg]
    """A chat's address is a secret: it is typed once, and shown by its chat's name afterwards."""

    keep = forms.MultipleChoiceField(label=gettext_lazy("Chattar"), required=False, widget=forms.CheckboxSelectMultiple)
    address = forms.CharField(
        label=gettext_lazy("Ny chatt"), required=False, max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Klistra in webhook-länken från Teams, Slack, Mattermost eller Google Chat. Den sparas krypterad och visas "
            "aldrig igen."
        ),
    )  # fmt: skip

    class Meta:
        model = NoticeSettings
        fields = ("by_mail", "quiet_from", "quiet_until", "absent_from", "absent_until", "deputy")
        widgets = {"quiet_from": TIME, "quiet_until": TIME, "absent_from": DAY, "absent_until": DAY}
        help_texts = {"deputy": gettext_lazy("Får det som rör dig medan du är borta.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._known = chat.opened(self.instance)
        shown = [(str(number), chat.name_of(address)) for number, address in enumerate(self._known)]
        self.fields["keep"].choices = shown  # type: ignore[attr-defined]
        self.fields["keep"].initial = [number for number, _name in shown]
        people = User.objects.filter(is_active=True, memberships__role__in=ALLOWED[Permission.ANSWER])
        deputies = people.exclude(pk=self.instance.user_id).distinct().order_by("name")
        self.fields["deputy"].queryset = deputies  # type: ignore[attr-defined]
        if rules.approving().filter(pk=self.instance.user_id).exists():
            say_who_may_not_approve(self.fields["deputy"])
            self.fields["deputy"].help_text = _(
                "Får det som rör dig medan du är borta, men inte svar att godkänna om det står att den inte får det."
            )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if (data.get("quiet_from") is None) != (data.get("quiet_until") is None):
            self.add_error("quiet_until", _("Ange både från och till, eller inget av dem."))
        start, end = data.get("absent_from"), data.get("absent_until")
        if end and (start is None or end < start):
            self.add_error("absent_until", _("Sista dagen kan inte komma före den första."))
        kept = [address for number, address in enumerate(self._known) if str(number) in data.get("keep", ())]
        new = (data.get("address") or "").strip()
        try:
            self.instance.addresses = chat.sealed([*kept, *([new] if new else [])])
        except chat.BadAddress as error:
            self.add_error("address", str(error))
        return data


@needs(Permission.READ)
def page(request: HttpRequest) -> HttpResponse:
    settings = NoticeSettings.objects.filter(user=request.user).first() or NoticeSettings(user=request.user)
    form = NoticeForm(request.POST if request.method == "POST" else None, instance=settings)
    if request.method == "POST" and form.is_valid():
        form.save()
        audit.record("notices.changed", f"user:{request.user.pk}", by=request.user, now=timezone.now())
        messages.success(request, _("Sparat."))
        return redirect("inbox:me")
    saved = NoticeSettings.objects.filter(user=request.user).first()
    has_a_way = saved is None or (saved.by_mail and request.user.email) or saved.addresses
    today, week = protection.counted(request.user, timezone.now())
    context = {"section": "me", "form": form, "has_a_way": has_a_way, "seen_today": today, "seen_week": week}
    context |= {"push_key": push.public_key() if push.is_on() else ""}
    return render(request, "inbox/me.html", context, status=422 if request.method == "POST" else 200)
