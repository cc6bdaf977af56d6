"""Meta's data-deletion callback, and the page on which a person sees what became of it. Both without sign-in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from accounts import forgetting
from accounts.models import DataDeletion


@csrf_exempt
@login_not_required
@require_POST
def asked(request: HttpRequest) -> HttpResponse:
    """Take a signed request from Meta, and answer where its person can see what became of it."""
    person = forgetting.person_in(request.POST.get("signed_request", ""))
    if person is None:
        return JsonResponse({"error": "bad_signature"}, status=400)
    receipt = forgetting.forget(person, now=timezone.now())
    url = request.build_absolute_uri(reverse("forgetting_status", args=[receipt.code]))
    return JsonResponse({"url": url, "confirmation_code": receipt.code})


@login_not_required
@require_GET
def status(request: HttpRequest, code: str) -> HttpResponse:
    return render(request, "accounts/forgotten.html", {"receipt": get_object_or_404(DataDeletion, code=code)})
