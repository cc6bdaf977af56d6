"""The secrecy guard: what in a text should not be read by everybody, and where it stands. Pure: no database, no time.

It only ever points: what citizens write is masked on our pages, never changed or hidden on the platform (R-046). What
we write is stopped if it holds a personal identity number, and questioned if it says that somebody has to do with us
(R-047).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    IDENTITY = "identity"  # personnummer, samordningsnummer
    PHONE = "phone"
    ADDRESS = "address"  # beside something sensitive
    SENSITIVE = "sensitive"  # health, school children, social services, about somebody who can be known
    DIARY = "diary"
    CASE = "case"
    OFFICER = "officer"
    KNOWN_HERE = "known_here"
    QUOTED = "quoted"


@dataclass(frozen=True)
class Finding:
    """Something found in a text, from character `start` to before `end`."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True)
class Part:
    """A piece of a text; `kind` is set where it is to be masked."""

    text: str
    kind: Kind | None = None

    @property
    def mask(self) -> str:
        return _DIGIT.sub("•", self.text) if self.kind != Kind.ADDRESS else "••••••"


MASKED = (Kind.IDENTITY, Kind.PHONE, Kind.ADDRESS)

_DIGIT = re.compile(r"\d")
# Invisible characters and every dash that a phone's keyboard writes are let through between the two parts.
_GAP = "[-+\u2010-\u2015\u2212\u200b-\u200d\u2060\ufeff\u00a0 ]{0,3}"
_IDENTITY = re.compile(rf"(?<!\d)(?:(18|19|20)(\d\d)-?(\d\d)-?(\d\d)|(\d\d)(\d\d)(\d\d)){_GAP}(\d{{4}})(?!\d)")
_MOBILE = re.compile(r"070\d{7}")  # ten digits in a row may be a day in 2007, but nearly always are a mobile telephone
_SAMORDNING = 60  # added to the day of a samordningsnummer
_PHONE = re.compile(r"(?<![\d\w/.:])(?:\+\d{1,3}|00\d{1,3}|0)(?:[ \u00a0-]{0,2}(?:\(0\))?\d){6,12}(?![\d\w])")
_PUBLIC_PHONE = re.compile(r"^(?:\+46|0046|0)(?:20|77|10|90)")  # numbers of organisations, never of one person
_ADDRESS = re.compile(
    r"\b[^\W\d_]{2,30}(?:gatan|vägen|gränden?|torget|stigen|backen|allén|gården|plan|kroken|stråket)\s{1,3}\d{1,4}\s?[a-h]?\b",
    re.IGNORECASE,
)
_HEALTH = (
    r"diagnos\w*|cancer\w*|depression\w*|deprimerad|adhd|autism\w*|demens\w*|epilepsi|diabetes|psykiatri\w*|psykisk\w*|"
    r"självmord\w*|missbruk\w*|beroende av (?:alkohol|droger)|"
    r"funktionsnedsättning\w*|sjukskriv\w*|läkarintyg\w*|journal\w*"
)
_SOCIAL = (
    r"socialtjänst\w*|socialen|soc|försörjningsstöd\w*|socialbidrag\w*|ekonomiskt bistånd|lss|lvu|lvm|orosanmäl\w*|"
    r"familjehem\w*|hemtjänst\w*|skyddad(?:e)? (?:identitet|uppgifter)|vårdnad\w*"
)
_CHILD = (
    r"(?:min|vår|mina|våra|mitt|vårt) (?:son|dotter|barn|grabb|tjej|pojke|flicka|kille|söner|döttrar|barnbarn|elev)\w*"
)
_SCHOOL = r"\w*skola\w*|dagis\w*|fritids\w*|klass \d\w?|elevhälsan?|lärare\w*|rektorn?"
_SENSITIVE = re.compile(rf"\b(?:{_HEALTH}|{_SOCIAL}|{_CHILD})\b", re.IGNORECASE)
# Most texts have none of these, and then nothing more is looked for: every comment comes by here as it is stored.
_SENSITIVE_STARTS = (
    "diagnos", "cancer", "depr", "adhd", "autism", "demens", "epilepsi", "diabetes", "psyk", "självmord", "missbruk",
    "beroende", "funktion", "sjukskriv", "läkarintyg", "journal", "soc", "försörjning", "bistånd", "lss", "lvu", "lvm",
    "orosanmäl", "familjehem", "hemtjänst", "skyddad", "vårdnad", "min ", "mina ", "mitt ", "vår ", "våra ", "vårt ",
)  # fmt: skip
_RELATIVE = r"min (?:fru|man|mamma|pappa|mor|far|bror|syster)"
_OWN = re.compile(rf"\b(?:jag har|jag är|jag får|{_RELATIVE}|{_CHILD})\b", re.IGNORECASE)
_IN_SCHOOL = re.compile(rf"\b(?:{_SCHOOL})\b", re.IGNORECASE)
_NAMED_CHILD = re.compile(rf"\b(?i:{_CHILD}) [A-ZÅÄÖ][a-zåäö]+")
_MATTER = re.compile(rf"\b(?:{_HEALTH}|{_SOCIAL})\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?\n]+")

_OUTBOUND = {
    Kind.DIARY: re.compile(
        r"\b(?i:dnr|diarienr|diarienummer)\b\.?:?\s{0,3}\S{0,30}|\b[A-ZÅÄÖ]{1,5}[ -]?(?:19|20)\d\d[-/:]\d{1,6}\b"
        r"|(?<![\d-])(?:19|20)\d\d/\d{3,6}(?!\d)"
    ),
    Kind.CASE: re.compile(r"\b(?:ditt|ert|era|dina) (?:\w{1,20} )?ärenden?\b", re.IGNORECASE),
    Kind.OFFICER: re.compile(r"\b(?:din|er) (?:\w{1,20} )?(?:hand|social)(?:läggare|sekreterare)\b", re.IGNORECASE),
    Kind.KNOWN_HERE: re.compile(r"\bvi ser (?:här )?att (?:du|ni) (?:har|är|fick|får|hade|redan)\b", re.IGNORECASE),
}


def inbound(text: str) -> tuple[Finding, ...]:
    """Find what a citizen should not have to see standing in the open, in the order of the text."""
    found = [*_identities(text), *_phones(text)] if _DIGIT.search(text) else []
    lowered = text.lower()
    if any(start in lowered for start in _SENSITIVE_STARTS) and _SENSITIVE.search(text):
        found += [Finding(Kind.ADDRESS, *match.span()) for match in _ADDRESS.finditer(text)]
        found += _sensitive(text)
    return tuple(_without_overlaps(found)) if found else ()


def outbound(text: str, *, ours: Iterable[str] = (), cited: Iterable[str] = ()) -> tuple[Finding, ...]:
    """Find what our own public text should not say.

    `ours`: texts whose telephone numbers are our own. `cited`: what the citizen wrote, whose sensitive parts are not to
    be repeated.
    """
    known = {_digits(text[each.start : each.end]) for text in ours for each in _phones(text)}
    found = list(_identities(text))
    found += [each for each in _phones(text) if _digits(text[each.start : each.end]) not in known]
    found += [Finding(kind, *match.span()) for kind, rule in _OUTBOUND.items() for match in rule.finditer(text)]
    found += _quoted(text, cited)
    return tuple(_without_overlaps(found))


def parts(text: str) -> list[Part]:
    """Cut a citizen's text into what is shown and what is masked; joined they are the text."""
    pieces, at = [], 0
    for found in inbound(text):
        if found.kind not in MASKED:
            continue
        pieces += [Part(text[at : found.start]), Part(text[found.start : found.end], found.kind)]
        at = found.end
    return [piece for piece in (*pieces, Part(text[at:])) if piece.text]


PREVIEW = 400  # characters of a conversation's preview: a longer text was cut there, maybe in the middle of a number
_CUT_NUMBER = re.compile(r"\+?\d[\d\s-]{4,}…?$")


def masked(text: str) -> str:
    """Give a text with its numbers masked."""
    return "".join(part.mask if part.kind else part.text for part in parts(text))


def preview(text: str) -> str:
    """Give a preview with its numbers masked, also one that its end has cut in two."""
    shown = masked(text)
    return shown if len(text) < PREVIEW else _CUT_NUMBER.sub(lambda match: _DIGIT.sub("•", match[0]), shown)


def _identities(text: str) -> Iterator[Finding]:
    for match in _IDENTITY.finditer(text):
        century, *numbers = match[1], match[2] or match[5], match[3] or match[6], match[4] or match[7], match[8]
        year, month, day, serial = numbers
        if _MOBILE.fullmatch(match[0]):
            continue
        if _is_date(century, int(year), int(month), int(day)) and _is_luhn(year + month + day + serial):
            yield Finding(Kind.IDENTITY, *match.span())


def _is_date(century: str | None, year: int, month: int, day: int) -> bool:
    day = day - _SAMORDNING if day > _SAMORDNING else day
    return any(_exists(100 * int(each) + year, month, day) for each in ([century] if century else ["19", "20"]))


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _is_luhn(digits: str) -> bool:
    doubled = (int(digit) * (2 - index % 2) for index, digit in enumerate(digits))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def _phones(text: str) -> Iterator[Finding]:
    for match in _PHONE.finditer(text):
        digits = _digits(match[0])
        if 8 <= len(digits) <= 15 and not _PUBLIC_PHONE.match(re.sub(r"[^\d+]", "", match[0])):
            yield Finding(Kind.PHONE, *match.span())


def _digits(text: str) -> str:
    """Give a telephone number's digits as they are dialled within Sweden."""
    digits = re.sub(r"\D", "", text.replace("(0)", ""))
    return re.sub(r"^(?:00)?46", "0", digits) if text.startswith(("+46", "0046")) else digits


def _sensitive(text: str) -> Iterator[Finding]:
    """A sentence in which somebody tells of the own, or a child's, health or dealings with the social services."""
    for sentence in _SENTENCE.finditer(text):
        words = sentence[0]
        in_school = _NAMED_CHILD.search(words) and _IN_SCHOOL.search(words)
        if in_school or (_OWN.search(words) and _MATTER.search(words)):
            yield Finding(Kind.SENSITIVE, sentence.start(), sentence.end())


_LEAST_QUOTED = 12  # characters: shorter is chance


def _quoted(text: str, cited: Iterable[str]) -> Iterator[Finding]:
    """What a citizen told of him- or herself and our text repeats: whole sensitive words, numbers, addresses."""
    lowered = text.casefold()
    for source in cited:
        findings = inbound(source)
        words = {source[each.start : each.end].strip().casefold() for each in findings if each.kind in MASKED}
        for each in findings:
            if each.kind == Kind.SENSITIVE:
                sentence = source[each.start : each.end].strip().casefold()
                words |= {match[0].casefold() for match in _MATTER.finditer(sentence)}
                words |= {sentence} if len(sentence) >= _LEAST_QUOTED else set()
        for word in sorted(words, key=len, reverse=True):
            if (at := lowered.find(word)) >= 0 and len(lowered) == len(text):
                yield Finding(Kind.QUOTED, at, at + len(word))


def _without_overlaps(found: Iterable[Finding]) -> Iterator[Finding]:
    """Keep, of findings that share characters and are masked, the one that is named first among the kinds."""
    order = list(Kind)
    taken: list[Finding] = []
    for each in sorted(found, key=lambda one: (order.index(one.kind), one.start)):
        is_free = all(each.end <= other.start or other.end <= each.start for other in taken)
        if each.kind not in MASKED or is_free:
            taken.append(each)
    yield from sorted(taken, key=lambda one: (one.start, one.end))
