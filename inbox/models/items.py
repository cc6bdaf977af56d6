"""What people wrote, as the platforms gave it."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from accounts.models import Channel, Platform, User
from connectors.base import Held, ItemKind
from inbox.models import searchable
from inbox.models.places import Contact, Conversation, Thread


class Item(models.Model):
    """One thing somebody wrote, with four times: posted, fetched, first seen by a person, edited or deleted.

    `cycle` is the *first* cycle in which a citizen's item waits or waited; without one it has (or had) no clock.
    `raw` is the platform's record as ASCII-escaped JSON: PostgreSQL takes neither NUL nor lone surrogates.
    """

    channel = models.ForeignKey(Channel, models.PROTECT, db_index=False, related_name="items")
    thread = models.ForeignKey(Thread, models.PROTECT, db_index=False, related_name="items")
    conversation = models.ForeignKey(
        Conversation, models.PROTECT, null=True, blank=True, db_index=False, related_name="items"
    )
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="items")
    cycle = models.ForeignKey(
        "ReplyCycle", models.SET_NULL, null=True, blank=True, db_index=False, related_name="items"
    )
    external_id = models.CharField(max_length=200)
    earlier_ids = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    parent_external_id = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in ItemKind])
    from_us = models.BooleanField(default=False)
    native = models.BooleanField(default=False)  # ours, but written in the platform's own app, not by our outbox
    text = models.TextField(blank=True)
    posted_at = models.DateTimeField()
    fetched_at = models.DateTimeField()
    first_seen_at = models.DateTimeField(null=True, blank=True)
    first_seen_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+")
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    missing_since = models.DateTimeField(
        null=True, blank=True
    )  # absent from one complete reading; a second one decides
    addressed = models.BooleanField(default=True)
    can_reply = models.BooleanField(default=True)
    hidden = models.BooleanField(default=False)
    held = models.CharField(max_length=10, blank=True, choices=[(held.value, held.value) for held in Held])
    url = models.TextField(blank=True)
    media = ArrayField(models.TextField(), default=list, blank=True)
    language = models.CharField(max_length=20, blank=True)
    mentions = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    author_name = models.CharField(max_length=300, blank=True)  # of our own items: the channel's name at that time
    raw = models.TextField(blank=True)
    keep_until = models.DateTimeField(null=True, blank=True)  # where texts may be kept for a time only (retention)
    purged_at = models.DateTimeField(null=True, blank=True)  # the text has gone, and is never stored again
    unsettled = models.BooleanField(default=True)  # stored, but the clock has not looked at it yet (settling.settle)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["channel", "external_id"], name="item_once")]
        indexes: ClassVar = [
            models.Index(fields=["conversation", "posted_at", "id"], name="item_of_conversation"),  # selectors.thread
            models.Index(fields=["thread", "posted_at", "id"], name="item_of_thread"),  # selectors.thread
            models.Index(
                fields=["channel", "posted_at", "id"], condition=Q(deleted_at=None), name="live_item"
            ),  # poll.known
            models.Index(fields=["cycle"], condition=Q(cycle__isnull=False), name="item_of_cycle"),  # cycles
            models.Index(fields=["thread"], condition=Q(unsettled=True), name="item_unsettled"),  # settling.settle
            models.Index(
                fields=["keep_until"], condition=Q(keep_until__isnull=False), name="item_to_purge"
            ),  # retention.purge, rereading
            GinIndex(fields=["earlier_ids"], condition=~Q(earlier_ids=[]), name="item_earlier_ids"),  # ingest.by_ids
        ]
        triggers: ClassVar = searchable.TRIGGERS

    def __str__(self) -> str:
        return self.external_id


class ItemVersion(models.Model):
    """What an item said before it was edited."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="versions")
    text = models.TextField(blank=True)
    replaced_at = models.DateTimeField()  # the platform's time of the edit, else when we fetched it

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.item_id} until {self.replaced_at}"


class UnreadableRecord(models.Model):
    """A record of the platform that could not be understood: kept raw, so that nothing is lost."""

    channel = models.ForeignKey(Channel, models.CASCADE, db_index=False, related_name="unreadable")
    surface = models.CharField(max_length=120)
    reason = models.TextField()
    raw = models.TextField()
    fingerprint = models.CharField(max_length=64)  # SHA-256 of raw: the same record is kept once
    fetched_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["channel", "fingerprint"], name="unreadable_once")]

    def __str__(self) -> str:
        return self.reason


class WebhookDelivery(models.Model):
    """What a platform pushed, as it came. `next_try_at` is null once it has been dealt with; its body is let go then.

    Deliveries come twice and more: the fingerprint (SHA-256 of platform and raw bytes) is unique.
    """

    platform = models.CharField(max_length=20, choices=Platform.choices)
    fingerprint = models.CharField(max_length=64, unique=True)
    body = models.BinaryField()
    received_at = models.DateTimeField(db_index=True)  # webhooks.purge
    next_try_at = models.DateTimeField(null=True, blank=True)
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["next_try_at", "id"], condition=Q(next_try_at__isnull=False), name="delivery_waiting"
            ),  # webhooks.handle
        ]

    def __str__(self) -> str:
        return f"{self.platform} {self.received_at:%F %T}"
