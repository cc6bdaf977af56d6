"""What several commands are told: which channel, and who acts."""

from __future__ import annotations

from argparse import ArgumentParser

from django.utils.translation import gettext as _

from accounts.models import Channel, User
from config.commands import Stop


def add_channel_argument(parser: ArgumentParser) -> None:
    parser.add_argument("--channel", metavar="ID", help="bara detta konto")


def chosen_channel(text: str | None) -> Channel | None:
    """Give the channel that was asked for, None if none was. Raises Stop if there is no such channel."""
    if text is None:
        return None
    channel = Channel.objects.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 19 else None
    if channel is None:
        raise Stop("unknown_channel", _("Det finns inget konto %s.") % text)
    return channel


def chosen_user(username: str) -> User:
    """Give the person who acts. Raises Stop if there is none of that name."""
    user = User.objects.filter(username=username).first()
    if user is None:
        raise Stop("unknown_user", _("Det finns ingen användare %s.") % username)
    return user
