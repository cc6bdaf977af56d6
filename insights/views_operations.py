"""Drift: what is wrong, for people who sign in; the same and the figures for monitoring, by token or from here."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from accounts.permissions import Permission, needs
from insights import ailments, operations

HERE = ("127.0.0.1", "::1")
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP")


def is_monitor(request: HttpRequest) -> bool:
    """Whether a monitor asks: with the token, or where none is set, from this machine and through no proxy."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
        return hmac.compare_digest(given, settings.METRICS_TOKEN.encode())
    return request.META.get("REMOTE_ADDR") in HERE and not any(name in request.META for name in FORWARDED)


def for_monitors(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not is_monitor(request):
            return HttpResponse("403\n", status=403, content_type="text/plain")
        return view(request)

    return require_safe(login_not_required(never_cache(guarded)))


@for_monitors
def metrics(request: HttpRequest) -> HttpResponse:
    return HttpResponse(operations.metrics(operations.measure(timezone.now())), content_type=CONTENT_TYPE_LATEST)


@for_monitors
def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 if nothing urgent is wrong, else 503; with what is wrong in both."""
    try:
        found = ailments.of(operations.measure(timezone.now()))
    except DatabaseError:
        found = [ailments.no_database()]
    is_well = not any(each.is_urgent for each in found)
    wrong = [{"what": each.what, "do": each.do, "urgent": each.is_urgent} for each in found]
    body = {"ok": is_well, "wrong": wrong}
    return JsonResponse(body, status=200 if is_well else 503, json_dumps_params={"ensure_ascii": False})


@needs(Permission.REGISTER)
def page(request: HttpRequest) -> HttpResponse:
    state = operations.measure(timezone.now())
    context = {"section": "operations", "ailments": ailments.of(state), "state": state}
    return render(request, "insights/operations.html", context)
