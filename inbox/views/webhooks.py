"""Where the platforms push to: the handshake, and deliveries that are stored and answered at once."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.connecting import verify_token
from connectors.facebook import webhook as facebook
from connectors.linkedin import webhook as linkedin
from connectors.twitter import webhook as twitter
from inbox import tasks
from inbox.incoming import webhooks

PLATFORMS = ("facebook", "instagram", "linkedin", "twitter")  # YouTube pushes nothing of comments
LONGEST_CODE = 500  # characters of a handshake's code; the platforms' own are below 100


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "POST"])
def webhook(request: HttpRequest, platform: str) -> HttpResponse:
    """Answer a platform. What is wrong with us answers 500, so that it is delivered again."""
    if platform not in PLATFORMS:
        raise Http404
    return _delivered(request, platform) if request.method == "POST" else _shaken(request, platform)


def _delivered(request: HttpRequest, platform: str) -> HttpResponse:
    if not webhooks.is_genuine(platform, request.body, request.headers):
        return HttpResponse("bad signature", status=403, content_type="text/plain")
    if webhooks.store(platform, request.body, timezone.now()):
        tasks.poll_what_was_pushed.delay_on_commit()
    return HttpResponse("ok", content_type="text/plain")


def _shaken(request: HttpRequest, platform: str) -> HttpResponse:
    """Show that the address is ours."""
    if platform in ("facebook", "instagram"):
        said = facebook.challenge(request.GET, verify_token=verify_token())
        return HttpResponse(said, content_type="text/plain") if said else _refused()
    name = "challengeCode" if platform == "linkedin" else "crc_token"
    code, secrets = request.GET.get(name, ""), webhooks.secrets_of(platform)
    if not code or len(code) > LONGEST_CODE or not secrets:
        return _refused()
    answer = linkedin.challenge_answer if platform == "linkedin" else twitter.crc_answer
    return JsonResponse(answer(code, secrets[0]))


def _refused() -> HttpResponse:
    return HttpResponse("no", status=403, content_type="text/plain")
