"""The municipality's own rules: if this is written, sort, flag or blur (R-089, R-094). Compiled once for each version.

There is nothing here that could hide, delete, block or answer, and no column to ask it in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db import transaction

from accounts import audit
from accounts.models import User
from accounts.permissions import Permission, require
from inbox.incoming import phrases
from inbox.incoming.phrases import Phrase
from inbox.lanes import lanes
from inbox.models import Conversation, Item, SortingRule
from inbox.showing import protection

TRIED_ON = 500  # of the newest comments
SHOWN = 50  # of the hits, with their texts

FACTS = ("words", "hashtag", "channel_id", "in_lane", "department_id", "topic_id", "lane", "flag", "blurs", "is_active")


@dataclass(frozen=True)
class Effects:
    """What rules ask for, together. `lane_rule` and `version`: of the one that lifts."""

    department: int | None = None
    topic: int | None = None
    lane: int | None = None
    lane_rule: str = ""
    version: int = 0
    flag: str = ""
    blurs: bool = False

    def after(self, first: Effects | None) -> Effects:
        """Add these to what was asked for before, which comes first."""
        if first is None:
            return self
        is_higher = self.lane is not None and (first.lane is None or self.lane < first.lane)
        lifts = self if is_higher else first
        return Effects(
            first.department or self.department, first.topic or self.topic, lifts.lane, lifts.lane_rule, lifts.version,
            first.flag or self.flag, first.blurs or self.blurs,
        )  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """A rule, ready to be asked."""

    phrases: tuple[Phrase, ...]
    hashtag: str
    channel: int | None
    in_lane: int | None
    effects: Effects

    def hits(self, folded: str, channel: int, lane: int) -> bool:
        """Whether all that it asks for is there; `folded` as `phrases.fold` writes it."""
        if self.channel not in (None, channel) or self.in_lane not in (None, lane):
            return False
        if self.hashtag and self.hashtag not in lanes.hashtags(folded):
            return False
        return not self.phrases or any(each.is_in(folded) for each in self.phrases)


@dataclass(frozen=True)
class Rules:
    rules: tuple[Rule, ...]

    def effects(self, text: str, channel: int, lane: int) -> Effects | None:
        """Give what the rules ask for that a comment hits; None where none is hit."""
        if not self.rules:
            return None
        folded, found = phrases.fold(text), None
        for rule in self.rules:
            if rule.hits(folded, channel, lane):
                found = rule.effects.after(found)
        return found


def in_force() -> Rules:
    """Read the rules that are used. One query."""
    return Rules(tuple(compiled(row) for row in SortingRule.objects.filter(is_active=True)))


def compiled(row: SortingRule) -> Rule:
    """Make a rule ready. Raises ValueError for an expression that means nothing."""
    effects = Effects(row.department_id, row.topic_id, row.lane, row.name, row.version, row.flag, row.blurs)
    return Rule(_phrases(row.words), row.hashtag, row.channel_id, row.in_lane, effects)


@lru_cache(maxsize=256)
def _phrases(words: str) -> tuple[Phrase, ...]:
    return phrases.phrases(words.splitlines())


@dataclass(frozen=True)
class Trial:
    """What a rule would have hit: how many of how many, and the newest of them."""

    hits: int
    of: int
    items: Sequence[Item]


def tried(row: SortingRule) -> Trial:
    """Try a rule on the newest comments of citizens. One query. Changes nothing."""
    rule = compiled(row)
    newest = Item.objects.filter(from_us=False, deleted_at=None).exclude(text="")
    items = list(newest.select_related("channel", "conversation").defer("raw").order_by("-pk")[:TRIED_ON])
    found = [item for item in items if _hits(rule, item)]
    protection.mark_each(found[:SHOWN])
    return Trial(len(found), len(items), found[:SHOWN])


def _hits(rule: Rule, item: Item) -> bool:
    found = lanes.of(item.text) if rule.in_lane is not None else None
    lane = found.lane if found else Conversation.Lane.ORDINARY
    return rule.hits(phrases.fold(item.text), item.channel_id, lane)


@transaction.atomic
def save(row: SortingRule, *, by: User, now: datetime) -> SortingRule:
    """Store a new or a changed rule; the trail keeps what it was and what it is."""
    require(by, Permission.REGISTER)
    before = SortingRule.objects.filter(pk=row.pk).first()
    row.version = before.version + 1 if before else 1
    row.changed_at, row.changed_by = now, by
    row.save()
    action = "rule.changed" if before else "rule.added"
    was = _facts(before) if before else None
    audit.record(action, f"rule:{row.pk}", by=by, now=now, name=row.name, now_=_facts(row), was=was)
    return row


@transaction.atomic
def remove(row: SortingRule, *, by: User, now: datetime) -> None:
    require(by, Permission.REGISTER)
    pk = row.pk
    row.delete()
    audit.record("rule.removed", f"rule:{pk}", by=by, now=now, name=row.name, was=_facts(row))


def _facts(row: SortingRule) -> dict[str, object]:
    return {name: getattr(row, name) for name in FACTS}


def all_rules() -> Iterable[SortingRule]:
    return SortingRule.objects.select_related("channel", "department", "topic", "changed_by")
