"""The side menu: which views there are, and how much is in each. Every number of a page is counted in one query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import connection
from django.db.models import Q
from django.http import QueryDict

from accounts.models import User
from inbox import selectors
from inbox.models import SavedView
from inbox.selectors import COUNT_CAP, STATES, Filters
from inbox.showing import search
from inbox.showing.written import Sql

COUNTED = (
    "due", "urgent", "person", "legal", "today", "mine", "department", "unassigned", "promised", "expert", "approval",
    "snoozed", "check", "open",
)  # fmt: skip
KEYS = 9


def saved_by(user: User) -> list[SavedView]:
    """The views that this person sees in the menu: the own ones first, then those that others share. One query."""
    return list(SavedView.objects.filter(Q(owner=user) | Q(shared=True)))


def filters_of(view: SavedView) -> Filters:
    return Filters.of(QueryDict(view.query))


def key_of(view: SavedView) -> str:
    """What a saved view's number is called in a page."""
    return f"saved-{view.pk}"


def counts(user: User, filters: Filters, now: datetime, saved: Sequence[SavedView] = ()) -> dict[str, int]:
    """How many each view of the menu holds, and each state of the view that is shown; capped. One query."""
    asked = {view: Filters(view=view) for view in COUNTED}
    asked |= {key_of(view): filters_of(view) for view in saved}
    if filters.waits:
        asked |= {state: replace(filters, state=state) for state in STATES}
    if not filters.has_words:
        asked["all"] = replace(filters, state="")
    found = _all_in_one([_counted(user, each, now) for each in asked.values()])
    return dict.fromkeys((*STATES, "all"), 0) | dict(zip(asked, found, strict=True))


def _counted(user: User, filters: Filters, now: datetime) -> Sql:
    if filters.has_words:
        return search.counted(user, filters, now, COUNT_CAP + 1)
    return selectors.counted(user, filters, now)


def _all_in_one(parts: Sequence[Sql]) -> list[int]:
    with connection.cursor() as cursor:
        columns = ", ".join(f"({sql})" for sql, _params in parts)
        cursor.execute(f"SELECT {columns}", [value for _sql, params in parts for value in params])
        return list(cursor.fetchone())
