"""Views of the list that people keep under a name."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class SavedView(models.Model):
    """A filter or a search under a name: one's own, or shared. `query`: its address, as `Filters` writes it."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="saved_views")
    name = models.CharField(_("namn"), max_length=60)
    query = models.CharField(max_length=500)
    shared = models.BooleanField(_("delad med alla"), default=False)
    position = models.IntegerField(default=0)
    saved_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["shared", "position", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "name"], name="saved_view_once")]

    def __str__(self) -> str:
        return self.name
