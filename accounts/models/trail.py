"""The audit trail, and the chain that the database makes over it."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models

from accounts.models.people import User

AUDIT_LOCK = 4_208_121  # any number that nothing else locks
AUDIT_HASH = """encode(sha256(convert_to(concat_ws('|', coalesce(previous, ''), NEW.id,
    trunc(extract(epoch FROM NEW.at) * 1000000), coalesce(NEW.actor_id, 0), NEW.action, NEW.subject, NEW.data),
    'UTF8')), 'hex')"""


class AuditEvent(models.Model):
    """Who did what, when. Append-only: the database itself refuses a change. Written by `audit.record` alone."""

    at = models.DateTimeField()
    actor = models.ForeignKey(User, models.PROTECT, null=True, blank=True, db_index=False, related_name="+")
    action = models.CharField(max_length=60)  # such as reply.queued, channel.added
    subject = models.CharField(max_length=60)  # such as conversation:12
    data = models.JSONField(default=dict)  # ids and facts, never tokens and never what people wrote

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["subject", "id"], name="audit_of_subject"),  # audit.history_of
            models.Index(fields=["actor", "id"], name="audit_of_person"),  # trail.found
            models.Index(fields=["action", "id"], name="audit_of_action"),  # trail.found
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="audit_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            # At commit, when all other locks are taken: a lock held from the first event on would let actions deadlock.
            pgtrigger.Trigger(
                name="audit_is_chained",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                declare=[("previous", "text")],
                func=f"""
                    PERFORM pg_advisory_xact_lock({AUDIT_LOCK});
                    SELECT hash INTO previous FROM accounts_auditseal ORDER BY id DESC LIMIT 1;
                    INSERT INTO accounts_auditseal (event_id, hash) VALUES (NEW.id, {AUDIT_HASH});
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%F %T} {self.action} {self.subject}"


class AuditSeal(models.Model):
    """A link of the chain over the trail, made by the database as the event is committed. `trail.py` checks it.

    Its hash covers the event's content and the hash before it, so that no event can be changed, taken out or slipped in
    unless all later links are forged too, which whoever has noted a later hash will see.
    """

    event = models.OneToOneField(AuditEvent, models.PROTECT, related_name="seal")
    hash = models.CharField(max_length=64)

    class Meta:
        triggers: ClassVar = [
            pgtrigger.Protect(name="seal_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return self.hash
