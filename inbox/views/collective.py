"""The form of a collective reply: first who is answered with it, then the text as all of them will read it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from inbox.deciding.acting import Refused
from inbox.models import Conversation
from inbox.writing import screening, together


def is_asked(request: HttpRequest) -> bool:
    return screening.TOGETHER in request.POST.get("anyway", "").split()


def form_of(request: HttpRequest) -> dict[str, Any]:
    """Give what the form says beside what any reply's does."""
    return {"also": request.POST.getlist("also"), "is_read": request.POST.get("read") == "1"}


def kept(request: HttpRequest, row: Conversation, refused: Refused, asked: dict[str, Any]) -> dict[str, Any]:
    """Give what a refused form shows of it again; `asked`: the reply's kind, author and times."""
    if isinstance(refused, together.Unread):
        return {"text": refused.text, "together": {"rows": refused.rows, "is_read": True}}
    ticked = set(request.POST.getlist("also"))
    if refused.code in (screening.REPEATED, together.NOBODY):
        rows = together.offered(row, **asked)
        marked = [(each, str(each.pk) in ticked or together.asks_the_same(row, each)) for each in rows]
        return {"together": {"choices": marked}, "warned": [screening.REPEATED]} if rows else {}
    if is_asked(request):
        rows = [each for each in together.offered(row, **asked) if str(each.pk) in ticked]
        return {"together": {"rows": rows, "is_read": request.POST.get("read") == "1"}}
    return {}
