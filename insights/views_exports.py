"""Figures and rows as files. Whoever takes out rows, which hold people's words, leaves a mark in the trail."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts import audit
from accounts.models import User
from accounts.permissions import Permission, needs
from insights import conclusions, exports, figures, finding, paper, report, tables
from insights.definitions import Figure
from insights.report import Report
from insights.scope import Scope
from insights.tables import Table
from insights.views import scope_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ON_PAPER = 1000  # rows; more are for a spreadsheet, and the page says so
MOST_ON_A_SHEET = 100_000


@needs(Permission.READ_FIGURES)
def figures_file(request: HttpRequest, form: str) -> HttpResponseBase:
    """Give every number of a report."""
    now = timezone.now()
    return report_file(report.of(scope_of(request, now), now), form)


def report_file(found: Report, form: str) -> HttpResponseBase:
    name = f"loftet-{found.scope.week}-{found.scope.weeks}v"
    about = {"definition": found.scope.address, "asked_at": found.now}
    made: dict[str, Callable[[], HttpResponseBase]] = {
        "csv": lambda: _csv(tables.figures(found)),
        "json": lambda: JsonResponse(exports.as_json(tables.of_report(found), **about)),
        "xlsx": lambda: HttpResponse(exports.as_xlsx(tables.of_report(found), title=found.heading), content_type=XLSX),
        "pdf": lambda: HttpResponse(paper.of_report(found), content_type="application/pdf"),
    }
    return _named(made[form](), f"{name}.{form}")


@needs(Permission.READ_FIGURES)
def rows_file(request: HttpRequest, form: str) -> HttpResponseBase:
    """Give exactly the rows of a figure; on a sheet and on paper the first of them."""
    now = timezone.now()
    scope, figure = scope_of(request, now), finding.find(request.GET.get("figur", ""))
    if figure is None:
        raise Http404
    record(figure, scope, form, by=request.user, now=now)  # type: ignore[arg-type]
    made = {"csv": _rows_csv, "json": _rows_json, "xlsx": _rows_xlsx, "pdf": _rows_pdf}
    return _named(made[form](figure, scope, now), f"rader-{figure.key}-{scope.week}.{form}")


def record(figure: Figure, scope: Scope, form: str, *, by: User, now: datetime) -> None:
    audit.record("figures.rows_exported", "figures:0", by=by, now=now, query=scope.query(figure.key), form=form)


def _rows_csv(figure: Figure, scope: Scope, now: datetime) -> HttpResponseBase:
    return _csv(tables.rows(figure, scope, now))


def _rows_json(figure: Figure, scope: Scope, now: datetime) -> HttpResponseBase:
    found = tables.rows(figure, scope, now, most=MOST_ON_A_SHEET)
    about = {"figure": figure.key, "definition": scope.address, "asked_at": now}
    return JsonResponse(exports.as_json([found], **about, count=figures.rows(figure, scope, now).count()))


def _rows_xlsx(figure: Figure, scope: Scope, now: datetime) -> HttpResponseBase:
    found = tables.rows(figure, scope, now, most=MOST_ON_A_SHEET)
    return HttpResponse(exports.as_xlsx([found], title=found.name), content_type=XLSX)


def _rows_pdf(figure: Figure, scope: Scope, now: datetime) -> HttpResponseBase:
    found = tables.rows(figure, scope, now, most=MOST_ON_PAPER)
    words = conclusions.scope_words(figure, scope)
    made = paper.of_rows(found, definition=str(figure.definition), words=words, now=now)
    return HttpResponse(made, content_type="application/pdf")


def _csv(table: Table) -> HttpResponseBase:
    lines: Iterable[str] = exports.as_csv(table)
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")


def _named(response: HttpResponseBase, name: str) -> HttpResponseBase:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
