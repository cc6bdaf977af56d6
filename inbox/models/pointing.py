"""What redirecting needs beside its texts: whether the links live, and who answers for what, and where."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from inbox.models.texts import RedirectTarget


class LinkCheck(models.Model):
    """What came of the last look at an address that our texts lead to. Only what is surely gone is dead."""

    class State(models.TextChoices):
        OK = "ok", _("fungerar")
        DEAD = "dead", _("fungerar inte")
        UNSURE = "unsure", _("gick inte att kontrollera")

    url = models.TextField(unique=True)
    state = models.CharField(max_length=10, choices=State.choices)
    reason = models.CharField(max_length=200, blank=True)
    checked_at = models.DateTimeField()
    dead_since = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)  # when the owners of the texts were told that it is dead

    def __str__(self) -> str:
        return f"{self.url}: {self.state}"


class Responsibility(models.Model):
    """Who answers for a subject, in a place: *väg* in *Rolfstorp* is the Transport Administration's."""

    subject = models.CharField(_("ämne"), max_length=80)
    words = models.CharField(
        _("ord som känns igen"), max_length=300, help_text=_("Med komma emellan. Början av ett ord räcker: lyktstolp.")
    )
    place = models.CharField(
        _("plats"), max_length=300, blank=True,
        help_text=_("Med komma emellan om de är flera. Tomt betyder överallt annars."),
    )  # fmt: skip
    target = models.ForeignKey(
        RedirectTarget, models.CASCADE, db_index=False, related_name="responsibilities", verbose_name=_("hänvisa till")
    )
    note = models.CharField(_("bra att veta"), max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["subject", "place"]
        verbose_name = _("ansvar")

    def __str__(self) -> str:
        return f"{self.subject}, {self.place}" if self.place else self.subject
