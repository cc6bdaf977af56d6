"""The pages for managers: how the promise is kept, and the rows behind each number."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.permissions import Permission, needs
from insights import conclusions, definitions, figures, report
from insights.scope import Nonsense, Scope

ROWS_A_PAGE = 50


def scope_of(request: HttpRequest, now: Any) -> Scope:
    try:
        return Scope.of(request.GET, now)
    except Nonsense as error:
        raise Http404 from error


@needs(Permission.READ)
def promise(request: HttpRequest) -> HttpResponse:
    """Löftet: do we keep it, what is about to break, how fast are we."""
    now = timezone.now()
    found = report.of(scope_of(request, now), now)
    return render(request, "insights/promise.html", {"section": "insights", "report": found})


@needs(Permission.READ)
def rows(request: HttpRequest) -> HttpResponse:
    """Exactly the rows behind a number."""
    now = timezone.now()
    scope, figure = scope_of(request, now), definitions.find(request.GET.get("figur", ""))
    if figure is None:
        raise Http404
    found = figures.rows(figure, scope, now).select_related(
        "conversation__contact", "conversation__channel__department", "verdict"
    )
    page = Paginator(found.order_by("due_at", "pk"), ROWS_A_PAGE).get_page(request.GET.get("sida"))
    context = {
        "section": "insights",
        "figure": figure,
        "page": page,
        "scope": scope,
        "query": scope.query(figure.key),
        "period": conclusions.period(scope),
        "narrowed": " · ".join(str(row) for row in (scope.channel, scope.department) if row),
    }
    return render(request, "insights/rows.html", context)
