"""People, departments, channels with their keys and surfaces, and the audit trail."""

from __future__ import annotations

from datetime import date, time
from typing import ClassVar

import pgtrigger
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Department(models.Model):
    name = models.CharField(_("namn"), max_length=120, unique=True)
    is_central = models.BooleanField(_("central enhet"), default=False)  # told last, of what is overdue

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name = _("förvaltning")

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """Somebody who signs in. One name as people write it; the first word of it signs replies."""

    first_name = None
    last_name = None
    name = models.CharField(_("namn"), max_length=150)
    must_change_password = models.BooleanField(default=False)  # an administrator has seen the one it has

    REQUIRED_FIELDS: ClassVar = ["name"]

    class Meta(AbstractUser.Meta):
        verbose_name = _("användare")

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self).split()[0]


class NoticeSettings(models.Model):
    """How somebody wants to be told of deadlines, and who takes over while he or she is away.

    `addresses`: encrypted (`tokens.py`), one address of a chat a line, as apprise writes them. Without a row: by mail.
    """

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="notice_settings")
    by_mail = models.BooleanField(_("e-post"), default=True)
    addresses = models.TextField(blank=True)
    quiet_from = models.TimeField(_("tyst från"), null=True, blank=True)
    quiet_until = models.TimeField(_("tyst till"), null=True, blank=True)
    absent_from = models.DateField(_("borta från och med"), null=True, blank=True)
    absent_until = models.DateField(_("borta till och med"), null=True, blank=True)
    deputy = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+", verbose_name=_("ersättare")
    )

    def __str__(self) -> str:
        return f"{self.user_id}"

    def is_absent(self, today: date) -> bool:
        """Say whether a local date lies in the absence; an absence without an end lasts until it is given one."""
        if self.absent_from is None or today < self.absent_from:
            return False
        return self.absent_until is None or today <= self.absent_until

    def is_quiet(self, clock: time) -> bool:
        """Say whether a local time of day lies in the quiet hours, which may go over midnight."""
        start, end = self.quiet_from, self.quiet_until
        if start is None or end is None or start == end:
            return False
        return start <= clock < end if start < end else clock >= start or clock < end


class Role(models.TextChoices):
    READER = "reader", _("Läsare")
    REGISTRAR = "registrar", _("Registrator")
    COMMUNICATOR = "communicator", _("Kommunikatör")
    MANAGER = "manager", _("Chef")
    ADMIN = "admin", _("Administratör")


class Membership(models.Model):
    """What somebody may do, in one department or (department empty) in the whole municipality."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="memberships")
    role = models.CharField(_("roll"), max_length=20, choices=Role.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "department", "role"], name="membership_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"


class Platform(models.TextChoices):
    TWITTER = "twitter", "X"
    FACEBOOK = "facebook", "Facebook"
    YOUTUBE = "youtube", "YouTube"
    INSTAGRAM = "instagram", "Instagram"
    LINKEDIN = "linkedin", "LinkedIn"


CHECKLIST = ("identity", "visibility", "rules", "public_records")
"""What everybody must be able to read of an account (lag 1998:112 § 3 and the handbook); the words: `register.py`."""


class Channel(models.Model):
    """One of our own accounts on a platform. The word account is left to people who sign in."""

    class Kind(models.TextChoices):
        MAIN = "main", _("Huvudkonto")
        TOPIC = "topic", _("Ämneskonto")
        EMPLOYER_BRAND = "employer_brand", _("Arbetsgivarkonto")
        RELAY = "relay", _("Stafettkonto")

    class Status(models.TextChoices):
        ACTIVE = "active", _("Aktivt")
        PAUSED = "paused", _("Pausat")
        CLOSED = "closed", _("Avslutat")

    platform = models.CharField(_("plattform"), max_length=20, choices=Platform.choices)
    kind = models.CharField(_("slag"), max_length=20, choices=Kind.choices)
    name = models.CharField(_("namn"), max_length=120)
    handle = models.CharField(_("användarnamn på plattformen"), max_length=120, blank=True)
    external_id = models.CharField(_("kontots id på plattformen"), max_length=120)
    department = models.ForeignKey(Department, models.PROTECT, related_name="channels", verbose_name=_("förvaltning"))
    purpose = models.TextField(_("syfte"))
    focus = models.TextField(_("inriktning"))
    audience = models.TextField(_("målgrupp"), blank=True)
    owner = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="owned_channels", verbose_name=_("ansvarig")
    )
    deputy = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="deputy_channels", verbose_name=_("ersättare")
    )
    approver = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("godkännande chef")
    )
    starts_on = models.DateField(_("startdatum"), null=True, blank=True)
    ends_on = models.DateField(_("förväntat slut"), null=True, blank=True)
    controller = models.CharField(_("personuppgiftsansvarig nämnd"), max_length=200, blank=True)
    agreement = models.CharField(_("avtal"), max_length=200, blank=True)
    checklist = models.JSONField(default=dict, blank=True)  # point of register.CHECKLIST → where the public reads it
    review_on = models.DateField(_("nästa prövning"), null=True, blank=True)
    status = models.CharField(_("läge"), max_length=20, choices=Status.choices, default=Status.ACTIVE)
    clock_from = models.DateTimeField(_("svarsfrist gäller från"))
    is_sandbox = models.BooleanField(_("sandlåda"), default=False)  # only ever speaks to VAR_DIR/sandbox.json
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["id"]
        verbose_name = _("konto")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["platform", "external_id"], name="channel_once"),
            models.CheckConstraint(condition=~Q(external_id=""), name="channel_has_external_id"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def hashtags(self) -> list[str]:
        """The tags that are watched, without `#`. Queries unless prefetched."""
        return [row.tag for row in self.watched_hashtags.all()]

    def missing_fields(self, today: date) -> list[str]:
        """What the register demands and this channel lacks: the page says *Ofullständig* and links to each."""
        demanded = {
            "purpose": self.purpose, "focus": self.focus, "audience": self.audience, "owner": self.owner_id,
            "deputy": self.deputy_id, "approver": self.approver_id, "starts_on": self.starts_on,
            "controller": self.controller, "agreement": self.agreement,
        }  # fmt: skip
        missing = [name for name, value in demanded.items() if not value]
        if self.review_on is None or self.review_on < today:
            missing.append("review_on")
        return missing + [f"check_{point}" for point in CHECKLIST if not self.checklist.get(point)]


class Hashtag(models.Model):
    """A tag that a channel watches, without `#`, as it is written."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="watched_hashtags")
    tag = models.CharField(max_length=100)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["channel", "tag"], name="hashtag_once")]

    def __str__(self) -> str:
        return f"#{self.tag}"


class Topic(models.Model):
    """A hashtag that belongs to somebody: who writes it anywhere of ours is heard by the department."""

    tag = models.CharField(_("hashtagg"), max_length=100, unique=True)  # lower case, without `#`
    name = models.CharField(_("ämne"), max_length=120)
    department = models.ForeignKey(Department, models.PROTECT, related_name="topics", verbose_name=_("förvaltning"))
    owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", verbose_name=_("ansvarig"))

    class Meta:
        ordering: ClassVar = ["tag"]
        verbose_name = _("ämne")

    def __str__(self) -> str:
        return f"#{self.tag}"


class Closing(models.Model):
    """How a channel ended: its last post, and all that the register and the inbox knew of it, with a checksum."""

    channel = models.OneToOneField(Channel, models.PROTECT, related_name="closing")
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    last_post = models.TextField(_("sista inlägget"))
    last_post_url = models.URLField(_("länk till sista inlägget"), blank=True)
    snapshot = models.TextField()  # JSON, as it is handed out
    sha256 = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.channel}: {self.at:%F}"


class Credential(models.Model):
    """A channel's token, encrypted (`tokens.py`). `dead_since` is set when the platform no longer takes it.

    `warned_days`: the last step before its end of which people were told; `dead_told_at`: when they were told it died.
    """

    channel = models.OneToOneField(Channel, models.CASCADE, related_name="credential")
    encrypted = models.TextField()
    expires_at = models.DateTimeField(null=True, blank=True)
    dead_since = models.DateTimeField(null=True, blank=True)
    warned_days = models.SmallIntegerField(null=True, blank=True)
    dead_told_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Credential {self.pk}"


class DataDeletion(models.Model):
    """Somebody asked Meta that we forget him or her. Only those who let us in to a page have ever logged in to our app:
    what we hold of them is the keys they gave. The person is not kept, only what became of it."""

    code = models.CharField(max_length=40, unique=True)
    asked_at = models.DateTimeField()
    keys_forgotten = models.IntegerField(default=0)

    def __str__(self) -> str:
        return self.code


class Surface(models.Model):
    """One stream of a channel that is polled by itself: its cursor, its lease, how it went last time.

    `cursor_version` counts the moves of the cursor: it moves by compare-and-set only, after its last page is stored.
    """

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="surfaces")
    name = models.CharField(max_length=120)
    cursor = models.JSONField(default=dict)
    cursor_version = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_holder = models.CharField(max_length=80, blank=True)
    next_poll_at = models.DateTimeField(null=True, blank=True)
    pace = models.DurationField(null=True, blank=True)  # between two readings, as planned last; quotas stretch it
    last_polled_at = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_full_at = models.DateTimeField(null=True, blank=True)
    last_new_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)  # plain Swedish, for communicators
    note = models.TextField(blank=True)  # a gap, a stopped loop; plain Swedish
    silent_told_at = models.DateTimeField(null=True, blank=True)  # when people were told that it is silent
    platform_count = models.IntegerField(null=True, blank=True)
    quota = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["channel_id", "name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["channel", "name"], name="surface_once")]
        indexes: ClassVar = [models.Index(fields=["next_poll_at"], name="surface_due")]  # inbox.poll.due_surfaces

    def __str__(self) -> str:
        return f"{self.channel_id}/{self.name}"


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
