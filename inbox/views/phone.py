"""What makes a telephone's home screen hold the inbox: the worker, the page without a network, and push."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.permissions import Permission, needs
from inbox.telling import push


@login_not_required
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, from the root, so that it may answer for every page."""
    code = (Path(settings.BASE_DIR) / "static/js/worker.js").read_text()
    response = HttpResponse(code, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@login_not_required
def offline(request: HttpRequest) -> HttpResponse:
    """What is shown without a network; nothing of it is anybody's."""
    return render(request, "inbox/offline.html")


@require_POST
@needs(Permission.ANSWER)
def subscribe(request: HttpRequest) -> HttpResponse:
    """Remember this browser, or forget it."""
    address = request.POST.get("address", "")
    if request.POST.get("off"):
        push.unsubscribe(request.user, address)  # type: ignore[arg-type]
        return HttpResponse(status=204)
    is_stored = push.subscribe(request.user, address, now=timezone.now())  # type: ignore[arg-type]
    return HttpResponse(status=204 if is_stored else 422)


@needs(Permission.READ)
def words(request: HttpRequest) -> JsonResponse:
    response = JsonResponse(push.words(request.user, timezone.now()))  # type: ignore[arg-type]
    response["Cache-Control"] = "no-store"
    return response
