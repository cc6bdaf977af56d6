"""*Så snabbt svarar vi*, as a page and as JSON, for everybody."""

from __future__ import annotations

from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from insights import openly

KEPT = "public, max-age=900"  # seconds that a browser or a proxy may keep it
SOON = "10"  # seconds until what is counted for the first time is there


@require_safe
@login_not_required
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
def page(request: HttpRequest) -> HttpResponse:
    found = openly.current(timezone.now())
    context = {"found": found, "user": AnonymousUser()}
    return _kept(render(request, "insights/open.html", context, status=200 if found else 503))


@require_safe
@login_not_required
def as_json(request: HttpRequest) -> HttpResponse:
    found = openly.current(timezone.now())
    body = found.as_json() if found else {"error": "counting"}
    response = JsonResponse(body, json_dumps_params={"ensure_ascii": False}, status=200 if found else 503)
    response["Access-Control-Allow-Origin"] = "*"
    return _kept(response)


def _kept(response: HttpResponse) -> HttpResponse:
    if response.status_code == 503:
        response["Retry-After"] = SOON
    else:
        response["Cache-Control"] = KEPT
    return response
