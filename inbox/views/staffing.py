"""The pages of who is at hand: the rosters with their gaps, and handing over."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts import relay, shifts
from accounts.models import Baton, Channel, Shift
from accounts.permissions import Permission, may, needs, require
from inbox.deciding.acting import Refused
from inbox.house import changeover, filling, staffing
from inbox.models import Changeover
from inbox.views.forms_staffing import BatonForm, HandoverForm, ShiftForm, week_words


@needs(Permission.READ_REGISTER)
def page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    roster = staffing.Roster(now)
    gaps = roster.gaps()
    may_fill = bool(gaps) and may(request.user, Permission.PLAN)
    context = {
        "section": "staffing",
        "now": now,
        "gaps": filling.offers(gaps, roster) if may_fill else [(gap, []) for gap in gaps],
        "office": roster.here(Shift.Kind.OFFICE),
        "on_call": roster.here(Shift.Kind.ON_CALL),
        "shifts": roster.shifts,
        "absences": roster.absences(),
        "relays": _relays(timezone.localdate(now)),
        "next_swap": staffing.next_swap(now),
        "waiting_for_me": Changeover.objects.filter(receiver=request.user, received_at=None).exists(),
    }
    return render(request, "inbox/staffing.html", context)


def _relays(today: date) -> list[tuple[Channel, list[dict[str, Any]]]]:
    channels = list(Channel.objects.filter(kind=Channel.Kind.RELAY).exclude(status=Channel.Status.CLOSED))
    return [
        (channel, [
            {"words": week_words(monday), "baton": baton, "is_now": number == 0, "is_near": number <= relay.WEEKS_AHEAD}
            for number, (monday, baton) in enumerate(weeks)
        ])
        for channel, weeks in relay.weeks(channels, today)
    ]  # fmt: skip


@require_POST
@needs(Permission.PLAN)
def fill(request: HttpRequest) -> HttpResponse:
    """Put somebody into each gap for which one was chosen."""
    chosen = {key: int(pk) for key, pk in request.POST.items() if key.startswith("gap-") and pk.isdecimal()}
    filled = filling.fill(chosen, by=request.user, now=timezone.now())
    if not chosen:
        messages.warning(request, _("Välj vem som är i tjänst, i en lucka eller flera."))
    if filled.done:
        words = ngettext("%s lucka är fylld.", "%s luckor är fyllda.", filled.done)
        messages.success(request, words % filled.done)
    if filled.left:
        words = ngettext(
            "%s lucka är inte fylld: schemat eller någons frånvaro har ändrats medan du valde.",
            "%s luckor är inte fyllda: schemat eller någons frånvaro har ändrats medan du valde.",
            filled.left,
        )
        messages.warning(request, words % filled.left)
    return redirect("staffing:page")


@needs(Permission.PLAN)
def shift_add(request: HttpRequest) -> HttpResponse:
    """Put a shift into the roster; offered is the on-call week that begins at the next swap."""
    swap = timezone.localtime(staffing.next_swap(timezone.now()))
    initial = {"kind": Shift.Kind.ON_CALL, "starts_at": swap, "ends_at": swap + timedelta(weeks=1)}
    form = ShiftForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        shifts.save(form.instance, by=request.user, now=timezone.now())
        messages.success(request, _("Passet är inlagt för %s.") % form.instance.user)
        return redirect("staffing:page")
    context = {"section": "staffing", "form": form}
    return render(request, "inbox/shift_form.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@needs(Permission.PLAN)
def shift_remove(request: HttpRequest, pk: int) -> HttpResponse:
    shift = get_object_or_404(Shift.objects.select_related("user"), pk=pk)
    shifts.remove(shift, by=request.user, now=timezone.now())
    messages.success(request, _("Passet är borttaget."))
    return redirect("staffing:page")


@needs(Permission.PLAN)
def baton(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Give somebody a week of a relay account, or change the one of the address."""
    now = timezone.now()
    row = get_object_or_404(Baton.objects.select_related("channel", "user"), pk=pk) if pk else Baton()
    form = BatonForm(request.POST or None, instance=row, now=now)
    if request.method == "POST" and form.is_valid():
        relay.save(form.instance, by=request.user, now=now)
        messages.success(request, _("Veckan är inlagd. Den öppnas när personen själv har sagt ja."))
        return redirect("staffing:page")
    context = {"section": "staffing", "form": form, "baton": row if pk else None}
    status = 422 if request.method == "POST" else 200
    return render(request, "inbox/baton_form.html", context, status=status)


@needs(Permission.READ_REGISTER)
def hand_over(request: HttpRequest) -> HttpResponse:
    """What there is to hand over, the form to sign it with, and what others have handed over."""
    now, user = timezone.now(), request.user
    kind = request.POST.get("kind") or request.GET.get("slag", "")
    kind = kind if kind in Changeover.Kind.values else Changeover.Kind.SWAP
    note = changeover.VACATION if kind == Changeover.Kind.VACATION else ""
    form = HandoverForm(request.POST or None, giver=user, initial={"kind": kind, "note": note})
    if request.method == "POST":
        require(user, Permission.ANSWER)
        if form.is_valid():
            given = changeover.give(**{**form.cleaned_data, "kind": kind}, by=user, now=now)
            messages.success(request, _("Överlämnat. Nu skriver %s under.") % given.receiver)
            return redirect("staffing:hand_over")
    rows = list(changeover.recent())
    context = {
        "section": "staffing",
        "now": now,
        "state": changeover.state(user, now),
        "form": form if may(user, Permission.ANSWER) else None,
        "kind": kind,
        "to_me": [row for row in rows if row.receiver_id == user.pk and row.received_at is None],
        "rows": rows,
        "next_swap": staffing.next_swap(now),
    }
    return render(request, "inbox/handover.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@needs(Permission.READ_REGISTER)
def received(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign that one has taken over; what is somebody else's to sign does not exist here."""
    row = get_object_or_404(Changeover, pk=pk, receiver=request.user)
    try:
        changeover.receive(row, by=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Mottaget. Båda har skrivit under."))
    return redirect("staffing:hand_over")
