"""Messages to the chats that people have chosen: Teams, Slack, Mattermost and others, by apprise.

An address holds a secret: it is kept encrypted, never shown again and never logged. Only known chats are let in, as
anybody who signs in may give an address, and apprise could otherwise be made to call whatever is inside the network.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from apprise import Apprise, NotifyFormat
from django.utils.translation import gettext as _

from accounts import tokens
from accounts.models import NoticeSettings

log = logging.getLogger(__name__)

MOST_ADDRESSES = 5
CHATS = {
    "NotifyWorkflows": "Microsoft Teams",
    "NotifySlack": "Slack",
    "NotifyMattermost": "Mattermost",
    "NotifyRocketChat": "Rocket.Chat",
    "NotifyGoogleChat": "Google Chat",
    "NotifyWebexTeams": "Webex",
    "NotifyZulip": "Zulip",
    "NotifyMatrix": "Matrix",
    "NotifyNtfy": "ntfy",
    "NotifySignalAPI": "Signal",
}


class BadAddress(ValueError):
    """An address that is no chat we know; `str()` says so."""


def name_of(address: str) -> str:
    """Name the chat of an address. Raises BadAddress."""
    plugin = Apprise.instantiate(address, suppress_exceptions=True)
    name = CHATS.get(type(plugin).__name__)
    if name is None:
        raise BadAddress(_("Adressen hör inte till någon chatt som Gensvar kan skriva i."))
    return name


def sealed(addresses: Sequence[str]) -> str:
    """Encrypt addresses, to be stored. Raises BadAddress for one that is no chat, or for too many."""
    if len(addresses) > MOST_ADDRESSES:
        raise BadAddress(_("Högst %s adresser.") % MOST_ADDRESSES)
    for address in addresses:
        name_of(address)
    return tokens.encrypt({"addresses": list(addresses)}) if addresses else ""


def opened(settings: NoticeSettings) -> list[str]:
    """Give somebody's addresses."""
    return list(tokens.decrypt(settings.addresses)["addresses"]) if settings.addresses else []


def names(settings: NoticeSettings) -> list[str]:
    """Name the chats that somebody has chosen."""
    return [name_of(address) for address in opened(settings)]


def send(settings: NoticeSettings, subject: str, text: str) -> bool:
    """Write in each of somebody's chats; give whether one of them took it."""
    went = [_write(address, subject, text) for address in opened(settings)]
    if not all(went):
        log.warning("A chat of user %s did not take the digest.", settings.user_id)
    return any(went)


def _write(address: str, subject: str, text: str) -> bool:
    chat: Any = Apprise()
    return bool(chat.add(address) and chat.notify(body=text, title=subject, body_format=NotifyFormat.TEXT))
