"""Who has answered stands under every reply, by the account's pattern (R-031). It counts in the reply's length."""

from __future__ import annotations

import re

from accounts.models import Channel, User
from accounts.permissions import unit_of
from connectors.registry import connector_class

Signature = Channel.Signature
_STANDING = re.compile(r"(?:^|\s)(/[^\W\d_][^/\n]{0,150}|\^[^\W\d_]{1,5})$")


def signatures(user: User, channel: Channel) -> tuple[str, ...]:
    """Give what may stand under somebody's replies here, the fullest first; () where the account says nothing."""
    name = f"/{user.get_short_name()}"
    if channel.signature == Signature.NONE:
        return ()
    if channel.signature == Signature.INITIALS:
        return ("^" + "".join(word[0].upper() for word in str(user).split()),)
    if channel.signature == Signature.FULL and user.title:
        return (", ".join(part for part in (name, user.title, unit_of(user)) if part), name)
    return (name,)


def signed(text: str, by: User, channel: Channel) -> str:
    """Put the fullest signature that there is room for after a text, unless the text ends with one already."""
    known = signatures(by, channel)
    if not known or text.rstrip().endswith(known):
        return text
    gap = "" if text[-1:].isspace() else " "
    most = connector_class(channel.platform).max_length
    return next((whole for each in known if len(whole := f"{text}{gap}{each}") <= most), f"{text}{gap}{known[-1]}")


def unsigned(text: str, by: User, channel: Channel) -> str:
    """Take the signature off again, so that a text can be written on."""
    text = text.rstrip()
    return next((text.removesuffix(each) for each in signatures(by, channel) if text.endswith(each)), text).rstrip()


def still_signed(text: str, before: str) -> str:
    """Put the signature that a reply had after its new wording, unless that ends with one itself."""
    had = _STANDING.search(before.rstrip())
    if had is None or _STANDING.search(text.rstrip()):
        return text
    return f"{text.rstrip()} {had[1]}"
