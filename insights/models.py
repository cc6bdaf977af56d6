"""What is remembered for the figures: counts of weeks that are over, what could not be read, reports and who gets them.

Marks and gaps are set by the database itself (migration 0001): a week is stale from the transaction on that changed one
of its cycles, so a reader never sees a count that is not that of the rows.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel, Department, Surface, User


class WeekCount(models.Model):
    """The figures of one week and channel; without a channel, of all of them together."""

    monday = models.DateField()
    channel = models.ForeignKey(Channel, models.CASCADE, null=True, blank=True, db_index=False, related_name="+")
    counts = models.JSONField(default=dict)  # figure → number
    spread = models.JSONField(default=dict)  # hours of arrival, and minutes to the answer (spreads.py)

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

    surface = models.ForeignKey(Surface, models.CASCADE, related_name="gaps")
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["until"], name="gap_by_end")]  # reading.places

    def __str__(self) -> str:
        return f"{self.surface_id} {self.since} – {self.until}"


class StoredReport(models.Model):
    """A report as it was: what was asked, when, and all it was made of, so that it says the same for ever (R-063).

    `slot` names a scheduled one, so that any number of workers make it once.
    """

    definition = models.CharField(max_length=200)  # a scope's query string
    asked_at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+")
    slot = models.CharField(max_length=240, unique=True, null=True, blank=True)
    facts = models.JSONField()  # facts.Facts.as_json

    class Meta:
        ordering: ClassVar = ["-asked_at", "-id"]

    def __str__(self) -> str:
        return f"{self.definition} {self.asked_at:%F %T}"


class Subscription(models.Model):
    """Somebody wants a report by mail, of everything or of one account or department."""

    class Every(models.TextChoices):
        WEEK = "week", _("varje vecka")
        MONTH = "month", _("varje månad")

    user = models.ForeignKey(User, models.CASCADE, db_index=False, related_name="+")
    every = models.CharField(_("hur ofta"), max_length=10, choices=Every.choices)
    channel = models.ForeignKey(
        Channel, models.CASCADE, null=True, blank=True, db_index=False, related_name="+", verbose_name=_("konto")
    )
    department = models.ForeignKey(
        Department, models.CASCADE, null=True, blank=True, db_index=False, related_name="+",
        verbose_name=_("förvaltning"),
    )  # fmt: skip
    since = models.DateTimeField()  # only reports that are due after this are sent

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "every", "channel", "department"], name="subscribed_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.every}"


class Mailing(models.Model):
    """One report to one subscriber: claimed by one worker, sent once. A claim that came to nothing is given up."""

    subscription = models.ForeignKey(Subscription, models.CASCADE, db_index=False, related_name="mailings")
    monday = models.DateField()  # of the last week that it tells of
    claimed_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["subscription", "monday"], name="mailed_once")]

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.monday}"
