"""The promise as rows: policies in immutable versions. The pure objects are made of them in `policies.py`."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import Channel, Department, User


class PolicyVersion(models.Model):
    """One version of a policy. `definition` is a policy as a policy file has it (`sla.policyfile`)."""

    key = models.CharField(max_length=40)  # the text id, such as se24
    version = models.PositiveIntegerField()
    definition = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "version"], name="policy_version_once")]
        triggers: ClassVar = [
            pgtrigger.Protect(name="policy_versions_never_change", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.key} v{self.version}"


class PolicyChoice(models.Model):
    """Which policy holds for one channel, for the channels of a department, or for a kind of channel.

    The narrowest wins; where none is chosen, `policies.DEFAULT` holds.
    """

    key = models.CharField(max_length=40)
    channel = models.OneToOneField(Channel, models.CASCADE, null=True, blank=True, related_name="+")
    department = models.OneToOneField(Department, models.CASCADE, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=20, choices=Channel.Kind.choices, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind"], condition=~Q(kind=""), name="policy_of_kind_once"),
            models.CheckConstraint(
                condition=Q(channel__isnull=False, department=None, kind="")
                | Q(channel=None, department__isnull=False, kind="")
                | (Q(channel=None, department=None) & ~Q(kind="")),
                name="policy_chosen_for_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} for {self.channel_id or self.department_id or self.kind}"


class ConfirmedYear(models.Model):
    """An administrator has looked at the days off of a coming year and found them right."""

    year = models.PositiveIntegerField(primary_key=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.year}"
