"""Svarsbank: answers that we give again and again, with what changes in them filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet, TextField, Value
from django.db.models.functions import Cast, JSONObject
from django.utils import timezone

from accounts import audit
from accounts.models import User
from accounts.permissions import Permission, require
from connectors.registry import PATHS, connector_class
from inbox.models import Conversation, LinkCheck, Phrase, RedirectTarget, ReplyTemplate, Responsibility
from inbox.showing import written
from inbox.writing.links import in_text
from sla.clock import Policy
from sla.words import day_words

VARIABLES = ("{namn}", "{nästa_vardag}", "{öppet_idag}", "{när}", "{länk:…}")
FURTHEST = 60  # days ahead in which a working day is looked for
_VARIABLE = re.compile(r"( ?)\{(?:(namn|nästa_vardag|öppet_idag|när)|länk:([^{}]{1,120}))\}", re.IGNORECASE)


@dataclass(frozen=True)
class Filled:
    """A template as it would go out; `missing`: the variables that nothing is known for, which stand as they are.

    `dead`: the links in it that do not work. `values`: what its variables were filled with.
    """

    template: ReplyTemplate
    text: str
    missing: tuple[str, ...] = field(default=())
    dead: tuple[str, ...] = field(default=())
    values: tuple[tuple[str, str], ...] = field(default=())


@dataclass(frozen=True)
class Texts:
    """What we answer with: the templates in use, by name; the redirects in use, in their order, those to others last.

    `dead`: the links that do not work; `responsibilities`: who answers for what; `phrases`: in other languages.
    """

    templates: list[ReplyTemplate] = field(default_factory=list)
    redirects: list[RedirectTarget] = field(default_factory=list)
    dead: set[str] = field(default_factory=set)
    responsibilities: list[Responsibility] = field(default_factory=list)
    phrases: list[Phrase] = field(default_factory=list)

    @property
    def links(self) -> dict[str, str]:
        """The addresses that a template may name, by the redirect's name; the first of two that begin alike wins."""
        return {target.name.casefold(): target.url for target in reversed(self.redirects) if target.url}


def texts() -> Texts:
    """Read all that is in use. One query, as the page of a conversation needs all of it."""
    found = Texts()
    for kind, pk, name, text, more in written.rows(_sql(), {}):
        facts = json.loads(more or "null")
        if kind == "redirect":
            found.redirects.append(RedirectTarget(pk=pk, name=name, text=text, **facts))
        elif kind == "dead":
            found.dead.add(name)
        elif kind == "phrase":
            found.phrases.append(Phrase(pk=pk, name=name, text=text, **facts))
        elif kind == "responsibility":
            found.responsibilities.append(Responsibility(pk=pk, subject=name, note=text, **facts))
        else:
            review_at = date.fromisoformat(facts.pop("review_at"))
            found.templates.append(ReplyTemplate(pk=pk, name=name, text=text, review_at=review_at, **facts))
    found.templates.sort(key=lambda each: each.name.casefold())
    found.redirects.sort(key=lambda each: (each.is_elsewhere, each.position, each.name))
    return found


@cache
def _sql() -> written.Sql:
    return written.sql_of(_rows())


def _rows() -> Any:
    def columns(rows: QuerySet[Any], kind: str, name: str, text: Any, **facts: str) -> QuerySet[Any, Any]:
        given = {"kind": Value(kind), "called": Cast(name, TextField()), "said": Cast(text, TextField())}
        found = rows.order_by().annotate(**given, facts=JSONObject(**facts))
        return found.values_list("kind", "pk", "called", "said", "facts")

    pointing = ("url", "phone", "hours", "takes", "is_elsewhere", "position")
    in_use = RedirectTarget.objects.filter(is_active=True)
    asked = Responsibility.objects.filter(target__is_active=True)
    return columns(in_use, "redirect", "name", "text", **{name: name for name in pointing}).union(
        columns(
            ReplyTemplate.objects.filter(is_active=True), "template", "name", "text", variants="variants",
            review_at="review_at",
        ),
        columns(LinkCheck.objects.filter(state=LinkCheck.State.DEAD), "dead", "url", Value("")),
        columns(Phrase.objects.all(), "phrase", "name", "text", language="language", swedish="swedish"),
        columns(asked, "responsibility", "subject", "note", words="words", place="place", target_id="target_id"),
        all=True,
    )  # fmt: skip


def choices(
    texts: Texts, conversation: Conversation, policy: Policy, now: datetime, promised: datetime | None = None
) -> list[Filled]:
    """Give the templates in use, filled in for a conversation, by name. Queries nothing.

    `promised`: the time that a holding reply promises, which `{när}` says.
    """
    links = texts.links
    found = [filled(each, conversation, policy, now, links, promised) for each in texts.templates]
    return [replace(each, dead=tuple(url for url in in_text(each.text) if url in texts.dead)) for each in found]


def filled(
    template: ReplyTemplate,
    conversation: Conversation,
    policy: Policy,
    now: datetime,
    links: dict[str, str],
    promised: datetime | None = None,
) -> Filled:
    """Fill in a template's wording for the conversation's platform."""
    values: list[tuple[str, str]] = []
    wording = template.text_for(conversation.channel.platform)
    text, missing = fill(wording, conversation, policy, now, links, promised, values)
    return Filled(template, text, missing, values=tuple(values))


def fill(
    text: str,
    conversation: Conversation,
    policy: Policy,
    now: datetime,
    links: dict[str, str],
    promised: datetime | None = None,
    values: list[tuple[str, str]] | None = None,
) -> tuple[str, tuple[str, ...]]:
    """Fill in what changes from one conversation to the next; give also the variables that nothing is known for.

    `promised`: the time that `{när}` says. `values` takes up what each variable was filled with.
    """
    today = timezone.localdate(now)
    facts: dict[str, Callable[[], str]] = {
        "nästa_vardag": lambda: next_working_day(policy, today),
        "öppet_idag": lambda: open_today(policy, today),
        "när": lambda: promise_words(promised, today) if promised else "",
    }
    missing: list[str] = []

    def fact(match: re.Match[str]) -> str:
        space, name, link = match.groups()
        if name and name.casefold() == "namn":
            known = first_name(conversation)
            if values is not None:
                values.append((match[0].strip(), known))
            return f"{space}{known}" if known else ""  # "Hej {namn}!" becomes "Hej!"
        known = _link(link, links) if link else facts[name.casefold()]()
        if not known:
            missing.append(match[0].strip())
        elif values is not None:
            values.append((match[0].strip(), known))
        return f"{space}{known}" if known else match[0]

    return _VARIABLE.sub(fact, text), tuple(missing)


def unfilled(text: str) -> list[str]:
    """Name the variables that still stand in a text: citizens must never read one."""
    return [match[0].strip() for match in _VARIABLE.finditer(text)]


def first_name(conversation: Conversation) -> str:
    words = conversation.contact.name.split() if conversation.contact else []
    return words[0] if words and words[0].isalpha() else ""


def promise_words(promised: datetime, today: date) -> str:
    """Say a promised time as the composer writes it: `torsdag 26 nov kl. 15.00`."""
    local = timezone.localtime(promised)
    return f"{day_words(local.date(), today)} kl. {local:%H.%M}"


def next_working_day(policy: Policy, today: date) -> str:
    """Say the next day, not today, on which somebody is at work: `i morgon`, `måndag 30 nov`. "" if there is none."""
    calendar = policy.staffed or policy.calendar
    days = (today + timedelta(days=ahead) for ahead in range(1, FURTHEST))
    found = next((day for day in days if calendar.windows(day)), None)
    return day_words(found, today) if found else ""


def open_today(policy: Policy, today: date) -> str:
    """Say today's staffed hours: `8.00–16.30`, `stängt`. "" where the policy knows no hours but the clock's own."""
    if policy.staffed is None:
        return ""
    windows = policy.staffed.windows(today)
    return " och ".join(f"{_clock(start)}–{_clock(end)}" for start, end in windows) if windows else "stängt"


def _clock(minute: int) -> str:
    return f"{minute // 60}.{minute % 60:02}"


def _link(name: str, links: dict[str, str]) -> str:
    """Find the address of a redirect by its name or the beginning of it: `{länk:felanmälan}`."""
    wanted = name.strip().casefold()
    return links.get(wanted) or next((url for each, url in links.items() if each.startswith(wanted)), "")


def lengths(template: ReplyTemplate) -> list[tuple[str, int, int, bool]]:
    """Give for each platform its name, the characters of its wording, the most it takes, and whether that is enough."""
    found = []
    for platform in PATHS:
        length, most = len(template.text_for(platform)), connector_class(platform).max_length
        found.append((platform, length, most, length <= most))
    return found


@transaction.atomic
def save(template: ReplyTemplate, *, by: User, now: datetime) -> ReplyTemplate:
    """Store a new or changed template. Whoever makes it owns it until somebody else is named."""
    require(by, Permission.MANAGE_TEXTS)
    is_new = template.pk is None
    template.owner = template.owner or by
    template.changed_at, template.changed_by = now, by
    template.save()
    audit.record("template.made" if is_new else "template.changed", f"template:{template.pk}", by=by, now=now)
    return template


def used(template_id: int) -> None:
    """Count that an answer was made of a template, in the transaction that queues it."""
    ReplyTemplate.objects.filter(pk=template_id).update(used_count=F("used_count") + 1)
