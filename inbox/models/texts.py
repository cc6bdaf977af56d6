"""What we write for ourselves and to each other, and what we answer with."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, User
from inbox.models.places import Conversation


class Note(models.Model):
    """For us only. Never sent anywhere."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="notes")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    text = models.TextField()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.text[:60]


class ExpertQuestion(models.Model):
    """A question to somebody who knows, by mail: *Väntar på Maria*. Open until it is answered or no longer needed.

    Mailed at the first sweep after `mail_at`; `mailed_at` is null until then.
    """

    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="questions")
    event = models.OneToOneField("VerdictEvent", models.PROTECT, related_name="question")
    person = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+")
    name = models.CharField(max_length=120)
    email = models.EmailField()
    text = models.TextField()
    answer_by = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="+")
    at = models.DateTimeField()
    mail_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)  # why the mail has not gone, in plain Swedish
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation", "email"], condition=Q(ended_at=None), name="one_question_to_one_person"
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["mail_at", "id"], condition=Q(mailed_at=None, ended_at=None), name="question_to_mail"
            ),  # experts.mail_due
            models.Index(fields=["conversation"], condition=Q(ended_at=None), name="question_open"),  # selectors
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"

    @property
    def first_name(self) -> str:
        return self.name.split()[0]


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


class RedirectTarget(models.Model):
    """An ordinary channel to redirect a comment to; its text says why, where and what happens next."""

    name = models.CharField(_("namn"), max_length=120, unique=True)
    text = models.TextField(_("text"))
    url = models.URLField(_("länk"), blank=True)
    phone = models.CharField(_("telefon"), max_length=40, blank=True)
    hours = models.JSONField(default=list, blank=True)  # seven texts from Monday, `8–16.30`; "" is closed; [] unknown
    takes = models.CharField(_("så lång tid tar det"), max_length=80, blank=True)  # as it ends a sentence
    is_elsewhere = models.BooleanField(_("fel mottagare"), default=False)  # not the municipality's at all
    owner = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, verbose_name=_("ägare"), db_index=False, related_name="+"
    )
    position = models.IntegerField(_("plats i listan"), default=0)
    is_active = models.BooleanField(_("används"), default=True)

    class Meta:
        ordering: ClassVar = ["position", "name"]
        verbose_name = _("hänvisning")

    def __str__(self) -> str:
        return self.name
