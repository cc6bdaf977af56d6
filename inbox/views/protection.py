"""Protected mode on and off, and the count of what somebody has chosen to see."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Permission, needs
from inbox.showing import protection


@require_POST
@needs(Permission.READ)
def switch(request: HttpRequest) -> HttpResponse:
    on = not request.user.protected  # type: ignore[union-attr]
    protection.switch(request.user, on=on)  # type: ignore[arg-type]
    messages.success(request, _("Skyddat läge är på.") if on else _("Skyddat läge är av."))
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "inbox:list")


@require_POST
@needs(Permission.READ)
def seen(request: HttpRequest) -> HttpResponse:
    """Count it; after some in a day say that it is enough for one person, to that person alone."""
    today = protection.seen(request.user, timezone.now())  # type: ignore[arg-type]
    if today % protection.REST_AFTER:
        return HttpResponse(status=204)
    told = _("Du har valt att se %s dolda texter i dag. Ta en paus, eller låt en kollega ta nästa.") % today
    messages.info(request, told)
    return render(request, "parts/told.html")
