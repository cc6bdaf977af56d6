"""Lanes: what goes before every deadline, told from the words alone by rules that anybody can read (`lanes.toml`).

A lane sorts and warns; it decides nothing, and a person moves a conversation by one click (`sorting.move`). Pure: no
database and no time.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from inbox.incoming import phrases
from inbox.incoming.phrases import Index
from inbox.models import Conversation

Lane = Conversation.Lane
_TAG = re.compile(r"#(\w+)")
PATH = Path(__file__).with_name("lanes.toml")

REASONS: dict[str, Promise] = {
    "threat": _("Hot"),
    "weapons": _("Hot med emoji"),
    "incitement": _("Hets eller uppvigling"),
    "danger": _("Någon kan vara i fara"),
    "hazard": _("Något farligt på en plats"),
    "crisis": _("Någon har det svårt"),
    "own_matter": _("Någons egen sak hos oss"),
    "told": _("Någon berättar om sig själv"),
    "records": _("Begäran om allmän handling"),
    "gdpr": _("Begäran om personuppgifter"),
    "accessibility": _("Påpekande om tillgänglighet"),
    "appeal": _("Överklagande eller ansökan"),
    "concern": _("Oro för ett barn eller en vuxen"),
    "whistle": _("Missförhållande, visselblåsning"),
    "handled": _("Klar, och ny kommentar"),
}
"""Why something is in a lane, as the pages say it; by the keys of the rules."""


@dataclass(frozen=True)
class Found:
    """`rule`: a key of REASONS. `certain`: else the pages say *låg säkerhet*."""

    lane: int
    rule: str
    certain: bool = True


@dataclass(frozen=True)
class RuleBook:
    version: int
    rules: Index[Found]
    weapons: re.Pattern[str]
    hate: Index[bool]


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(PATH.read_text())


@cache
def book() -> RuleBook:
    """Read the rules; once in a process."""
    data = _data()
    rules = [
        (Found(rule["lane"], rule["key"], certain=name == "surely"), phrase)
        for rule in data["rule"]
        for name in ("surely", "perhaps")
        for phrase in phrases.phrases(rule.get(name, ()))
    ]
    weapons = re.compile("|".join(map(re.escape, data["weapons"])))
    hate = Index((True, phrase) for phrase in phrases.phrases(data["hate"]["expressions"]))
    return RuleBook(data["version"], Index(rules), weapons, hate)


def as_written() -> list[tuple[int, str, list[str], list[str]]]:
    """Give the rules as they are written, for people to read: lane, key, what is certain and what is not."""
    return [(rule["lane"], rule["key"], rule["surely"], rule.get("perhaps", [])) for rule in _data()["rule"]]


def weapons() -> list[str]:
    return list(_data()["weapons"])


def reason(rule: str) -> str:
    """Say why something is in a lane, by the rule that put it there."""
    return rule.removeprefix("rule:") if rule.startswith("rule:") else str(REASONS.get(rule, ""))


def of(text: str) -> Found | None:
    """Say which lane a text belongs in, and why; None for an ordinary one. The first lane wins, then certainty."""
    rules, folded = book(), phrases.fold(text)
    found = min(rules.rules.found(folded), key=_order, default=None)
    if found is None and not folded.isascii() and rules.weapons.search(folded) and not phrases.has_words(folded):
        return Found(Lane.URGENT, "weapons", certain=False)
    return found


def _order(found: Found) -> tuple[int, bool, str]:
    return found.lane, not found.certain, found.rule


def hashtags(folded: str) -> set[str]:
    """Give the hashtags in a folded text, without `#`."""
    return set(_TAG.findall(folded)) if "#" in folded else set()


def is_hateful(text: str) -> bool:
    """Whether a text is blurred for who works in protected mode."""
    rules, folded = book(), phrases.fold(text)
    if any(rules.hate.found(folded)):
        return True
    found = of(text)
    return found is not None and found.rule in ("threat", "incitement", "weapons")
