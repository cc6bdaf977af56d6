"""The rules of the house that somebody sets in a page."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.channels import Channel
from accounts.models.people import Role, User

CENTRAL_AFTER_HOURS = 4  # what nobody has taken by then is the central unit's, unless the page says otherwise


class HouseRules(models.Model):
    """One row, or none: what holds for the whole house. Read by `rules.house`."""

    central_after_hours = models.PositiveSmallIntegerField(
        _("timmar tills den centrala enheten tar över"),
        default=CENTRAL_AFTER_HOURS,
        validators=[MinValueValidator(1), MaxValueValidator(72)],
    )

    relay_waits = models.BooleanField(_("svar från stafetten väntar på godkännande"), default=True)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(pk=1), name="one_house")]

    def __str__(self) -> str:
        return f"{self.central_after_hours} h"


class ApprovalRule(models.Model):
    """Replies of a role, on an account, wait until somebody has approved them (R-054). Empty: every role, all accounts.

    A role's rule holds for whoever answers by that role alone.
    """

    role = models.CharField(_("roll"), max_length=20, choices=Role.choices, blank=True)
    channel = models.ForeignKey(
        Channel, models.CASCADE, null=True, blank=True, db_index=False, related_name="+", verbose_name=_("konto")
    )

    class Meta:
        ordering: ClassVar = ["pk"]
        verbose_name = _("godkännande")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["role", "channel"], name="approval_rule_once", nulls_distinct=False),
            models.CheckConstraint(condition=~Q(role="") | Q(channel__isnull=False), name="approval_is_for_something"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.channel or ''}".strip()


class NeutralPeriod(models.Model):
    """Days, both included, in which we like nothing political and say nothing about it alone (R-036)."""

    name = models.CharField(_("namn"), max_length=120)
    first_day = models.DateField(_("från och med"))
    last_day = models.DateField(_("till och med"))
    by = models.ForeignKey(User, models.PROTECT, null=True, db_index=False, related_name="+")

    class Meta:
        ordering: ClassVar = ["-first_day"]
        verbose_name = _("neutralitetsperiod")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="neutral_period_has_days")
        ]

    def __str__(self) -> str:
        return self.name
