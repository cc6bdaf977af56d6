"""Channels → people: a key that ends soon or is dead, a surface that has fallen silent and one that speaks again.

Each is told once, by mail, to those who can do something: the row says that it was, and a mail that could not go is
tried at the next round. The inbox and the channel's page say the same for as long as it lasts.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import F, Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.keys import DAY, STEPS, step_of
from accounts.models import Channel, Credential, Role, Surface, User
from config.templatetags.gensvar import surface_name
from inbox.incoming.schedule import silent_after
from inbox.showing import chips

log = logging.getLogger(__name__)

ACTIVE = Q(channel__status=Channel.Status.ACTIVE)


def watch(now: datetime) -> dict[str, int]:
    """Tell what has come since the last round; give how many mails went for each kind of news."""
    with override(settings.LANGUAGE_CODE):
        return {
            "ending": _tell_of_ends(now),
            "dead": _tell_of_dead_keys(now),
            "silent": _tell_of_silence(now),
            "recovered": _tell_of_recovery(now),
        }


def _tell_of_ends(now: datetime) -> int:
    ending = Credential.objects.filter(
        ACTIVE, dead_since=None, expires_at__gt=now, expires_at__lte=now + STEPS[-1] * DAY
    )
    told = 0
    for credential in ending.select_related("channel__owner", "channel__deputy"):
        step = step_of(credential.expires_at, now)  # type: ignore[arg-type]
        if step is None or (credential.warned_days or STEPS[-1] + 1) <= step:
            continue
        same = Credential.objects.filter(pk=credential.pk, warned_days=credential.warned_days)
        if not same.update(warned_days=step):
            continue
        channel = credential.channel
        words = {"channel": channel.name, "platform": channel.get_platform_display()}
        words["when"] = chips.said(credential.expires_at, now)  # type: ignore[arg-type]
        subject = _("Nyckeln till %(channel)s på %(platform)s går ut %(when)s") % words
        body = _(
            "Därefter läses inga kommentarer och inga svar går ut. Förnya den i god tid: en administratör öppnar "
            "kontots sida och väljer Anslut på nytt."
        )
        if _mail([*_responsible(channel), *_administrators()], channel, subject, body):
            told += 1
        else:
            Credential.objects.filter(pk=credential.pk, warned_days=step).update(warned_days=credential.warned_days)
    return told


def _tell_of_dead_keys(now: datetime) -> int:
    """Once for each time a key dies, and not more than once a day: one surface may refuse what another takes."""
    untold = Q(dead_told_at=None) | Q(dead_told_at__lt=F("dead_since"), dead_told_at__lte=now - DAY)
    told = 0
    dead = Credential.objects.filter(ACTIVE, untold, dead_since__isnull=False)
    for credential in dead.select_related("channel__owner", "channel__deputy"):
        before = credential.dead_told_at
        if not Credential.objects.filter(pk=credential.pk, dead_told_at=before).update(dead_told_at=now):
            continue
        channel = credential.channel
        words = {"channel": channel.name, "platform": channel.get_platform_display()}
        words["since"] = chips.said(credential.dead_since, now)  # type: ignore[arg-type]
        subject = _("%(platform)s tar inte längre emot nyckeln till %(channel)s") % words
        body = _(
            "Sedan %(since)s läses inga kommentarer på kontot, och skrivna svar väntar. En administratör behöver "
            "öppna kontots sida och välja Anslut på nytt. Svaren som väntar skickas då av sig själva."
        )
        if _mail([*_responsible(channel), *_administrators()], channel, subject, body % words):
            told += 1
        else:
            Credential.objects.filter(pk=credential.pk, dead_told_at=now).update(dead_told_at=before)
    return told


def _tell_of_silence(now: datetime) -> int:
    """One mail for all the surfaces of a channel that have fallen silent since the last round."""
    silent = [surface for surface in _watched().filter(silent_told_at=None) if is_silent(surface, now)]
    told = 0
    for channel, surfaces in _by_channel(silent):
        if not _claim(surfaces, None, now):
            continue
        words = {"channel": channel.name, "platform": channel.get_platform_display()}
        subject = _("%(channel)s på %(platform)s kan inte läsas") % words
        lines = [_("Det kan finnas kommentarer som inte syns i inkorgen. Gensvar försöker igen av sig självt.")]
        lines += [_silence(surface, now) for surface in surfaces]
        if _mail(_responsible(channel) or _administrators(), channel, subject, "\n\n".join(lines)):
            told += 1
        else:
            _claim(surfaces, now, None)
    return told


def _tell_of_recovery(now: datetime) -> int:
    back = Surface.objects.filter(ACTIVE, silent_told_at__isnull=False, last_success_at__gt=F("silent_told_at"))
    told = 0
    for channel, surfaces in _by_channel(back.select_related("channel__owner", "channel__deputy")):
        before = {surface.pk: surface.silent_told_at for surface in surfaces}
        if not _claim(surfaces, "any", None):
            continue
        names = ", ".join(str(surface_name(surface.name)) for surface in surfaces)
        words = {"channel": channel.name, "platform": channel.get_platform_display(), "names": names}
        subject = _("%(channel)s på %(platform)s läses igen") % words
        body = _("Det gäller %(names)s. Det som skrevs under tiden hämtas nu, med de tider då det skrevs.") % words
        if _mail(_responsible(channel) or _administrators(), channel, subject, body):
            told += 1
        else:
            for pk, at in before.items():
                Surface.objects.filter(pk=pk, silent_told_at=None).update(silent_told_at=at)
    return told


def is_silent(surface: Surface, now: datetime) -> bool:
    """Whether a surface has not been read within two of its intervals."""
    channel, since = surface.channel, surface.last_success_at or surface.channel.created_at
    is_sandbox, last_new_at = channel.is_sandbox, surface.last_new_at
    return now - since > silent_after(channel.platform, last_new_at, surface.pace, is_sandbox=is_sandbox, now=now)


def _watched() -> QuerySet[Surface]:
    """What is to be read of channels in use whose key is alive: a dead or missing key is told of by itself."""
    rows = Surface.objects.filter(ACTIVE, channel__credential__dead_since=None, channel__credential__isnull=False)
    return rows.filter(off_since=None).select_related("channel__owner", "channel__deputy")


def _by_channel(surfaces: Iterable[Surface]) -> list[tuple[Channel, list[Surface]]]:
    found: dict[int, list[Surface]] = defaultdict(list)
    for surface in surfaces:
        found[surface.channel_id].append(surface)
    return [(rows[0].channel, rows) for rows in found.values()]


def _claim(surfaces: list[Surface], old: datetime | str | None, new: datetime | None) -> bool:
    """Mark surfaces as told of, or not; False if another process was faster."""
    rows = Surface.objects.filter(pk__in=[surface.pk for surface in surfaces])
    rows = rows.filter(silent_told_at__isnull=False) if old == "any" else rows.filter(silent_told_at=old)
    return rows.update(silent_told_at=new) > 0


def _silence(surface: Surface, now: datetime) -> str:
    name = surface_name(surface.name)
    read_at = surface.last_success_at
    when = _("lästes senast %s.") % chips.said(read_at, now) if read_at else _("har inte kunnat läsas än.")
    return f"{name}: {when} {surface.error}".strip()


def _responsible(channel: Channel) -> list[User]:
    return [person for person in (channel.owner, channel.deputy) if person and person.is_active and person.email]


def _administrators() -> list[User]:
    return list(User.objects.filter(is_active=True, memberships__role=Role.ADMIN).exclude(email="").distinct())


def _mail(people: list[User], channel: Channel, subject: str, body: str) -> bool:
    """Tell each of them in a mail of his or her own; True if at least one mail went."""
    url = settings.BASE_URL + reverse("accounts:channel", args=[channel.pk])
    went = False
    for person in {person.pk: person for person in people}.values():
        text = render_to_string("mail/channel.txt", {"name": person.get_short_name(), "body": body, "url": url})
        try:
            send_mail(f"Gensvar: {subject}", text, None, [person.email])
            went = True
        except OSError as error:  # smtplib's errors are OSErrors too
            log.warning("User %s could not be told of channel %s: %s", person.pk, channel.pk, type(error).__name__)
    if not people:
        log.warning("Nobody can be told of channel %s: nobody responsible has an address.", channel.pk)
    return went or not people
