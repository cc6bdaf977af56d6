"""All that a report is made of, gathered at one instant: counts, accounts, gaps. What is stored gives the same again.

`insights.report` draws every number, chart and sentence from here and asks the database for nothing more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Value

from accounts.models import Topic
from inbox.models import RedirectTarget
from insights import counting, figures, reading, waiting
from insights.counting import Numbers
from insights.definitions import Instants
from insights.finding import REDIRECT, topic_key
from insights.reading import Place, Unread
from insights.scope import Scope

FORM = 1  # of what is stored; a later form reads the earlier ones


@dataclass(frozen=True)
class Facts:
    """What was known at `now` of a scope, of its line and of the weeks it is compared with."""

    now: datetime
    numbers: Numbers
    open_by_channel: dict[int, Counter[str]]
    last_in_4: datetime
    places: list[Place]  # every account, whether or not it is within the scope
    unread: list[Unread]
    redirects: dict[int, str]  # names of what was pointed to
    topics: dict[str, tuple[int, int]]  # name → questions that came in the scope, and in the weeks before it

    def as_json(self) -> dict[str, Any]:
        return {
            "form": FORM,
            "now": self.now.isoformat(),
            "by_week": _keyed(self.numbers.by_week),
            "by_channel": _keyed(self.numbers.by_channel),
            "spreads": _keyed(self.numbers.each_spread()),
            "open": _keyed(self.open_by_channel),
            "last_in_4": self.last_in_4.isoformat(),
            "places": [asdict(place) for place in self.places],
            "unread": [[gap.place, gap.surface, *map(_text, (gap.since, gap.until))] for gap in self.unread],
            "topics": self.topics,
            "redirects": {str(pk): name for pk, name in self.redirects.items()},
        }

    @classmethod
    def of_json(cls, data: dict[str, Any]) -> Facts:
        numbers = Numbers()
        for monday, counts in data["by_week"].items():
            numbers.by_week[date.fromisoformat(monday)].update(counts)
        for monday, counts in data["spreads"].items():
            numbers.spreads[date.fromisoformat(monday)].update(counts)
        for channel, counts in data["by_channel"].items():
            numbers.by_channel[int(channel)].update(counts)
        return cls(
            datetime.fromisoformat(data["now"]),
            numbers,
            {int(channel): Counter(counts) for channel, counts in data["open"].items()},
            datetime.fromisoformat(data["last_in_4"]),
            [Place(**place) for place in data["places"]],
            [Unread(place, surface, _instant(since), _until(until)) for place, surface, since, until in data["unread"]],
            {int(pk): name for pk, name in data["redirects"].items()},
            {name: (now, before) for name, (now, before) in data.get("topics", {}).items()},
        )


def _keyed(counters: dict[Any, Counter[str]]) -> dict[str, dict[str, int]]:
    """Without what is nought: whether a week without anything was counted says nothing."""
    found = {str(key): {name: n for name, n in counter.items() if n} for key, counter in counters.items()}
    return {key: counts for key, counts in found.items() if counts}


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _until(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def gather(scope: Scope, now: datetime) -> Facts:
    """Ask for all that a report says, in a fixed number of queries."""
    line, known = scope.line(), figures.all_policies()
    instants = Instants.at(now, known)
    numbers = counting.numbers(scope, now, compared=[scope.before(), scope.year_before()], known=known)
    places, unread = reading.places(line, now)
    topics, redirects = _names(numbers.by_week.values())
    return Facts(
        now,
        numbers,
        waiting.open_now(scope, instants),
        instants.last_in_4,
        places,
        unread,
        redirects,
        _asked(topics, numbers.of(scope), numbers.of(scope.before())),
    )


def _names(counters: Iterable[Counter[str]]) -> tuple[list[tuple[int, str]], dict[int, str]]:
    """Name every topic, by name, and what was pointed to. One query."""
    pointed = {int(key.removeprefix(REDIRECT)) for counter in counters for key in counter if key.startswith(REDIRECT)}
    topics = Topic.objects.order_by().values_list(Value(True), "pk", "name")
    targets = RedirectTarget.objects.filter(pk__in=pointed).order_by().values_list(Value(False), "pk", "name")
    rows = list(topics.union(targets, all=True))
    named = [(pk, name) for is_topic, pk, name in rows if is_topic]
    return sorted(named, key=lambda each: each[1]), {pk: name for is_topic, pk, name in rows if not is_topic}


def _asked(topics: list[tuple[int, str]], now: Counter[str], before: Counter[str]) -> dict[str, tuple[int, int]]:
    """Sum what people asked about by the name of the topic, which several may have."""
    found: dict[str, tuple[int, int]] = {}
    for pk, name in topics:
        asked, earlier = found.get(name, (0, 0))
        found[name] = (asked + now[topic_key(pk)], earlier + before[topic_key(pk)])
    return found
