"""The pages for managers: how the promise is kept, and the rows behind each number."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Channel
from accounts.permissions import Permission, needs
from insights import charts, figures
from insights.figures import FIGURES, IN_PERIOD, OPEN_NOW, Period, Share

ROWS_A_PAGE = 50


def _channel(request: HttpRequest) -> Channel | None:
    pk = request.GET.get("konto", "")
    return Channel.objects.filter(pk=pk).first() if pk.isascii() and pk.isdigit() and len(pk) < 18 else None


def _week(request: HttpRequest, now: datetime) -> date:
    """The week asked for, as `2026-W47`; this one if none is."""
    asked = request.GET.get("vecka", "")
    try:
        return datetime.strptime(f"{asked}-1", "%G-W%V-%u").date() if asked else timezone.localdate(now)  # noqa: DTZ007
    except ValueError as error:
        raise Http404 from error


def link(figure: str, week: date, channel: Channel | None, weeks: int = 1) -> str:
    """The query string of a figure's rows."""
    year, number, _day = week.isocalendar()
    pairs = {"figur": figure, "vecka": f"{year}-W{number:02}", "veckor": weeks, "konto": channel.pk if channel else ""}
    return urlencode({key: value for key, value in pairs.items() if value})


@needs(Permission.READ)
def promise(request: HttpRequest) -> HttpResponse:
    """Löftet: do we keep it, what is about to break, how fast are we."""
    now, channel = timezone.now(), _channel(request)
    week = _week(request, now)
    period, quarter = Period.week_of(week), Period.week_of(week, figures.WEEKS)
    only = channel.pk if channel else None
    counts = figures.count_all(IN_PERIOD, period, now, only)
    weeks = figures.by_week(quarter, now, only)
    open_now = figures.count_all(OPEN_NOW, period, now, only)
    share = Share(counts["kept"], counts["owed"])
    parts = [(key, counts[key]) for key in ("kept_answered", "kept_redirected", "kept_holding", "late")]
    context = {
        "section": "insights",
        "week": week.isocalendar().week,
        "channel": channel,
        "channels": Channel.objects.order_by("name", "pk"),
        "share": share,
        "answered": Share(counts["kept_answered"] + counts["kept_redirected"], counts["owed"]),
        "counts": [_number(key, counts[key], week, channel) for key in IN_PERIOD],
        "numbers": {key: _number(key, counts[key], week, channel) for key in IN_PERIOD},
        "bar": charts.split_bar(parts),
        "line": charts.week_line(weeks),
        "weeks": [
            (monday, s, link("owed", monday, channel), link("kept", monday, channel)) for monday, s in reversed(weeks)
        ],
        "open": [_number(key, open_now[key], week, channel) for key in OPEN_NOW],
        "median": figures.median_hours(quarter, now, only),
        "median_link": link("first_answer", week, channel, figures.WEEKS),
        "by_channel": [
            (c, s, w, link("owed", week, c), link("open_first", week, c)) for c, s, w in figures.by_channel(period, now)
        ],
        "conclusion": _conclusion(share, weeks),
        "breaking": open_now["open_overdue"] + open_now["open_4"],
        "definitions": FIGURES.values(),
    }
    return render(request, "insights/promise.html", context)


def _number(key: str, count: int, week: date, channel: Channel | None) -> dict[str, Any]:
    return {"key": key, "figure": FIGURES[key], "count": count, "query": link(key, week, channel)}


def _conclusion(share: Share, weeks: list[tuple[date, Share]]) -> str:
    """Say what the line shows."""
    if not share.whole:
        return _("Inget har förfallit den här veckan ännu")
    if share.percent is None:
        return _("Vi höll löftet i %(part)s av %(whole)s fall") % {"part": share.part, "whole": share.whole}
    earlier = [s.part / s.whole for _monday, s in weeks[:-1] if s.whole]
    text = _("Vi höll löftet i %s %% av fallen") % share.percent
    if earlier and share.part / share.whole > max(earlier):
        return _("%(text)s, bäst på %(n)s veckor") % {"text": text, "n": len(earlier) + 1}
    if earlier and share.part / share.whole < min(earlier):
        return _("%(text)s, sämst på %(n)s veckor") % {"text": text, "n": len(earlier) + 1}
    return text


@needs(Permission.READ)
def rows(request: HttpRequest) -> HttpResponse:
    """Exactly the rows behind a number."""
    now, channel = timezone.now(), _channel(request)
    figure = FIGURES.get(request.GET.get("figur", ""))
    if figure is None:
        raise Http404
    weeks = figures.WEEKS if request.GET.get("veckor") == str(figures.WEEKS) else 1
    week = _week(request, now)
    found = figures.cycles(figure, Period.week_of(week, weeks), now, channel.pk if channel else None)
    found = found.select_related("conversation__contact", "conversation__channel").order_by("due_at", "pk")
    page = Paginator(found, ROWS_A_PAGE).get_page(request.GET.get("sida"))
    context = {
        "section": "insights",
        "figure": figure,
        "page": page,
        "channel": channel,
        "weeks": weeks,
        "week": week.isocalendar().week,
        "query": link(figure.key, week, channel, weeks),
        "back": urlencode(
            {"vecka": link("", week, None).split("vecka=")[1].split("&")[0]}
            | ({"konto": channel.pk} if channel else {})
        ),
    }
    return render(request, "insights/rows.html", context)
