"""Dialogues that last a time, on the main accounts."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.channels import Channel
from accounts.models.people import Department, User


class Dialogue(models.Model):
    """A question that a department asks on a main account, from one day to another (R-105).

    While it runs, what is written with its hashtag is the department's; afterwards it is the main account's again.
    `report`: the summary as it was when the dialogue was closed, with its numbers and no names.
    """

    channel = models.ForeignKey(
        Channel, models.PROTECT, db_index=False, related_name="dialogues", verbose_name=_("konto")
    )
    question = models.CharField(_("fråga"), max_length=300)
    purpose = models.TextField(_("syfte"))
    hashtag = models.CharField(_("hashtagg"), max_length=100)  # lower case, without `#`
    first_day = models.DateField(_("från och med"))
    last_day = models.DateField(_("till och med"))
    department = models.ForeignKey(
        Department, models.PROTECT, db_index=False, related_name="dialogues", verbose_name=_("förvaltning")
    )
    owner = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="+", verbose_name=_("ansvarig"))
    staff = models.ManyToManyField(User, related_name="dialogues", blank=True, verbose_name=_("bemanning"))
    handed_back_at = models.DateTimeField(null=True, blank=True)  # when what was open went back to the main team
    closing_post = models.TextField(_("avslutande inlägg"), blank=True)
    closing_post_url = models.URLField(_("länk till inlägget"), blank=True)
    report = models.JSONField(default=dict, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, db_index=False, related_name="+")

    class Meta:
        ordering: ClassVar = ["-first_day", "-pk"]
        verbose_name = _("dialog")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="dialogue_has_days"),
            models.CheckConstraint(condition=Q(closed_at=None) | ~Q(closing_post=""), name="dialogue_ends_with_a_post"),
        ]

    def __str__(self) -> str:
        return self.question

    def is_running(self, today: date) -> bool:
        return self.closed_at is None and self.first_day <= today <= self.last_day

    def is_over(self, today: date) -> bool:
        return self.closed_at is not None or today > self.last_day
