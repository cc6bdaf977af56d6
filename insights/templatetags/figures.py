"""Numbers as people read them."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from insights import conclusions
from insights.definitions import Share
from sla.words import WEEKDAYS

register = template.Library()

HARD = "\u00a0"  # between a number and its unit

spaced = register.filter("spaced", conclusions.spaced)


@register.filter
def share(of: Share | None) -> str:
    """`96 %`, or `2 av 3` where the numbers are small; `–` where there is nothing to share."""
    if of is None or not of.whole:
        return "–"
    if of.percent is None:
        return _("%(part)s av %(whole)s") % {"part": spaced(of.part), "whole": spaced(of.whole)}
    return f"{of.percent}{HARD}%"


@register.filter
def minutes(length: int | None) -> str:
    """`1 h 52 min`; `–` if there is none."""
    if length is None:
        return "–"
    hours, _h, rest = conclusions.minutes(length).partition(" h")
    return f"{hours}{HARD}h {rest.strip().replace(' ', HARD)}".strip() if _h else hours.replace(" ", HARD)


@register.filter
def weekday(number: int) -> str:
    """`mån`; 0 is Monday."""
    return WEEKDAYS[conclusions.language()][number][:3]


@register.filter
def week(monday: Any) -> int:
    """The number of the week that begins on a Monday."""
    return int(monday.isocalendar().week)


@register.simple_tag(takes_context=True)
def rows(context: template.Context, number: Any, words: str = "") -> SafeString:
    """A number as the link to exactly its rows; `words` names it where what stands around does not."""
    name = format_html(' aria-label="{} {}"', words, spaced(number.count)) if words else ""
    return format_html('<a href="{}?{}"{}>{}</a>', context["rows_url"], number.query, name, spaced(number.count))
