"""Whose turn it is: a conversation's department, and after some hours the central unit's too (R-091).

Mails follow `staff.py`; this is what the pages show. What gives a conversation its department is `sorting.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import CENTRAL_AFTER_HOURS, Department
from inbox.models import Conversation


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
