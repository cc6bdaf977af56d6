"""What everybody may know of our accounts: what each is for, and when somebody reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accounts.models import Channel
from sla import policies
from sla.calendar import MIDNIGHT, Calendar, Window
from sla.words import WEEKDAYS

ADDRESSES = {
    "twitter": "https://x.com/{}",
    "facebook": "https://www.facebook.com/{}",
    "instagram": "https://www.instagram.com/{}",
    "youtube": "https://www.youtube.com/@{}",
    "linkedin": "https://www.linkedin.com/company/{}",
}


@dataclass(frozen=True)
class PublicAccount:
    channel: Channel
    address: str  # of its page on the platform, "" if unknown
    monitored: list[str]  # such as "måndag–fredag 8–16.30"
    answers: str  # the name of the promise

    def as_json(self) -> dict[str, Any]:
        channel = self.channel
        return {
            "platform": channel.get_platform_display(),
            "kind": channel.get_kind_display(),
            "name": channel.name,
            "url": self.address or None,
            "department": channel.department.name,
            "purpose": channel.purpose,
            "focus": channel.focus,
            "audience": channel.audience,
            "hashtags": channel.hashtags,
            "monitored": self.monitored,
            "answers": self.answers,
            "rules": channel.checklist.get("rules") or None,
            "is_paused": channel.status == Channel.Status.PAUSED,
        }


def accounts() -> list[PublicAccount]:
    """Give every account that has not ended, by kind and name. Three queries."""
    rows = Channel.objects.exclude(status=Channel.Status.CLOSED).select_related("department")
    now = policies.in_force()
    order = Channel.Kind.values
    found = []
    for channel in rows.prefetch_related("watched_hashtags"):
        policy = now.policy(channel.pk)
        handle = channel.handle.strip().lstrip("@")
        address = ADDRESSES[channel.platform].format(handle) if handle else ""
        monitored = hours(policy.staffed or policy.calendar)
        found.append(PublicAccount(channel, address, monitored, policy.name))
    return sorted(found, key=lambda row: (order.index(row.channel.kind), row.channel.name.casefold(), row.channel.pk))


def hours(calendar: Calendar) -> list[str]:
    """Say when a week is open, days that are alike together: `måndag–fredag 8–16.30`."""
    lines: list[tuple[int, int, tuple[Window, ...]]] = []
    for day, windows in enumerate(calendar.weekly):
        if lines and lines[-1][2] == windows and lines[-1][1] == day - 1:
            lines[-1] = (lines[-1][0], day, windows)
        elif windows:
            lines.append((day, day, windows))
    return [f"{_days(first, last)} {', '.join(map(_window, windows))}" for first, last, windows in lines if windows]


def _days(first: int, last: int) -> str:
    names = WEEKDAYS["sv"]
    return names[first] if first == last else f"{names[first]}–{names[last]}"


def _window(window: Window) -> str:
    start, end = window
    return "dygnet runt" if (start, end) == (0, MIDNIGHT) else f"{_clock(start)}–{_clock(end)}"


def _clock(minute: int) -> str:
    hour, rest = divmod(minute, 60)
    return f"{hour}.{rest:02}" if rest else f"{hour}"
