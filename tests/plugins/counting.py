"""What the browser tests ask of the server beside its pages: the queries of an answer, and whether it is at work."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse

HEADER = "X-Queries"
AT_WORK = "/_at-work"  # answers how many other requests are being worked on

_lock = Lock()
_at_work = 0


def _work(step: int) -> None:
    global _at_work
    with _lock:
        _at_work += step


def count_queries(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Count in the thread that does the work: it goes on when the browser has hung up, and between two queries the
    database doesn't see it.
    """

    def counted(request: HttpRequest) -> HttpResponse:
        if request.path == AT_WORK:
            return HttpResponse(str(_at_work))
        asked = 0

        def count(execute: Any, *given: Any) -> Any:
            nonlocal asked
            asked += 1
            return execute(*given)

        _work(1)
        try:
            with connection.execute_wrapper(count):
                response = get_response(request)
        finally:
            _work(-1)
        response[HEADER] = str(asked)
        return response

    return counted
