"""What happens around every request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import resolve_url
from django.utils import translation
from django.utils.decorators import sync_and_async_middleware

Handler = Callable[[HttpRequest], Any]


@sync_and_async_middleware
def chosen_language(get_response: Handler) -> Handler:
    """Show the pages in the language that was chosen, in Swedish until another is.

    The browser's own wish is not asked: everybody here works in Swedish, whatever their computer was set up in.
    """

    def choose(request: HttpRequest) -> None:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        translation.activate(language)
        request.LANGUAGE_CODE = language  # type: ignore[attr-defined]

    return _around(get_response, before=choose)


@sync_and_async_middleware
def sign_in_again(get_response: Handler) -> Handler:
    """Where a session has run out, lead the whole page to the sign-in and back, not the part that htmx asked for."""

    def whole_page(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        sign_in = resolve_url(settings.LOGIN_URL)
        is_part = request.headers.get("HX-Request") == "true"
        if not is_part or response.status_code != 302 or not response["Location"].startswith(sign_in):
            return response
        here = urlsplit(request.headers.get("HX-Current-URL", ""))
        back = QueryDict(mutable=True)
        back["next"] = f"{here.path or '/'}{'?' + here.query if here.query else ''}"
        answer = HttpResponse()
        answer["HX-Redirect"] = f"{sign_in}?{back.urlencode(safe='/')}"
        return answer

    return _around(get_response, after=whole_page)


def _around(
    get_response: Handler,
    *,
    before: Callable[[HttpRequest], None] = lambda request: None,
    after: Callable[[HttpRequest, HttpResponse], HttpResponse] = lambda request, response: response,
) -> Handler:
    if iscoroutinefunction(get_response):

        async def handle_async(request: HttpRequest) -> HttpResponse:
            before(request)
            return after(request, await get_response(request))

        return handle_async

    def handle(request: HttpRequest) -> HttpResponse:
        before(request)
        return after(request, get_response(request))

    return handle
