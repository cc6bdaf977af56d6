"""Where a comment belongs, decided as it comes in: lane, department, topic, flag. Sorts and points; never more (R-089).

The words decide: hashtags of the register, `lanes.toml`, and the municipality's own rules (`sorting_rules.py`). What a
person has decided about a conversation stands; only something urgent that is written later lifts it again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Topic, User
from accounts.permissions import Permission, require
from inbox.deciding.acting import Refused, locked, record
from inbox.incoming import sorting_rules
from inbox.incoming.rows import among
from inbox.lanes import lanes, legal
from inbox.lanes.lanes import Found
from inbox.models import Conversation, FollowUp, Item, LaneChange
from inbox.writing import secrecy

Lane, Status = Conversation.Lane, Conversation.Status
TAG = re.compile(r"#(\w+)")


@dataclass
class Wish:
    """What the words of a conversation's news ask for; None, False and "" for what they do not."""

    topic: Topic | None = None  # of a hashtag
    found: Found | None = None
    version: int = 0
    rules: sorting_rules.Effects | None = None
    personal: bool = False

    def lift(self, found: Found, version: int) -> None:
        if self.found is None or (found.lane, not found.certain) < (self.found.lane, not self.found.certain):
            self.found, self.version = found, version


def sort(thread_ids: Collection[int], now: datetime) -> int:
    """Sort the conversations of what has just come in, and say how many that changed.

    For news that is not settled yet. Three queries where nothing is found.
    """
    if not thread_ids:
        return 0
    news = Item.objects.filter(among(Item, "thread", thread_ids), unsettled=True, from_us=False, deleted_at=None)
    written = list(
        news.order_by("posted_at", "pk").values_list(
            "conversation", "channel", "text", "posted_at", "channel__clock_from"
        )
    )
    if not written:
        return 0
    rules = sorting_rules.in_force()
    topics = _topics(text for _row, _channel, text, *_times in written)
    wishes: dict[int, Wish] = defaultdict(Wish)
    for conversation_id, channel_id, text, posted_at, clock_from in written:
        if conversation_id:
            _read(wishes, conversation_id, channel_id, text, topics, rules, is_new=posted_at >= clock_from)
    done_with = Conversation.objects.filter(
        among(Conversation, "id", {row[0] for row in written if row[0]}), status=Status.CLOSED, lane__lt=Lane.ORDINARY
    )
    concerned = {*wishes, *done_with.values_list("pk", flat=True)}
    return _grant(wishes, concerned, now) if concerned else 0


def _topics(texts: Iterable[str]) -> Mapping[str, Topic]:
    if not any("#" in text for text in texts):
        return {}
    return {topic.tag: topic for topic in Topic.objects.exclude(tag=None)}


def topic_in(text: str, topics: Mapping[str, Topic]) -> Topic | None:
    return next((topics[tag] for tag in (found.lower() for found in TAG.findall(text)) if tag in topics), None)


def _read(
    wishes: dict[int, Wish],
    conversation_id: int,
    channel_id: int,
    text: str,
    topics: Mapping[str, Topic],
    rules: sorting_rules.Rules,
    *,
    is_new: bool,
) -> None:
    """Add what one comment asks for. `is_new`: not older than the account's connection, when nobody answered here."""
    topic = topic_in(text, topics) if topics else None
    found = lanes.of(text) if is_new else None
    is_personal = bool(secrecy.inbound(text))
    effects = rules.effects(text, channel_id, found.lane if found else Lane.ORDINARY)
    if not (topic or found or is_personal or effects):
        return
    wish = wishes[conversation_id]
    wish.topic = wish.topic or topic
    wish.personal = wish.personal or is_personal
    if found:
        wish.lift(found, lanes.book().version)
    if effects:
        wish.rules = effects.after(wish.rules)
        if effects.lane and is_new:
            wish.lift(Found(effects.lane, f"rule:{effects.lane_rule}"), effects.version)


@transaction.atomic
def _grant(wishes: Mapping[int, Wish], ids: Collection[int], now: datetime) -> int:
    """Write what is wished for and what nobody has decided otherwise. Locks the conversations by id."""
    here = list(Conversation.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
    by_hand = _moved_by_hand([row.pk for row in here])
    waiting = set(
        FollowUp.objects.filter(conversation__in=here, answered_at=None).values_list("conversation", flat=True)
    )
    changes, sorted_ = [], []
    for row in here:
        wish = wishes.get(row.pk, Wish())
        before = [getattr(row, name) for name in SORTED]
        change = _lift(row, wish, now, by_hand=row.pk in by_hand, is_waiting=row.pk in waiting)
        changes += [change] if change else []
        _place(row, wish, now)
        sorted_ += [row] if before != [getattr(row, name) for name in SORTED] else []
    LaneChange.objects.bulk_create(changes)
    legal.pass_on_found(changes, now)
    Conversation.objects.bulk_update(sorted_, SORTED)
    return len(sorted_)


SORTED = ["lane", "department_id", "topic_id", "flag", "blurred", "personal"]


def _moved_by_hand(ids: Collection[int]) -> set[int]:
    newest = LaneChange.objects.filter(conversation__in=ids).order_by("conversation", "-pk").distinct("conversation")
    return {pk for pk, by in newest.values_list("conversation", "by") if by is not None}


def _lift(row: Conversation, wish: Wish, now: datetime, *, by_hand: bool, is_waiting: bool) -> LaneChange | None:
    """Move a conversation into a more urgent lane; one that was dealt with starts from none."""
    lane, rule = row.lane, ""
    if row.status == Status.CLOSED and not is_waiting:
        lane, rule = Lane.ORDINARY, "handled"
    found, certain, version = wish.found, True, 0
    if found and found.lane < lane and (not by_hand or found.lane == Lane.URGENT or rule):
        lane, rule, certain, version = found.lane, found.rule, found.certain, wish.version
    is_again = found is not None and found.lane == lane == row.lane and row.status == Status.CLOSED
    if lane == row.lane and not is_again:
        return None
    row.lane = lane
    return LaneChange(conversation=row, lane=lane, rule=rule, version=version, certain=certain, at=now)


def _place(row: Conversation, wish: Wish, now: datetime) -> None:
    """Give department, topic, flag and blur to what has none; what is there already stays."""
    rules = wish.rules or sorting_rules.Effects()
    had = (row.department_id, row.topic_id)
    if row.topic_id is None:
        row.topic_id = wish.topic.pk if wish.topic else rules.topic
    if row.department_id is None:
        row.department_id = wish.topic.department_id if wish.topic else rules.department
    row.flag = row.flag or rules.flag
    row.blurred = row.blurred or rules.blurs
    row.personal = row.personal or wish.personal
    if had != (row.department_id, row.topic_id):
        tag = wish.topic.tag if wish.topic else None
        audit.record(
            "conversation.routed", f"conversation:{row.pk}", by=None, now=now, topic=tag, department=row.department_id
        )


@transaction.atomic
def move(conversation_id: int, lane: int, *, by: User, now: datetime) -> Conversation:
    """Move a conversation into a lane, or out of it, by a person's word, which stands. Raises Refused."""
    require(by, Permission.ANSWER)
    row = locked(conversation_id)
    if lane not in Lane.values:
        raise Refused(_("Det finns inget sådant spår."), "unknown_lane")
    if row.lane != lane:
        Conversation.objects.filter(pk=row.pk).update(lane=lane, revision=F("revision") + 1)
        LaneChange.objects.create(conversation=row, lane=lane, at=now, by=by, alarmed_at=now)
        record("conversation.moved", row, by=by, now=now, lane=lane, was=row.lane)
    row.refresh_from_db()
    return row


@transaction.atomic
def give_topic(conversation_id: int, topic: Topic | None, *, by: User, now: datetime) -> Conversation:
    """Say what a conversation is about, or that nobody knows; its department stays what it is."""
    require(by, Permission.ANSWER)
    row = locked(conversation_id)
    if row.topic_id != (topic.pk if topic else None):
        Conversation.objects.filter(pk=row.pk).update(topic=topic, revision=F("revision") + 1)
        record("conversation.topic_given", row, by=by, now=now, topic=topic.pk if topic else None, was=row.topic_id)
    row.refresh_from_db()
    return row
