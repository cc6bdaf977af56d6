"""The grounds on which something may be hidden or deleted: data in versions, the newest of which holds (R-040)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from inbox.models import GroundList

LAW = "Lagen om ansvar för elektroniska anslagstavlor"
RULES = "Våra regler för kommentarer"
PRIVATE = "Sekretess och personuppgifter"

# Version 1. The letters are those of 5 § lagen (1998:112) om ansvar för elektroniska anslagstavlor, as worded since SFS
# 2024:956; the rules are those that Swedish municipalities publish, nearly word for word. Staff read them in Swedish.
BUILT_IN = [
    {"key": "bbs_a", "group": LAW, "label": "Olaga hot", "law": "5 § a"},
    {"key": "bbs_b", "group": LAW, "label": "Olaga integritetsintrång", "law": "5 § b"},
    {"key": "bbs_c", "group": LAW, "label": "Uppvigling", "law": "5 § c"},
    {"key": "bbs_d", "group": LAW, "label": "Hets mot folkgrupp", "law": "5 § d"},
    {"key": "bbs_e", "group": LAW, "label": "Barnpornografibrott", "law": "5 § e"},
    {"key": "bbs_f", "group": LAW, "label": "Olaga våldsskildring", "law": "5 § f"},
    {"key": "bbs_g", "group": LAW, "label": "Uppmaning till terrorism", "law": "5 § g"},
    {"key": "bbs_copyright", "group": LAW, "label": "Intrång i upphovsrätt", "law": "5 §"},
    {"key": "secrecy", "group": PRIVATE, "label": "Uppgift under sekretess", "law": ""},
    {"key": "personal_data", "group": PRIVATE, "label": "Personuppgifter om någon", "law": ""},
    {"key": "defamation", "group": RULES, "label": "Förtal eller personangrepp", "law": ""},
    {"key": "abuse", "group": RULES, "label": "Svordomar eller kränkande ord", "law": ""},
    {"key": "violence", "group": RULES, "label": "Våld eller pornografi", "law": ""},
    {"key": "crime", "group": RULES, "label": "Uppmaning till brott", "law": ""},
    {"key": "advertising", "group": RULES, "label": "Reklam", "law": ""},
    {"key": "link", "group": RULES, "label": "Länk till något av detta", "law": ""},
    {"key": "spam", "group": RULES, "label": "Spam", "law": ""},
]


@dataclass(frozen=True)
class Ground:
    """`law`: where it stands, "" for a rule of our own."""

    key: str
    group: str
    label: str
    law: str = ""


def current() -> GroundList:
    """Give the list that holds. One query."""
    return GroundList.objects.order_by("-version")[:1].get()


def of(version: GroundList) -> dict[str, Ground]:
    """Read a list into its grounds by key, in its order."""
    return {ground["key"]: Ground(**ground) for ground in version.grounds}


def grouped(grounds: Iterable[Ground]) -> list[tuple[str, list[Ground]]]:
    """Put grounds under their groups, as a form offers them."""
    found: dict[str, list[Ground]] = {}
    for ground in grounds:
        found.setdefault(ground.group, []).append(ground)
    return list(found.items())
