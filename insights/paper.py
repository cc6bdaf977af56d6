"""Reports and rows on paper: tagged PDF that a screen reader can follow, with the charts of the pages.

Typst sets it (`paper.typ`) to PDF/UA-1. Everything reaches it as data, so no text can be anything but text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.translation import gettext as _

from insights import conclusions, tables
from insights.conclusions import spaced
from insights.definitions import FIGURES
from insights.finding import LEFT
from insights.parts import Number, Week
from insights.report import Report
from insights.tables import Cell, Table
from insights.templatetags.figures import minutes, share, signed

HERE = Path(__file__).parent
SOURCE, STYLE = (HERE / "paper.typ").read_bytes(), (HERE / "paper.css").read_text()
# The first that this machine has; the last two come with the typesetter.
FONTS = ["Liberation Sans", "DejaVu Sans", "Noto Sans", "Libertinus Serif", "DejaVu Sans Mono"]
STANDARD = "ua-1"
WIDE_CHART, NARROW_CHART = 480, 400  # points
OFF_PAPER = ("platform", "department", "kind", "minutes", "fetched_late")  # columns for which a page has no room
Block = dict[str, Any]


def of_report(report: Report, *, text: Iterable[str] = ()) -> bytes:
    """Set a report: `text` first, if any, then each chart with its heading, its table and what was not read."""
    blocks = [_text(line) for line in text]
    blocks += [
        *_promise(report),
        *_open(report),
        *_answers(report),
        *_arrivals(report),
        *_topics(report),
        *_without(report),
    ]
    blocks += [*_redirects(report), *_accounts(report), *_definitions(report)]
    scope = " · ".join(filter(None, [report.title, report.days, conclusions.within(report.scope)]))
    return _set(_("Löftet, %s") % conclusions.period(report.scope), scope, report.now, blocks)


def of_rows(table: Table, *, definition: str, words: str, now: datetime) -> bytes:
    """Set the rows of a figure, widely."""
    rows = [[_cell(value) for value in row] for row in table.rows]
    shown = [number for number, key in enumerate(table.columns) if key not in OFF_PAPER]
    head = [list(table.columns.values())[number] for number in shown]
    widths = [{"text": 4, "sender": 2}.get(list(table.columns)[number], 0) for number in shown]
    block = _table(head, [[row[number] for number in shown] for row in rows], size=8, widths=widths)
    return _set(table.name, words, now, [_text(definition), block], wide=True)


def _set(title: str, subtitle: str, now: datetime, blocks: list[Block], *, wide: bool = False) -> bytes:
    made = _("Gensvar, %(municipality)s. Uttaget %(at)s.")
    local = timezone.localtime(now)
    at = f"{date_format(local, 'j F Y')} {conclusions.time_words(local)}"
    data = {
        "title": title,
        "subtitle": subtitle,
        "author": settings.MUNICIPALITY,
        "footer": made % {"municipality": settings.MUNICIPALITY, "at": at},
        "lang": conclusions.language(),
        "fonts": FONTS,
        "wide": wide,
        "blocks": blocks,
    }
    wanted: dict[str, Any] = {"format": "pdf", "sys_inputs": {"data": json.dumps(data)}}
    try:
        return bytes(typst.compile(SOURCE, pdf_standards=[STANDARD], **wanted))
    except typst.TypstError as error:
        # PDF/UA takes no character that the fonts of this machine lack; what people wrote is set all the same, tagged.
        if "could not be displayed" not in str(error):
            raise
        return bytes(typst.compile(SOURCE, **wanted))


def _heading(text: str) -> Block:
    return {"kind": "heading", "text": text}


def _text(text: str, kind: str = "text") -> Block:
    return {"kind": kind, "text": str(text)}


def _chart(template: str, context: dict[str, Any], *, alt: str, width: float) -> Block:
    """Draw a chart as on the page, with its colours and patterns inside it."""
    defs = render_to_string("insights/_pattern_defs.html")
    drawn = render_to_string(template, context | {"rows_url": ""})
    opened = '<svg xmlns="http://www.w3.org/2000/svg" '
    svg = drawn.replace("<svg ", opened, 1).replace(">", f"><style>{escape(STYLE)}</style>{defs}", 1)
    return {"kind": "chart", "svg": svg, "alt": alt, "width": width}


def _table(
    head: list[str], rows: list[list[Any]], *, size: float = 9.5, widths: list[int] | None = None, words: int = 1
) -> Block:
    """`words`: how many columns, from the left, hold words and not numbers."""
    numbers = [bool(widths is None and column >= words) for column in range(len(head))]
    shares = widths or [3 if column < words else 1 for column in range(len(head))]
    return {"kind": "table", "head": head, "rows": rows, "size": size, "widths": shares, "numbers": numbers}


def _cell(value: Cell) -> str:
    if isinstance(value, datetime):
        local = timezone.localtime(value)
        return f"{local:%Y-%m-%d} {conclusions.time_words(local)}"
    return "" if value is None else str(value)


def _number(number: Number) -> dict[str, str]:
    """A number with the address of its rows."""
    return {"text": spaced(number.count), "url": tables.rows_address(number.query)}


def _promise(report: Report) -> list[Block]:
    alt = _("Linje över andelen i tid per vecka. Samma tal i tabellen nedan.")
    weeks = [[_week(week), _number(week.owed), _number(week.kept), share(week.share)] for week in report.weeks]
    held = {"part": spaced(report.share.part), "whole": spaced(report.share.whole)}
    split = _("Stapeln från vänster: %s.") % ", ".join(f"{spaced(part.count)} {part.name}" for part in report.parts)
    blocks = [
        _heading(report.heading),
        _text(_("%(part)s av %(whole)s förfallna hölls.") % held),
    ]
    if report.bar:
        blocks.append(_chart("insights/_split.html", {"bar": report.bar}, alt=split, width=WIDE_CHART))
        blocks.append(_text(split, "note"))
    blocks.append(
        _table(
            [_("Av det som förföll"), _("antal"), _("andel")],
            [[str(conclusions.figure_name(p.figure)), _number(p), share(p.share)] for p in _split_parts(report)],
        )
    )
    if report.earlier:
        blocks.append(
            _table(
                [_("Jämfört med"), _("hållet"), _("för sent"), _("inkom")],
                [[str(e.name), share(e.share), _number(e.late), _number(e.arrived)] for e in report.earlier],
            )
        )
    blocks.append(_chart("insights/_line.html", {"line": report.lines[0], "class": ""}, alt=alt, width=WIDE_CHART))
    blocks += _missing(report.line_gap_words)
    blocks.append(_table([_("Vecka"), _("Förföll"), _("Hölls"), _("Andel")], weeks))
    return blocks


def _week(week: Week) -> str:
    """`v. 48`, `v. 48 hittills`."""
    name = f"{_('v.')} {week.monday.isocalendar().week}"
    return f"{name} {_('hittills')}" if week.is_running else name


def _split_parts(report: Report) -> list[Number]:
    return [*report.parts, report.n["answered_in_time"], report.n["still_open"], report.n["untouched"]]


def _missing(words: list[str]) -> list[Block]:
    """What was not read, as the footnote of a chart in which it is hatched."""
    if not words:
        return []
    shown = words[:10] + ([_("och %s till") % (len(words) - 10)] if len(words) > 10 else [])
    return [_text(_("Skrafferat: inget hämtat, och inget gissat."), "note"), {"kind": "list", "items": shown}]


def _open(report: Report) -> list[Block]:
    rows = [[str(number.name), _number(number)] for number in report.open]
    blocks = [_heading(report.open_heading), _table([_("Öppet nu"), _("antal")], rows)]
    if report.lanes:
        head = [_("Spår"), *(str(FIGURES[key].name) for key in LEFT)]
        blocks.append(_table(head, [[str(lane.name), *map(_number, lane.left)] for lane in report.lanes]))
    return blocks


def _topics(report: Report) -> list[Block]:
    if not report.topics:
        return []
    rows = [[topic.name, _number(topic.number), signed(topic.change)] for topic in report.topics]
    return [_heading(report.topics_heading), _table([_("Ämne"), _("antal"), _("mot veckorna före")], rows)]


def _answers(report: Report) -> list[Block]:
    names = {"first_answer_weekday": _("vardag"), "first_answer_dayoff": _("ledig dag")}
    rows = [
        [names[row.number.figure.key], minutes(row.median), minutes(row.ninety), _number(row.number)]
        for row in report.answers
    ]
    n = report.n
    return [
        _heading(report.answers_heading),
        _text(_("Från fråga till svar eller hänvisning medan klockan går. Ett besked stannar inte tiden.")),
        _table([_("Frågan kom på"), _("median"), _("9 av 10"), _("antal")], rows),
        _heading(report.promises_heading),
        _table(
            [_("Lovade svar"), _("antal")],
            [[str(n[key].name), _number(n[key])] for key in ("promises_kept", "promises_broken")],
        ),
    ]


def _arrivals(report: Report) -> list[Block]:
    heat = report.heats[0]
    alt = _("Karta över veckodag och timme: ju större ruta, desto fler frågor. Samma tal i tabellen nedan.")
    days = [conclusions.weekday(number) for number in report.weekdays]
    rows = [[f"{hour:02}", *(spaced(cell.count) for cell in cells)] for hour, cells in report.hours]
    blocks = [_heading(report.arrivals_heading), _text(_("Inkomna frågor %s.") % report.line_period)]
    blocks.append(_chart("insights/_heat.html", {"heat": heat, "class": ""}, alt=alt, width=NARROW_CHART))
    if report.line_gap_words:
        blocks.append(_text(_("Skrafferade timmar: då lästes något konto inte någon av veckorna."), "note"))
    return [*blocks, _table([_("Kl."), *days], rows, size=8)]


def _without(report: Report) -> list[Block]:
    rows = [[str(number.name), _number(number)] for number in report.without]
    return [_heading(report.without_heading), *([_table([_("Skäl"), _("antal")], rows)] if rows else [])]


def _redirects(report: Report) -> list[Block]:
    rows = [[str(number.name), _number(number)] for number in report.redirects]
    return [_heading(report.redirects_heading), *([_table([_("Hänvisade till"), _("antal")], rows)] if rows else [])]


def _accounts(report: Report) -> list[Block]:
    rows = [
        [
            f"{line.name} {line.platform}".strip(), share(line.share), _number(line.kept), _number(line.owed),
            _number(line.open), conclusions.hours_words(report.hours_unread(line.gaps)) if line.gaps else "–",
        ]
        for line in (*report.channel_lines, *report.department_lines)
    ]  # fmt: skip
    head = [_("Konto eller förvaltning"), _("hållet"), _("hölls"), _("förföll"), _("öppna nu"), _("ej läst")]
    return [_heading(report.quality_heading), _table(head, rows, size=9)]


def _definitions(report: Report) -> list[Block]:
    items = [[str(name), str(definition)] for name, definition in report.definitions]
    return [_heading(_("Så räknar vi")), {"kind": "terms", "items": items}]
