"""The pages for managers: how the promise is kept, and the rows behind each number."""

from __future__ import annotations

from datetime import datetime

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.permissions import Permission, needs
from inbox.models import ReplyCycle
from insights import conclusions, figures, finding, lines, report
from insights.conclusions import spaced
from insights.scope import Nonsense, Scope

ROWS_A_PAGE = 50
COUNTED = 10_000  # rows are counted and paged through so far; all of them are in the files


class Capped(Paginator):  # type: ignore[type-arg]
    """Pages of rows, counted no further than somebody would turn over. `bare`: the rows alone, to be counted."""

    def __init__(self, rows: QuerySet[ReplyCycle], bare: QuerySet[ReplyCycle]) -> None:
        super().__init__(rows, ROWS_A_PAGE)
        self._bare = bare

    @cached_property
    def found(self) -> int:
        return self._bare[: COUNTED + 1].count()

    @property
    def count(self) -> int:  # type: ignore[override]
        return min(self.found, COUNTED)

    @property
    def words(self) -> str:
        """`412`, `10 000+`."""
        return spaced(self.count) + ("+" if self.found > COUNTED else "")


def scope_of(request: HttpRequest, now: datetime) -> Scope:
    try:
        return Scope.of(request.GET, now)
    except Nonsense as error:
        raise Http404 from error


@needs(Permission.READ_FIGURES)
def promise(request: HttpRequest) -> HttpResponse:
    """Löftet: do we keep it, what is about to break, how fast are we."""
    now = timezone.now()
    found = report.of(scope_of(request, now), now)
    return render(request, "insights/promise.html", {"section": "insights", "report": found})


@needs(Permission.READ_FIGURES)
def rows(request: HttpRequest) -> HttpResponse:
    """Exactly the rows behind a number."""
    now = timezone.now()
    scope, figure = scope_of(request, now), finding.find(request.GET.get("figur", ""))
    if figure is None:
        raise Http404
    pages = Capped(lines.query(figure, scope, now), figures.rows(figure, scope, now))
    page = pages.get_page(request.GET.get("sida"))
    context = {
        "section": "insights",
        "figure": figure,
        "heading": f"{conclusions.figure_name(figure)}: {page.paginator.words}",
        "scope_words": conclusions.scope_words(figure, scope),
        "page": page,
        "lines": lines.of(page, now),
        "scope": scope,
        "now": now,
        "query": scope.query(figure.key),
        "counted": spaced(COUNTED) if page.paginator.found > COUNTED else "",
    }
    return render(request, "insights/rows.html", context)
