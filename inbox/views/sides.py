"""Beside the reply, in the composer's place and with texts of their own: a note for us, a hand-over to others."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from inbox.deciding import handing, notes
from inbox.models import Conversation
from inbox.telling import headsup
from inbox.views.desk import Desk

NOTE, HAND_OVER = "anteckning", "overlamna"


def of(request: HttpRequest, row: Conversation, desk: Desk, form: dict[str, Any]) -> dict[str, Any] | None:
    """Give what the side that is asked for needs, None for the reply itself. `form`: what was typed and refused."""
    key = form.get("side") or (None if form else request.GET.get("sida"))
    typed = form.get("typed", {})
    if key == NOTE:
        draft = desk.draft(notes.SLOT)
        text = typed.get("note", draft.text if draft else "")
        return {"key": NOTE, "text": text, "draft": draft, "people": headsup.people(), "error": form.get("error", "")}
    if key == HAND_OVER:
        return {
            "key": HAND_OVER,
            "reason": typed.get("reason", ""),
            "department": typed.get("department", ""),
            "departments": handing.departments_for(row),
            "was": handing.department_of(row),
            "error": form.get("error", ""),
        }
    return None
