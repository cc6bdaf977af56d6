"""Figures and rows as plain tables, the same for every kind of file: what a page shows is what is taken out.

Cells are texts, whole numbers, decimals, instants or nothing; each kind of file writes them in its own way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from inbox.writing import secrecy
from insights import conclusions, lines
from insights.definitions import FIGURES, Figure
from insights.parts import Number
from insights.report import Report
from insights.scope import Scope
from insights.shares import Share

Cell = str | int | float | datetime | None
NO_TEXTS_OF = "linkedin"  # its terms let us keep members' words for a time only, so they leave in no file
BATCH = 2000  # rows that are fetched at once


@dataclass(frozen=True)
class Table:
    """`key` names it in JSON, `name` on a sheet or above it on paper. Rows may be read once only."""

    key: str
    name: str
    columns: dict[str, str]  # key → heading
    rows: Iterable[list[Cell]]


def percent(share: Share | None) -> float | None:
    """Give a share in per cent, to one decimal; None where the numbers are too small for one."""
    if share is None or share.is_small:
        return None
    return round(100 * share.part / share.whole, 1)


def of_report(report: Report) -> list[Table]:
    """Give all numbers of a report: figures, weeks, accounts, hours, and what was not read."""
    return [figures(report), weeks(report), accounts(report), topics(report), hours(report), unread(report)]


def figures(report: Report) -> Table:
    columns = {
        "key": _("Nyckel"), "figure": _("Tal"), "count": _("Antal"), "of": _("Av"), "whole": _("Nämnare"),
        "percent": _("Procent"), "rows": _("Rader"), "definition": _("Definition"),
    }  # fmt: skip
    numbers = [report.number(key) for key in FIGURES] + report.redirects
    numbers += [number for lane in report.lanes for number in (lane.total, *lane.left)]
    return Table("figures", _("Tal"), columns, [_figure(number) for number in numbers])


def _figure(number: Number) -> list[Cell]:
    whole = FIGURES[number.figure.of] if number.figure.of else None
    return [
        number.figure.key,
        conclusions.figure_name(number.figure),
        number.count,
        conclusions.figure_name(whole) if whole else "",
        number.share.whole if number.share else None,
        percent(number.share),
        rows_address(number.query),
        str(number.figure.definition),
    ]


def rows_address(query: str) -> str:
    return f"{settings.BASE_URL}{reverse('insights:rows')}?{query}"


def weeks(report: Report) -> Table:
    columns = {"week": _("Vecka"), "owed": _("Förföll"), "kept": _("Hölls"), "percent": _("Procent")}
    found: list[list[Cell]] = [
        [report.scope.only(monday=week.monday).week, week.owed.count, week.kept.count, percent(week.share)]
        for week in reversed(report.weeks)
    ]
    return Table("weeks", _("Veckor"), columns, found)


def accounts(report: Report) -> Table:
    columns = {
        "account": _("Konto eller förvaltning"), "platform": _("Plattform"), "owed": _("Förföll"), "kept": _("Hölls"),
        "percent": _("Procent"), "open": _("Öppna nu"), "hours_unread": _("Timmar ej lästa"),
    }  # fmt: skip
    found: list[list[Cell]] = [
        [
            line.name, line.platform, line.owed.count, line.kept.count, percent(line.share), line.open.count,
            round(report.hours_unread(line.gaps), 1),
        ]
        for line in (*report.channel_lines, *report.department_lines)
    ]  # fmt: skip
    return Table("accounts", _("Konton"), columns, found)


def topics(report: Report) -> Table:
    columns = {"topic": _("Ämne"), "count": _("Antal"), "change": _("Mot veckorna före"), "rows": _("Rader")}
    found: list[list[Cell]] = [
        [topic.name, topic.number.count, topic.change, rows_address(topic.number.query)] for topic in report.topics
    ]
    return Table("topics", _("Ämnen"), columns, found)


def hours(report: Report) -> Table:
    """When people wrote, over the weeks of the line: an hour a row, a weekday a column."""
    days = {f"day_{number}": str(conclusions.weekday(number)) for number in report.weekdays}
    found: list[list[Cell]] = [[hour, *(cell.count for cell in cells)] for hour, cells in report.hours]
    return Table("hours", _("Timmar"), {"hour": _("Timme")} | days, found)


def unread(report: Report) -> Table:
    columns = {"gap": _("Inget hämtat"), "since": _("Från"), "until": _("Till")}
    found: list[list[Cell]] = [
        [words, gap.since, gap.until] for words, gap in zip(report.line_gap_words, report.facts.unread, strict=True)
    ]
    return Table("unread", _("Ej läst"), columns, found)


def rows(figure: Figure, scope: Scope, now: datetime, most: int | None = None) -> Table:
    """Give the rows of a figure, streamed from the database; at most so many."""
    columns = {
        "conversation": _("Konversation"), "platform": _("Plattform"), "account": _("Konto"),
        "department": _("Förvaltning"), "sender": _("Avsändare"), "text": _("Text"), "kind": _("Svarsfrist"),
        "started": _("Inkom"), "due": _("Svara senast"), "ended": _("Avslutad"), "ending": _("Med"),
        "minutes": _("Minuter på klockan"), "late": _("Sen"), "fetched_late": _("Hämtad för sent"),
    }  # fmt: skip
    found = lines.query(figure, scope, now)
    cycles = found[:most].iterator(chunk_size=BATCH) if most else found.iterator(chunk_size=BATCH)
    return Table("rows", conclusions.figure_name(figure), columns, map(_row, lines.of(cycles, now)))


def _row(line: lines.Line) -> list[Cell]:
    cycle, conversation = line.cycle, line.cycle.conversation
    channel = conversation.channel
    is_kept_back = channel.platform == NO_TEXTS_OF
    return [
        conversation.pk,
        channel.get_platform_display(),
        channel.name,
        channel.department.name,
        "" if is_kept_back else str(conversation.contact or _("Okänt namn")),
        "" if is_kept_back else secrecy.preview(conversation.preview),
        cycle.get_kind_display(),
        cycle.started_at,
        cycle.due_at,
        cycle.ended_at,
        line.ending,
        line.minutes,
        line.late_by,
        _("ja") if cycle.fetched_late else "",
    ]
