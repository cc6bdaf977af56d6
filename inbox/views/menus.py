"""The side menu as the pages show it: the names of the views, their numbers, and the keys that open them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from inbox import selectors
from inbox.models import SavedView
from inbox.selectors import Filters
from inbox.showing import menu

VIEW_NAMES = {
    "due": _("Väntar på svar"),
    "urgent": _("Akut"),
    "person": _("Individ"),
    "legal": _("Rättsverkande"),
    "today": _("Förfaller i dag"),
    "mine": _("Mina"),
    "department": _("Min förvaltning"),
    "unassigned": _("Otilldelade"),
    "promised": _("Lovade svar"),
    "expert": _("Väntar på sakkunnig"),
    "approval": _("Att godkänna"),
    "snoozed": _("Vilande"),
    "check": _("Kontrollera"),
    "open": _("Alla öppna"),
    "before": _("Före anslutning"),
    "done": _("Klara"),
    "search": _("Sökning"),
    "group": _("Samma fråga"),
}


@dataclass(frozen=True)
class Entry:
    """One view of the menu. `key`: the digit that opens it, "" for none; `count`: None where nothing is counted."""

    id: str
    name: str | Promise
    query: str
    count: int | None
    is_chosen: bool
    key: str = ""
    is_shared: bool = False


def context(filters: Filters, saved: Sequence[SavedView], counts: Mapping[str, int]) -> dict[str, list[Entry]]:
    """The built-in views and the saved ones. Digits go to what people saved themselves, then down the menu."""
    asked = filters.query(after="")
    mine = {view.pk: str(place) for place, view in enumerate(saved[: menu.KEYS], 1)}
    left = iter(range(len(mine) + 1, menu.KEYS + 1))
    views = []
    for key in selectors.VIEWS:
        query = Filters(view=key).query()
        is_chosen = key == filters.view and all(view.query != asked for view in saved)
        views.append(Entry(key, VIEW_NAMES[key], query, counts.get(key), is_chosen, str(next(left, ""))))
    kept = [
        Entry(
            menu.key_of(view), view.name, view.query, counts.get(menu.key_of(view)), view.query == asked,
            mine.get(view.pk, ""), view.shared,
        )
        for view in saved
    ]  # fmt: skip
    return {"views": views, "saved": kept}


def title_of(filters: Filters, saved: Sequence[SavedView] = ()) -> str:
    """What the list is called: its view, the name it was saved under, or what was searched for."""
    query = filters.query(after="")
    name = next((view.name for view in saved if view.query == query), "")
    return name or (str(gettext("Sökning: %s")) % filters.text if filters.text else str(VIEW_NAMES[filters.view]))
