"""What Meta demands of every app: a person can have it forget him or her, and see that it did."""

from __future__ import annotations

import logging
import secrets
from datetime import datetime

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import transaction

from accounts import audit, tokens
from accounts.models import Credential, DataDeletion, Platform
from connectors.facebook.connect import GRANTED_BY, forgotten

log = logging.getLogger(__name__)

META = (Platform.FACEBOOK, Platform.INSTAGRAM)


def person_in(signed_request: str) -> str | None:
    """Give whom a request is about; None unless Meta signed it with the secret of one of our apps."""
    found = (forgotten(signed_request, settings.PLATFORM_APPS[platform][1]) for platform in META)
    return next((person for person in found if person), None)


@transaction.atomic
def forget(person: str, *, now: datetime) -> DataDeletion:
    """Delete the keys that a person has given us, and keep a receipt that does not name the person."""
    given = [row.channel_id for row in Credential.objects.filter(channel__platform__in=META) if _giver(row) == person]
    Credential.objects.filter(channel__in=given).delete()
    for channel in given:
        audit.record("channel.disconnected", f"channel:{channel}", by=None, now=now, reason="data_deletion")
    return DataDeletion.objects.create(code=secrets.token_hex(10), asked_at=now, keys_forgotten=len(given))


def _giver(credential: Credential) -> str:
    try:
        return str(tokens.decrypt(credential.encrypted).get(GRANTED_BY, ""))
    except InvalidToken:
        log.warning("No key opens the token of channel %s.", credential.channel_id)
        return ""
