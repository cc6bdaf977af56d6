"""Our own accounts on the platforms, their keys and how each is read."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.people import Department, User
from connectors.surfaces import is_optional


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

    class Signature(models.TextChoices):
        """What stands under each reply (R-031); the full one is shortened where there is no room."""

        FULL = "full", _("/Anna, kommunikatör, Kultur och fritid (kortas när det inte får plats)")
        NAME = "name", _("/Anna")
        INITIALS = "initials", _("^AE")
        NONE = "none", _("ingen signatur")

    class Status(models.TextChoices):
        ACTIVE = "active", _("Aktivt")
        PAUSED = "paused", _("Pausat")
        CLOSED = "closed", _("Avslutat")

    platform = models.CharField(_("plattform"), max_length=20, choices=Platform.choices)
    kind = models.CharField(_("slag"), max_length=20, choices=Kind.choices)
    name = models.CharField(_("namn"), max_length=120)
    handle = models.CharField(_("användarnamn på plattformen"), max_length=120, blank=True)
    external_id = models.CharField(_("kontots id på plattformen"), max_length=120)
    signature = models.CharField(
        _("signatur under svar"), max_length=10, choices=Signature.choices, default=Signature.FULL
    )
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
    """A tag that a channel watches, without `#`, as it is written. `topic`: whose it is, where that put it there."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="watched_hashtags")
    tag = models.CharField(max_length=100)
    topic = models.ForeignKey("Topic", models.CASCADE, null=True, blank=True, related_name="watched_as")

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["channel", "tag"], name="hashtag_once")]

    def __str__(self) -> str:
        return f"#{self.tag}"


class Topic(models.Model):
    """What conversations are about, and whose that is. Who writes its hashtag anywhere is heard by the department.

    Several hashtags may lead to topics of one name; a topic without a hashtag is given by rules and by people.
    """

    # lower case, without `#`
    tag = models.CharField(_("hashtagg"), max_length=100, unique=True, null=True, blank=True)
    name = models.CharField(_("ämne"), max_length=120)
    department = models.ForeignKey(Department, models.PROTECT, related_name="topics", verbose_name=_("förvaltning"))
    owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", verbose_name=_("ansvarig"))
    is_political = models.BooleanField(_("politiskt ämne"), default=False, db_default=False)  # inbox.writing.neutrality
    watched_at = models.DateTimeField(null=True, editable=False)  # when accounts.watching last looked who can watch it

    class Meta:
        ordering: ClassVar = ["tag"]
        verbose_name = _("ämne")

    def __str__(self) -> str:
        return f"#{self.tag}" if self.tag else self.name


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
    `off_since`: when an admin had it left unread (`surfaces.py`); then it is not polled, and its silence no alarm.
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
    off_since = models.DateTimeField(null=True, blank=True)
    off_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+")

    class Meta:
        ordering: ClassVar = ["channel_id", "name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["channel", "name"], name="surface_once")]
        indexes: ClassVar = [models.Index(fields=["next_poll_at"], name="surface_due")]  # inbox.poll.due_surfaces

    def __str__(self) -> str:
        return f"{self.channel_id}/{self.name}"

    @property
    def is_optional(self) -> bool:
        """Whether it may be left unread. Queries its channel unless that was fetched."""
        return is_optional(self.channel.platform, self.name)
