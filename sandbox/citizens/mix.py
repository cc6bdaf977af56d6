"""What kind of thing is written how often, and what each kind means for whoever answers."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Category:
    """A kind of comment. `share` is per cent of an ordinary week, `owes` the chance that a written answer is owed."""

    code: str
    name: str
    share: float
    owes: float
    lane: str
    legal_ground: str | None = None


CATEGORIES = (
    Category("A1", "simple question", 17.0, 1, "answer"),
    Category("A2", "question for an expert", 6.0, 1, "expert"),
    Category("A3", "fault report", 7.0, 1, "redirect"),
    Category("A4", "complaint", 14.0, 0.35, "answer"),
    Category("A5", "praise", 12.0, 0, "like"),
    Category("A6", "emoji", 9.0, 0, "like"),
    Category("A7", "tags a friend", 9.0, 0, "none"),
    Category("A8", "citizens among themselves", 12.0, 0.10, "none"),
    Category("A9", "politics", 4.0, 0.15, "none"),
    Category("A10", "off topic", 3.5, 0, "none"),
    Category("A11", "spam", 2.5, 0, "moderate", "sidans regler: reklam"),
    Category("A12", "abuse", 1.2, 0, "moderate", "sidans regler: påhopp"),
    Category("A13", "hate or threat", 0.2, 0, "urgent", "lag 1998:112 5 §"),
    Category("A14", "individual matter", 0.9, 1, "individual"),
    Category("A15", "person in danger", 0.1, 1, "urgent"),
    Category("A16", "legal effect", 0.3, 1, "legal"),
    Category("A17", "press, company, authority", 0.3, 1, "press"),
    Category("A18", "rumour", 1.0, 0.60, "answer"),
)
BY_CODE = {category.code: category for category in CATEGORIES}

LEGAL = {"begär": "TF 2 kap. 15 §", "radera": "GDPR art. 17", "skärmläsare": "lag 2018:1937", "överklaga": "FL 43 §"}

# How much more often than on Facebook a kind is written elsewhere.
CHANNEL_FACTORS: Mapping[str, Mapping[str, float]] = {
    "facebook": {},
    "instagram": {"A5": 2.2, "A6": 2, "A3": 0.3},
    "linkedin": {"A5": 3, "A13": 0.2, "A17": 4},
    "twitter": {"A9": 4, "A18": 2, "A13": 3, "A7": 0.2},
    "youtube": {"A10": 3, "A11": 3},
}
JOB_QUESTIONS = {"instagram": 0.05, "linkedin": 0.10}  # of what is written there, on top of what the topics bring
COUNCIL_FACTORS = {"A9": 5.0}  # under a broadcast of the council

STORM = {
    "same_question": 46,
    "also_here": 14,
    "complaint": 12,
    "reply": 9,
    "rumour": 7,
    "thanks": 4,
    "friend": 4,
    "talk": 2,
    "vulnerable": 0.7,
    "spam": 0.5,
    "press": 0.5,
    "threat": 0.3,
}
STORM_CATEGORY = {
    "same_question": "A1",
    "also_here": "A1",
    "complaint": "A4",
    "reply": "A8",
    "rumour": "A18",
    "thanks": "A5",
    "friend": "A7",
    "talk": "A10",
    "vulnerable": "A15",
    "spam": "A11",
    "press": "A17",
    "threat": "A13",
}

LANGUAGES = {
    "sv": 91.0, "en": 4.0, "ar": 1.2, "fi": 0.4, "de": 0.8, "da": 0.35, "no": 0.35, "uk": 0.4,
    "so": 0.25, "ti": 0.25, "fa": 0.25, "pl": 0.25,
}  # fmt: skip
MEDIAN_WORDS = {"facebook": 11, "instagram": 8, "linkedin": 22, "twitter": 16, "youtube": 7}


def draw(rng: random.Random, weights: Mapping[str, float]) -> str:
    """Draw a key by its weight."""
    return rng.choices(list(weights), list(weights.values()))[0]


def category_weights(platform: str, *, council: bool = False) -> dict[str, float]:
    """Give how often each category is written there."""
    factors = {**CHANNEL_FACTORS[platform], **(COUNCIL_FACTORS if council else {})}
    return {category.code: category.share * factors.get(category.code, 1) for category in CATEGORIES}


def owes_answer(rng: random.Random, code: str) -> bool:
    """Decide whether a text of that kind deserves a written answer."""
    return rng.random() < BY_CODE[code].owes


def ground_of(code: str, text: str) -> str | None:
    """Name the rule that a text touches, where it touches one."""
    if code != "A16":
        return BY_CODE[code].legal_ground
    return next((rule for word, rule in LEGAL.items() if word in text.lower()), "FL 8 §")


def truth(code: str, **known: Any) -> dict[str, Any]:
    """Give a whole ground truth: what is known, and what is not, as the same keys each time."""
    return {
        "category": code,
        "owes_answer": False,
        "lane": BY_CODE[code].lane,
        "topic": None,
        "department": None,
        "redirect_target": None,
        "language": "sv",
        "sarcasm": False,
        "cluster_id": None,
        "duplicate_of": None,
        "pii": [],
        "legal_ground": None,
        "resident": True,
        "author_kind": "citizen",
        **known,
    }
