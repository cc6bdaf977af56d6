"""Texts of our own on their way to being sent: what somebody is writing, and the bank of answers."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, User


class Draft(models.Model):
    """What somebody has typed and not sent. Not a public record until it is sent; never part of an export (R-061).

    `slot`: which of the composer's forms it stands in, a verdict's key and for a redirect its target (`redirect-3`).
    """

    conversation = models.ForeignKey("inbox.Conversation", models.CASCADE, db_index=False, related_name="drafts")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    slot = models.CharField(max_length=40)
    text = models.TextField()
    promised_at = models.DateTimeField(null=True, blank=True)
    shared = models.BooleanField(default=False)
    saved_at = models.DateTimeField()

    class Meta:
        app_label = "inbox"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "user", "slot"], name="draft_once"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.slot}"

    @property
    def verdict(self) -> str:
        return self.slot.partition("-")[0]

    @property
    def target(self) -> str:
        return self.slot.partition("-")[2]


class ReplyTemplate(models.Model):
    """An answer that we give again and again. `variants`: another wording for some platforms, by the platform's key."""

    name = models.CharField(_("namn"), max_length=120, unique=True)
    text = models.TextField(_("text"))
    variants = models.JSONField(default=dict, blank=True)
    owner = models.ForeignKey(
        User, models.SET_NULL, null=True, verbose_name=_("ägare"), db_index=False, related_name="+"
    )
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("förvaltning"),
        db_index=False,
        related_name="+",
    )
    review_at = models.DateField(_("ses över senast"))
    is_active = models.BooleanField(_("används"), default=True)
    used_count = models.IntegerField(default=0)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, db_index=False, related_name="+")

    class Meta:
        app_label = "inbox"
        verbose_name = _("svarsmall")

    def __str__(self) -> str:
        return self.name

    def text_for(self, platform: str) -> str:
        return str(self.variants.get(platform) or self.text)
