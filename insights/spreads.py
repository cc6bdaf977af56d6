"""Hours of arrival and minutes to the answer of a finished week, as lists of numbers: a year of them is soon added up.

A week's counter has a key for each hour of the week and for each length of an answer, in steps, by kind of day. Lengths
up to LISTED steps are kept in lists by their place, what took longer by its key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from operator import add
from typing import Any

from insights.finding import HOURS

MINUTES = "minutes-"  # `minutes-weekday-115`: questions of working days answered within 115 minutes, and not 110
STEP = 5  # minutes that a length is rounded up to: nobody asks for less, and a year is summed at once
KINDS = ("weekday", "dayoff")
LISTED = 1000  # steps; three and a half days on the clock
Packed = dict[str, Any]


def minutes_key(kind: str, minutes: int) -> str:
    return f"{MINUTES}{kind}-{minutes}"


def packed(spread: Mapping[str, int]) -> Packed:
    lists: dict[str, list[int]] = {"hours": [spread.get(key, 0) for key in HOURS], **{kind: [] for kind in KINDS}}
    rest = {}
    for key, n in spread.items():
        if key in HOURS:
            continue
        _minutes, kind, minutes = key.split("-")
        place, numbers = int(minutes) // STEP, lists[kind]
        if place >= LISTED:
            rest[key] = n
            continue
        numbers.extend([0] * (place + 1 - len(numbers)))
        numbers[place] = n
    return {**lists, "rest": rest}


def unpacked(week: Packed) -> Counter[str]:
    found = Counter({key: n for key, n in zip(HOURS, week["hours"], strict=True) if n})
    for kind in KINDS:
        found.update({minutes_key(kind, place * STEP): n for place, n in enumerate(week[kind]) if n})
    found.update(week["rest"])
    return found


def sum_of(weeks: Iterable[Packed]) -> Counter[str]:
    total: Packed = {"hours": [0] * len(HOURS), **{kind: [] for kind in KINDS}, "rest": Counter()}
    for week in weeks:
        for name in ("hours", *KINDS):
            short, long = sorted((total[name], week[name]), key=len)
            total[name] = [*map(add, short, long), *long[len(short) :]]
        total["rest"].update(week["rest"])
    return unpacked(total)
