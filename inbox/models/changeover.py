"""What one person has handed over to another, as both have signed it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class Changeover(models.Model):
    """The state of the inbox at a swap (R-098). `facts`: ids, times and numbers, never what somebody wrote."""

    class Kind(models.TextChoices):
        SWAP = "swap", _("Byte av jour")
        VACATION = "vacation", _("Semester")

    kind = models.CharField(_("slag"), max_length=10, choices=Kind.choices, default=Kind.SWAP)
    giver = models.ForeignKey(User, models.PROTECT, related_name="+")
    receiver = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("till"))
    note = models.TextField(_("att veta"), blank=True)
    facts = models.JSONField(default=dict)
    given_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-pk"]
        verbose_name = _("överlämning")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(giver=F("receiver")), name="handed_over_to_somebody_else")
        ]

    def __str__(self) -> str:
        return f"{self.giver} → {self.receiver} {self.given_at:%F}"
