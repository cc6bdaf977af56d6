"""The register's pages that need the inbox: review, closing, how alive the accounts are, and the public list."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_replace
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_POST

from accounts import register, trail, watching
from accounts.models import Channel, Closing, Platform, Topic, User
from accounts.permissions import Permission, may, needs, refusal
from inbox.deciding import closing
from inbox.showing import activity, public
from inbox.templatetags.money import price_of_watching


class ClosingForm(forms.ModelForm):  # type: ignore[type-arg]
    last_post_url = forms.URLField(
        label=gettext_lazy("Länk till sista inlägget"), required=False, assume_scheme="https"
    )

    class Meta:
        model = Closing
        fields = ("last_post", "last_post_url")
        widgets = {"last_post": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "last_post": gettext_lazy(
                "Vad som stod i det sista inlägget: att kontot avslutas, och vart man vänder sig."
            ),
        }


class TopicForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Topic
        fields = ("tag", "name", "department", "owner", "is_political")
        help_texts = {
            "tag": gettext_lazy("Utan #. Får vara tom: då ges ämnet av regler och av den som svarar."),
            "is_political": gettext_lazy("När neutralitet gäller gillas inget här, och svaren godkänns först."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.filter(is_active=True).order_by("name")  # type: ignore[attr-defined]
        self.fields["owner"].required = True
        if watching.can_be_on(Platform.TWITTER):
            self.fields["tag"].help_text = f"{self.fields['tag'].help_text} {price_of_watching()}"

    def clean_tag(self) -> str | None:
        tag = (self.cleaned_data["tag"] or "").strip().lstrip("#").lower()
        if not tag:
            return None
        if not tag.replace("_", "").isalnum():
            raise forms.ValidationError(_("En hashtagg är bokstäver, siffror och understreck, utan mellanslag."))
        if Topic.objects.filter(tag=tag).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Hashtaggen finns redan."))
        return tag


def _decided_by(request: HttpRequest, pk: int) -> Channel:
    """Give a channel to whoever may decide on its future. Raises PermissionDenied, saying who that is."""
    channel = get_object_or_404(Channel.objects.select_related("owner", "deputy", "department"), pk=pk)
    if request.user.pk in (channel.owner_id, channel.deputy_id) or may(request.user, Permission.REGISTER):
        return channel
    if any(review.channel == channel for review in register.reviews(request.user, timezone.localdate())):
        return channel
    who = channel.owner or channel.deputy
    if who:
        raise PermissionDenied(_("Om kontots framtid bestämmer %s, eller en administratör.") % who)
    raise PermissionDenied(refusal(Permission.REGISTER))


@needs(Permission.READ_REGISTER)
def reviews(request: HttpRequest) -> HttpResponse:
    found = register.reviews(request.user, timezone.localdate())
    return render(request, "inbox/reviews.html", {"section": "channels", "reviews": found})


@require_POST
@needs(Permission.READ_REGISTER)
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    channel = _decided_by(request, pk)
    register.keep(channel, by=request.user, now=timezone.now(), today=timezone.localdate())
    text = _("%(name)s fortsätter. Nästa prövning: %(day)s.")
    messages.success(request, text % {"name": channel.name, "day": channel.review_on})
    return redirect("register:reviews")


@require_POST
@needs(Permission.REGISTER)
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Pause, or go on: the form says which."""
    channel = get_object_or_404(Channel, pk=pk)
    is_paused = request.POST.get("pausa") == "1"
    if register.set_paused(channel, is_paused, by=request.user, now=timezone.now()):
        words = _("%s är pausat: inget läses och inga svar går ut.") if is_paused else _("%s läses igen.")
        messages.success(request, words % channel.name)
    return redirect("accounts:channel", pk)


@needs(Permission.READ_REGISTER)
def close(request: HttpRequest, pk: int) -> HttpResponse:
    channel = _decided_by(request, pk)
    form = ClosingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            closing.close(channel.pk, **form.cleaned_data, by=request.user, now=timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("%s är avslutat, och borta från den öppna kontolistan.") % channel.name)
            return redirect("accounts:channel", pk)
    context = {"section": "channels", "channel": channel, "form": form, "obstacles": closing.obstacles(channel)}
    return render(request, "inbox/close.html", context, status=422 if request.method == "POST" else 200)


@needs(Permission.READ_TRAIL)
def snapshot(request: HttpRequest, pk: int) -> HttpResponse:
    kept = get_object_or_404(Closing, channel=pk)
    response = HttpResponse(kept.snapshot, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="konto-{pk}.json"'
    return response


@needs(Permission.READ_REGISTER)
def profile(request: HttpRequest, pk: int) -> HttpResponse:
    """The checklist, and a text for the platform's own page, ready to copy."""
    channel = get_object_or_404(Channel.objects.select_related("department"), pk=pk)
    points = [(point, label, channel.checklist.get(point, "")) for point, label in register.POINTS.items()]
    text = register.profile_text(channel, settings.MUNICIPALITY)
    context = {
        "section": "channels", "channel": channel, "points": points, "text": text,
        "fits": register.FITS.get(channel.platform, ""), "rows": text.count("\n") + 4,
    }  # fmt: skip
    return render(request, "inbox/profile.html", context)


@needs(Permission.READ_REGISTER)
def activity_page(request: HttpRequest) -> HttpResponse:
    rows = activity.activity(timezone.now())
    silent = sum(row.state == "silent" for row in rows)
    return render(request, "inbox/activity.html", {"section": "channels", "rows": rows, "silent": silent})


@needs(Permission.READ_REGISTER)
def export(request: HttpRequest) -> HttpResponse:
    """The whole register as CSV: a line an account, with controller and agreement (GDPR, article 30)."""
    rows = Channel.objects.select_related("department", "owner", "deputy", "approver")
    entries = [register.entry(channel) for channel in rows.prefetch_related("watched_hashtags").order_by("pk")]
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="kontoregister.csv"'
    response.writelines(trail.table_as_csv(entries))
    return response


@needs(Permission.READ_REGISTER)
def topics(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Every hashtag with its topic, department and owner; those who may, add one or change the one of the address."""
    topic = get_object_or_404(Topic, pk=pk) if pk else Topic()
    may_change = may(request.user, Permission.REGISTER)
    if request.method == "POST" and not may_change:
        raise PermissionDenied(refusal(Permission.REGISTER))
    form = TopicForm(request.POST or None, instance=topic) if may_change else None
    if form and request.method == "POST" and form.is_valid():
        full = register.save_topic(form.instance, by=request.user, now=timezone.now())
        messages.success(request, _("Sparat: %s") % form.instance)
        for platform in full:
            words = _("%(platform)s låter kontot bevaka 30 hashtaggar på 7 dagar. %(tag)s ryms inte där.")
            messages.warning(request, words % {"platform": platform.label, "tag": form.instance})
        return redirect("register:topics")
    found = list(Topic.objects.select_related("department", "owner"))
    watched = watching.where(row.tag for row in found)
    rows = [(row, watched.get(row.tag or "", [])) for row in found]
    context = {"section": "channels", "topics": rows, "form": form, "changing": topic if pk else None}
    return render(request, "inbox/topics.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@needs(Permission.REGISTER)
def topic_remove(request: HttpRequest, pk: int) -> HttpResponse:
    topic = get_object_or_404(Topic, pk=pk)
    register.remove_topic(topic, by=request.user, now=timezone.now())
    messages.success(request, _("%s leder inte längre till någon förvaltning.") % topic)
    return redirect("register:topics")


@login_not_required
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
def public_list(request: HttpRequest) -> HttpResponse:
    """Our accounts for everybody, also within the municipality's own pages; it looks alike to all, signed in or not."""
    context = {"accounts": public.accounts(), "user": AnonymousUser()}
    return render(request, "inbox/public_list.html", context)


@login_not_required
def public_json(request: HttpRequest) -> JsonResponse:
    rows = [account.as_json() for account in public.accounts()]
    answer = {"municipality": settings.MUNICIPALITY, "accounts": rows}
    response = JsonResponse(answer, json_dumps_params={"ensure_ascii": False})
    response["Access-Control-Allow-Origin"] = "*"
    return response
