"""How alike two texts are, by their words alone: order, greetings, mentions and links make no difference. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from zlib import crc32

FEWEST = 4  # words that say something; "tack så mycket" is no question that somebody else asks too
STEM = 7  # letters: "simhallen" and "simhallens" are one word
_NOISE = re.compile(r"https?://\S+|[@#]\w+")
_WORD = re.compile(r"[^\W_]{3,}")
COMMON = frozenset(
    ("hej", "hejsan", "tack", "snälla", "och", "att", "det", "som", "för", "den", "med", "var", "inte", "till", "har",
     "ett", "jag", "men", "ska", "kan", "vet", "någon", "när", "hur", "vad", "min", "mitt", "mina", "kommunen")
)  # fmt: skip
_SEEDS = (b"a", b"b")


@lru_cache(maxsize=4096)  # each new text is compared with a score of others, and those with each other
def words(text: str) -> frozenset[str]:
    """The words of a text that say something, cut to their stems."""
    found = _WORD.findall(_NOISE.sub(" ", text[:2000]).lower())
    return frozenset(word[:STEM] for word in found if word not in COMMON)


def prints(text: str) -> list[int]:
    """Numbers of which near-same texts share at least one; none for a text that says too little.

    Each is made of the two words whose hash is least, so it changes only if one of those two does.
    """
    said = words(text)
    if len(said) < FEWEST:
        return []
    found = []
    for seed in _SEEDS:
        first, second = sorted(crc32(seed + word.encode()) for word in said)[:2]
        found.append((first << 31) ^ second)
    return found


def likeness(one: str, other: str) -> float:
    """The share of words that both have, 0 to 1."""
    a, b = words(one), words(other)
    return len(a & b) / len(a | b) if a or b else 0.0
