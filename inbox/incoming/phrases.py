"""Expressions that rules look for, written as people write them: `vet var du bor`, `självmord*`, `få ut … handlingar`.

A word stands for itself, `*` after it for any ending, `…` for at most three words between. Case, invisible characters
and what stands between words do not matter. Nothing else has a meaning, so no expression can be slow or broken.
Pure, and quick: an expression is only tried on a text that has its longest word in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

LONGEST = 80  # characters of an expression
MOST = 200  # expressions of a rule
READ = 5_000  # characters of a text that are looked at: nobody hides a threat behind so many

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_GAP = r"(?:\W+\w+){0,3}?\W+"
_WORD = re.compile(r"\w+")
_NAME = re.compile(r"@[\w.\-]+")
_START = 3  # letters by which expressions are looked up
_TOKEN = re.compile(r"…|\.\.\.|\w+(?:-\w+)*\*?")
T = TypeVar("T")


@dataclass(frozen=True)
class Phrase:
    """`needs`: what a folded text must hold for `pattern` to be worth trying."""

    text: str
    needs: str
    pattern: re.Pattern[str]

    def is_in(self, folded: str) -> bool:
        return self.needs in folded and self.pattern.search(folded) is not None


def fold(text: str) -> str:
    """Write a text as expressions are compared with it."""
    text = text[:READ]
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
        if not unicodedata.is_normalized("NFC", text):
            text = unicodedata.normalize("NFC", text)
    return text.lower()


@lru_cache(maxsize=4096)
def phrase(text: str) -> Phrase:
    """Compile an expression. Raises ValueError, saying why, for one that would mean nothing."""
    tokens = _TOKEN.findall(fold(text).strip())
    words = [token.rstrip("*") for token in tokens if token not in ("…", "...")]
    if not words or len(text) > LONGEST:
        raise ValueError(text)
    if tokens[0] in ("…", "...") or tokens[-1] in ("…", "..."):
        raise ValueError(text)
    longest = max(words, key=len)
    if len(longest) < 2:
        raise ValueError(text)
    pattern, gap = "", ""
    for token in tokens:
        if token in ("…", "..."):
            gap = _GAP
            continue
        pattern += gap + re.escape(token.rstrip("*")) + (r"\w*" if token.endswith("*") else r"(?!\w)")
        gap = r"\W+"
    return Phrase(text.strip(), longest, re.compile(rf"(?<!\w){pattern}"))


def phrases(lines: Iterable[str]) -> tuple[Phrase, ...]:
    """Compile those of some lines that mean something."""
    return tuple(phrase(line) for line in lines if line.strip())


class Index(Generic[T]):
    """Many expressions at once, each with what it means: only those are tried that a word of the text begins like."""

    def __init__(self, meanings: Iterable[tuple[T, Phrase]]) -> None:
        self._by_start: dict[str, list[tuple[T, Phrase]]] = defaultdict(list)
        for meaning, each in meanings:
            self._by_start[_WORD.match(each.needs)[0][:_START]].append((meaning, each))  # type: ignore[index]

    def found(self, folded: str) -> Iterator[T]:
        """Give the meanings of all that is in a folded text, in no order, some of them twice."""
        words = _WORD.findall(folded)
        starts = {word[:_START] for word in words} | {word[:2] for word in words}
        for start in starts & self._by_start.keys():
            for meaning, each in self._by_start[start]:
                if each.is_in(folded):
                    yield meaning


def has_words(text: str) -> bool:
    """Whether a text says anything in words, names that are mentioned aside."""
    return _WORD.search(_NAME.sub("", text)) is not None
