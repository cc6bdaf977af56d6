"""What tells that two people ask the same, kept for some days."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from inbox.models.places import Conversation


class Print(models.Model):
    """A number that near-same texts share (`likeness.prints`). Says nothing about anybody, and is let go after days."""

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, db_constraint=False, db_index=False, related_name="prints"
    )
    value = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["value", "at"], name="print_by_value"),  # grouping.group
            models.Index(fields=["at"], name="print_by_age"),  # grouping.let_go
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.value}"
