"""Saved views: kept from the list, and looked after on a page of their own."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.permissions import Permission, needs
from inbox.deciding.acting import Refused
from inbox.models import SavedView
from inbox.selectors import Filters
from inbox.showing import menu, saved


@needs(Permission.READ)
def list_page(request: HttpRequest) -> HttpResponse:
    """The saved views that one sees, each with a form where one may change it."""
    return _page(request)


def _page(request: HttpRequest, refusal: str = "", status: int = 200) -> HttpResponse:
    views = [(view, saved.may_change(view, request.user)) for view in menu.saved_by(request.user)]
    return render(request, "inbox/saved.html", {"section": "inbox", "views": views, "refusal": refusal}, status=status)


@needs(Permission.READ)
def new(request: HttpRequest) -> HttpResponse:
    """Keep what the list shows."""
    if request.method != "POST":
        return redirect("inbox:saved")
    filters, form = Filters.of(request.GET), request.POST
    shared = form.get("shared") == "1"
    try:
        view = saved.save(filters, name=form.get("name", ""), shared=shared, by=request.user, now=timezone.now())
    except Refused as refused:
        return _page(request, str(refused), 422)
    messages.success(request, _("%s är sparad i menyn.") % view.name)
    return redirect(f"{reverse('inbox:list')}?{view.query}")


@needs(Permission.READ)
def change(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return redirect("inbox:saved")
    view = get_object_or_404(SavedView, pk__in=[each.pk for each in menu.saved_by(request.user)], pk=pk)
    form, now = request.POST, timezone.now()
    try:
        match form.get("do"):
            case "up":
                saved.move_up(view, by=request.user)
            case "remove":
                saved.remove(view, by=request.user, now=now)
                messages.success(request, _("%s är borttagen ur menyn.") % view.name)
            case "save":
                shared = form.get("shared") == "1"
                saved.change(view, name=form.get("name", ""), shared=shared, by=request.user, now=now)
                messages.success(request, _("%s är ändrad.") % view.name)
            case _:
                raise Http404
    except Refused as refused:
        return _page(request, str(refused), 422)
    return redirect("inbox:saved")
