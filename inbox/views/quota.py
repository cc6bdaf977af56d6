"""What is left of each platform's limits, how often we can read with that, and what it has cost."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.permissions import Permission, needs
from inbox.incoming import budget


@require_GET
@needs(Permission.READ_REGISTER)
def page(request: HttpRequest) -> HttpResponse:
    context = {"section": "channels", "accounts": budget.accounts(timezone.now()), "units": budget.YOUTUBE_UNITS}
    return render(request, "inbox/quota.html", context)
