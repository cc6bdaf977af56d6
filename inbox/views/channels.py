"""Reading a channel now, or a part of it not at all, from its page in the register."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts import surfaces
from accounts.channels import ensure_surfaces
from accounts.models import Channel, Surface
from accounts.permissions import Permission, needs
from config.templatetags.gensvar import surface_name
from connectors.base import PlatformError
from inbox import poll


@require_POST
@needs(Permission.REGISTER)
def poll_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Read every surface of a channel at once, whatever the schedule, and say how it went."""
    channel = get_object_or_404(Channel, pk=pk)
    now = timezone.now()
    try:
        found = ensure_surfaces(channel, now)
    except PlatformError as error:
        messages.error(request, str(error))
        return redirect("accounts:channel", pk)
    to_read = [surface for surface in found if not surface.off_since]
    reports = [poll.poll_surface(surface, now=now, holder=poll.new_holder()) for surface in to_read]
    faults = [(report.surface, report.error) for report in reports if report.error]
    for name, error in faults:
        messages.error(request, f"{surface_name(name)}: {error['message']}")
    new = sum(report.new for report in reports)
    if not faults:
        messages.success(request, ngettext("Läst. %(n)s ny.", "Läst. %(n)s nya.", new) % {"n": new})
    return redirect("accounts:channel", pk)


@require_POST
@needs(Permission.REGISTER)
def surface_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave a part of a channel unread, or read it again."""
    surface = get_object_or_404(Surface.objects.select_related("channel"), pk=pk)
    off, name = bool(request.POST.get("av")), surface_name(surface.name)
    if not surfaces.set_off(surface, off, by=request.user, now=timezone.now()):  # type: ignore[arg-type]
        messages.error(request, _("Ingenting ändrades: det var redan så, eller så kan kontot inte vara utan det."))
    elif off:
        messages.success(request, _("%s läses inte längre. Det står på kontots sida och i inkorgen.") % name)
    else:
        messages.success(request, _("%s läses igen.") % name)
    return redirect("accounts:channel", surface.channel_id)
