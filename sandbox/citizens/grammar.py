"""Composes texts from patterns: `{slots}` filled from word lists, `[choices|of|words]`, `{n:2-9}` for a number."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

TEXTS = Path(__file__).parent / "texts"
TOPIC_FILES = ("topics_outdoors", "topics_services", "topics_town")
SLOT = re.compile(r"\{([^{}]+)\}")
INNERMOST = re.compile(r"\[([^\[\]]*)\]")


@dataclass
class Scene:
    """What one text speaks of: its random numbers, its words, and the slots filled so far, which stay the same."""

    rng: random.Random
    words: Mapping[str, Sequence[str]]
    filled: dict[str, str] = field(default_factory=dict)

    def say(self, pattern: str) -> str:
        """Compose one pattern."""
        text = self._choose(pattern)
        while SLOT.search(text):
            text = self._choose(SLOT.sub(lambda found: self._fill(found[1]), text))
        return text

    def pick(self, patterns: Sequence[str]) -> str:
        """Compose one of several patterns."""
        return self.say(self.rng.choice(patterns))

    def _choose(self, text: str) -> str:
        while INNERMOST.search(text):
            text = INNERMOST.sub(lambda found: self.rng.choice(found[1].split("|")), text)
        return text

    def _fill(self, slot: str) -> str:
        if slot.startswith("n:"):
            low, high = slot[2:].split("-")
            return str(self.rng.randint(int(low), int(high)))
        if slot not in self.filled:
            self.filled[slot] = self._fresh(slot)
        return self.filled[slot]

    def _fresh(self, slot: str) -> str:
        """Choose a word; `{ort2}` is another place than `{ort}`."""
        base = slot.rstrip("0123456789")
        taken = [word for name, word in self.filled.items() if name.rstrip("0123456789") == base]
        free = [word for word in self.words[base] if word not in taken]
        return self.rng.choice(free or self.words[base])


@dataclass(frozen=True)
class Topic:
    """Something the town talks about."""

    key: str
    name: str
    department: str
    redirect: str
    months: frozenset[int]
    weight: float
    twitter: str  # which account tells of it there: main or traffic
    facebook: str  # main or culture
    lists: Mapping[str, Sequence[str]]

    def list(self, name: str) -> Sequence[str]:
        """Give its patterns of one kind; empty if it has none."""
        return self.lists.get(name, ())


@cache
def texts(name: str) -> dict[str, Any]:
    """Read one file of texts."""
    return tomllib.loads((TEXTS / f"{name}.toml").read_text(encoding="utf-8"))


def generic(name: str) -> Sequence[str]:
    """Give the patterns of one kind that fit any topic."""
    patterns: Sequence[str] = texts("common")["generic"][name]
    return patterns


@cache
def topics() -> tuple[Topic, ...]:
    """Give everything the town talks about in the course of a year."""
    return tuple(_topic(key, table) for file in TOPIC_FILES for key, table in texts(file).items())


def topics_of(month: int) -> list[Topic]:
    """Give what the town talks about in that month."""
    return [topic for topic in topics() if month in topic.months]


@cache
def common_words() -> dict[str, Sequence[str]]:
    """Give the words that fit any topic, the people's names among them."""
    people = texts("common")["people"]
    return {**texts("common")["words"], "fornamn": people["first"], "efternamn": people["last"]}


def scene(rng: random.Random, topic: Topic | None = None, **filled: str) -> Scene:
    """Open a text about a topic, some slots filled beforehand."""
    words = {**common_words(), **(topic.lists if topic else {})}
    about = {"amne": topic.name.lower(), "avdelning": topic.department} if topic else {}
    return Scene(rng, words, {**about, **filled})


def sentence(text: str, end: str = "") -> str:
    """Begin with a capital letter and end as told, unless it ends by itself."""
    text = " ".join(text.split())
    text = text[:1].upper() + text[1:]
    return text if not end or text.endswith((".", "!", "?", "…")) else text + end


def _topic(key: str, table: Mapping[str, Any]) -> Topic:
    return Topic(
        key=key,
        name=table["name"],
        department=table["department"],
        redirect=table.get("redirect", "felanmälan"),
        months=frozenset(table.get("months", range(1, 13))),
        weight=table.get("weight", 1.0),
        twitter=table.get("twitter", "main"),
        facebook=table.get("facebook", "main"),
        lists={name: value for name, value in table.items() if isinstance(value, list) and name != "months"},
    )
