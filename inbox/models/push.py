"""Where a person's browser can be woken."""

from __future__ import annotations

from django.db import models

from accounts.models import User


class PushSubscription(models.Model):
    """One browser of somebody who wants to be woken. Its address is a secret, and kept encrypted (`tokens.py`)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="push_subscriptions")
    encrypted = models.TextField()
    fingerprint = models.CharField(max_length=64, unique=True)  # SHA-256 of the address
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} {self.pk}"
