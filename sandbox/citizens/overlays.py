"""What people do to their texts: capitals, slips of the keyboard, no full stops, dialect, numbers that are private."""

from __future__ import annotations

import random
import re
from datetime import date, timedelta

# Chances, of all texts, unless told otherwise.
CAPITALS = 0.03
SLIPS = 0.25
NO_PUNCTUATION = 0.20
DIALECT = 0.03
DICTATED = 0.02
LINK = 0.04
IMAGE = 0.07
MENTION = 0.18
SECOND_QUESTION = 0.08
EDITED = 0.03
DELETED = 0.02
REPEATED = 0.03
CROSS_POSTED = 0.02
PERSONAL_NUMBER = 0.001
PHONE = 0.006
ADDRESS = 0.02
SARCASM = 0.06  # of questions, complaints and politics
PICTURED_FAULT = 0.40  # of fault reports

SPLITTABLE = (
    "buss|hållplatsen", "cykel|vägen", "cykel|vägarna", "plog|bilen", "snö|röjningen", "skol|skjutsen", "sop|bilen",
    "åter|vinningscentralen", "gång|banan", "bygg|lov", "hem|sidan", "tele|fonkö", "is|bana", "skatte|pengar",
    "sim|hallen", "jul|marknaden", "kontakt|center", "dricks|vattnet", "kran|vattnet", "hem|tjänsten", "familje|mat",
)  # fmt: skip
SLIP_WORDS = {
    "kommunen": "komunen", "parkering": "parkring", "någon": "nån", "verkligen": "värkligen",
    "också": "oxå", "jag": "ja", "mycket": "mkt", "och": "o", "det": "de", "är": "e", "inte": "int", "varför": "varfö",
    "till": "ti", "de": "dom", "personalen": "personallen", "biblioteket": "bibloteket", "när": "nör", "tack": "takc",
}  # fmt: skip
DIALECT_WORDS = {
    "inte": "ente", "väl": "la", "jag": "ja", "gott": "gôtt", "något": "nôt", "måste": "måst", "vad": "va",
    "det är": "de ä", "och": "å", "mycket": "möe",
}  # fmt: skip
DICTATION = {"och": "å", "att": "å", "kommunen": "kom nu en", "plogar": "plågar", "halt": "hallt", "snön": "sjön"}
FICTION_PHONES = ("070-17406{:02d}", "031-39006{:02d}", "08-465004{:02d}", "0980-3192{:02d}")
"""Numbers that the Swedish telecoms authority keeps free for films and books."""


def disfigure(rng: random.Random, text: str) -> str:
    """Let a text be written as people write: sometimes well, often in haste."""
    if rng.random() < SLIPS:
        text = _slip(rng, text)
    if rng.random() < DIALECT:
        text = _replace_words(text, DIALECT_WORDS)
    if rng.random() < NO_PUNCTUATION:
        text = re.sub(r"[.,!?]+(?=\s|$)", "", text)
        text = text.lower() if rng.random() < 0.5 else text
    if rng.random() < DICTATED:
        text = re.sub(r"[.,!?]+(?=\s|$)", "", _replace_words(text, DICTATION)).lower()
    if rng.random() < CAPITALS:
        text = re.sub(r"(?<![\w@/#.])\w+(?![\w/]*\.example)", lambda found: found[0].upper(), text)
    return text


def personal_number(rng: random.Random) -> str:
    """Make a number shaped like a Swedish personal number, with a valid check digit.

    The birth numbers 980 to 999 are kept for tests and never given to a person.
    """
    born = date(1935, 1, 1) + timedelta(days=rng.randrange(70 * 365))
    digits = f"{born:%y%m%d}{rng.randint(980, 999)}"
    return f"{digits[:6]}-{digits[6:]}{check_digit(digits)}"


def check_digit(digits: str) -> int:
    """Give Luhn's check digit of nine digits."""
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(digits)]
    return -sum(value // 10 + value % 10 for value in doubled) % 10


def phone(rng: random.Random) -> str:
    """Make a telephone number that nobody has."""
    return rng.choice(FICTION_PHONES).format(rng.randint(5, 99))


def _slip(rng: random.Random, text: str) -> str:
    """Split a compound, misspell a word or let two letters change places."""
    for compound in SPLITTABLE:
        if compound.replace("|", "") in text and rng.random() < 0.7:
            text = text.replace(compound.replace("|", ""), compound.replace("|", " "), 1)
            return text
    if rng.random() < 0.5:
        wrong = {right: slip for right, slip in SLIP_WORDS.items() if re.search(rf"\b{right}\b", text)}
        if wrong:
            right = rng.choice(sorted(wrong))
            return re.sub(rf"\b{right}\b", wrong[right], text, count=1)
    words = list(re.finditer(r"[a-zåäö]{5,}", text))
    if not words:
        return text
    at = rng.choice(words).start() + rng.randint(1, 3)
    return text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]


def _replace_words(text: str, table: dict[str, str]) -> str:
    for right, said in table.items():
        text = re.sub(rf"\b{right}\b", said, text)
    return text
