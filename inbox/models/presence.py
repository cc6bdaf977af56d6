"""Who has a conversation open just now, and who writes in it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models import User
from inbox.models.places import Conversation


class Presence(models.Model):
    """A page that somebody has open. Let go minutes after its last sign: how people spend their day is not kept.

    `holds`: the soft lock, one in a conversation: a reply is written here. `lost_to`: who took it over from this one.
    """

    conversation = models.ForeignKey(Conversation, models.CASCADE, db_index=False, related_name="present")
    user = models.ForeignKey(User, models.CASCADE, db_index=False, related_name="+")
    seen_at = models.DateTimeField()
    is_away = models.BooleanField(default=False)  # the page is open, but not in sight or not touched for a while
    typed_at = models.DateTimeField(null=True, blank=True)
    holds = models.BooleanField(default=False)
    lost_to = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "user"], name="presence_once"),
            models.UniqueConstraint(fields=["conversation"], condition=Q(holds=True), name="one_writes"),
        ]
        indexes: ClassVar = [models.Index(fields=["seen_at"], name="presence_by_sign")]  # presence.purge

    def __str__(self) -> str:
        return f"{self.user_id} in {self.conversation_id}"
