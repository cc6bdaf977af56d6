"""How our channels are read right now: an empty inbox must never lie about why it is empty."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import Channel, Platform
from inbox.incoming.schedule import silent_after


@dataclass
class Watched:
    """One channel in use, as the menu and the line about reading show it."""

    pk: int
    name: str
    platform: str
    last_success_at: datetime | None = None  # when anything of it was last read
    failing_since: datetime | None = None  # since when some of it cannot be read
    error: str = ""  # why, in plain Swedish
    unread_since: datetime | None = None  # when what cannot be read was last read
    surfaces: int = field(default=0, repr=False)
    unread: list[str] = field(default_factory=list)  # the surfaces that cannot be read
    off: list[str] = field(default_factory=list)  # the surfaces that are not to be read, as an admin said

    @property
    def parts(self) -> list[str]:
        """Give the surfaces that cannot be read, where others can."""
        return self.unread if len(self.unread) < self.surfaces else []

    @property
    def platform_name(self) -> str:
        return str(Platform(self.platform).label)


@dataclass(frozen=True)
class Health:
    channels: list[Watched]

    @property
    def failing(self) -> list[Watched]:
        return [channel for channel in self.channels if channel.failing_since]

    @property
    def off(self) -> list[Watched]:
        return [channel for channel in self.channels if channel.off]

    @property
    def last_read_at(self) -> datetime | None:
        return max((c.last_success_at for c in self.channels if c.last_success_at), default=None)

    @property
    def is_well(self) -> bool:
        return not self.failing and self.last_read_at is not None


def health(now: datetime) -> Health:
    """Say how each channel in use is read. One query."""
    names = ("name", "last_success_at", "last_new_at", "pace", "failing_since", "error_code", "error", "off_since")
    facts = ("pk", "name", "platform", "status", "created_at", "is_sandbox", "credential__pk")
    rows = (
        Channel.objects.exclude(status=Channel.Status.CLOSED)
        .order_by("name", "pk", "surfaces__name")
        .values_list(*facts, *(f"surfaces__{name}" for name in names))
    )
    watched: dict[int, Watched] = {}
    for row in rows:
        pk, name, platform, status, created_at, is_sandbox, key = row[: len(facts)]
        surface, read_at, new_at, pace, failing_since, code, error, off_since = row[len(facts) :]
        channel = watched.setdefault(pk, Watched(pk, name, platform))
        if key is None and status == Channel.Status.ACTIVE:
            channel.error = _("Kontot är inte anslutet. En administratör behöver ansluta det.")
            channel.failing_since = channel.failing_since or created_at
        if surface is None:
            continue
        if off_since:
            channel.off.append(surface)
            continue
        channel.surfaces += 1
        channel.last_success_at = _latest(channel.last_success_at, read_at)
        longest = silent_after(platform, new_at, pace, is_sandbox=is_sandbox, now=now)
        is_silent = status == Channel.Status.ACTIVE and read_at is not None and now - read_at > longest
        if code or is_silent:
            first = channel.failing_since is None
            channel.unread.append(surface)
            channel.error = channel.error or error
            channel.failing_since = min(channel.failing_since or now, failing_since or read_at or now)
            channel.unread_since = read_at if first else _earliest(channel.unread_since, read_at)
    return Health(list(watched.values()))


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((each for each in (one, other) if each), default=None)


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier one; never read at all is earliest."""
    return min(one, other) if one and other else None
