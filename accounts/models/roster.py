"""Who is at hand, and when: the relay's weeks, and the rosters of those who answer."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.channels import Channel
from accounts.models.people import Department, User


class Baton(models.Model):
    """A week in which somebody speaks for a relay account (R-110). When it opens and closes: `relay.py`.

    It gives access only with the manager's word and the person's own consent, and until it is handed back.
    """

    channel = models.ForeignKey(Channel, models.PROTECT, db_index=False, related_name="batons")
    monday = models.DateField(_("vecka"))  # the Monday of its week
    user = models.ForeignKey(User, models.PROTECT, related_name="batons", verbose_name=_("vem"))
    workplace = models.CharField(_("verksamhet"), max_length=120)
    manager = models.CharField(_("chef som har sagt ja"), max_length=150, blank=True)
    consented_at = models.DateTimeField(null=True, blank=True)
    card_opened_at = models.DateTimeField(null=True, blank=True)  # before the first reply
    returned_at = models.DateTimeField(null=True, blank=True)  # before its end, by the person or whoever plans
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["monday"]
        verbose_name = _("stafettvecka")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "monday"], name="one_baton_a_week"),
            models.CheckConstraint(condition=Q(monday__iso_week_day=1), name="baton_begins_on_a_monday"),
        ]

    def __str__(self) -> str:
        return f"{self.user}, v. {self.week}"

    @property
    def week(self) -> int:
        return self.monday.isocalendar().week

    @property
    def is_cleared(self) -> bool:
        """Whether all is said that must be before it opens."""
        return bool(self.manager and self.consented_at and self.returned_at is None)


class Shift(models.Model):
    """Somebody watches and answers from one time to another: an account, a department's accounts, or all of them."""

    class Kind(models.TextChoices):
        OFFICE = "office", _("I tjänst")
        ON_CALL = "on_call", _("Jour")

    kind = models.CharField(_("slag"), max_length=10, choices=Kind.choices, default=Kind.OFFICE)
    user = models.ForeignKey(User, models.PROTECT, related_name="shifts", verbose_name=_("vem"))
    channel = models.ForeignKey(
        Channel, models.CASCADE, null=True, blank=True, db_index=False, related_name="+", verbose_name=_("konto")
    )
    department = models.ForeignKey(
        Department, models.CASCADE, null=True, blank=True, db_index=False, related_name="+",
        verbose_name=_("förvaltning"),
    )  # fmt: skip
    starts_at = models.DateTimeField(_("från"))
    ends_at = models.DateTimeField(_("till"))

    class Meta:
        ordering: ClassVar = ["starts_at", "pk"]
        verbose_name = _("pass")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shift_has_a_length"),
            models.CheckConstraint(
                condition=Q(channel=None) | Q(department=None), name="shift_is_for_an_account_or_a_department"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["ends_at"], name="shift_by_end")]  # staffing.between

    def __str__(self) -> str:
        return f"{self.user}: {self.starts_at:%F %H.%M}"

    def covers(self, channel: Channel) -> bool:
        """Whether it is for this account. What names neither account nor department is for all of them."""
        if self.channel_id:
            return self.channel_id == channel.pk
        return self.department_id in (None, channel.department_id)
