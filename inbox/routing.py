"""Whose it is: a hashtag's department, else the account's; and after some hours the central unit's too (R-091, R-104).

Mails follow `staff.py`; this is what the pages show, and what gives a conversation its department.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts import audit
from accounts.models import CENTRAL_AFTER_HOURS, Department, Topic
from inbox.models import Conversation, Item
from inbox.rows import among

TAG = re.compile(r"#(\w+)")


def route(thread_ids: Collection[int], now: datetime) -> int:
    """Give conversations the department of the first known hashtag in what has just come in; say how many.

    For news that is not settled yet. What has a department keeps it. One query where no hashtag has an owner, two where
    none was written.
    """
    topics = {topic.tag: topic for topic in Topic.objects.all()}
    if not topics or not thread_ids:
        return 0
    news = Item.objects.filter(among(Item, "thread", thread_ids), unsettled=True, from_us=False, text__contains="#")
    found: dict[int, Topic] = {}
    for conversation_id, text in news.order_by("posted_at", "pk").values_list("conversation", "text"):
        topic = topic_in(text, topics)
        if topic and conversation_id:
            found.setdefault(conversation_id, topic)
    return _give_departments(found, now) if found else 0


def topic_in(text: str, topics: dict[str, Topic]) -> Topic | None:
    return next((topics[tag] for tag in (found.lower() for found in TAG.findall(text)) if tag in topics), None)


@transaction.atomic
def _give_departments(found: dict[int, Topic], now: datetime) -> int:
    rows = Conversation.objects.select_for_update(no_key=True).filter(pk__in=found, department=None).order_by("pk")
    routed = list(rows.only("pk"))
    for row in routed:
        topic = found[row.pk]
        row.department_id = topic.department_id
        audit.record(
            "conversation.routed", f"conversation:{row.pk}", by=None, now=now, topic=topic.tag,
            department=topic.department_id,
        )  # fmt: skip
    Conversation.objects.bulk_update(routed, ["department"])
    return len(routed)


@dataclass(frozen=True)
class Turn:
    """Whose turn it is in a conversation that nobody has taken."""

    department: Department
    central_from: datetime
    is_central: bool


def turn(conversation: Conversation, now: datetime) -> Turn | None:
    """Say whose turn it is, None if somebody has taken it or nothing waits. `department` and the channel's are read.

    `central_after`: the hours that the house has set, where the conversation was read with them.
    """
    if conversation.assignee_id or conversation.due_at is None or conversation.status != Conversation.Status.OPEN:
        return None
    department = conversation.department or conversation.channel.department
    hours = getattr(conversation, "central_after", None) or CENTRAL_AFTER_HOURS
    central_from = conversation.arrived_at + timedelta(hours=hours)
    return Turn(department, central_from, now >= central_from)
