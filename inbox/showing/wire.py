"""Our rows as the JSON of the commands. Every key is always there, null when unknown; their ids are text, ours numbers.

Each function reads what its queryset below has fetched along, and queries nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet

from accounts.models import Channel, Surface
from config.commands import time_out
from inbox.incoming.schedule import our_count
from inbox.models import Contact, Conversation, Item, Outgoing, ReplyCycle
from sla import clock

Line = dict[str, Any]


def items(channel: Channel | None = None) -> QuerySet[Item]:
    """Give every stored item, our own too, as they were written."""
    found = Item.objects.select_related("channel", "thread", "contact").defer("raw").order_by("posted_at", "id")
    return found.filter(channel=channel) if channel else found


def conversations(channel: Channel | None = None) -> QuerySet[Conversation]:
    """Give every conversation, closed or not, with what its line shows."""
    replies = ReplyCycle.objects.order_by("id").select_related("reply__channel", "reply__thread", "reply__contact")
    found = Conversation.objects.select_related("channel", "thread", "contact").order_by("id")
    found = found.prefetch_related(
        Prefetch("items", items()),
        Prefetch("cycles", replies),
        Prefetch("outgoing", Outgoing.objects.select_related("to").order_by("id")),
    )
    return found.filter(channel=channel) if channel else found


def item_line(item: Item) -> Line:
    return {
        "id": item.pk,
        "channel": item.channel_id,
        "platform": item.channel.platform,
        "external_id": item.external_id,
        "earlier_ids": item.earlier_ids,
        "thread": item.thread.external_id,
        "parent": item.parent_external_id or None,
        "conversation": item.conversation_id,
        "author": _us(item) if item.from_us else _person(item.contact),
        "from_us": item.from_us,
        "text": item.text,
        "posted_at": time_out(item.posted_at),
        "edited": item.edited_at is not None,
        "deleted": item.deleted_at is not None,
    }


def conversation_line(conversation: Conversation, now: datetime) -> Line:
    cycles = list(conversation.cycles.all())
    ours = {cycle.reply_id: cycle.reply for cycle in cycles if cycle.reply}
    found = {item.pk: item for item in conversation.items.all()} | ours
    return {
        "id": conversation.pk,
        "channel": conversation.channel_id,
        "platform": conversation.channel.platform,
        "thread": conversation.thread.external_id,
        "contact": _person(conversation.contact),
        "status": conversation.status,
        "state": _state(conversation, now),
        "due_at": time_out(conversation.due_at),
        "cycles": [cycle_line(cycle) for cycle in cycles],
        "items": [item_line(item) for item in sorted(found.values(), key=lambda item: (item.posted_at, item.pk))],
        "outgoing": [outgoing_line(outgoing) for outgoing in conversation.outgoing.all()],
    }


def cycle_line(cycle: ReplyCycle) -> Line:
    return {
        "id": cycle.pk,
        "kind": cycle.kind,
        "started_at": time_out(cycle.started_at),
        "due_soon_at": time_out(cycle.due_soon_at),
        "due_at": time_out(cycle.due_at),
        "ended_at": time_out(cycle.ended_at),
        "outcome": cycle.outcome or None,
        "kept": cycle.kept,
    }


def outgoing_line(outgoing: Outgoing) -> Line:
    return {
        "id": outgoing.pk,
        "kind": outgoing.kind,
        "status": outgoing.status,
        "to": outgoing.to.external_id,
        "external_id": outgoing.external_id or None,
        "text": outgoing.text,
        "error": error_line(outgoing.error_code, outgoing.error),
    }


def channel_line(channel: Channel, now: datetime) -> Line:
    """Describe a channel and how reading it goes. Counts what we have where the platform counts too."""
    credential = getattr(channel, "credential", None)
    return {
        "id": channel.pk,
        "platform": channel.platform,
        "kind": channel.kind,
        "name": channel.name,
        "handle": channel.handle or None,
        "external_id": channel.external_id,
        "department": channel.department.name,
        "purpose": channel.purpose,
        "focus": channel.focus,
        "hashtags": channel.hashtags,
        "status": channel.status,
        "clock_from": time_out(channel.clock_from),
        "missing": channel.missing_fields(now.date()),
        "token": {
            "expires_at": time_out(credential.expires_at if credential else None),
            "dead_since": time_out(credential.dead_since if credential else None),
        },
        "surfaces": [surface_line(surface) for surface in channel.surfaces.all()],
    }


def surface_line(surface: Surface) -> Line:
    return {
        "name": surface.name,
        "last_success_at": time_out(surface.last_success_at),
        "last_error": error_line(surface.error_code, surface.error),
        "platform_count": surface.platform_count,
        "our_count": our_count(surface),
        "next_poll_at": time_out(surface.next_poll_at),
        "quota": surface.quota or None,
        "note": surface.note or None,
        **({"off_since": time_out(surface.off_since)} if surface.off_since else {}),
    }


def error_line(code: str, message: str) -> Line | None:
    return {"code": code, "message": message} if code or message else None


def _person(contact: Contact | None) -> Line | None:
    if contact is None:
        return None
    return {"external_id": contact.external_id, "name": contact.name or contact.handle or None}


def _us(item: Item) -> Line:
    return {"external_id": item.channel.external_id, "name": item.author_name or item.channel.name}


def _state(conversation: Conversation, now: datetime) -> str | None:
    if conversation.due_at is None or conversation.due_soon_at is None:
        return None
    return str(clock.state(conversation.due_soon_at, conversation.due_at, now))
