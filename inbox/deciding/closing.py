"""How an account of ours ends: its last post noted, all that was known of it kept, its key forgotten.

Above the register, because only the inbox knows the posts and who still waits for an answer.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit, register
from accounts.models import Channel, Closing, Credential, Platform, User
from inbox.models import Conversation, Item, Outgoing, Post

UNDER_WAY = (Outgoing.Status.QUEUED, Outgoing.Status.SENDING, Outgoing.Status.UNKNOWN)


def obstacles(channel: Channel) -> list[str]:
    """Say what has to be done first: who still waits for an answer, and what is still on its way out. Two queries."""
    waiting = Conversation.objects.filter(channel=channel, due_at__isnull=False)
    waiting = waiting.exclude(status=Conversation.Status.CLOSED).count()
    leaving = Outgoing.objects.filter(conversation__channel=channel, status__in=UNDER_WAY).count()
    found = []
    if waiting:
        found.append(
            ngettext("%d konversation väntar på svar.", "%d konversationer väntar på svar.", waiting) % waiting
        )
    if leaving:
        found.append(ngettext("%d svar är på väg ut.", "%d svar är på väg ut.", leaving) % leaving)
    return found


@transaction.atomic
def close(channel_id: int, *, last_post: str, last_post_url: str, by: User, now: datetime) -> Closing:
    """End an account. Raises ValidationError while somebody waits, or if it has ended already."""
    channel = Channel.objects.select_for_update(no_key=True).get(pk=channel_id)
    if channel.status == Channel.Status.CLOSED:
        raise ValidationError(_("Kontot är redan avslutat."))
    if found := obstacles(channel):
        raise ValidationError(found)
    text = json.dumps(snapshot(channel, last_post, last_post_url, now), ensure_ascii=False, indent=1)
    closing = Closing.objects.create(
        channel=channel, at=now, by=by, last_post=last_post, last_post_url=last_post_url, snapshot=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )  # fmt: skip
    Credential.objects.filter(channel=channel).delete()
    channel.surfaces.update(next_poll_at=None)
    channel.status = Channel.Status.CLOSED
    channel.save(update_fields=["status"])
    audit.record("channel.closed", f"channel:{channel.pk}", by=by, now=now, sha256=closing.sha256)
    return closing


def snapshot(channel: Channel, last_post: str, last_post_url: str, now: datetime) -> dict[str, Any]:
    """Give what is kept of an account: its entry in the register, its posts, and how much was written to it.

    LinkedIn forbids keeping texts; there the ids and times stay. What citizens wrote stays in the inbox, under its own
    rules of retention.
    """
    posts = Post.objects.filter(channel=channel).order_by("posted_at", "pk")
    written = Item.objects.filter(channel=channel)
    span = written.aggregate(first=Min("posted_at"), last=Max("posted_at"))
    return {
        "register": register.entry(channel),
        "closed_at": now.isoformat(),
        "last_post": {"text": last_post, "url": last_post_url},
        "posts": [_post(post, keep_text=channel.platform != Platform.LINKEDIN) for post in posts],
        "items": {
            "from_citizens": written.filter(from_us=False).count(),
            "from_us": written.filter(from_us=True).count(),
            "first": span["first"].isoformat() if span["first"] else None,
            "last": span["last"].isoformat() if span["last"] else None,
        },
        "conversations": Conversation.objects.filter(channel=channel).count(),
    }


def _post(post: Post, *, keep_text: bool) -> dict[str, Any]:
    return {
        "external_id": post.external_id,
        "posted_at": post.posted_at.isoformat() if post.posted_at else None,
        "url": post.url,
        "text": post.text if keep_text else None,
        "comment_count": post.comment_count,
    }
