"""Klarspråk: short hints on a Swedish text that we are about to publish. Pure, local, never in the way (R-030).

The rules are those of Språkrådet's "Myndigheternas skrivregler": short sentences, everyday words, *du*, no unexplained
abbreviations; LIX is Björnsson's index of readability (words a sentence + per cent of words over six letters).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

MOST = 3  # hints at a time: more are not read
LONG_SENTENCE = 20  # words
HARD = 50  # LIX from which a text is officialese
LEAST_FOR_LIX = 30  # words: below, the index says nothing
MOST_EMOJI = 2


class Rule(StrEnum):
    WORD = "word"
    SENTENCE = "sentence"
    YOU = "you"
    MATTER = "matter"
    LINK = "link"
    ABBREVIATION = "abbreviation"
    PASSIVE = "passive"
    HASHTAG = "hashtag"
    EMOJI = "emoji"
    LIX = "lix"


@dataclass(frozen=True)
class Hint:
    """`found` is what stands there; `better` what could, "" if that cannot be said. `number`: words, emoji, LIX."""

    rule: Rule
    found: str = ""
    better: str = ""
    number: int = 0


SIMPLER = {
    "erhålla": "få", "erhåller": "får", "erhållit": "fått", "erhöll": "fick", "avseende": "om", "angående": "om",
    "beträffande": "om", "vänligen": "(stryk)", "samt": "och", "ej": "inte", "dock": "men", "emedan": "eftersom",
    "ifrågavarande": "den här", "föreligger": "finns", "föreligga": "finnas", "medelst": "med", "härmed": "(stryk)",
    "därest": "om", "jämlikt": "enligt", "huruvida": "om", "inkommer": "kommer in", "inkommit": "kommit in",
    "tillse": "se till", "tillser": "ser till", "tillhandahålla": "ge", "tillhandahåller": "ger", "vidtaga": "göra",
    "vidtar": "gör", "vidta": "göra", "verkställa": "göra", "verkställer": "gör", "erfordras": "behövs",
    "erfordra": "behöva", "anmoda": "be", "anmodas": "ska", "bifogas": "finns med", "ombesörja": "ordna",
    "ombesörjer": "ordnar", "nyttja": "använda", "nyttjar": "använder", "inneha": "ha", "innehar": "har",
    "delgivning": "besked", "åtgärdas": "lagas", "åtgärda": "laga", "medborgare": "invånare", "brukare": "du som",
    "kommuninvånarna": "ni som bor här", "i enlighet med": "enligt", "med anledning av": "på grund av",
    "i samband med": "när", "för närvarande": "just nu", "i dagsläget": "nu", "på grund av detta": "därför",
    "under förutsättning att": "om", "med hänvisning till": "enligt", "i syfte att": "för att",
    "ha möjlighet att": "kunna", "genomföra en översyn": "se över", "ta i beaktande": "tänka på",
    "ställa sig positiv": "gilla",
}  # fmt: skip
_WORDS = re.compile(r"\b(" + "|".join(sorted(map(re.escape, SIMPLER), key=len, reverse=True)) + r")\b", re.IGNORECASE)
# Everybody reads these as words.
_KNOWN = frozenset(("TV", "PDF", "SMS", "EU", "USA", "FN", "SVT", "SJ", "GPS", "QR", "ICA", "IKEA", "OK", "BVC", "CSN"))
# Without their dots some of these are words: "tom", "sk".
_ABBREVIATION = re.compile(
    r"\b(?:t\.?\s?ex|bl\.?\s?a|dvs|d\.\s?v\.\s?s|m\.?\s?fl|o\.?\s?s\.?\s?v|ev|resp|fr?\.\s?o\.\s?m"
    r"|t\.\s?o\.\s?m|f\.\s?n|avs|ang|enl|p\.?\s?g\.?\s?a|s\.\s?k)\b\.?",
    re.IGNORECASE,
)
_SHORT = {
    "tex": "till exempel", "bla": "bland annat", "dvs": "det vill säga", "mfl": "med flera", "osv": "och så vidare",
    "ev": "eventuellt", "resp": "respektive", "fom": "från och med", "from": "från och med", "tom": "till och med",
    "fn": "just nu",    "avs": "om", "ang": "om", "enl": "enligt", "pga": "på grund av", "sk": "så kallade",
}  # fmt: skip
_ACRONYM = re.compile(r"(?<![#@/.\w])[A-ZÅÄÖ]{2,6}(?![\w/]|\.\w)")
_IMPERSONAL = re.compile(
    r"\b(?:den enskilde|den sökande|sökanden|vederbörande|kommuninvånaren|medborgaren|man måste)\b", re.I
)
_MATTER = re.compile(r"\b(?:ärende\w*|handläggar\w*)\b", re.IGNORECASE)
_CLICK = re.compile(r"\bklicka(?: på länken)? här\b|\bläs mer här\b", re.IGNORECASE)
_PASSIVE = re.compile(r"\b(?:kommer att|ska|kan|måste|bör|får) (\w{2,20}as)\b", re.IGNORECASE)
_HASHTAG = re.compile(r"#[a-zåäö]{12,}")  # so long a word in small letters is several
_ANY_HASHTAG = re.compile(r"#(\w+)")
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
_URL = re.compile(r"https?://\S+|www\.\S+")
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?=\S)[^.!?\n]*)*")
_WORD = re.compile(r"[^\W\d_][\w-]*")


def hints(text: str, tags: Collection[str] = ()) -> list[Hint]:
    """Give at most three hints, what matters most first. A text of no words gives none.

    `tags`: hashtags as they should be written, without `#`.
    """
    prose = _URL.sub("", text)
    found: dict[tuple[Rule, str], Hint] = {}
    for hint in _all(prose, tags):
        found.setdefault((hint.rule, hint.found.casefold()), hint)
    return sorted(found.values(), key=lambda hint: list(Rule).index(hint.rule))[:MOST]


def lix(text: str) -> int:
    """Give LIX, 0 for a text of no words. Under 30 is very easy, 40 to 50 what newspapers write."""
    words = _WORD.findall(text)
    sentences = sum(1 for sentence in _SENTENCE.findall(text) if _WORD.search(sentence))
    return round(len(words) / sentences + 100 * sum(len(word) > 6 for word in words) / len(words)) if words else 0


def _all(text: str, tags: Collection[str]) -> Iterator[Hint]:
    for match in _MATTER.finditer(text):
        yield Hint(Rule.MATTER, match[0], "fråga" if match[0].casefold().startswith("ä") else "vi")
    for match in _WORDS.finditer(text):
        yield Hint(Rule.WORD, match[0], SIMPLER[match[0].casefold()])
    for sentence in _SENTENCE.findall(text):
        if (count := len(_WORD.findall(sentence))) > LONG_SENTENCE:
            yield Hint(Rule.SENTENCE, " ".join(sentence.split()[:4]), number=count)
    for match in _IMPERSONAL.finditer(text):
        yield Hint(Rule.YOU, match[0], "du")
    for match in _CLICK.finditer(text):
        yield Hint(Rule.LINK, match[0])
    yield from _abbreviations(text)
    for match in _PASSIVE.finditer(text):
        yield Hint(Rule.PASSIVE, match[0])
    written = {tag.casefold(): tag for tag in tags}
    for match in _ANY_HASHTAG.finditer(text):
        better = written.get(match[1].casefold(), "")
        if better not in ("", match[1]) or (not better and _HASHTAG.fullmatch(match[0])):
            yield Hint(Rule.HASHTAG, match[0], f"#{better}" if better else "")
    if (count := len(_EMOJI.findall(text))) > MOST_EMOJI:
        yield Hint(Rule.EMOJI, number=count)
    if len(_WORD.findall(text)) >= LEAST_FOR_LIX and (index := lix(text)) >= HARD:
        yield Hint(Rule.LIX, number=index)


def _abbreviations(text: str) -> Iterator[Hint]:
    for match in _ABBREVIATION.finditer(text):
        yield Hint(Rule.ABBREVIATION, match[0], _SHORT.get(re.sub(r"[.\s]", "", match[0]).casefold(), ""))
    for match in _ACRONYM.finditer(text):
        # Explained beside it, one way or the other: "Hallandstrafiken (HT)", "HT (Hallandstrafiken)".
        before, after = text[: match.start()].rstrip(), text[match.end() :].lstrip()
        if match[0] not in _KNOWN and not before.endswith("(") and not after.startswith("("):
            yield Hint(Rule.ABBREVIATION, match[0])
