"""What colleagues ask of each other: to look at something, to take it over."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, User
from inbox.models.approval import PendingReply
from inbox.models.places import Conversation
from inbox.models.texts import Note


class HeadsUp(models.Model):
    """Somebody wants a colleague to look at something, or to approve it. Told once, by the colleague's own channels."""

    class Kind(models.TextChoices):
        MENTION = "mention", _("nämnd i en anteckning")
        HAND_OVER = "hand_over", _("överlämnad")
        APPROVAL = "approval", _("ett svar att godkänna")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    conversation = models.ForeignKey(Conversation, models.CASCADE, db_index=False, related_name="heads_ups")
    person = models.ForeignKey(User, models.CASCADE, db_index=False, related_name="+")
    by = models.ForeignKey(User, models.CASCADE, db_index=False, related_name="+")
    note = models.ForeignKey(Note, models.CASCADE, null=True, blank=True, db_index=False, related_name="heads_ups")
    pending = models.ForeignKey(
        PendingReply, models.CASCADE, null=True, blank=True, db_index=False, related_name="heads_ups"
    )
    at = models.DateTimeField()
    tell_at = models.DateTimeField()  # moved on by whoever tries, so that one process tells
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["note", "person"], name="mentioned_once"),
            models.UniqueConstraint(fields=["pending", "person"], name="asked_once_to_approve"),  # approvers.ask
        ]
        indexes: ClassVar = [
            models.Index(fields=["tell_at", "id"], condition=Q(told_at=None), name="heads_up_to_tell"),  # headsup.tell
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.conversation_id} to {self.person_id}"


class HandOver(models.Model):
    """A conversation went from one department to another, and why."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="hand_overs")
    from_department = models.ForeignKey(Department, models.PROTECT, db_index=False, related_name="+")
    to_department = models.ForeignKey(Department, models.PROTECT, db_index=False, related_name="+")
    reason = models.TextField()
    by = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.conversation_id} to {self.to_department_id}"
