"""On what grounds something is hidden, and what was there before."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models.functions import Now

from accounts.models import User
from inbox.models.items import Item
from inbox.models.places import Conversation


class GroundList(models.Model):
    """On what grounds something is hidden or deleted: a version that never changes; the newest one holds.

    `grounds`: list of `{"key", "group", "label", "law"}`, in the order in which the form offers them.
    """

    version = models.IntegerField(unique=True)
    grounds = models.JSONField()
    made_at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, db_index=False, related_name="+")

    class Meta:
        triggers: ClassVar = [
            pgtrigger.Protect(name="grounds_never_change", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"version {self.version}"


class ModerationEvidence(models.Model):
    """What was there before we hid or deleted it, and why we did. The database refuses every change (R-085).

    `record`: ASCII JSON of all that was known (`evidence.py`); `sha256` is the checksum of exactly those characters.
    `action`: hide, delete, or elsewhere where a person does it in the platform's own app.
    """

    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="evidence")
    item = models.ForeignKey(Item, models.PROTECT, db_index=False, related_name="+")
    action = models.CharField(max_length=10)
    ground = models.CharField(max_length=40)  # a key of the list
    grounds = models.ForeignKey(GroundList, models.PROTECT, db_index=False, related_name="+")
    reason = models.TextField(blank=True)  # why hiding is not enough
    by = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="+")
    at = models.DateTimeField()
    key = models.CharField(max_length=80, unique=True)  # as Outgoing's
    record = models.TextField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        triggers: ClassVar = [
            pgtrigger.Protect(name="evidence_never_changes", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.item_id} {self.ground}"
