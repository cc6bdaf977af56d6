"""Times, lengths and reasons in words, Swedish or English. Pure; all such wording is in this one file.

A deadline at midnight is told as the day that ends there: *senast under måndagen*, never "tisdag 00.00".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Literal

from sla.calendar import MICROSECOND, Closure, Why

Language = Literal["sv", "en"]

WEEKDAYS: Mapping[str, tuple[str, ...]] = {
    "sv": ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
MONTHS: Mapping[str, tuple[str, ...]] = {
    "sv": (
        "januari",
        "februari",
        "mars",
        "april",
        "maj",
        "juni",
        "juli",
        "augusti",
        "september",
        "oktober",
        "november",
        "december",
    ),
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
}
SHORT_MONTHS: Mapping[str, tuple[str, ...]] = {
    "sv": ("jan", "feb", "mars", "apr", "maj", "juni", "juli", "aug", "sep", "okt", "nov", "dec"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
ENGLISH_HOLIDAYS: Mapping[str, str] = MappingProxyType(
    {
        "Nyårsdagen": "New Year's Day",
        "Trettondedag jul": "Epiphany",
        "Långfredagen": "Good Friday",
        "Påskdagen": "Easter Sunday",
        "Annandag påsk": "Easter Monday",
        "Första maj": "May Day",
        "Kristi himmelsfärdsdag": "Ascension Day",
        "Nationaldagen": "National Day",
        "Pingstdagen": "Whit Sunday",
        "Annandag pingst": "Whit Monday",
        "Midsommarafton": "Midsummer Eve",
        "Midsommardagen": "Midsummer Day",
        "Alla helgons dag": "All Saints' Day",
        "Julafton": "Christmas Eve",
        "Juldagen": "Christmas Day",
        "Annandag jul": "Boxing Day",
        "Nyårsafton": "New Year's Eve",
    }
)
REASONS: Mapping[str, Mapping[Why, str]] = {
    "sv": {
        Why.WEEKEND: "helg",
        Why.OWN: "stängd dag",
        Why.BRIDGE: "klämdag",
        Why.SHORT: "halvdag",
        Why.HOURS: "utanför öppettiderna",
        Why.PAUSE: "paus",
    },
    "en": {
        Why.WEEKEND: "weekend",
        Why.OWN: "closed day",
        Why.BRIDGE: "bridge day",
        Why.SHORT: "half day",
        Why.HOURS: "outside opening hours",
        Why.PAUSE: "pause",
    },
}
NEAR = timedelta(days=7)  # within a week a weekday alone says which day is meant


def deadline_words(due_at: datetime, now: datetime, tz: tzinfo, language: Language = "sv") -> str:
    """Say when something is due, as one would say it at `now`: "i dag 11.20", "måndag 26 okt 15.00"."""
    local, today = due_at.astimezone(tz), now.astimezone(tz).date()
    if is_midnight(local):
        return by_end_of_day_words(local.date() - timedelta(days=1), today, language)
    return f"{day_words(local.date(), today, language)} {time_words(local, language)}"


def by_end_of_day_words(day: date, today: date, language: Language = "sv") -> str:
    """Say that something is due by the end of a day: "senast under måndagen"."""
    weekday = WEEKDAYS[language][day.weekday()]
    is_near = timedelta() <= day - today < NEAR
    if language == "en":
        return f"by the end of {weekday}" + ("" if is_near else f" {_date(day, today, language)}")
    return f"senast under {weekday}en" + ("" if is_near else f" den {_date(day, today, language)}")


def day_words(day: date, today: date, language: Language = "sv") -> str:
    """Name a day as seen from today: "i går", "i dag", "i morgon", "måndag 26 okt"; with its year if not this one."""
    near = {"sv": ("i går", "i dag", "i morgon"), "en": ("yesterday", "today", "tomorrow")}[language]
    distance = (day - today).days
    if abs(distance) <= 1:
        return near[distance + 1]
    return f"{WEEKDAYS[language][day.weekday()]} {_date(day, today, language)}"


def time_words(local: datetime, language: Language = "sv", *, exact: bool = False) -> str:
    """Write a time of day: "15.00" (in English "15:00"); exactly, with its seconds if it has any."""
    point, comma = (".", ",") if language == "sv" else (":", ".")
    words = f"{local.hour:02}{point}{local.minute:02}"
    if exact and (local.second or local.microsecond):
        words += f"{point}{local.second:02}"
        if local.microsecond:
            words += f"{comma}{local.microsecond:06}".rstrip("0")
    return words


def duration_words(seconds: float, language: Language = "sv") -> str:
    """Say a length, roughly and without its sign: "40 min", "3 h 10 min", and from 48 hours on "2 dagar"."""
    minutes = int(abs(seconds) // 60)
    if minutes >= 48 * 60:
        return f"{minutes // (24 * 60)} {'dagar' if language == 'sv' else 'days'}"
    if not minutes:
        return "mindre än 1 min" if language == "sv" else "less than 1 min"
    hours, minutes = divmod(minutes, 60)
    return " ".join([f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes))


def exact_words(length: timedelta, language: Language = "sv") -> str:
    """Say a length exactly: "14 h 59 min 59 s", in hours however long."""
    seconds, micros = divmod(length // MICROSECOND, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f"{',' if language == 'sv' else '.'}{micros:06}".rstrip("0") if micros else ""
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    return " ".join(parts + [f"{seconds}{fraction} s"] * bool(seconds or micros)) or "0 h"


def closure_words(closure: Closure, language: Language = "sv") -> str:
    """Say why it is closed: a holiday's name, the own name of a closed day, or the kind of reason."""
    if closure.name:
        return closure.name if language == "sv" else _english(closure.name)
    return REASONS[language][closure.why]


def is_midnight(local: datetime) -> bool:
    """Say whether a local time is the very start of a day."""
    return (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)


def _date(day: date, today: date, language: Language) -> str:
    words = f"{day.day} {SHORT_MONTHS[language][day.month - 1]}"
    return words if day.year == today.year else f"{words} {day.year}"


def _english(name: str) -> str:
    return " and ".join(ENGLISH_HOLIDAYS.get(each, each) for each in name.split(" och "))
