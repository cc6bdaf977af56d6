"""What was decided about many conversations at once."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from accounts.models import User


class Batch(models.Model):
    """One act of somebody on many conversations, so that all of it can be taken back at once.

    `done`: for each conversation what takes it back: `{"conversation", "event" | "outgoing" | "assignee" | "rests"}`.
    """

    key = models.CharField(max_length=40, unique=True)  # made when the form was drawn: a double click finds the row
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    act = models.CharField(max_length=20)
    done = models.JSONField(default=list)
    skipped = models.IntegerField(default=0)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural: ClassVar = "batches"

    def __str__(self) -> str:
        return f"{self.act} {self.at:%F %T}"
