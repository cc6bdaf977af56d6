"""Words of the templates: times as people say them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import trail_words
from accounts.models import Role, User
from accounts.register import FITS
from inbox.house import routing
from inbox.selectors import COUNT_CAP
from inbox.showing import chips

register = template.Library()

LATE_FETCH = timedelta(minutes=30)  # from then on the delay is ours to tell


@register.filter
def moment(instant: datetime | None) -> str:
    """`i dag 10.02`, `i går 17.40`, `fredag 20 nov 16.02`."""
    return chips.said(instant, timezone.now()) if instant else ""


@register.filter
def capped(count: int) -> str:
    """A number of the inbox, where counting stops at a thousand."""
    return "1 000+" if count > COUNT_CAP else str(count)


@register.filter
def dialled(number: str) -> str:
    """A telephone number as the address that a telephone dials."""
    return "tel:" + "".join(sign for sign in number if sign.isdigit() or sign == "+")


@register.filter
def due_words(instant: datetime, now: datetime) -> str:
    return chips.when(instant, now)


@register.filter
def is_midnight(instant: datetime) -> bool:
    return chips.is_midnight(instant)


@register.filter
def late_fetch(item: Any, channel: Any) -> str:
    """How long after it was written an item was fetched, if that is long and the channel was connected by then."""
    delay = item.fetched_at - item.posted_at
    is_late = delay > LATE_FETCH and not item.from_us and item.posted_at >= channel.created_at
    return chips.age(item.posted_at, item.fetched_at) if is_late else ""


@register.filter
def last_of(places: list[Any], conversation_id: int) -> Any:
    """The newest of the citizen's own items in a thread."""
    own = [place for place in places if place.item.conversation_id == conversation_id and not place.item.from_us]
    return max(own, key=lambda place: place.item.posted_at, default=None)


@register.simple_tag
def turn_of(conversation: Any, now: datetime) -> routing.Turn | None:
    """Whose turn it is, where nobody has taken the conversation."""
    return routing.turn(conversation, now)


@register.simple_tag
def fits_here(channel: Any) -> str:
    """The handbook's word on what this platform is for."""
    return str(FITS.get(channel.platform, ""))


SURFACES = {
    "mentions": _("Omnämnanden"),
    "conversation": _("Svar i våra trådar"),
    "own": _("Våra egna inlägg"),
    "comments": _("Kommentarer"),
    "quotes": _("Citat av våra inlägg"),
    "visitor_posts": _("Besökares inlägg"),
    "ads": _("Kommentarer på annonser"),
    "tagged": _("Inlägg som taggar oss"),
    "messages": _("Meddelanden"),
    "review": _("Väntar på granskning"),
}


@register.filter
def surface_name(name: str) -> str:
    """Name a surface in the words of the pages; a hashtag is its own name."""
    return f"#{name.removeprefix('hashtag:')}" if name.startswith("hashtag:") else str(SURFACES.get(name, name))


@register.filter
def last_read(channel: Any) -> datetime | None:
    """When something of the channel was last read."""
    return max((surface.last_success_at for surface in channel.surfaces.all() if surface.last_success_at), default=None)


@register.filter
def is_failing(channel: Any) -> bool:
    """Whether something of the channel could not be read last time."""
    return any(surface.error_code and not surface.off_since for surface in channel.surfaces.all())


@register.filter
def subject_words(subject: str) -> str:
    return trail_words.subject_words(subject)


@register.filter
def fact_words(data: dict[str, Any]) -> str:
    return trail_words.fact_words(data)


@register.filter
def split(words: str) -> list[str]:
    return words.split()


@register.filter
def get(mapping: dict[str, Any], key: str) -> Any:
    return mapping.get(key)


@register.filter
def hours_words(hours: float) -> str:
    """Hours as people say them: `1 h 52 min`."""
    return chips.length(timedelta(hours=hours))


@register.simple_tag
def administrators() -> str:
    """Name those who can give somebody a role."""
    found = User.objects.filter(is_active=True, memberships__role=Role.ADMIN).distinct()
    return ", ".join(sorted(str(person) for person in found))
