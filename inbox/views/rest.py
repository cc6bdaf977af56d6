"""Vila: away until a time, or until somebody writes; and back again."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from inbox import actions
from inbox.models import Conversation
from inbox.promise import resting
from inbox.showing import chips
from inbox.views.inbox import found
from inbox.views.verdicts import back, form_of, onward
from sla import policies


@form_of(found)
def rest(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    now = timezone.now()
    until = _until(request, row, now)
    rested = actions.rest(row.pk, until=until, by=request.user, now=now)
    if rested.snoozed_until:
        said = _("Vilar till %s.") % chips.said(rested.snoozed_until, now)
        messages.success(request, said, extra_tags=reverse("inbox:wake", args=[row.pk]))
    else:
        messages.success(request, _("Vilar tills någon svarar."))
    return onward(request, row)


def _until(request: HttpRequest, row: Conversation, now: datetime) -> datetime | None:
    wanted = request.POST.get("until", "")
    if wanted == "own":
        try:
            naive = datetime.fromisoformat(f"{request.POST.get('day', '')}T{request.POST.get('time', '')}")
            return timezone.make_aware(naive)
        except (ValueError, OverflowError) as error:
            raise actions.Refused(_("Ange dag och klockslag."), "no_time") from error
    policy = policies.in_force().policy(row.channel_id)
    choice = next((each for each in resting.choices(policy, now) if each.key == wanted), None)
    if choice is None:
        raise actions.Refused(_("Välj hur länge konversationen ska vila."), "no_time")
    return choice.until


@form_of(found)
def wake(request: HttpRequest, pk: int, *, row: Conversation) -> HttpResponse:
    actions.wake(row.pk, by=request.user, now=timezone.now())
    messages.success(request, _("Konversationen är tillbaka i listan."))
    return back(request, row)
