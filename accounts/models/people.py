"""People, what they may do, and how they are told."""

from __future__ import annotations

from datetime import date, time
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class Department(models.Model):
    name = models.CharField(_("namn"), max_length=120, unique=True)
    is_central = models.BooleanField(_("central enhet"), default=False)  # told last, of what is overdue

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name = _("förvaltning")

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """Somebody who signs in. One name as people write it; the first word of it signs replies."""

    first_name = None
    last_name = None
    name = models.CharField(_("namn"), max_length=150)
    title = models.CharField(_("befattning"), max_length=80, blank=True)  # beside the name under a reply
    must_change_password = models.BooleanField(default=False)  # an administrator has seen the one it has
    protected = models.BooleanField(default=False, db_default=False)  # hateful text is blurred until it is chosen
    preferences = models.JSONField(
        default=dict, db_default={}, blank=True
    )  # keys and theme, as `inbox.showing.keys` writes them

    REQUIRED_FIELDS: ClassVar = ["name"]

    class Meta(AbstractUser.Meta):
        verbose_name = _("användare")

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self).split()[0]


class NoticeSettings(models.Model):
    """How somebody wants to be told of deadlines, and who takes over while he or she is away.

    `addresses`: encrypted (`tokens.py`), one address of a chat a line, as apprise writes them. Without a row: by mail.
    """

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="notice_settings")
    by_mail = models.BooleanField(_("e-post"), default=True)
    addresses = models.TextField(blank=True)
    quiet_from = models.TimeField(_("tyst från"), null=True, blank=True)
    quiet_until = models.TimeField(_("tyst till"), null=True, blank=True)
    absent_from = models.DateField(_("borta från och med"), null=True, blank=True)
    absent_until = models.DateField(_("borta till och med"), null=True, blank=True)
    deputy = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+", verbose_name=_("ersättare")
    )

    def __str__(self) -> str:
        return f"{self.user_id}"

    def is_absent(self, today: date) -> bool:
        """Say whether a local date lies in the absence; an absence without an end lasts until it is given one."""
        if self.absent_from is None or today < self.absent_from:
            return False
        return self.absent_until is None or today <= self.absent_until

    def is_quiet(self, clock: time) -> bool:
        """Say whether a local time of day lies in the quiet hours, which may go over midnight."""
        start, end = self.quiet_from, self.quiet_until
        if start is None or end is None or start == end:
            return False
        return start <= clock < end if start < end else clock >= start or clock < end


class Role(models.TextChoices):
    """What people are to the inbox (R-090); what each may do is the table of `accounts.permissions`."""

    READER = "reader", _("Läsare")
    REGISTRAR = "registrar", _("Registrator/arkivarie")
    RELAY = "relay", _("Stafett")
    DEPARTMENT = "department", _("Förvaltningskommunikatör")
    COMMUNICATOR = "communicator", _("Kommunikatör")
    ON_CALL = "on_call", _("Jour")
    CENTRAL = "central", _("Central kommunikation")
    MANAGER = "manager", _("Chef")
    ADMIN = "admin", _("Administratör")


class Membership(models.Model):
    """What somebody may do, in one department or (department empty) in the whole municipality."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="memberships")
    role = models.CharField(_("roll"), max_length=20, choices=Role.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "department", "role"], name="membership_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"
