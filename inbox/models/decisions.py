"""What we decided, and what is on its way to a platform because of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from inbox.models.items import Item
from inbox.models.places import Conversation
from inbox.models.texts import RedirectTarget


class VerdictEvent(models.Model):
    """What somebody decided about a conversation, and when. Undone ones stay, marked."""

    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="verdicts")
    verdict = models.CharField(max_length=20)  # a key of verdicts.VERDICTS
    reason = models.CharField(max_length=40, blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    redirect = models.ForeignKey(
        RedirectTarget, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )  # where a redirect pointed, if that was chosen from the list
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
    # Other citizens of the thread, whom this reply answers too (`helping.py`, `together.py`).
    also = models.ManyToManyField(Conversation, blank=True, related_name="answered_too")
    promised_at = models.DateTimeField(null=True, blank=True)
    redirect = models.ForeignKey(
        RedirectTarget, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )  # what a redirect was made of
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
