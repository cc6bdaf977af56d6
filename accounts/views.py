"""The register's pages: our accounts on the platforms, how each is read, and their keys."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import audit, channels, keys, register, watching
from accounts.forms import TOKEN_HELP, ChannelForm, NewChannelForm, TokenForm, offered_platforms
from accounts.models import Channel, Department, Surface
from accounts.permissions import Permission, needs
from connectors.base import PlatformError

NOTES_SHOWN = 10  # what readings had to tell of late; older ones are in the trail


def _channels() -> Any:
    surfaces = Prefetch("surfaces", Surface.objects.select_related("off_by").order_by("name"))
    rows = Channel.objects.select_related("department", "owner", "deputy", "approver", "credential", "closing")
    return rows.prefetch_related(surfaces, "watched_hashtags")


@needs(Permission.READ_REGISTER)
def channel_list(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    rows = [(channel, channel.missing_fields(today)) for channel in _channels().order_by("name", "pk")]
    context = {"section": "channels", "rows": rows, "reviews": len(register.reviews(request.user, today))}
    return render(request, "accounts/channels.html", context)


@needs(Permission.READ_REGISTER)
def channel_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _channel_page(request, pk, TokenForm())


def _channel_page(request: HttpRequest, pk: int, token_form: TokenForm, status: int = 200) -> HttpResponse:
    channel = get_object_or_404(_channels(), pk=pk)
    missing = register.missing(channel, timezone.localdate())
    context = {
        "section": "channels",
        "channel": channel,
        "missing": missing,
        "days_left": keys.days_left(getattr(channel, "credential", None), timezone.now()),
        "notes": audit.history_of(f"channel:{channel.pk}").filter(action="surface.note").order_by("-id")[:NOTES_SHOWN],
        "token_form": token_form,
        "token_help": TOKEN_HELP.get(channel.platform, ""),
    }
    return render(request, "accounts/channel.html", context, status=status)


@needs(Permission.REGISTER)
def channel_add(request: HttpRequest) -> HttpResponse:
    """Register a channel from now on: what was written before has no clock."""
    form = NewChannelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        try:
            channel = channels.add_channel(**form.cleaned_data, clock_from=now, now=now, by=request.user)
        except ValidationError as error:
            _add_errors(form, error)
        else:
            if form.cleaned_data["token"] is None:
                return redirect("accounts:connect", channel.pk)
            watching.watch_on(channel, by=request.user, now=now)
            messages.success(request, _("%s är registrerat. Prova nyckeln nu.") % channel.name)
            return redirect("accounts:channel", channel.pk)
    context = {
        "section": "channels",
        "form": form,
        "token_help": [(label, TOKEN_HELP[name]) for name, label in offered_platforms() if name in TOKEN_HELP],
        "departments": Department.objects.all(),
        "title": _("Nytt konto"),
    }
    return render(request, "accounts/channel_form.html", context, status=422 if request.method == "POST" else 200)


def _add_errors(form: NewChannelForm, error: ValidationError) -> None:
    for name, found in error.message_dict.items():
        form.add_error(name if name in form.fields else None, found)


@needs(Permission.REGISTER)
def channel_edit(request: HttpRequest, pk: int) -> HttpResponse:
    channel = get_object_or_404(_channels(), pk=pk)
    initial = {"hashtags": " ".join(channel.hashtags)}
    form = ChannelForm(request.POST or None, instance=channel, initial=initial)
    if request.method == "POST" and form.is_valid():
        channels.change_channel(
            form.instance, hashtags=form.cleaned_data["hashtags"], by=request.user, now=timezone.now()
        )
        messages.success(request, _("Sparat: %s") % channel.name)
        return redirect("accounts:channel", pk)
    context = {"section": "channels", "form": form, "channel": channel, "title": _("Ändra %s") % channel.name}
    return render(request, "accounts/channel_form.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@needs(Permission.REGISTER)
def channel_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a channel a new key; what waited for it goes on."""
    channel = get_object_or_404(Channel, pk=pk)
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _channel_page(request, pk, form, status=422)
    channels.replace_token(channel, form.cleaned_data["token"], by=request.user, now=timezone.now())
    messages.success(request, _("Nyckeln är bytt. Prova den nu."))
    return redirect("accounts:channel", pk)


@require_POST
@needs(Permission.REGISTER)
def channel_verify(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the platform whom the key speaks for."""
    channel = get_object_or_404(Channel, pk=pk)
    try:
        identity = channels.connector_for(channel).verify()
    except PlatformError as error:
        messages.error(request, str(error))
    else:
        if identity.external_id == channel.external_id:
            messages.success(request, _("Nyckeln gäller. Den talar för %s.") % (identity.name or identity.external_id))
        else:
            text = _("Nyckeln gäller, men för ett annat konto: %(name)s (%(id)s).")
            messages.error(request, text % {"name": identity.name, "id": identity.external_id})
    return redirect("accounts:channel", pk)
