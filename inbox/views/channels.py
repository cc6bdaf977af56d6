"""Reading a channel now, from its page in the register."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.channels import ensure_surfaces
from accounts.models import Channel
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
        surfaces = ensure_surfaces(channel, now)
    except PlatformError as error:
        messages.error(request, str(error))
        return redirect("accounts:channel", pk)
    reports = [poll.poll_surface(surface, now=now, holder=poll.new_holder()) for surface in surfaces]
    faults = [(report.surface, report.error) for report in reports if report.error]
    for surface, error in faults:
        messages.error(request, f"{surface_name(surface)}: {error['message']}")
    new = sum(report.new for report in reports)
    if not faults:
        messages.success(request, ngettext("Läst. %(n)s ny.", "Läst. %(n)s nya.", new) % {"n": new})
    return redirect("accounts:channel", pk)
