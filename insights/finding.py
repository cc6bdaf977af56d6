"""Figures that are many of a kind, and how any figure is found by its key: hours, targets of redirects, lanes."""

from __future__ import annotations

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from inbox.models import Conversation, RedirectTarget
from insights.definitions import ARRIVED, FIGURES, FIRST, Figure, Instants, Moment, Outcome

HOUR = "arrived-"


def hour_key(weekday: int, hour: int) -> str:
    """Name the figure of one cell of weekday (0 = Monday) × hour: `arrived-0-13` began to wait on Mondays at 13–14."""
    return f"{HOUR}{weekday}-{hour}"


HOURS = {hour_key(weekday, hour): (weekday, hour) for weekday in range(7) for hour in range(24)}


def find(key: str) -> Figure | None:
    """Give the figure of a key, None if there is none. One query for a redirect's."""
    if key in HOURS:
        return _of_hour(key)
    if key.startswith(REDIRECT):
        return _of_redirect(key)
    return FIGURES.get(key) or LANED.get(key)


def _of_hour(key: str) -> Figure:
    weekday, hour = HOURS[key]
    here = FIRST & Q(weekday=weekday + 1, hour=hour)
    definition = _("De av de inkomna frågorna som skrevs på den veckodagen och i den timmen.")
    return Figure(key, ARRIVED.name, Moment.STARTED, lambda t: here, definition, of="arrived")


REDIRECT = "redirected-"


def redirect_key(target: int | None) -> str:
    """Name the figure of where a redirect pointed: `redirected-12`; None is what was not chosen from the list."""
    return f"{REDIRECT}{target or 0}"


def redirect_figure(key: str, name: str) -> Figure:
    """Give the figure of a key that `redirect_key` made; `name`: of what was pointed to."""
    pk = int(key.removeprefix(REDIRECT))
    definition = _("De av hänvisningarna som pekade dit.")
    where = Q(outcome=Outcome.REDIRECTED, verdict__redirect=pk)
    if not pk:
        where = Q(outcome=Outcome.REDIRECTED) & (Q(verdict=None) | Q(verdict__redirect=None))
    return Figure(key, name or _("Inte vald ur listan"), Moment.ENDED, lambda t: where, definition, of="redirected")


def _of_redirect(key: str) -> Figure | None:
    pk = key.removeprefix(REDIRECT)
    if not (pk.isascii() and pk.isdigit() and len(pk) < 18):
        return None
    if pk == "0":
        return redirect_figure(key, "")
    target = RedirectTarget.objects.filter(pk=pk).first()
    return redirect_figure(redirect_key(target.pk), target.name) if target else None


TOPIC = "topic-"


def topic_key(topic: int) -> str:
    """Name what is counted of a topic: its `arrived`."""
    return f"{TOPIC}{topic}"


LEFT = ("open_overdue", "open_4", "open_12", "open_more")
"""Of what waits for a first answer, by how much time is left; together they are all of it."""


BY_LANE = ("open_first", *LEFT)


def lane_key(key: str, lane: int) -> str:
    """Name a figure of what is open within one lane: `open_4-1` is urgent with less than four hours left."""
    return f"{key}-{lane}"


def _laned(figure: Figure, lane: int, name: str | Promise) -> Figure:
    def where(t: Instants) -> Q:
        return figure.where(t) & Q(lane=lane)

    definition = format_lazy("{} {}", figure.definition, _("Bara de i det spåret."))
    named = format_lazy("{}: {}", name, figure.name)
    return Figure(lane_key(figure.key, lane), named, figure.moment, where, definition, of=figure.key)


LANED: dict[str, Figure] = {
    lane_key(key, lane.value): _laned(FIGURES[key], lane.value, lane.label)
    for lane in Conversation.Lane
    for key in BY_LANE
}
