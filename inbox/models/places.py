"""Where people talk, and with whom."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel, Department, Platform, Topic, User
from inbox.models import following


class Contact(models.Model):
    """The person who wrote: what the platform calls him or her, and nothing more (R-050: no label, score or note)."""

    platform = models.CharField(max_length=20, choices=Platform.choices)
    external_id = models.CharField(max_length=160)
    name = models.CharField(max_length=300, blank=True)
    handle = models.CharField(max_length=300, blank=True)
    keep_until = models.DateTimeField(null=True, blank=True)  # where a profile may be kept for a time only (retention)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["platform", "external_id"], name="contact_once")]
        indexes: ClassVar = [
            models.Index(
                fields=["keep_until"], condition=Q(keep_until__isnull=False), name="contact_to_purge"
            ),  # retention.purge
        ]

    def __str__(self) -> str:
        return self.name or self.handle or gettext("Okänt namn")


class Post(models.Model):
    """Something of ours that people write under."""

    channel = models.ForeignKey(Channel, models.PROTECT, db_index=False, related_name="posts")
    external_id = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    posted_at = models.DateTimeField(null=True, blank=True)
    url = models.TextField(blank=True)
    comment_count = models.IntegerField(null=True, blank=True)  # the platform's own count
    is_ad = models.BooleanField(default=False)  # an advertisement alone, which our own feed does not show

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["channel", "external_id"], name="post_once")]

    def __str__(self) -> str:
        return self.text[:60]


class Thread(models.Model):
    """One place where people talk: X a conversation; Facebook and YouTube a top-level comment with its replies."""

    channel = models.ForeignKey(Channel, models.PROTECT, db_index=False, related_name="threads")
    external_id = models.CharField(max_length=200)
    post = models.ForeignKey(Post, models.PROTECT, null=True, blank=True, related_name="threads")
    last_activity_at = models.DateTimeField()
    item_count = models.IntegerField(default=0)
    we_wrote = models.BooleanField(default=False)
    is_private = models.BooleanField(default=False)  # messages: people are shown the right way there, and nothing else

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["channel", "external_id"], name="thread_once")]
        indexes: ClassVar = [
            models.Index(fields=["channel", "-last_activity_at"], name="thread_by_activity"),  # poll.known
        ]

    def __str__(self) -> str:
        return self.external_id


class Conversation(models.Model):
    """One citizen in one thread: what we triage, assign, answer and close.

    `due_at` repeats the earliest due_at of its open cycles, `promised_at` the promised time of an open *promised* one,
    `last_item_at` the citizen's newest item, so that the list is one index scan. `revision` counts what others could
    have changed while somebody writes; the send guard compares it. `lane`: see `lanes.py`; the newest LaneChange says
    why it is what it is.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Öppen")
        WAITING = "waiting", _("Besked givet")
        SNOOZED = "snoozed", _("Vilande")
        CLOSED = "closed", _("Klar")

    class Lane(models.IntegerChoices):
        """What goes before every deadline, in its order; what is ordinary comes last."""

        URGENT = 1, _("Akut")
        PERSON = 2, _("Individ")
        LEGAL = 3, _("Rättsverkande")
        ORDINARY = 9, _("Vanlig")

    channel = models.ForeignKey(Channel, models.PROTECT, db_index=False, related_name="conversations")
    thread = models.ForeignKey(Thread, models.PROTECT, db_index=False, related_name="conversations")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="conversations")
    root_external_id = models.CharField(max_length=200, blank=True)  # only where no author is known
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, db_index=False, related_name="conversations"
    )
    assignee = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, db_index=False, related_name="conversations"
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    due_soon_at = models.DateTimeField(null=True, blank=True)
    promised_at = models.DateTimeField(null=True, blank=True)
    last_item_at = models.DateTimeField()
    arrived_at = models.DateTimeField()  # when we fetched the newest of the citizen's items: *12 nya* asks for it
    preview = models.CharField(max_length=400, blank=True)  # of the newest undeleted item of the citizen
    item_count = models.IntegerField(default=0)
    before_connection = models.BooleanField(default=False)  # *Före anslutning*: older than the channel's clock_from
    revision = models.IntegerField(default=0)
    alike = models.BigIntegerField(null=True, blank=True)  # *Samma fråga*: id of the first one that asked it
    lane = models.SmallIntegerField(choices=Lane.choices, default=Lane.ORDINARY, db_default=Lane.ORDINARY)
    topic = models.ForeignKey(
        Topic, models.SET_NULL, null=True, blank=True, db_index=False, related_name="conversations"
    )
    flag = models.CharField(max_length=60, blank=True, default="", db_default="")  # a rule's word to whoever answers
    blurred = models.BooleanField(default=False, db_default=False)  # by a rule, for who works in protected mode
    personal = models.BooleanField(default=False, db_default=False)  # something open of it should not stand in public

    class Meta:
        constraints: ClassVar = [
            # One index also of the threads: each one is written anew whenever a deadline moves.
            models.UniqueConstraint(
                fields=["thread", "contact", "root_external_id"], nulls_distinct=False, name="conversation_once"
            ),
            models.CheckConstraint(condition=Q(contact=None) | Q(root_external_id=""), name="root_only_without_author"),
        ]
        indexes: ClassVar = [
            # Where one is named at all: most have neither, and each entry is paid for when a deadline moves.
            models.Index(fields=["assignee"], condition=Q(assignee__isnull=False), name="conversation_of_assignee"),
            models.Index(
                fields=["department"], condition=Q(department__isnull=False), name="conversation_of_department"
            ),
            # selectors.inbox: open ones by deadline, all and by channel
            models.Index(F("due_at").asc(nulls_last=True), "id", condition=~Q(status="closed"), name="open_by_due"),
            models.Index(
                "channel",
                F("due_at").asc(nulls_last=True),
                "id",
                condition=~Q(status="closed"),
                name="open_by_channel_due",
            ),
            models.Index(
                "assignee",
                F("due_at").asc(nulls_last=True),
                "id",
                condition=~Q(status="closed") & Q(assignee__isnull=False),
                name="open_of_assignee",
            ),
            models.Index(fields=["-last_item_at", "-id"], condition=Q(status="closed"), name="closed_by_newest"),
            models.Index(fields=["arrived_at"], condition=~Q(status="closed"), name="open_by_arrival"),  # news
            models.Index(
                fields=["channel", "-last_item_at", "-id"],
                condition=Q(status="closed"),
                name="closed_by_channel_newest",
            ),  # selectors.page: done
            # selectors.page: the views of what is promised, and of what is older than the connection
            models.Index(
                fields=["due_at", "id"],
                condition=~Q(status="closed") & Q(promised_at__isnull=False),
                name="open_promised",
            ),
            models.Index(
                F("due_at").asc(nulls_last=True), "id", condition=Q(status="snoozed"), name="snoozed_by_due"
            ),  # selectors.page and its count: what rests is few among the open ones
            models.Index(fields=["-last_item_at", "-id"], condition=Q(before_connection=True), name="before_by_newest"),
            models.Index(fields=["alike"], condition=Q(alike__isnull=False), name="conversation_alike"),  # selectors
            # selectors.page: what stands above the deadline; few rows, so it costs the others nothing
            models.Index(
                "lane",
                F("due_at").asc(nulls_last=True),
                "id",
                condition=~Q(status="closed") & Q(lane__lt=9),
                name="open_by_lane",
            ),
            models.Index(
                fields=["topic", "-last_item_at", "-id"], condition=Q(topic__isnull=False), name="by_topic_newest"
            ),
        ]
        triggers: ClassVar = [following.LEADS]

    def __str__(self) -> str:
        return f"{self.pk}"
