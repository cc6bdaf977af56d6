"""What somebody types into the search field: words, and operators like `konto:facebook`. Pure: no database, no clock.

`snö ”ringa hem” -tack plog* konto:facebook ämne:skola status:obesvarad från:jonas språk:en har:bild efter:2026-11-16`
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LONGEST = 300  # characters; beyond that nobody types
WEEK = timedelta(days=7)

OPERATORS: dict[str, Promise] = {
    "konto": gettext_lazy("ett av våra konton, eller en plattform: konto:facebook"),
    "ämne": gettext_lazy("ett ämne, en hashtagg eller ett ämneskonto: ämne:skola"),
    "status": gettext_lazy("obesvarad, öppen, snart, försenad, lovad, vilande eller klar: status:försenad"),
    "från": gettext_lazy("den som skrev, eller från:oss: från:jonas"),
    "språk": gettext_lazy("språket: språk:en"),
    "har": gettext_lazy("bild eller svar: har:bild"),
    "efter": gettext_lazy("skrivet den dagen eller senare: efter:2026-11-16"),
    "före": gettext_lazy("skrivet före den dagen: före:2026-11-23"),
    "den": gettext_lazy("skrivet den dagen: den:igår"),
    "vecka": gettext_lazy("skrivet den veckan: vecka:47 eller vecka:förra"),
}
"""The operators, with what follows each; the help reads them here."""
SPELLINGS = {"amne": "ämne", "fran": "från", "sprak": "språk", "fore": "före", "from": "från", "v": "vecka"}
STATUSES = ("obesvarad", "öppen", "snart", "försenad", "lovad", "vilande", "klar")
THINGS = ("bild", "svar")

_OPERATOR = re.compile(r'(?<!\S)(-?)([a-zåäö]{1,12}):(?!/)("[^"]*"?|”[^”]*”?|\S*)', re.IGNORECASE)
_PREFIX = re.compile(r"(?<!\S)(\w{2,})\*(?!\S)")
_DAYS = {"idag": 0, "igår": 1, "förrgår": 2}


@dataclass(frozen=True)
class Query:
    """What is searched for. `prefixes`: beginnings of words; `wrong`: what could not be understood, in plain Swedish.

    `since` and `until` are days, the last one not included. Each tuple of an operator must hold something of it.
    """

    words: str = ""
    prefixes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    has: tuple[str, ...] = ()
    from_us: bool = False
    since: date | None = None
    until: date | None = None
    wrong: tuple[str, ...] = ()

    @property
    def has_words(self) -> bool:
        """Whether it asks for what was written, rather than for conversations of some kind."""
        return bool(self.words or self.prefixes or self.authors or self.from_us)

    @property
    def is_narrowed(self) -> bool:
        """Whether something beside words has to hold."""
        return bool(self.channels or self.topics or self.statuses or self.languages or self.has or self.from_us)


def is_id(text: str) -> bool:
    """Whether a text of an address can be an id of ours at all."""
    return text.isascii() and text.isdigit() and len(text) < 18


def parse(text: str, today: date) -> Query:
    """Read what was typed. Never fails: what makes no sense is explained in `wrong`."""
    text, wrong = text[:LONGEST].replace("\0", " "), []
    found: dict[str, list[str]] = {name: [] for name in OPERATORS}
    rest, end = [], 0
    for match in _OPERATOR.finditer(text):
        minus, name, value = match[1], match[2].lower(), match[3].strip('"”').strip().lower()
        name = SPELLINGS.get(name, name)
        if name not in OPERATORS:
            wrong.append(_unknown(match[2]))
            continue  # and its characters are searched for as they are
        rest.append(text[end : match.start()])
        end = match.end()
        if minus:
            wrong.append(_("Minus fungerar framför ord, inte framför %s:.") % name)
        elif why := _why_wrong(name, value, today):
            wrong.append(why)
        else:
            found[name].append(value)
    words = "".join([*rest, text[end:]]).replace("”", '"')
    prefixes = tuple(match[1].lower() for match in _PREFIX.finditer(words))
    words = " ".join(_PREFIX.sub(" ", words).split())
    if words and not prefixes and not found["från"] and all(word.startswith("-") for word in words.split()):
        wrong.append(_("Skriv minst ett ord utan minus framför."))
        words = ""
    since, until = _span(found, today)
    authors = tuple(name for name in found["från"] if name not in ("oss", "kommunen"))
    return Query(
        words=words, prefixes=prefixes, channels=tuple(found["konto"]), topics=_tags(found["ämne"]),
        statuses=tuple(found["status"]), authors=authors, languages=tuple(found["språk"]), has=tuple(found["har"]),
        from_us=len(authors) < len(found["från"]), since=since, until=until, wrong=tuple(wrong),
    )  # fmt: skip


def _unknown(name: str) -> str:
    names = ", ".join(f"{each}:" for each in OPERATORS)
    return _("Det finns inget filter som heter %(name)s:. De som finns är %(names)s.") % {"name": name, "names": names}


def _why_wrong(name: str, value: str, today: date) -> str:
    if not value:
        return _("Skriv något direkt efter %(name)s: – %(what)s.") % {"name": name, "what": OPERATORS[name]}
    choices = {"status": STATUSES, "har": THINGS}.get(name)
    if choices and value not in choices:
        known = {"name": name, "value": value, "choices": ", ".join(choices)}
        return _("%(name)s:%(value)s finns inte. Välj mellan %(choices)s.") % known
    if name in ("efter", "före", "den") and _day(value, today) is None:
        return _("%(name)s:%(value)s är ingen dag. Skriv som 2026-11-16, idag eller igår.") % {
            "name": name,
            "value": value,
        }
    if name == "vecka" and _monday(value, today) is None:
        return _("vecka:%s finns inte. Skriv ett nummer, eller förra.") % value
    return ""


def _tags(values: list[str]) -> tuple[str, ...]:
    return tuple(value.lstrip("#") for value in values)


def _span(found: dict[str, list[str]], today: date) -> tuple[date | None, date | None]:
    """The narrowest span of days that all of them leave."""
    since = [day for value in found["efter"] if (day := _day(value, today))]
    until = [day for value in found["före"] if (day := _day(value, today))]
    for value in found["den"]:
        if day := _day(value, today):
            since.append(day)
            until.append(day + timedelta(days=1))
    for value in found["vecka"]:
        if monday := _monday(value, today):
            since.append(monday)
            until.append(monday + WEEK)
    return max(since, default=None), min(until, default=None)


def _day(value: str, today: date) -> date | None:
    if value in _DAYS:
        return today - timedelta(days=_DAYS[value])
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day if 1990 <= day.year <= 2200 else None


def _monday(value: str, today: date) -> date | None:
    """The Monday of a week by its number: the newest one of that number that has begun."""
    this = today - timedelta(days=today.weekday())
    if value in ("förra", "denna"):
        return this - WEEK if value == "förra" else this
    if not (value.isascii() and value.isdigit()) or not 1 <= int(value) <= 53:
        return None
    for year in (today.isocalendar().year, today.isocalendar().year - 1):
        try:
            monday = date.fromisocalendar(year, int(value), 1)
        except ValueError:
            continue
        if monday <= this:
            return monday
    return None
