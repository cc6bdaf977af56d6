"""Every figure again, in plain Python over the raw rows: the definitions a second time, by another way.

Knows nothing of `insights`. Days off are asked of the holidays package, and the clock is walked day by day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import holidays

from accounts.models import Topic
from inbox.models import Conversation, Item, ReplyCycle, VerdictEvent
from sla.models import PolicyVersion

STOCKHOLM, DAY = ZoneInfo("Europe/Stockholm"), timedelta(days=1)
HOLIDAYS = holidays.country_holidays(
    "SE", categories=("public", "de_facto"), language="sv", include_sundays=False, years=range(2024, 2029)
)
SPOKEN, ANSWERED = {"answered", "holding", "redirected"}, {"answered", "redirected"}
NOT_OWED = {"liked", "no_reply", "moderated", "withdrawn"}
REASONS = {"citizen_answered", "tagged_friend", "emoji", "already_answered", "not_for_us", "other"}

Row = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """A policy's definition, as far as it tells the tests' own three apart."""

    is_plain: bool = False
    closed: frozenset[date] = frozenset()

    def is_off(self, day: date) -> bool:
        return day.weekday() >= 5 or day in HOLIDAYS or day in self.closed

    def length(self, start: datetime, end: datetime) -> timedelta:
        return max(end - start, timedelta()) if self.is_plain else running(start, end, self)


def start_of(day: date) -> datetime:
    return datetime.combine(day, time(), STOCKHOLM).astimezone(UTC)


def running(start: datetime, end: datetime, rule: Rule) -> timedelta:
    """The time from start to end that lies on working days."""
    day, last, total = start.astimezone(STOCKHOLM).date(), end.astimezone(STOCKHOLM).date(), timedelta()
    while day <= last:
        if not rule.is_off(day):
            total += max(timedelta(), min(end, start_of(day + DAY)) - max(start, start_of(day)))
        day += DAY
    return total


@dataclass
class Raw:
    """All rows, read once."""

    now: datetime
    cycles: list[Row] = field(default_factory=lambda: list(ReplyCycle.objects.values()))
    items: list[Row] = field(default_factory=lambda: list(Item.objects.values()))
    conversations: dict[int, Row] = field(
        default_factory=lambda: {row["id"]: row for row in Conversation.objects.values()}
    )
    topics: list[Row] = field(default_factory=lambda: list(Topic.objects.values()))
    verdicts: dict[int, Row] = field(default_factory=lambda: {row["id"]: row for row in VerdictEvent.objects.values()})

    def __post_init__(self) -> None:
        self.rules = {None: Rule()}
        for version in PolicyVersion.objects.values():
            closed = map(date.fromisoformat, version["definition"].get("extra_closed", ()))
            self.rules[version["id"]] = Rule(version["definition"].get("reading") == "plain", frozenset(closed))
        self.items_of: dict[int, list[Row]] = defaultdict(list)
        for item in self.items:
            self.items_of[item["conversation_id"]].append(item)
        self.cycles_of: dict[int, list[Row]] = defaultdict(list)
        for cycle in self.cycles:
            self.cycles_of[cycle["conversation_id"]].append(cycle)

    def ids(self, key: str, start: datetime, end: datetime, channels: set[int], topic: str = "") -> set[int]:
        """The ids of the cycles that a figure counts from `start` until before `end` in these channels."""
        about = {row["id"] for row in self.topics if row["name"] == topic}
        place = self.place_of(key)
        return {
            cycle["id"]
            for cycle in self.cycles
            if self.conversations[cycle["conversation_id"]]["channel_id"] in channels
            and (not topic or self.conversations[cycle["conversation_id"]]["topic_id"] in about)
            and self.counts(key, cycle)
            and (place is None or ((at := place(cycle)) is not None and start <= at < end))
        }

    def place_of(self, key: str) -> Callable[[Row], datetime | None] | None:
        if key.startswith("open_"):
            return None
        if key.startswith("first_answer"):
            return self.answered_at
        if key.startswith("arrived"):
            return lambda cycle: cycle["started_at"]
        if key.startswith(("closed", "without", "redirected")):
            return lambda cycle: cycle["ended_at"]
        return lambda cycle: cycle["due_at"]

    def counts(self, key: str, cycle: Row) -> bool:
        is_first, outcome, ended = cycle["kind"] == "first", cycle["outcome"], cycle["ended_at"]
        in_time = ended is not None and ended <= cycle["due_at"]
        owed = is_first and cycle["due_at"] <= self.now and outcome not in NOT_OWED
        kept = owed and in_time and outcome in SPOKEN
        promised = (
            not is_first
            and cycle["due_at"] <= self.now
            and outcome not in NOT_OWED
            and not (outcome == "superseded" and in_time)
        )
        rule = self.rules[cycle["policy_id"]]
        left = rule.length(self.now, cycle["due_at"])
        waits, not_due = is_first and ended is None, cycle["due_at"] > self.now
        hours = timedelta(hours=1)
        written = cycle["started_at"].astimezone(STOCKHOLM)
        simple = {
            "owed": owed,
            "kept": kept,
            "kept_answered": kept and outcome == "answered",
            "kept_redirected": kept and outcome == "redirected",
            "kept_holding": kept and outcome == "holding",
            "answered_in_time": kept and outcome in ANSWERED,
            "late": owed and not kept,
            "late_ours": owed and not kept and not cycle["fetched_late"],
            "late_fetched": owed and not kept and cycle["fetched_late"],
            "still_open": owed and ended is None,
            "untouched": owed and not kept and not self.was_seen(cycle),
            "ruled_late": is_first and outcome in NOT_OWED and not in_time,
            "promises_due": promised,
            "promises_kept": promised and in_time and outcome in ANSWERED,
            "promises_broken": promised and not (in_time and outcome in ANSWERED),
            "first_answer": is_first,
            "first_answer_weekday": is_first and not rule.is_off(written.date()),
            "first_answer_dayoff": is_first and rule.is_off(written.date()),
            "closed": is_first,
            "without": is_first and outcome in NOT_OWED,
            "redirected": outcome == "redirected",
            "arrived": is_first,
            "open_first": waits,
            "open_overdue": waits and not not_due,
            "open_4": waits and not_due and left < 4 * hours,
            "open_12": waits and not_due and 4 * hours <= left < 12 * hours,
            "open_more": waits and not_due and left >= 12 * hours,
            "open_promised": not is_first and ended is None,
            "open_promised_late": not is_first and ended is None and not not_due,
        }
        if key in simple:
            return bool(simple[key])
        if key.startswith("open_"):
            figure, _dash, lane = key.rpartition("-")
            return bool(simple[figure]) and self.conversations[cycle["conversation_id"]]["lane"] == int(lane)
        if key.startswith("redirected-"):
            verdict = self.verdicts.get(cycle["verdict_id"], {})
            return outcome == "redirected" and key == f"redirected-{verdict.get('redirect_id') or 0}"
        if key.startswith("arrived-"):
            return is_first and key == f"arrived-{written.weekday()}-{written.hour}"
        return is_first and outcome in NOT_OWED and self.why(cycle) == key.removeprefix("without-")

    def conversation_of(self, cycle_id: int) -> int:
        return int(next(cycle["conversation_id"] for cycle in self.cycles if cycle["id"] == cycle_id))

    def was_seen(self, cycle: Row) -> bool:
        """Whether somebody of ours had seen anything that the citizen wrote in this wait when it fell due."""
        return any(
            not item["from_us"]
            and item["posted_at"] >= cycle["started_at"]
            and item["first_seen_at"] is not None
            and item["first_seen_at"] <= cycle["due_at"]
            for item in self.items_of[cycle["conversation_id"]]
        )

    def why(self, cycle: Row) -> str:
        if cycle["outcome"] != "no_reply":
            return str(cycle["outcome"])
        verdict = self.verdicts.get(cycle["verdict_id"])
        return verdict["reason"] if verdict and verdict["reason"] in REASONS else "unsaid"

    def answered_at(self, cycle: Row) -> datetime | None:
        """When a question got its answer: at once, or when what was promised came."""
        if cycle["outcome"] in ANSWERED:
            return cycle["ended_at"]
        if cycle["outcome"] != "holding":
            return None
        later = [
            other["ended_at"]
            for other in self.cycles_of[cycle["conversation_id"]]
            if other["kind"] == "promised" and other["outcome"] in ANSWERED and other["ended_at"] >= cycle["ended_at"]
        ]
        return min(later, default=None)

    def minutes(self, ids: set[int]) -> list[int]:
        """How long each of these questions waited for its answer, in minutes on the clock, rounded up to five."""
        found = []
        for cycle in self.cycles:
            if cycle["id"] in ids:
                length = self.rules[cycle["policy_id"]].length(cycle["started_at"], self.answered_at(cycle))
                found.append(5 * -(-length // timedelta(minutes=5)))
        return sorted(found)
