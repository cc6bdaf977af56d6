"""The channels' keys: how long each has left, and all of them encrypted anew when TOKEN_KEYS changes."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography.fernet import InvalidToken
from django.db import transaction

from accounts import tokens
from accounts.models import Credential, NoticeSettings

STEPS = (1, 7, 14, 30)  # days before a key ends at which people are told
DAY = timedelta(days=1)


def step_of(expires_at: datetime, now: datetime) -> int | None:
    """Give the step that a key has come to: 1, 7, 14 or 30 days before its end; None while it is farther off."""
    return next((step for step in STEPS if expires_at <= now + step * DAY), None)


def days_left(credential: Credential | None, now: datetime) -> int | None:
    """Count the whole days until a key ends, if that is near enough to be told of; 0 on its last."""
    if credential is None or credential.expires_at is None or step_of(credential.expires_at, now) is None:
        return None
    return max(0, (credential.expires_at - now) // DAY)


def rotate() -> tuple[int, list[str]]:
    """Encrypt every secret anew with the first of TOKEN_KEYS. Give how many, and those that no key opens.

    Row by row: a worker that renews a key meanwhile waits for one row and no more, and its newer token is what is
    encrypted.
    """
    done, closed = 0, []
    for model, name in ((Credential, "encrypted"), (NoticeSettings, "addresses")):
        for pk in model.objects.exclude(**{name: ""}).order_by("pk").values_list("pk", flat=True):  # type: ignore[attr-defined]
            try:
                done += _rotate_one(model, name, pk)
            except InvalidToken:
                closed.append(f"{model.__name__} {pk}")
    return done, closed


@transaction.atomic
def _rotate_one(model: type[Credential] | type[NoticeSettings], name: str, pk: int) -> int:
    row = model.objects.select_for_update().filter(pk=pk).first()  # type: ignore[attr-defined]
    if row is None:
        return 0
    return int(model.objects.filter(pk=pk).update(**{name: tokens.rotated(getattr(row, name))}))  # type: ignore[attr-defined]
