"""Replies that somebody else has to approve before they leave."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from inbox.models.decisions import Outgoing
from inbox.models.items import Item
from inbox.models.places import Conversation
from inbox.models.texts import RedirectTarget


class PendingReply(models.Model):
    """A reply that waits for somebody's approval (R-054): nothing of it is on its way, and the clock goes on.

    `text` is what its author wrote, `final_text` what was sent; the author sees the difference. `key`: as Outgoing's.
    """

    class Outcome(models.TextChoices):
        APPROVED = "approved", _("godkänt")
        GIVEN_BACK = "given_back", _("lämnat tillbaka")
        WITHDRAWN = "withdrawn", _("taget tillbaka")

    conversation = models.ForeignKey(Conversation, models.PROTECT, db_index=False, related_name="pending_replies")
    kind = models.CharField(max_length=10, choices=Outgoing.Kind.choices)
    to = models.ForeignKey(Item, models.PROTECT, db_index=False, related_name="+")
    text = models.TextField()
    promised_at = models.DateTimeField(null=True, blank=True)
    redirect = models.ForeignKey(
        RedirectTarget, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+"
    )
    key = models.CharField(max_length=80, unique=True)
    drawn_at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, db_index=False, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    final_text = models.TextField(blank=True)
    comment = models.TextField(blank=True)  # to its author, for us only
    outgoing = models.OneToOneField(Outgoing, models.PROTECT, null=True, blank=True, related_name="approval")

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(decided_at=None), name="one_reply_waits_for_approval"
            ),
            models.CheckConstraint(
                condition=Q(decided_at=None, outcome="") | (Q(decided_at__isnull=False) & ~Q(outcome="")),
                name="decided_with_an_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="approved") | Q(outgoing__isnull=False), name="approved_is_on_its_way"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} {self.outcome or 'waits'}"
