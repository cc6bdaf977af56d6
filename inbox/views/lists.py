"""The list and its side menu: what their templates are given."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import rules as rules_of_house
from accounts.models import User
from accounts.permissions import Permission, may
from inbox import selectors
from inbox.house import relaying
from inbox.incoming import reading
from inbox.lanes import barriers
from inbox.models import Conversation
from inbox.promise import backlog, resting
from inbox.selectors import Filters
from inbox.showing import menu, query, search
from inbox.verdicts import NO_REPLY
from inbox.views import menus, rows
from inbox.views.contexts import health_context
from sla import policies
from sla.policies import InForce

STATE_NAMES = {
    "all": _("Alla"),
    "overdue": _("Försenade"),
    "due_soon": _("Snart"),
    "on_track": _("I god tid"),
}
STATE_TONES = {"overdue": "late", "due_soon": "soon"}


def list_context(request: HttpRequest, rules: InForce, selected: Conversation | None = None) -> dict[str, Any]:
    """The list of a view, with the menu's numbers and how the channels are read."""
    now, user = timezone.now(), request.user
    filters, saved = Filters.of(request.GET), menu.saved_by(user)
    asked = filters.query(after="")
    health = reading.health(now)
    counts = menu.counts(user, filters, now, saved)
    policy = policies.pure(rules.default)
    shown = _found(user, filters, rules, now) if filters.text else {}
    if not filters.has_words:
        page = selectors.page(user, filters, now)
        shown |= {"rows": rows.listed(page.rows, rules, now, user, asked), "after": page.after}
    return {
        "section": "inbox",
        "filters": filters,
        "barriers": barriers.open_ones() if filters.view == "legal" and not filters.after else (),
        **shown,
        "more": filters.query(after=shown["after"]) if shown["after"] else "",
        "query": asked,
        "every_channel": filters.query(after="", channel=None, state=""),
        "now": now,
        "selected": selected,
        "title": menus.title_of(filters, saved),
        **menus.context(filters, saved, counts),
        "states": _states(filters, counts),
        "all_count": counts["all"] if counts["all"] <= selectors.COUNT_CAP else "",
        "bulk_key": uuid.uuid4().hex,
        "reasons": NO_REPLY.reasons,
        "rests": resting.choices(policy, now),
        "next": None if shown["rows"] else selectors.next_deadline(user, now),
        **health_context(health, now),
        "stuck_count": counts["check"],
        "neutral": rules_of_house.neutral(timezone.localdate(now)) if selected is None else None,
        "relay": relaying.standing(user, filters.channel, now),
        "days_off": {"over": backlog.just_over(policy, now), "ahead": backlog.ahead(policy, now)},
        "year_to_confirm": policies.year_to_confirm(timezone.localdate(now))
        if selected is None and may(user, Permission.REGISTER)
        else None,
    }


def _states(filters: Filters, counts: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "key": key,
            "name": name,
            "count": counts[key],
            "tone": STATE_TONES.get(key, ""),
            "query": filters.query(state=key if key != "all" else "", after=""),
            "is_chosen": (filters.state or "all") == key,
        }
        for key, name in STATE_NAMES.items()
    ]


def _found(user: User, filters: Filters, rules: InForce, now: datetime) -> dict[str, Any]:
    """What the search field asked for: how it was understood, and the comments if it asked for words."""
    asked = filters.asked(now)
    understood = {"asked": asked, "operators": query.OPERATORS.items()}
    if not asked.has_words:
        return understood
    found = search.page(user, filters, now)
    return understood | {
        "found": found,
        "rows": rows.found(found.hits, rules, now, user, filters.query(after="")),
        "after": found.after,
        "newest_hits": search.NEWEST_HITS,
    }
