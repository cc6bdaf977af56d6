"""Numbers as people read them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from inbox.showing import chips
from insights import boardtext, charts, conclusions
from insights.parts import Week
from insights.shares import Share

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
def signed(number: int) -> str:
    """`+61`, `−3`, `+1 086`, `0`."""
    return f"{'+' if number > 0 else '−'}{spaced(abs(number))}" if number else "0"


long_minutes = register.filter("long_minutes", boardtext.long_minutes)


@register.filter
def seconds_long(length: float) -> str:
    return chips.length(timedelta(seconds=length))


hours_long = register.filter("hours_long", conclusions.hours_words)


weekday = register.filter("weekday", conclusions.weekday)


@register.filter
def week(monday: Any) -> int:
    """The number of the week that begins on a Monday."""
    return int(monday.isocalendar().week)


@register.simple_tag(takes_context=True)
def columns(context: template.Context, line: charts.Line) -> SafeString:
    """The weeks of a line: each a link to what fell due, with its bar, its point or its count.

    Written here and not in the template, as are the hours below: they are hundreds, and each would cost as much as a
    panel.
    """
    words = _("Vecka %(week)s: %(share)s, %(part)s av %(whole)s i tid")
    return mark_safe("".join(_column(context["rows_url"], line, column, words) for column in line.columns))


def _column(url: str, line: charts.Line, column: charts.Column, words: str) -> str:
    share_words, whole = escape(share(column.share)), spaced(column.share.whole)
    said = escape(
        words % {"week": column.week, "share": share_words, "part": spaced(column.share.part), "whole": whole}
    )
    parts = [
        f'<a href="{url}?{escape(column.query)}" aria-label="{said}"><title>{said}</title>'
        f'<rect x="{column.x}" y="{line.top}" width="{column.width}" height="{line.column_height}" class="hit"/>'
    ]
    if column.bar_height:
        bar = f'x="{column.bar_x}" y="{column.bar_y}" width="{column.bar_width}" height="{column.bar_height}"'
        parts.append(f'<rect {bar} class="volume"/>')
    if line.has_counts and column.share.whole:
        parts.append(f'<text x="{column.centre}" y="{column.bar_y}" dy="-4" class="mid small">{whole}</text>')
    if column.y is not None:
        kind = 'r="3.5" class="running"' if column.is_running else 'r="3"'
        parts.append(f'<circle cx="{column.centre}" cy="{column.y}" {kind}/>')
    elif line.has_counts and column.share.whole:
        place = f'x="{column.centre}" y="{line.line_bottom}" dy="-6"'
        parts.append(f'<text {place} class="mid small">{share_words}</text>')
    return "".join(parts) + "</a>"


@register.simple_tag(takes_context=True)
def hours(context: template.Context, heat: charts.Heat) -> SafeString:
    """The squares of the map of weekday × hour."""
    return mark_safe("".join(_hour(context["rows_url"], heat, cell) for cell in heat.cells))


def _hour(url: str, heat: charts.Heat, cell: charts.Cell) -> str:
    unread = ""
    if cell.is_unread:
        unread = f'<rect x="{cell.x}" y="{cell.y}" width="{heat.pitch}" height="{heat.size}" class="unread"/>'
    if not cell.count:
        return unread + f'<rect x="{cell.mark_x}" y="{cell.mark_y}" width="1" height="1" class="none"/>'
    said = f"{weekday(cell.weekday)} {cell.hour:02}–{cell.hour + 1:02}: {spaced(cell.count)}"
    return unread + (
        f'<a href="{url}?{escape(cell.query)}" tabindex="-1" aria-label="{said}"><title>{said}</title>'
        f'<rect x="{cell.x}" y="{cell.y}" width="{heat.pitch}" height="{heat.size}" class="hit"/>'
        f'<rect x="{cell.mark_x}" y="{cell.mark_y}" width="{cell.side}" height="{cell.side}" rx="1" class="mark"/></a>'
    )


@register.simple_tag(takes_context=True)
def hour_cells(context: template.Context, cells: list[charts.Cell]) -> SafeString:
    """The same numbers in a row of the table: one hour's, day by day."""
    return mark_safe("".join(_hour_cell(context["rows_url"], cell) for cell in cells))


def _hour_cell(url: str, cell: charts.Cell) -> str:
    number = f'<a href="{url}?{escape(cell.query)}">{spaced(cell.count)}</a>' if cell.count else _NOUGHT
    return f'<td class="number">{number}</td>'


_NOUGHT = '<span class="muted">0</span>'


@register.simple_tag(takes_context=True)
def week_rows(context: template.Context, weeks: list[Week]) -> SafeString:
    """The weeks of the line in rows of a table."""
    short, under_way = escape(_("v.")), escape(_("hittills"))
    so_far = f' <span class="muted">{under_way}</span>'
    return mark_safe(
        "".join(
            f'<tr><th scope="row">{short} {week(each.monday)}{so_far if each.is_running else ""}</th>'
            f'<td class="number">{rows(context, each.owed)}</td><td class="number">{rows(context, each.kept)}</td>'
            f'<td class="number">{escape(share(each.share))}</td></tr>'
            for each in weeks
        )
    )


@register.simple_tag(takes_context=True)
def rows(context: template.Context, number: Any, words: str = "") -> SafeString:
    """A number as the link to exactly its rows; `words` names it where what stands around does not."""
    count = spaced(number.count)
    name = f' aria-label="{escape(words)} {count}"' if words else ""
    return mark_safe(f'<a href="{context["rows_url"]}?{escape(number.query)}"{name}>{count}</a>')
