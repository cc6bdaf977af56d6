"""Ctrl+K: every place and every act by a few letters; the keys, and a page to change them; light or dark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.permissions import Permission, may, needs
from inbox import selectors
from inbox.deciding.acting import Refused
from inbox.models import RedirectTarget
from inbox.selectors import Filters
from inbox.showing import keys, menu
from inbox.verdicts import MODERATE, VERDICTS
from inbox.views import menus
from inbox.views.contexts import part

PAGES: tuple[tuple[str, Promise, Permission], ...] = (
    ("inbox:list", gettext_lazy("Inkorg"), Permission.READ),
    ("insights:promise", gettext_lazy("Uppföljning"), Permission.READ_FIGURES),
    ("accounts:channels", gettext_lazy("Konton"), Permission.READ_REGISTER),
    ("staffing:page", gettext_lazy("Bemanning"), Permission.READ_REGISTER),
    ("inbox:answers", gettext_lazy("Svarsbank"), Permission.READ),
    ("inbox:redirects", gettext_lazy("Hänvisningar"), Permission.READ),
    ("inbox:whose", gettext_lazy("Vems är det?"), Permission.READ),
    ("inbox:phrases", gettext_lazy("Fraser på andra språk"), Permission.READ),
    ("inbox:approvals", gettext_lazy("Svar att godkänna"), Permission.ANSWER),
    ("inbox:rules", gettext_lazy("Regler och spår"), Permission.READ),
    ("register:topics", gettext_lazy("Ämnen och hashtaggar"), Permission.READ_REGISTER),
    ("house:dialogues", gettext_lazy("Dialoger"), Permission.READ_REGISTER),
    ("house:rules", gettext_lazy("Husets regler"), Permission.READ_REGISTER),
    ("inbox:saved", gettext_lazy("Sparade vyer"), Permission.READ),
    ("inbox:monday", gettext_lazy("Måndagsstart"), Permission.READ),
    ("inbox:weekend", gettext_lazy("Helgkoll"), Permission.READ),
    ("sla:policies", gettext_lazy("Svarstid"), Permission.READ),
    ("inbox:me", gettext_lazy("Mina varningar"), Permission.READ),
    ("inbox:keys", gettext_lazy("Mina tangenter"), Permission.READ),
    ("people:list", gettext_lazy("Människor och roller"), Permission.REGISTER),
    ("trail:list", gettext_lazy("Logg"), Permission.READ_TRAIL),
    ("operations:page", gettext_lazy("Drift"), Permission.REGISTER),
    ("inbox:accessibility", gettext_lazy("Tillgänglighet"), Permission.READ),
)
PRESSED = ("å", "u", "m", "t", "v", "i", "p", "ä", "w", "ö", "c", "n", "q", "z")  # acts beside the verdicts


@dataclass(frozen=True)
class Command:
    """`href` leads there; `press` is the key that does it where one stands; `theme` is chosen by a form."""

    name: str
    href: str = ""
    press: str = ""
    theme: str = ""
    shown: str = ""  # the key as this person has it

    @property
    def key(self) -> str:
        """The key as it stands on the keyboard."""
        return (self.shown or self.press).upper()


@needs(Permission.READ)
def palette(request: HttpRequest) -> HttpResponse:
    """All that this person can do and where to, `oppen` being the conversation that is open."""
    here = request.GET.get("oppen", "")
    row = selectors.visible_to(request.user).filter(pk=here).first() if selectors.is_id(here) else None
    commands = [
        *(_acts(request) if row and may(request.user, Permission.ANSWER) else ()),
        *(_hand_over(request, row.pk) if row and may(request.user, Permission.ANSWER) else ()),
        *(_redirects(request, row.pk) if row and may(request.user, Permission.ANSWER) else ()),
        *_views(request),
        *(Command(_("Gå till: %s") % name, reverse(url)) for url, name, right in PAGES if may(request.user, right)),
        *(Command(name, theme=theme) for theme, name in _themes()),
    ]
    template = "inbox/palette.html#body" if part(request) else "inbox/palette.html"
    here = request.GET.get("har", "")
    return render(request, template, {"section": "inbox", "commands": commands, "here": here})


def _acts(request: HttpRequest) -> Iterator[Command]:
    changed = keys.of(request.user)
    for verdict in VERDICTS.values():
        if verdict.shortcut and (verdict is not MODERATE or may(request.user, Permission.MODERATE)):
            yield Command(str(verdict.label), press=verdict.shortcut, shown=changed.get(verdict.shortcut, ""))
    for key in PRESSED:
        yield Command(str(keys.KEYS[key]), press=key, shown=changed.get(key, ""))


def _hand_over(request: HttpRequest, pk: int) -> Iterator[Command]:
    query = Filters.of(request.GET).query(after="")
    path = reverse("inbox:conversation", args=[pk])
    address = f"{path}?{query}&sida=overlamna#composer" if query else f"{path}?sida=overlamna#composer"
    yield Command(_("Lämna över till en annan förvaltning"), address)


def _redirects(request: HttpRequest, pk: int) -> Iterator[Command]:
    query = Filters.of(request.GET).query(after="")
    path = reverse("inbox:conversation", args=[pk])
    for target in RedirectTarget.objects.filter(is_active=True):
        wanted = f"{query}&" if query else ""
        yield Command(_("Hänvisa: %s") % target.name, f"{path}?{wanted}beslut=redirect&hanvisning={target.pk}#composer")


def _views(request: HttpRequest) -> Iterator[Command]:
    listed = menus.context(Filters(), menu.saved_by(request.user), {})
    for entry in (*listed["saved"], *listed["views"]):
        address = reverse("inbox:list") + (f"?{entry.query}" if entry.query else "")
        yield Command(_("Byt vy: %s") % entry.name, address, shown=entry.key)


def _themes() -> tuple[tuple[str, str], ...]:
    return (
        ("light", _("Byt tema: ljust")),
        ("dark", _("Byt tema: mörkt")),
        ("system", _("Byt tema: som datorn")),
    )


@needs(Permission.READ)
def theme(request: HttpRequest) -> HttpResponse:
    """Light or dark, and back to where one was."""
    if request.method == "POST":
        keys.choose_theme(request.user, request.POST.get("theme", ""))
    onward = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(onward, {request.get_host()}, require_https=request.is_secure())
    return redirect(onward if is_ours else reverse("inbox:list"))


@needs(Permission.READ)
def own_keys(request: HttpRequest) -> HttpResponse:
    """One's own keys."""
    refusal, table = "", keys.table(request.user)
    if request.method == "POST":
        wanted = {} if request.POST.get("do") == "reset" else {key: request.POST.get(key, "") for key in keys.KEYS}
        try:
            keys.save(request.user, wanted)
        except Refused as refused:
            refusal = str(refused)
            table = [(key, wanted.get(key, now), what) for key, now, what in table]
        else:
            messages.success(request, _("Tangenterna är sparade. De följer med dig till andra datorer."))
            return redirect("inbox:keys")
    context = {"section": "inbox", "table": table, "refusal": refusal, "fixed": keys.FIXED}
    return render(request, "inbox/keys.html", context, status=422 if refusal else 200)


def help_page(request: HttpRequest) -> HttpResponse:
    """The keys as they are for whoever asks, and the promise in three sentences; also as a dialog."""
    template = "help.html#body" if part(request) else "help.html"
    return render(request, template, {"table": keys.table(request.user), "fixed": keys.FIXED})
