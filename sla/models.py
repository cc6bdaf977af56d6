"""The promise as rows: policies in immutable versions. The pure objects are made of them in `policies.py`."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models


class PolicyVersion(models.Model):
    """One version of a policy. `definition` is a policy as a policy file has it (`sla.policyfile`)."""

    key = models.CharField(max_length=40)  # the text id, such as se24
    version = models.PositiveIntegerField()
    definition = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "version"], name="policy_version_once")]
        triggers: ClassVar = [
            pgtrigger.Protect(name="policy_versions_never_change", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.key} v{self.version}"
