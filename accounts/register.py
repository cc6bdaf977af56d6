"""The rules of the register: what must be known of a channel, what it is for, and when it is to be looked at again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, watching
from accounts.models import CHECKLIST, Channel, Department, Membership, Platform, Role, Topic, User

POINTS: dict[str, Promise] = {
    "identity": gettext_lazy("Vem som står bakom kontot"),
    "visibility": gettext_lazy("Vem som kan läsa det som skrivs"),
    "rules": gettext_lazy("Regler för kommentarer"),
    "public_records": gettext_lazy("Att det som skrivs blir allmän handling"),
}
"""The checklist in words; each point has an address where the public reads it."""

FITS: dict[str, Promise] = {
    Platform.FACEBOOK: gettext_lazy("Här passar: vardag och goda nyheter."),
    Platform.TWITTER: gettext_lazy("Här passar: samhällsinformation och nyheter."),
    Platform.YOUTUBE: gettext_lazy("Här passar: film för många, som fullmäktige och det som är lättare att visa."),
    Platform.INSTAGRAM: gettext_lazy("Här passar: vardagen på jobbet, berättad av dem som gör det."),
    Platform.LINKEDIN: gettext_lazy("Här passar: kommunen som arbetsgivare, och vad yrket innebär."),
}
"""The handbook's word on which platform is for what."""

REVIEW_EVERY = timedelta(days=365)
ASK_BEFORE = timedelta(days=30)  # the owner is asked this long before the day
CENTRAL_AFTER = timedelta(days=14)  # and the central unit this long after it


def missing(channel: Channel, today: date) -> list[tuple[str, str]]:
    """Give what the register lacks of a channel: the name of the form's field, and its label."""
    return [(name, label_of(name)) for name in channel.missing_fields(today)]


def label_of(name: str) -> str:
    """Give the words of a field of the register, or of a point of the checklist."""
    point = name.removeprefix("check_")
    return str(POINTS[point] if point in POINTS else Channel._meta.get_field(name).verbose_name)


def profile_text(channel: Channel, municipality: str) -> str:
    """Write what the platform's own page should say of the account, ready to copy. Queries its department's name."""
    lines = [
        _("%(name)s drivs av %(municipality)s, %(department)s.")
        % {"name": channel.name, "municipality": municipality, "department": channel.department},
        channel.purpose.strip(),
        _("Vi svarar inom 24 timmar på vardagar. Det som skrivs här kan läsas av alla och blir allmän handling."),
    ]
    rules = channel.checklist.get("rules")
    if rules:
        lines.append(_("Regler för kommentarer: %s") % rules)
    return "\n".join(line for line in lines if line)


@dataclass(frozen=True)
class Review:
    """One channel that has to be tried again: does it still serve its purpose?"""

    channel: Channel
    days_left: int  # below zero: so long ago

    @property
    def is_late(self) -> bool:
        return self.days_left < 0

    @property
    def is_with_central(self) -> bool:
        return self.days_left < -CENTRAL_AFTER.days


def reviews(user: User, today: date) -> list[Review]:
    """Give the channels that this person is asked about, the most urgent first. Two queries.

    The owner and the deputy are asked a month before the day; two weeks after it the central unit and the admins too.
    """
    due = Channel.objects.exclude(status=Channel.Status.CLOSED).filter(review_on__lte=today + ASK_BEFORE)
    found = [Review(row, (row.review_on - today).days) for row in due.select_related("owner", "department")]
    is_central = Membership.objects.filter(user=user, department__is_central=True).exists() or _is_admin(user)
    mine = [
        review for review in found
        if user.pk in (review.channel.owner_id, review.channel.deputy_id) or (is_central and review.is_with_central)
    ]  # fmt: skip
    return sorted(mine, key=lambda review: review.days_left)


def _is_admin(user: User) -> bool:
    return Membership.objects.filter(user=user, role=Role.ADMIN).exists()


@transaction.atomic
def keep(channel: Channel, *, by: User, now: datetime, today: date) -> None:
    """Decide that a channel goes on for another year."""
    channel.review_on = today + REVIEW_EVERY
    channel.save(update_fields=["review_on"])
    audit.record("channel.kept", f"channel:{channel.pk}", by=by, now=now, review_on=str(channel.review_on))


@transaction.atomic
def set_paused(channel: Channel, paused: bool, *, by: User, now: datetime) -> bool:
    """Stop reading and answering for a while, or go on. False if somebody else did it, or it is closed."""
    before, after = Channel.Status.ACTIVE, Channel.Status.PAUSED
    if not paused:
        before, after = after, before
    if Channel.objects.filter(pk=channel.pk, status=before).update(status=after) != 1:
        return False
    action = "channel.paused" if paused else "channel.resumed"
    audit.record(action, f"channel:{channel.pk}", by=by, now=now)
    return True


@transaction.atomic
def save_topic(topic: Topic, *, by: User, now: datetime) -> list[Platform]:
    """Store a topic with its department and owner, and watch its hashtag; give the platforms that have no room."""
    topic.tag = (topic.tag or "").lstrip("#").lower() or None
    is_new = topic.pk is None
    topic.watched_at = now
    topic.save()
    action = "topic.added" if is_new else "topic.changed"
    audit.record(action, f"topic:{topic.pk}", by=by, now=now, tag=topic.tag, department=topic.department_id)
    return watching.watch(topic, by=by, now=now)


@transaction.atomic
def remove_topic(topic: Topic, *, by: User, now: datetime) -> None:
    pk = topic.pk
    watching.unwatch(topic.watched_as.all(), by=by, now=now)
    topic.delete()
    audit.record("topic.removed", f"topic:{pk}", by=by, now=now, tag=topic.tag)


def entry(channel: Channel) -> dict[str, Any]:
    """Give all that the register knows of a channel, as it is handed out. Queries nothing that is prefetched."""
    return {
        "id": channel.pk,
        "platform": channel.platform,
        "kind": channel.kind,
        "name": channel.name,
        "handle": channel.handle,
        "external_id": channel.external_id,
        "department": channel.department.name,
        "purpose": channel.purpose,
        "focus": channel.focus,
        "audience": channel.audience,
        "owner": str(channel.owner) if channel.owner else None,
        "deputy": str(channel.deputy) if channel.deputy else None,
        "approver": str(channel.approver) if channel.approver else None,
        "starts_on": str(channel.starts_on) if channel.starts_on else None,
        "ends_on": str(channel.ends_on) if channel.ends_on else None,
        "review_on": str(channel.review_on) if channel.review_on else None,
        "controller": channel.controller,
        "agreement": channel.agreement,
        "checklist": {point: channel.checklist.get(point, "") for point in CHECKLIST},
        "hashtags": channel.hashtags,
        "status": channel.status,
    }


def departments() -> list[Department]:
    """Give all departments with the number of people and channels in each, sorted as Swedish is."""
    counted = Department.objects.annotate(
        people=Count("memberships__user", distinct=True), accounts=Count("channels", distinct=True)
    )
    return sorted(counted, key=lambda row: row.name.casefold())
