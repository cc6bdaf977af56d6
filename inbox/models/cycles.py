"""How long people wait for us, and who has been told of it."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel, Topic, User
from inbox.models import following
from inbox.models.items import Item
from inbox.models.places import Conversation
from sla.models import PolicyVersion


class ReplyCycle(models.Model):
    """One period in which the citizen waits for us. Facts only: states and *kept* are computed, never stored.

    `started_at`: the platform's time of the oldest unanswered item. A *promised* cycle starts when the holding reply
    was confirmed, and its due_at is the promised time. `reply` is our item that ended it, where one did. `ladder`: the
    times of its warnings (`ladder.of`), null where one is not for this cycle.

    `channel`, `lane` and `topic` repeat its conversation's, so that the figures count cycles alone. The database keeps
    them so (`following.py`), whatever is written.
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
    channel = models.ForeignKey(Channel, models.DO_NOTHING, db_index=False, db_constraint=False, related_name="+")
    lane = models.SmallIntegerField(choices=Conversation.Lane.choices, default=Conversation.Lane.ORDINARY)
    topic = models.ForeignKey(
        Topic, models.DO_NOTHING, null=True, blank=True, db_index=False, db_constraint=False, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [
            # waiting.open_now reads what it includes, and no row
            models.UniqueConstraint(
                fields=["conversation", "kind"],
                include=["due_at", "channel", "policy", "lane"],
                condition=Q(ended_at=None),
                name="one_open_cycle_of_a_kind",
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
        triggers: ClassVar = [following.LED]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def kept(self) -> bool | None:
        """True iff it ended by due_at; None while it is open."""
        return None if self.ended_at is None else self.ended_at <= self.due_at


class DeadlineChange(models.Model):
    """No deadline moves without one of these: who or what moved it, from when to when.

    Django alone holds the references: a changed policy makes half a million of these, each beside a cycle that is
    locked anyway, and for one person.
    """

    cycle = models.ForeignKey(ReplyCycle, models.CASCADE, db_constraint=False, related_name="deadline_changes")
    at = models.DateTimeField()
    by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, db_index=False, db_constraint=False, related_name="+"
    )
    reason = models.CharField(max_length=60)  # earlier_item, new_holding, policy
    old_due_at = models.DateTimeField()
    new_due_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.old_due_at} -> {self.new_due_at}"


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
    off goes on from there. Where much is to be moved it is two rows, each for the conversations up to `until`, null for
    the rest. `spans`: pairs of instants within which the calendars differ, null if all may have moved.
    """

    version = models.ForeignKey(PolicyVersion, models.PROTECT, db_index=False, related_name="+")
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, db_index=False, related_name="+")
    at = models.DateTimeField()
    spans = models.JSONField(null=True, blank=True)
    after = models.BigIntegerField(default=0)
    until = models.BigIntegerField(null=True, blank=True)
    moved = models.IntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "until"], nulls_distinct=False, name="policy_change_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(done_at=None), name="policy_change_open"),  # moving.go_on
        ]

    def __str__(self) -> str:
        return f"{self.version_id} after {self.after}"
