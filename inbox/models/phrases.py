"""Approved wordings in other languages, and how colleagues have changed the answers of the bank."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from inbox.incoming.language import NAMES
from inbox.models.texts import ReplyTemplate


class Phrase(models.Model):
    """A short wording in another language, which somebody has approved, with what it says in Swedish (R-032)."""

    language = models.CharField(
        _("språk"), max_length=5, choices=[choice for choice in NAMES.items() if choice[0] != "sv"]
    )
    name = models.CharField(_("vad den säger, kort"), max_length=80)
    text = models.TextField(_("text"))
    swedish = models.TextField(_("samma sak på svenska"))
    approved_by = models.ForeignKey(User, models.SET_NULL, null=True, db_index=False, related_name="+")
    approved_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["language", "name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["language", "name"], name="phrase_once")]
        verbose_name = _("fras")

    def __str__(self) -> str:
        return f"{self.get_language_display()}: {self.name}"


class TemplateEdit(models.Model):
    """A wording in which a template was sent, with its variables put back: suggested to its owner."""

    template = models.ForeignKey(ReplyTemplate, models.CASCADE, db_index=False, related_name="edits")
    text = models.TextField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, db_index=False, related_name="+")
    at = models.DateTimeField()
    times = models.IntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-times", "-at"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["template", "text"], name="edit_once")]

    def __str__(self) -> str:
        return f"{self.template_id} {self.at:%F}"
