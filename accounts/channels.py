"""The one place where a Channel becomes a Connector, and where a channel is registered."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts import audit, tokens
from accounts.models import Channel, Credential, Department, Hashtag, Platform, Surface, User
from connectors import registry
from connectors.base import AuthExpired, Connector, Context, Temporary


def connector_for(channel: Channel) -> Connector:
    """Build the connector of one channel. Queries; calls no platform.

    Raises AuthExpired if the channel has no token or none that our keys open, Temporary if a sandbox channel's sandbox
    is not running.
    """
    credential = Credential.objects.filter(channel=channel).first()
    if credential is None:
        raise AuthExpired(_("Kontot saknar nyckel. En administratör behöver ansluta det."), code="no_token")
    try:
        token = tokens.decrypt(credential.encrypted)
    except InvalidToken as error:
        words = _("Kontots nyckel går inte att läsa: TOKEN_KEYS är inte densamma som när kontot anslöts. %s")
        mend = _("Den som sköter driften behöver återställa den, eller en administratör ansluta kontot igen.")
        raise AuthExpired(words % mend, code="unreadable_token") from error
    own = Channel.objects.filter(platform=channel.platform).values_list("external_id", flat=True)
    base_url, token_url = addresses(channel)
    context = Context(
        external_id=channel.external_id,
        handle=channel.handle.lstrip("@"),
        token=token,
        base_url=base_url,
        token_url=token_url,
        version=settings.PLATFORM_VERSIONS.get(channel.platform, ""),
        hashtags=tuple(channel.hashtags),
        save_token=lambda token: save_token(channel.pk, token),
        refresh_lock=lambda: refresh_lock(channel.pk),
        own_ids=frozenset(own),
    )
    return registry.connector_class(channel.platform)(context)


def token_of(channel: Channel) -> dict[str, Any]:
    """Give a channel's token as it is stored now; {} if it has none, or none that our keys open. Queries."""
    encrypted = Credential.objects.filter(channel=channel).values_list("encrypted", flat=True).first()
    try:
        return tokens.decrypt(encrypted) if encrypted else {}
    except InvalidToken:
        return {}


def addresses(channel: Channel) -> tuple[str, str]:
    """Give where the channel's platform is, and where it renews keys. Raises Temporary without a running sandbox."""
    if not channel.is_sandbox:
        is_linkedin = channel.platform == Platform.LINKEDIN
        token_url = settings.LINKEDIN_TOKEN_URL if is_linkedin else settings.GOOGLE_TOKEN_URL
        return settings.PLATFORM_URLS[channel.platform], token_url
    url = sandbox("url")
    return url, f"{url}/oauth/v2/accessToken" if channel.platform == Platform.LINKEDIN else f"{url}/token"


def sandbox(fact: str) -> Any:
    """Give what the running sandbox tells of itself, such as its `url` or its `apps`. Raises Temporary without one."""
    try:
        return json.loads((settings.VAR_DIR / "sandbox.json").read_text())[fact]
    except (OSError, ValueError, KeyError) as error:
        raise Temporary(_("Sandlådan är inte igång, och kontot finns bara där."), code="no_sandbox") from error


def has_sandbox() -> bool:
    """Whether a sandbox runs beside us, in which accounts can be tried."""
    return (settings.VAR_DIR / "sandbox.json").exists()


def save_token(channel_id: int, token: Mapping[str, Any]) -> None:
    """Store a new token; a channel that waited for one is alive again. Its own end is warned of anew."""
    facts: dict[str, Any] = {"encrypted": tokens.encrypt(token), "expires_at": _expiry(token), "dead_since": None}
    known = Credential.objects.filter(channel_id=channel_id).values_list("expires_at", flat=True).first()
    if known != facts["expires_at"]:
        facts["warned_days"] = None
    Credential.objects.update_or_create(channel_id=channel_id, defaults=facts)


def _expiry(token: Mapping[str, Any]) -> datetime | None:
    """`expires_at` may be ISO 8601 or seconds since 1970. What can be refreshed by itself has no expiry of its own."""
    value = token.get("expires_at")
    if token.get("refresh_token"):
        value = token.get("refresh_token_expires_at")  # LinkedIn's ends a year after a person connected the page
    if value is None:
        return None
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    parsed = parse_datetime(str(value))
    return parsed if parsed and parsed.tzinfo else None


@contextlib.contextmanager
def refresh_lock(channel_id: int) -> Iterator[dict[str, Any]]:
    """Let one process at a time refresh a token; yield the token as it is stored now.

    The one place where a network call happens inside a transaction: X's refresh tokens work once, so the new one must
    be stored before anybody else can try the old one.
    """
    with transaction.atomic():
        credential = Credential.objects.select_for_update().get(channel_id=channel_id)
        yield tokens.decrypt(credential.encrypted)


def mark_dead(channel_id: int, now: datetime) -> None:
    """The platform no longer takes the token: remember since when."""
    Credential.objects.filter(channel_id=channel_id, dead_since=None).update(dead_since=now)


@transaction.atomic
def add_channel(
    *,
    platform: str,
    kind: str,
    name: str,
    external_id: str,
    department: str | Department,
    purpose: str,
    focus: str,
    token: Mapping[str, Any] | None,
    clock_from: datetime,
    now: datetime,
    by: User | None,
    handle: str = "",
    hashtags: tuple[str, ...] = (),
    is_sandbox: bool = False,
    **register: Any,
) -> Channel:
    """Register a channel, active at once, with a row for each of its surfaces. Calls no platform.

    `token` None: it waits to be connected, and gets its surfaces then (`connecting.connect`).
    Raises ValidationError naming each field that is missing or wrong. `register`: owner, deputy, review_on.
    """
    if isinstance(department, str):
        department = Department.objects.get_or_create(name=department.strip())[0] if department.strip() else None
    channel = Channel(
        platform=platform, kind=kind, name=name.strip(), external_id=external_id.strip(), department=department,
        purpose=purpose.strip(), focus=focus.strip(), handle=handle.strip().lstrip("@"), clock_from=clock_from,
        is_sandbox=is_sandbox, **register,
    )  # fmt: skip
    _validate(channel, token)
    try:
        with transaction.atomic():
            channel.save()
    except IntegrityError as error:
        raise ValidationError({"external_id": _("Kontot finns redan i registret.")}) from error
    tags = dict.fromkeys(tag.strip().lstrip("#") for tag in hashtags)
    Hashtag.objects.bulk_create(Hashtag(channel=channel, tag=tag) for tag in tags if tag)
    if token is not None:
        save_token(channel.pk, token)
        ensure_surfaces(channel, now)
    audit.record("channel.added", f"channel:{channel.pk}", by=by, now=now, platform=platform, name=channel.name)
    return channel


@transaction.atomic
def change_channel(channel: Channel, *, hashtags: tuple[str, ...], by: User | None, now: datetime) -> None:
    """Save what an admin changed in the register, and watch the tags as they are now."""
    before = Channel.objects.get(pk=channel.pk)
    changed = [f.name for f in Channel._meta.fields if getattr(before, f.attname) != getattr(channel, f.attname)]
    channel.save()
    wanted = dict.fromkeys(tag for tag in hashtags if tag)
    unwatched = [row.tag for row in channel.watched_hashtags.exclude(tag__in=wanted)]
    channel.watched_hashtags.filter(tag__in=unwatched).delete()
    Hashtag.objects.bulk_create([Hashtag(channel=channel, tag=tag) for tag in wanted], ignore_conflicts=True)
    if Credential.objects.filter(channel=channel).exists():
        ensure_surfaces(Channel.objects.get(pk=channel.pk), now)
    facts = {"fields": changed, "hashtags": list(wanted), **({"unwatched": unwatched} if unwatched else {})}
    audit.record("channel.changed", f"channel:{channel.pk}", by=by, now=now, **facts)


@transaction.atomic
def replace_token(channel: Channel, token: Mapping[str, Any], *, by: User | None, now: datetime) -> None:
    """Give a channel a new key: its surfaces are read at once."""
    save_token(channel.pk, token)
    Credential.objects.filter(channel=channel).update(dead_told_at=None)
    channel.surfaces.update(next_poll_at=now)
    audit.record("channel.token_replaced", f"channel:{channel.pk}", by=by, now=now)


def _validate(channel: Channel, token: Mapping[str, Any] | None) -> None:
    errors: dict[str, Any] = {}
    try:
        channel.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        errors = error.message_dict
    if channel.platform not in registry.PATHS and "platform" not in errors:
        errors["platform"] = [_("Det finns ingen koppling till den plattformen ännu.")]
    if token is not None and not any(token.get(key) for key in ("access_token", "refresh_token")):
        errors["token"] = [_("Nyckeln saknar access_token.")]
    if errors:
        raise ValidationError(errors)


def ensure_surfaces(channel: Channel, now: datetime) -> list[Surface]:
    """Let a channel have the surfaces that its connector has, new ones due at once; give them by name."""
    names = connector_for(channel).surfaces()
    Surface.objects.filter(channel=channel).exclude(name__in=names).delete()  # a tag that is watched no more
    Surface.objects.bulk_create(
        [Surface(channel=channel, name=name, next_poll_at=now) for name in names], ignore_conflicts=True
    )
    return list(Surface.objects.filter(channel=channel, name__in=names).order_by("name"))
