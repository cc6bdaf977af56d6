"""Connecting a channel by signing in on its platform: explain, leave, come back, perhaps choose; and disconnecting.

The session holds what must match when the browser comes back (`state`, the PKCE verifier) and, while a person chooses,
the tokens, encrypted. Platforms want one address to come back to, so it names the platform and not the channel.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import connecting, tokens
from accounts.forgetting import META
from accounts.models import Channel, Platform
from accounts.permissions import Permission, needs
from connectors.base import PlatformError
from connectors.connecting import App, Found, new_verifier, way_in

UNDER_WAY, TO_CHOOSE = "connecting", "connecting_choice"
MINUTES = 15  # how long a person may take on the platform, or to choose
REFUSALS = ("access_denied", "user_denied", "user_cancelled_login", "user_cancelled_authorize")


def _app(request: HttpRequest, channel: Channel) -> App | None:
    back = request.build_absolute_uri(reverse("accounts:connect_back", args=[channel.platform]))
    return connecting.app_of(channel, back)


@require_GET
@needs(Permission.REGISTER)
def explain(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what will be asked for, and why, before anybody leaves for the platform."""
    channel = get_object_or_404(Channel, pk=pk)
    problem, app = "", None
    try:
        app = _app(request, channel)
    except PlatformError as error:
        problem = str(error)
    context = {
        "section": "channels",
        "channel": channel,
        "can_connect": app is not None,
        "problem": problem,
        "scopes": connecting.explained(channel.platform),
        "webhook": request.build_absolute_uri(reverse("webhook", args=[channel.platform])),
        "verify_token": connecting.verify_token() if channel.platform in META else "",
        "forgetting": request.build_absolute_uri(reverse("forgetting")),
        "back": request.build_absolute_uri(reverse("accounts:connect_back", args=[channel.platform])),
    }
    return render(request, "accounts/connect.html", context)


@require_GET
@never_cache
@needs(Permission.REGISTER)
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Lead the browser to the platform. A link and no form: the page's own policy lets forms go nowhere else."""
    channel = get_object_or_404(Channel, pk=pk)
    try:
        app = _app(request, channel)
    except PlatformError as error:
        return _told(request, channel, str(error))
    if app is None:
        return redirect("accounts:connect", pk)
    state, verifier = secrets.token_urlsafe(24), new_verifier()
    request.session[UNDER_WAY] = {
        "state": state,
        "verifier": verifier,
        "channel": channel.pk,
        "platform": channel.platform,
        "at": timezone.now().timestamp(),
    }
    return HttpResponseRedirect(way_in(channel.platform).begin(app, state=state, verifier=verifier))


@require_GET
@never_cache
@needs(Permission.REGISTER)
def come_back(request: HttpRequest, platform: str) -> HttpResponse:
    """Take what the platform sent along: a code, or a no. Each leaving can come back once."""
    if platform not in Platform.values:
        raise Http404
    left = request.session.pop(UNDER_WAY, None)
    channel = Channel.objects.filter(pk=left["channel"]).first() if left else None
    if left is None or channel is None or not _is_the_same(request, left, platform):
        messages.error(request, _("Anslutningen hör inte till den här inloggningen. Börja om från kontots sida."))
        return redirect("accounts:channel", channel.pk) if channel else redirect("accounts:channels")
    if error := request.GET.get("error") or request.GET.get("error_code"):
        cancelled = error in REFUSALS or request.GET.get("error_reason") in REFUSALS
        return _told(
            request, channel, _("Ingenting ändrades: inloggningen avbröts.") if cancelled else _refused(channel)
        )
    if not request.GET.get("code"):
        return _told(request, channel, _refused(channel))
    return _finish(request, channel, request.GET["code"], left["verifier"])


def _is_the_same(request: HttpRequest, left: dict[str, Any], platform: str) -> bool:
    given = request.GET.get("state", "")
    in_time = timezone.now().timestamp() - left["at"] < MINUTES * 60
    return in_time and left["platform"] == platform and hmac.compare_digest(given.encode(), left["state"].encode())


def _refused(channel: Channel) -> str:
    return _("%s godtog inte inloggningen. Börja om från kontots sida.") % channel.get_platform_display()


def _finish(request: HttpRequest, channel: Channel, code: str, verifier: str) -> HttpResponse:
    now = timezone.now()
    try:
        app = _app(request, channel)
        if app is None:
            return redirect("accounts:connect", channel.pk)
        found = way_in(channel.platform).found(app, code, verifier=verifier, now=now)
        one = connecting.chosen(channel, found)
    except PlatformError as error:
        return _told(request, channel, str(error))
    if one is None:
        kept = tokens.encrypt({"found": [{**asdict(each), "token": dict(each.token)} for each in found]})
        request.session[TO_CHOOSE] = {"channel": channel.pk, "kept": kept, "at": now.timestamp()}
        return redirect("accounts:connect_choose", channel.pk)
    return _connected(request, channel, one)


@never_cache
@needs(Permission.REGISTER)
def choose(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the person say which of several accounts the channel is."""
    channel = get_object_or_404(Channel, pk=pk)
    found = _to_choose(request, channel)
    if not found:
        return _told(request, channel, _("Det tog för lång tid att välja. Anslut kontot på nytt."))
    if request.method != "POST":
        context = {"section": "channels", "channel": channel, "found": found}
        return render(request, "accounts/connect_choose.html", context)
    one = next((each for each in found if each.external_id == request.POST.get("konto")), None)
    if one is None:
        context = {"section": "channels", "channel": channel, "found": found, "error": _("Välj ett av kontona.")}
        return render(request, "accounts/connect_choose.html", context, status=422)
    del request.session[TO_CHOOSE]
    return _connected(request, channel, one)


def _to_choose(request: HttpRequest, channel: Channel) -> list[Found]:
    kept = request.session.get(TO_CHOOSE)
    if not kept or kept["channel"] != channel.pk or timezone.now().timestamp() - kept["at"] > MINUTES * 60:
        request.session.pop(TO_CHOOSE, None)
        return []
    return [Found(**each) for each in tokens.decrypt(kept["kept"])["found"]]


def _connected(request: HttpRequest, channel: Channel, found: Found) -> HttpResponse:
    try:
        connecting.connect(channel, found, by=request.user, now=timezone.now())  # type: ignore[arg-type]
    except ValidationError as error:
        return _told(request, channel, " ".join(error.messages))
    app = _app(request, channel)
    if app and not connecting.subscribe(app, channel.platform, found):
        text = _("Kommentarer hämtas som vanligt, men %s lovade inte att säga till när någon skriver.")
        messages.warning(request, text % channel.get_platform_display())
    name = found.name or found.handle or found.external_id
    messages.success(request, _("Anslutet: Gensvar läser och svarar nu som %s.") % name)
    return redirect("accounts:channel", channel.pk)


def _told(request: HttpRequest, channel: Channel, problem: str) -> HttpResponse:
    messages.error(request, problem)
    return redirect("accounts:channel", channel.pk)


@require_POST
@needs(Permission.REGISTER)
def disconnect(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the key back and forget it. What has been read stays; replies that wait are held until it is connected."""
    channel = get_object_or_404(Channel, pk=pk)
    if connecting.disconnect(channel, by=request.user, now=timezone.now()):  # type: ignore[arg-type]
        messages.success(request, _("Frånkopplat. %s har tagit tillbaka nyckeln.") % channel.get_platform_display())
    else:
        text = _(
            "Frånkopplat: nyckeln är glömd här. Ta också bort Gensvar bland apparna i kontots inställningar på %s."
        )
        messages.warning(request, text % channel.get_platform_display())
    return redirect("accounts:channel", pk)
