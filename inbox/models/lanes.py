"""What stands above the deadline: lanes, why a conversation is in one, and what must be done before it leaves."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel, Department, Topic, User
from inbox.models.places import Conversation


class LaneChange(models.Model):
    """A conversation came into a lane, or left it. The newest of a conversation says why it is where it is.

    `rule`: a key of `lanes.toml`, or `rule:` and the name of a municipal one; "" where a person moved it (`by`).
    `version`: of the rules. Never the words that were found: what people wrote stays in one place. `alarmed_at`: when
    people were told of something urgent, or that there was nothing left to tell; `alarmed`: their ids.
    """

    conversation = models.ForeignKey(Conversation, models.CASCADE, db_index=False, related_name="lane_changes")
    lane = models.SmallIntegerField(choices=Conversation.Lane.choices)
    rule = models.CharField(max_length=80, blank=True)
    version = models.IntegerField(default=0)
    certain = models.BooleanField(default=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, db_index=False, related_name="+")
    alarmed_at = models.DateTimeField(null=True, blank=True)
    alarmed = ArrayField(models.BigIntegerField(), default=list, blank=True)
    repeated_at = models.DateTimeField(null=True, blank=True)  # when more people were told, as nobody had looked

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["conversation", "id"], name="lane_change_of_conversation"),  # lanes.reason
            models.Index(fields=["at"], condition=Q(repeated_at=None, lane=1), name="lane_to_alarm"),  # alarms.send
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.get_lane_display()}"


class LaneTexts(models.Model):
    """What the lanes say and whom they pass things to: a version that never changes; the newest one holds.

    `content`: see `lane_texts.BUILT_IN`.
    """

    version = models.IntegerField(unique=True)
    content = models.JSONField()
    made_at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, db_index=False, related_name="+")

    class Meta:
        triggers: ClassVar = [
            pgtrigger.Protect(name="lane_texts_never_change", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"version {self.version}"


class PassedOn(models.Model):
    """Something with legal effect was passed to whoever has to deal with it (R-037).

    By mail where an address is known: then `mail_at` says when to (try to) send it. `by`: who passed it on by other
    means, or asked for the mail.
    """

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="passed_on")
    kind = models.CharField(max_length=20)  # a key of lane_texts: records, gdpr, accessibility …
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, db_index=False, related_name="+")
    mail_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "kind"], name="passed_on_once_for_each_reason")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["mail_at"], condition=Q(mailed_at=None, mail_at__isnull=False), name="passed_on_to_mail"
            ),  # legal.mail_due
        ]

    def __str__(self) -> str:
        return f"{self.kind} → {self.name}"


class FollowUp(models.Model):
    """*Fick personen hjälp?*, asked the working day after we redirected somebody in need (R-039)."""

    class Answer(models.TextChoices):
        YES = "yes", _("Ja")
        NO = "no", _("Nej")

    conversation = models.ForeignKey(Conversation, models.CASCADE, db_index=False, related_name="follow_ups")
    ask_at = models.DateTimeField()
    made_at = models.DateTimeField()
    asked = models.BooleanField(default=False)  # the conversation has come back into the list for it
    answer = models.CharField(max_length=3, choices=Answer.choices, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, db_index=False, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(answered_at=None), name="one_open_follow_up"
            ),  # followups.of
            models.CheckConstraint(
                condition=Q(answered_at=None, answer="") | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="followed_up_with_an_answer",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["ask_at"], condition=Q(answered_at=None, asked=False), name="follow_up_to_ask"
            ),  # followups.ask_due
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.ask_at:%F}"


class SortingRule(models.Model):
    """If this is written, then sort, flag or blur. There is no field for more: a rule decides nothing (R-089)."""

    name = models.CharField(_("namn"), max_length=60, unique=True)
    is_active = models.BooleanField(_("används"), default=True)
    words = models.TextField(_("något av orden eller uttrycken"), blank=True)  # one a line, `phrases.py` reads them
    hashtag = models.CharField(_("hashtagg"), max_length=100, blank=True)  # lower case, without `#`
    channel = models.ForeignKey(
        Channel, models.CASCADE, null=True, blank=True, db_index=False, related_name="+", verbose_name=_("konto")
    )
    in_lane = models.SmallIntegerField(_("spår"), choices=Conversation.Lane.choices, null=True, blank=True)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, db_index=False, related_name="+",
        verbose_name=_("förvaltning"),
    )  # fmt: skip
    topic = models.ForeignKey(
        Topic, models.CASCADE, null=True, blank=True, db_index=False, related_name="+", verbose_name=_("ämne")
    )
    lane = models.SmallIntegerField(_("flytta till spåret"), choices=Conversation.Lane.choices, null=True, blank=True)
    flag = models.CharField(_("flagga med"), max_length=60, blank=True)
    blurs = models.BooleanField(_("sudda i skyddat läge"), default=False)
    version = models.IntegerField(default=1)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, db_index=False, related_name="+")

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name = _("regel")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(words="") | ~Q(hashtag="") | Q(channel__isnull=False) | Q(in_lane__isnull=False),
                name="rule_asks_something",
            ),
            models.CheckConstraint(
                condition=Q(department__isnull=False)
                | Q(topic__isnull=False)
                | Q(lane__isnull=False)
                | ~Q(flag="")
                | Q(blurs=True),
                name="rule_does_something",
            ),
            # It lifts into a lane and never out of one.
            models.CheckConstraint(condition=Q(lane=None) | Q(lane__lt=9), name="rule_lifts_only"),
        ]

    def __str__(self) -> str:
        return self.name


class BarrierReport(models.Model):
    """Somebody told us, by the public form, of a barrier in these pages; it stands in the lane *Rättsverkande*."""

    at = models.DateTimeField()
    page = models.CharField(max_length=300, blank=True)
    text = models.TextField()
    email = models.EmailField(blank=True)
    mail_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, db_index=False, related_name="+")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["at"], condition=Q(done_at=None), name="barrier_open"),  # barriers.open_ones
        ]

    def __str__(self) -> str:
        return f"{self.at:%F}"


class Exposure(models.Model):
    """How much hateful text somebody has chosen to see on a day. Read by that person alone, and erased in time."""

    user = models.ForeignKey(User, models.CASCADE, db_index=False, related_name="exposures")
    day = models.DateField()
    count = models.IntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "day"], name="exposure_once_a_day")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.day}"
