"""Threads, conversations, items, reply cycles, and what is on its way out.

A foreign key has no index of its own (`db_index=False`) where another index begins with it, or where nobody looks that
way: each index is paid for with every comment that comes in.
"""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel, Department, Platform, User
from connectors.base import ItemKind
from inbox.models_texts import Draft as Draft
from inbox.models_texts import ReplyTemplate as ReplyTemplate
from sla.models import PolicyVersion


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
    have changed while somebody writes; the send guard compares it.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Öppen")
        WAITING = "waiting", _("Besked givet")
        SNOOZED = "snoozed", _("Vilande")
        CLOSED = "closed", _("Klar")

    channel = models.ForeignKey(Channel, models.PROTECT, db_index=False, related_name="conversations")
    thread = models.ForeignKey(Thread, models.PROTECT, related_name="conversations")
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

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["thread", "contact"], condition=Q(contact__isnull=False), name="conversation_once"
            ),
            models.UniqueConstraint(
                fields=["thread", "root_external_id"],
                condition=Q(contact__isnull=True),
                name="conversation_without_author_once",
            ),
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
                condition=~Q(status="closed"),
                name="open_of_assignee",
            ),
            models.Index(fields=["-last_item_at", "-id"], condition=Q(status="closed"), name="closed_by_newest"),
            models.Index(fields=["arrived_at"], condition=~Q(status="closed"), name="open_by_arrival"),  # news
            models.Index(fields=["channel", "-last_item_at", "-id"], name="by_channel_newest"),  # selectors.page: done
            # selectors.page: the views of what is promised, and of what is older than the connection
            models.Index(
                fields=["due_at", "id"],
                condition=~Q(status="closed") & Q(promised_at__isnull=False),
                name="open_promised",
            ),
            models.Index(fields=["-last_item_at", "-id"], condition=Q(before_connection=True), name="before_by_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class Item(models.Model):
    """One thing somebody wrote, with four times: posted, fetched, first seen by a person, edited or deleted.

    `cycle` is the *first* cycle in which a citizen's item waits or waited; without one it has (or had) no clock.
    `raw` is the platform's record as ASCII-escaped JSON: PostgreSQL takes neither NUL nor lone surrogates.
    """

    channel = models.ForeignKey(Channel, models.PROTECT, db_index=False, related_name="items")
    thread = models.ForeignKey(Thread, models.PROTECT, db_index=False, related_name="items")
    conversation = models.ForeignKey(
        Conversation, models.PROTECT, null=True, blank=True, db_index=False, related_name="items"
    )
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="items")
    cycle = models.ForeignKey(
        "ReplyCycle", models.SET_NULL, null=True, blank=True, db_index=False, related_name="items"
    )
    external_id = models.CharField(max_length=200)
    earlier_ids = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    parent_external_id = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in ItemKind])
    from_us = models.BooleanField(default=False)
    native = models.BooleanField(default=False)  # ours, but written in the platform's own app, not by our outbox
    text = models.TextField(blank=True)
    posted_at = models.DateTimeField()
    fetched_at = models.DateTimeField()
    first_seen_at = models.DateTimeField(null=True, blank=True)
    first_seen_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+")
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    missing_since = models.DateTimeField(
        null=True, blank=True
    )  # absent from one complete reading; a second one decides
    addressed = models.BooleanField(default=True)
    can_reply = models.BooleanField(default=True)
    hidden = models.BooleanField(default=False)
    url = models.TextField(blank=True)
    media = ArrayField(models.TextField(), default=list, blank=True)
    language = models.CharField(max_length=20, blank=True)
    mentions = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    author_name = models.CharField(max_length=300, blank=True)  # of our own items: the channel's name at that time
    raw = models.TextField(blank=True)
    keep_until = models.DateTimeField(null=True, blank=True)  # where texts may be kept for a time only (retention)
    purged_at = models.DateTimeField(null=True, blank=True)  # the text has gone, and is never stored again
    unsettled = models.BooleanField(default=True)  # stored, but the clock has not looked at it yet (settling.settle)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["channel", "external_id"], name="item_once")]
        indexes: ClassVar = [
            models.Index(fields=["conversation", "posted_at", "id"], name="item_of_conversation"),  # selectors.thread
            models.Index(fields=["thread", "posted_at", "id"], name="item_of_thread"),  # selectors.thread
            models.Index(
                fields=["channel", "posted_at", "id"], condition=Q(deleted_at=None), name="live_item"
            ),  # poll.known
            models.Index(fields=["cycle"], condition=Q(cycle__isnull=False), name="item_of_cycle"),  # cycles
            models.Index(fields=["thread"], condition=Q(unsettled=True), name="item_unsettled"),  # settling.settle
            models.Index(
                fields=["keep_until"], condition=Q(keep_until__isnull=False), name="item_to_purge"
            ),  # retention.purge, rereading
            GinIndex(fields=["earlier_ids"], condition=~Q(earlier_ids=[]), name="item_earlier_ids"),  # ingest.by_ids
        ]

    def __str__(self) -> str:
        return self.external_id


class ItemVersion(models.Model):
    """What an item said before it was edited."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="versions")
    text = models.TextField(blank=True)
    replaced_at = models.DateTimeField()  # the platform's time of the edit, else when we fetched it

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.item_id} until {self.replaced_at}"


class UnreadableRecord(models.Model):
    """A record of the platform that could not be understood: kept raw, so that nothing is lost."""

    channel = models.ForeignKey(Channel, models.CASCADE, db_index=False, related_name="unreadable")
    surface = models.CharField(max_length=120)
    reason = models.TextField()
    raw = models.TextField()
    fingerprint = models.CharField(max_length=64)  # SHA-256 of raw: the same record is kept once
    fetched_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["channel", "fingerprint"], name="unreadable_once")]

    def __str__(self) -> str:
        return self.reason


class ReplyCycle(models.Model):
    """One period in which the citizen waits for us. Facts only: states and *kept* are computed, never stored.

    `started_at`: the platform's time of the oldest unanswered item. A *promised* cycle starts when the holding reply
    was confirmed, and its due_at is the promised time. `reply` is our item that ended it, where one did. `ladder`: the
    times of its warnings (`ladder.of`), null where one is not for this cycle.
    """

    class Kind(models.TextChoices):
        FIRST = "first", _("Första svar")
        PROMISED = "promised", _("Lovat svar")

    class Outcome(models.TextChoices):
        ANSWERED = "answered", _("svar")
        HOLDING = "holding", _("besked")
        REDIRECTED = "redirected", _("hänvisning")
        LIKED = "liked", _("gillat")
        NO_REPLY = "no_reply", _("inget svar behövdes")
        MODERATED = "moderated", _("modererat")
        WITHDRAWN = "withdrawn", _("borttaget av avsändaren")
        SUPERSEDED = "superseded", _("ersatt av nytt besked")

    conversation = models.ForeignKey(Conversation, models.PROTECT, db_index=False, related_name="cycles")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    started_at = models.DateTimeField()
    due_soon_at = models.DateTimeField()
    due_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    reply = models.ForeignKey(Item, models.SET_NULL, null=True, blank=True, db_index=False, related_name="ended_cycles")
    verdict = models.ForeignKey(
        "VerdictEvent", models.SET_NULL, null=True, blank=True, db_index=False, related_name="cycles"
    )
    # No constraint in the database: versions cannot be deleted (a trigger refuses it), and a changed policy would have
    # half a million rows checked against the same one.
    policy = models.ForeignKey(
        PolicyVersion, models.PROTECT, null=True, blank=True, db_index=False, db_constraint=False, related_name="+"
    )
    fetched_late = models.BooleanField(default=False)  # it was overdue before we had fetched it
    next_step_at = models.DateTimeField(null=True, blank=True)
    ladder = ArrayField(models.DateTimeField(null=True), null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation", "kind"], condition=Q(ended_at=None), name="one_open_cycle_of_a_kind"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, outcome="") | (Q(ended_at__isnull=False) & ~Q(outcome="")),
                name="ended_with_an_outcome",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["conversation", "id"], name="cycle_of_conversation"),  # cycles, selectors
            # escalation.sweep: LIMIT 500 by this order; rows without a next step are not in it
            models.Index(
                fields=["next_step_at", "id"],
                condition=Q(ended_at=None, next_step_at__isnull=False),
                name="cycle_next_step",
            ),
            models.Index(fields=["due_at", "id"], name="cycle_by_due"),  # insights.figures
            # settling, cycles.undo; open ones have neither, and are written more often than anything else
            models.Index(fields=["reply"], condition=Q(reply__isnull=False), name="cycle_of_reply"),
            models.Index(fields=["verdict"], condition=Q(verdict__isnull=False), name="cycle_of_verdict"),
            # insights.figures; rows lie nearly in the order of these times, so a summary of each few pages is enough
            BrinIndex(fields=["started_at", "ended_at"], pages_per_range=16, autosummarize=True, name="cycle_by_times"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def kept(self) -> bool | None:
        """True iff it ended by due_at; None while it is open."""
        return None if self.ended_at is None else self.ended_at <= self.due_at


class DeadlineChange(models.Model):
    """No deadline moves without one of these: who or what moved it, from when to when."""

    cycle = models.ForeignKey(ReplyCycle, models.CASCADE, related_name="deadline_changes")
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, db_index=False, related_name="+")
    reason = models.CharField(max_length=60)  # earlier_item, new_holding, policy
    old_due_at = models.DateTimeField()
    new_due_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.old_due_at} -> {self.new_due_at}"


class VerdictEvent(models.Model):
    """What somebody decided about a conversation, and when. Undone ones stay, marked."""

    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="verdicts")
    verdict = models.CharField(max_length=20)  # a key of verdicts.VERDICTS
    reason = models.CharField(max_length=40, blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    before = models.JSONField(default=dict)  # the conversation's status and open cycles, for undo
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.verdict} {self.at:%F %T}"


REPLIES = ("answer", "holding", "redirect")
"""Kinds of Outgoing that speak to the citizen: one at a time in a conversation."""
CHANGES = ("hide", "unhide", "delete", "edit")
"""Kinds of Outgoing that change what stands on the platform: one at a time for an item."""


class Outgoing(models.Model):
    """A reply, or an action on something that stands there already, on its way to the platform.

    Never lost, never sent twice: see `outbox.py` for the states and who moves them. `to`: what is answered or acted on;
    `text`: what is written; of an action other than an edit "". `evidence`: what was kept before a hide or delete.
    """

    class Kind(models.TextChoices):
        ANSWER = "answer", _("Svar")
        HOLDING = "holding", _("Besked")
        REDIRECT = "redirect", _("Hänvisning")
        LIKE = "like", _("Gilla")
        HIDE = "hide", _("Dölj")
        UNHIDE = "unhide", _("Visa igen")
        DELETE = "delete", _("Ta bort")
        EDIT = "edit", _("Redigera")

    class Status(models.TextChoices):
        QUEUED = "queued", _("väntar")
        SENDING = "sending", _("skickas")
        SENT = "sent", _("skickat")
        FAILED = "failed", _("misslyckades")
        UNKNOWN = "unknown", _("kontrollera")
        CANCELLED = "cancelled", _("ångrat")

    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="outgoing")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    to = models.ForeignKey(Item, models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    evidence = models.ForeignKey(
        "ModerationEvidence", models.PROTECT, null=True, blank=True, db_index=False, related_name="outgoing"
    )
    promised_at = models.DateTimeField(null=True, blank=True)
    key = models.CharField(
        max_length=80, unique=True
    )  # made when the form was drawn: a double click finds the first row
    drawn_at = models.DateTimeField()  # when the form was drawn, or the command began
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    not_before = models.DateTimeField()
    attempts = models.IntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=80, blank=True)
    external_id = models.CharField(max_length=200, blank=True)
    posted_at = models.DateTimeField(null=True, blank=True)
    lookups = models.IntegerField(default=0)  # how often it was surely not found on the platform
    unknown_since = models.DateTimeField(null=True, blank=True)
    next_lookup_at = models.DateTimeField(null=True, blank=True)  # null while unknown: a person must look
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)  # plain Swedish, for its author
    held = models.BooleanField(default=False)  # waits for something that is not its fault: quota, a dead token

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(status="sent") | ~Q(external_id="") | ~Q(kind__in=REPLIES), name="sent_has_external_id"
            ),
            models.UniqueConstraint(
                fields=["conversation"],
                condition=Q(status__in=["queued", "sending", "unknown"], kind__in=REPLIES),
                name="one_reply_on_its_way",
            ),
            # What is decided last of an item holds: an older action must not come after a newer one.
            models.UniqueConstraint(
                fields=["to"],
                condition=Q(status__in=["queued", "sending", "unknown"], kind__in=CHANGES),
                name="one_change_on_its_way",
            ),
            models.UniqueConstraint(
                fields=["to"],
                condition=Q(status__in=["queued", "sending", "unknown"], kind="like"),
                name="one_like_on_its_way",
            ),
            models.CheckConstraint(
                condition=~Q(kind="hide") | Q(evidence__isnull=False), name="hidden_only_with_evidence"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["not_before", "id"], condition=Q(status="queued"), name="outgoing_queued"
            ),  # outbox.claim
            models.Index(fields=["status", "id"], condition=Q(status__in=["sending", "unknown"]), name="outgoing_open"),
            models.Index(fields=["conversation", "id"], name="outgoing_of_conversation"),  # selectors
            models.Index(
                fields=["conversation"],
                condition=Q(status__in=["failed", "unknown", "queued"]),
                name="outgoing_not_done",
            ),  # selectors.needs_a_person
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} {self.status}"

    @property
    def is_reply(self) -> bool:
        return self.kind in REPLIES


class Notice(models.Model):
    """A cycle has come to a step: near its deadline, or past it. Each step at most once per cycle (unique).

    `due_soon` is the policy's own clock; people are told by the steps of the ladder where a cycle has one.

    `at` is the step's true time, whatever tick made it. One that proves wrong (the answer was in time after all, seen
    later) is marked withdrawn and left out of figures. `mailed_to`: ids of the users whose digest told of it;
    `mailed_at` is set when all who should know have been told, or when there was nothing left to tell.
    """

    class Step(models.TextChoices):
        DUE_SOON = "due_soon", _("snart")
        RUNG_1 = "rung_1", _("första varningen")
        RUNG_2 = "rung_2", _("andra varningen")
        RUNG_3 = "rung_3", _("tredje varningen")
        RUNG_4 = "rung_4", _("fjärde varningen")
        RUNG_5 = "rung_5", _("femte varningen")
        RUNG_6 = "rung_6", _("sjätte varningen")
        PROMISE_1 = "promise_1", _("dagen före det lovade svaret")
        PROMISE_2 = "promise_2", _("samma dag som det lovade svaret")
        OVERDUE = "overdue", _("försenad")

    cycle = models.ForeignKey(ReplyCycle, models.CASCADE, related_name="notices")
    step = models.CharField(max_length=20, choices=Step.choices)
    at = models.DateTimeField()
    made_at = models.DateTimeField(db_default=Now())
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    mailed_to = ArrayField(models.BigIntegerField(), default=list, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["cycle", "step"], name="notice_once")]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(mailed_at=None), name="notice_not_mailed"),  # digests.send
        ]

    def __str__(self) -> str:
        return f"{self.cycle_id} {self.step}"


class DigestSent(models.Model):
    """When a person was last mailed a digest: at most one in 30 minutes."""

    user = models.OneToOneField(User, models.CASCADE, related_name="+", primary_key=True)
    sent_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} {self.sent_at}"


class PolicyChange(models.Model):
    """A new version of a policy on its way through the open cycles, batch by batch (`moving.py`).

    `after` is the id of the last conversation that has been looked at; the row is the truth, so that work that was cut
    off goes on from there. `spans`: pairs of instants within which the calendars differ, null if all may have moved.
    """

    version = models.OneToOneField(PolicyVersion, models.PROTECT, related_name="+")
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, db_index=False, related_name="+")
    at = models.DateTimeField()
    spans = models.JSONField(null=True, blank=True)
    after = models.BigIntegerField(default=0)
    moved = models.IntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(done_at=None), name="policy_change_open"),  # moving.go_on
        ]

    def __str__(self) -> str:
        return f"{self.version_id} after {self.after}"


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


class GroundList(models.Model):
    """On what grounds something is hidden or deleted: a version that never changes; the newest one holds.

    `grounds`: list of `{"key", "group", "label", "law"}`, in the order in which the form offers them.
    """

    version = models.IntegerField(unique=True)
    grounds = models.JSONField()
    made_at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, db_index=False, related_name="+")

    class Meta:
        triggers: ClassVar = [
            pgtrigger.Protect(name="grounds_never_change", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"version {self.version}"


class ModerationEvidence(models.Model):
    """What was there before we hid or deleted it, and why we did. The database refuses every change (R-085).

    `record`: ASCII JSON of all that was known (`evidence.py`); `sha256` is the checksum of exactly those characters.
    `action`: hide, delete, or elsewhere where a person does it in the platform's own app.
    """

    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="evidence")
    item = models.ForeignKey(Item, models.PROTECT, db_index=False, related_name="+")
    action = models.CharField(max_length=10)
    ground = models.CharField(max_length=40)  # a key of the list
    grounds = models.ForeignKey(GroundList, models.PROTECT, db_index=False, related_name="+")
    reason = models.TextField(blank=True)  # why hiding is not enough
    by = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="+")
    at = models.DateTimeField()
    key = models.CharField(max_length=80, unique=True)  # as Outgoing's
    record = models.TextField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        triggers: ClassVar = [
            pgtrigger.Protect(name="evidence_never_changes", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.item_id} {self.ground}"


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


class RedirectTarget(models.Model):
    """An ordinary channel to redirect a comment to; its text says why, where and what happens next."""

    name = models.CharField(_("namn"), max_length=120, unique=True)
    text = models.TextField(_("text"))
    url = models.URLField(_("länk"), blank=True)
    position = models.IntegerField(_("plats i listan"), default=0)
    is_active = models.BooleanField(_("används"), default=True)

    class Meta:
        ordering: ClassVar = ["position", "name"]
        verbose_name = _("hänvisning")

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(models.Model):
    """What a platform pushed, as it came. `next_try_at` is null once it has been dealt with; its body is let go then.

    Deliveries come twice and more: the fingerprint (SHA-256 of platform and raw bytes) is unique.
    """

    platform = models.CharField(max_length=20, choices=Platform.choices)
    fingerprint = models.CharField(max_length=64, unique=True)
    body = models.BinaryField()
    received_at = models.DateTimeField(db_index=True)  # webhooks.purge
    next_try_at = models.DateTimeField(null=True, blank=True)
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["next_try_at", "id"], condition=Q(next_try_at__isnull=False), name="delivery_waiting"
            ),  # webhooks.handle
        ]

    def __str__(self) -> str:
        return f"{self.platform} {self.received_at:%F %T}"


class Spend(models.Model):
    """What readings have asked of a platform on one of its days, by what its limit is counted by (`budget.key_of`)."""

    platform = models.CharField(max_length=20, choices=Platform.choices)
    key = models.CharField(max_length=32)
    day = models.DateField()  # the platform's own
    calls = models.BigIntegerField(default=0)
    amount = models.FloatField(default=0.0)  # dollars, units or calls
    rounds = models.IntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "day"], name="spend_once")]

    def __str__(self) -> str:
        return f"{self.platform} {self.day}"
