"""What the platforms have been asked for."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from accounts.models import Platform


class Spend(models.Model):
    """What readings have asked of a platform on one of its days, by what its limit is counted by (`budget.key_of`)."""

    platform = models.CharField(max_length=20, choices=Platform.choices)
    key = models.CharField(max_length=32)
    day = models.DateField()  # the platform's own
    calls = models.BigIntegerField(default=0)
    amount = models.FloatField(default=0.0)  # dollars, units or calls
    rounds = models.IntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "day"], name="spend_once")]

    def __str__(self) -> str:
        return f"{self.platform} {self.day}"
