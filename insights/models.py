"""What is remembered for the figures: the counts of weeks that are over, and when something could not be read.

Marks and gaps are set by the database itself (migration 0001): a week is stale from the transaction on that changed one
of its cycles, so a reader never sees a count that is not that of the rows.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from accounts.models import Channel, Surface


class WeekCount(models.Model):
    """The figures of one week and channel; without a channel, of all of them together."""

    monday = models.DateField()
    channel = models.ForeignKey(Channel, models.CASCADE, null=True, blank=True, db_index=False, related_name="+")
    counts = models.JSONField(default=dict)  # figure → number
    spread = models.JSONField(default=dict)  # hours of arrival, and minutes to the answer

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["monday", "channel"], name="week_count_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.monday} {self.channel_id}"


class StaleWeek(models.Model):
    """A mark: something in this week has changed since it was counted. Many marks of a week mean the same as one."""

    monday = models.DateField()

    def __str__(self) -> str:
        return f"{self.monday}"


class Gap(models.Model):
    """A surface went unread for more than an hour: from one successful poll to the next."""

    surface = models.ForeignKey(Surface, models.CASCADE, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["until"], name="gap_by_end")]  # reading.gaps

    def __str__(self) -> str:
        return f"{self.surface_id} {self.since} – {self.until}"
