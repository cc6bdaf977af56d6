"""What the inbox's templates are given: the list, the conversation beside it, and its composer."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import CAN_BE_GIVEN, Permission, may
from connectors.registry import connector_class
from inbox import actions
from inbox.deciding import notes
from inbox.incoming import language, reading
from inbox.models import Conversation, Draft, Outgoing, RedirectTarget, ReplyCycle
from inbox.promise import resting
from inbox.selectors import Filters
from inbox.showing import around, chips, presence, thread
from inbox.showing.around import Place
from inbox.verdicts import VERDICTS, Verdict, of_reply, offered
from inbox.views import above, items, menus, panels, sides
from inbox.views import desk as desks
from inbox.views.rows import foreign
from inbox.writing import bank, drafts, screening, signing, texts, whose
from sla import explain, policies
from sla.clock import Policy
from sla.policies import InForce


def part(request: HttpRequest) -> str:
    """Which part of the page htmx asks for: list, more, pane, composer; "" for the whole page."""
    htmx = request.htmx  # type: ignore[attr-defined]
    is_part = bool(htmx) and not htmx.boosted and not htmx.history_restore_request
    return (htmx.target or "") if is_part else ""


def health_context(health: reading.Health, now: datetime) -> dict[str, Any]:
    last_read_at = health.last_read_at
    return {
        "health": health,
        "last_read": chips.ago(last_read_at, now) if last_read_at else "",
        "failing": [(c, chips.ago(c.unread_since, now) if c.unread_since else "") for c in health.failing],
        "channels": health.channels,
    }


def conversation_context(request: HttpRequest, row: Conversation, rules: InForce, **form: Any) -> dict[str, Any]:
    """What the conversation's pane needs; `form` overrides what its forms hold after a refusal."""
    now, policy = timezone.now(), rules.policy(row.channel_id)
    filters = Filters.of(request.GET)
    places, left_out = around.items(row)
    panels.mark(places, row)
    if may(request.user, Permission.ANSWER) and any(_is_unseen(place, row) for place in places):
        actions.mark_seen(row.pk, by=request.user, now=now)
    log = thread.log(row)
    lane = above.shown(row, places, now)
    return {
        "conversation": row,
        "filters": filters,
        "query": filters.query(after=""),
        "title": menus.title_of(filters),
        "now": now,
        "chip": chips.of(row, policy, now),
        "places": places,
        "written": items.shown(places, row, request.user, now),
        "left_out": left_out,
        "lane": lane,
        "guides": above.guides(lane, request, **form),
        "explanation": explanation(row, rules, now),
        "log": log,
        "rests": resting.choices(policy, now),
        "on_its_way": [out for out in row.outgoing.all() if out.status in ("queued", "sending", "unknown")]
        + _failed_last(row),
        "refusal": form.get("refusal", ""),
        "link_text": form.get("link_text", ""),
        **composer_context(request, row, policy, now, places, log.drafts, **form),
    }


def _is_unseen(place: Place, row: Conversation) -> bool:
    return place.item.conversation_id == row.pk and not place.item.from_us and place.item.first_seen_at is None


def people() -> list[User]:
    """Who can be given a conversation, by name. One query."""
    people = User.objects.filter(is_active=True, memberships__role__in=CAN_BE_GIVEN).distinct()
    return sorted(people, key=lambda person: str(person).casefold())


def _failed_last(row: Conversation) -> list[Outgoing]:
    """What has failed and nobody has taken up again: the newest reply, and the newest action on each item."""
    newest = {0 if outgoing.is_reply else outgoing.to_id: outgoing for outgoing in row.outgoing.all()}
    if row.status == Conversation.Status.CLOSED:
        newest.pop(0, None)
    return [outgoing for outgoing in newest.values() if outgoing.status == Outgoing.Status.FAILED]


def explanation(row: Conversation, rules: InForce, now: datetime) -> tuple[str, ...]:
    """Derive the deadline that the conversation shows, in words; a promised one is what we have promised.

    `rules` hold also the version under which the cycle began.
    """
    if row.due_at is None or row.waits_since is None:  # type: ignore[attr-defined]
        return ()
    since: datetime = row.waits_since  # type: ignore[attr-defined]
    if row.waits_as == ReplyCycle.Kind.PROMISED:  # type: ignore[attr-defined]
        words = {"given": chips.said(since, now), "due": chips.when(row.due_at, now)}
        return (str(_("Vi gav besked %(given)s och lovade svar %(due)s.")) % words,)
    version = rules.older or rules.version(row.channel_id)
    policy = policies.pure(version)
    language = "en" if (get_language() or "sv").startswith("en") else "sv"
    rule = {"name": policy.name or _("Svar inom 24 timmar"), "version": version.version}
    lines = explain.explain(policy, since, language).lines
    return (*lines, str(_("Regel: %(name)s, version %(version)s.")) % rule)


def composer_context(
    request: HttpRequest,
    row: Conversation,
    policy: Policy,
    now: datetime,
    places: list[Place] | None = None,
    typed_by_all: list[Draft] | None = None,
    **form: Any,
) -> dict[str, Any]:
    """The composer of the chosen verdict, with a key and a time of its own: a double click finds the first row.

    `places` and `typed_by_all`: the thread and the drafts, where they have been read anyway.
    """
    desk = desks.of(request, drafts.of(row) if typed_by_all is None else typed_by_all)
    side = sides.of(request, row, desk, form)
    opened = None if form or side or "beslut" in request.GET else desk.opened
    asked = _asked(request, opened, form)
    choice = _choice(row, asked.verdict, request.user)
    verdict, taken_back = choice.verdict, choice.taken_back
    in_use = bank.texts() if verdict.sends else bank.Texts()
    targets = in_use.redirects if verdict.key == "redirect" else []
    target = next((each for each in targets if str(each.pk) == asked.target), None)
    slot = f"{verdict.key}-{target.pk}" if target else verdict.key
    suggested = desk.promised(slot, now) or _promised(taken_back, policy, now)
    promised = timezone.localtime(suggested) if verdict.promises else now
    when = promised if verdict.promises else None
    desk = desks.with_bank(desk, request, bank.choices(in_use, row, policy, now, when), in_use.phrases)
    given = desk.text(slot)
    if given is None:
        given = _draft(verdict, row, request.user, promised, target, taken_back, policy, timezone.localdate(now))
    return {
        "conversation": row,
        "around": presence.around(row, request.user, now),
        "composer": {
            "verdict": verdict,
            "side": side,
            "is_chosen": bool(choice.is_made or form or side),
            "day": timezone.localdate(now),
            **_written(desk, slot, given, form),
            "holdings": row.holdings or 0,  # type: ignore[attr-defined]
            **_limits(row, request.user),
            **_spoken(row, in_use),
            **_fields(form, promised, now),
            "redirects": targets,
            "dead": in_use.dead,
            "whose": whose.asked(row.preview, in_use.responsibilities) if targets else (),
            "redirect": target,
        },
        **panels.context(request, row, verdict, now, places, **form),
    }


@dataclass(frozen=True)
class _Asked:
    """Which verdict's form, and which redirect in it: as typed, in the address, or as a draft left it."""

    verdict: str
    target: str


def _asked(request: HttpRequest, opened: Draft | None, form: dict[str, Any]) -> _Asked:
    return _Asked(
        str(form.get("verdict") or request.GET.get("beslut") or (opened.verdict if opened else "")),
        str(form.get("redirect") or request.GET.get("hanvisning") or (opened.target if opened else "")),
    )


@dataclass(frozen=True)
class _Choice:
    """The verdict whose form is shown; `taken_back`: the reply that Ångra has given back to it."""

    verdict: Verdict
    is_made: bool
    taken_back: Outgoing | None


def _choice(row: Conversation, asked: str, user: User) -> _Choice:
    """What was asked for, else what was taken back, else an answer; a redirect where neither can be done here."""
    chosen = VERDICTS.get(asked)
    taken_back = None if chosen or row.status == Conversation.Status.CLOSED else _taken_back(row, user)
    verdict = chosen or (of_reply(taken_back.kind) if taken_back else VERDICTS["answer"])
    if verdict not in offered(row):
        return _Choice(VERDICTS["redirect"], taken_back is not None, taken_back)
    return _Choice(verdict, bool(chosen or taken_back), taken_back)


def _written(desk: desks.Desk, slot: str, given: str, form: dict[str, Any]) -> dict[str, Any]:
    """The text in the form of a slot, `given` where nobody has sent any; and what else lies on the desk."""
    return {
        "desk": desk,
        "slot": slot,
        "text": form.get("text", given),
        "draft": desk.draft(slot),
        "has_note": bool(desk.draft(notes.SLOT)),
        "hints": desks.hints(form.get("text", desk.text(slot) or "")),
        "template": form.get("template") or (desk.template.template.pk if desk.template else ""),
    }


def _limits(row: Conversation, user: User) -> dict[str, Any]:
    """How long a text can be here, and with which signature it counts."""
    most = connector_class(row.channel.platform).max_length
    return {"signatures": signing.signatures(user, row.channel), "most": most}


def _fields(form: dict[str, Any], promised: datetime, now: datetime) -> dict[str, Any]:
    """What the form's smaller fields hold: after a refusal what was typed, and what was wrong with it."""
    return {
        "key": form.get("key") or uuid.uuid4().hex,
        "drawn_at": form.get("drawn_at") or now.isoformat(),
        "error": form.get("error", ""),
        "error_on": form.get("error_on", "text"),
        "warned": form.get("warned", ()),
        "needs_no_why": set(form.get("warned", ())) <= {screening.REPEATED, screening.TOGETHER},
        "together": form.get("together"),
        "why": form.get("why", ""),
        "manager_note": form.get("manager_note", ""),
        "today": timezone.localdate(now).isoformat(),
        "promised_day": form.get("promised_day") or promised.date().isoformat(),
        "promised_time": form.get("promised_time") or f"{promised:%H:%M}",
    }


def _spoken(row: Conversation, in_use: bank.Texts) -> dict[str, Any]:
    """The language of what waits, where it is another than Swedish, and the phrases that are approved in it."""
    code = language.of(row.preview)
    return {"language": foreign(row), "phrases": [each for each in in_use.phrases if each.language == code]}


def _taken_back(row: Conversation, user: User) -> Outgoing | None:
    """The user's own newest reply, if it was taken back or failed: its words are there to be mended."""
    newest = _newest_reply(row)
    ended = (Outgoing.Status.CANCELLED, Outgoing.Status.FAILED)
    return newest if newest and newest.status in ended and newest.by_id == user.pk else None


def _newest_reply(row: Conversation) -> Outgoing | None:
    return next((outgoing for outgoing in reversed(row.outgoing.all()) if outgoing.is_reply), None)


def _promised(taken_back: Outgoing | None, policy: Policy, now: datetime) -> datetime:
    if taken_back and taken_back.promised_at and taken_back.promised_at > now:
        return taken_back.promised_at
    return texts.suggested_promise(policy, now)


def _draft(
    verdict: Verdict,
    row: Conversation,
    user: User,
    promised: datetime,
    target: RedirectTarget | None,
    taken_back: Outgoing | None,
    policy: Policy,
    today: date,
) -> str:
    if taken_back and taken_back.kind == verdict.sends:
        return signing.unsigned(taken_back.text, user, row.channel)
    if verdict.promises:
        return texts.holding(row, promised)
    return texts.redirect(row, target, policy, today) if target else ""
