"""Web push: a browser is woken, and told nothing. What it shows it asks us for, signed in (`words`).

Only what is urgent and what somebody is made responsible for wakes anybody (R-141), in words that a lock screen may
show. The push services learn no more than that something was sent; so nothing has to be encrypted for them. Without
`PUSH_KEY` none of this is offered. RFC 8030 and 8292, read 2026-11-25.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import tokens
from accounts.models import User
from inbox import selectors
from inbox.models import PushSubscription

log = logging.getLogger(__name__)

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of the curve P-256
LIVES = timedelta(hours=4)  # a telephone that was off for longer is told by the list itself
TOKEN_LIVES = timedelta(hours=12)
TIMEOUT = 5.0  # seconds
LONGEST = 1_000
MOST = 10  # browsers of one person


def is_on() -> bool:
    return bool(settings.PUSH_KEY)


def public_key() -> str:
    """Give what a browser subscribes with."""
    point = _key().public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )  # fmt: skip
    return _base64(point)


def _key() -> ec.EllipticCurvePrivateKey:
    secret = int.from_bytes(hashlib.sha256(settings.PUSH_KEY.encode()).digest())
    return ec.derive_private_key(secret % (ORDER - 1) + 1, ec.SECP256R1())


def is_service(address: str) -> bool:
    """Whether an address belongs to a push service we know: anybody may name one, and we are to call it."""
    try:
        parts = urlsplit(address)
        origin = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"
    except ValueError:
        return False
    has_name = parts.username is not None or parts.password is not None
    return not has_name and any(fnmatchcase(origin, known) for known in settings.PUSH_SERVICES)


def subscribe(user: User, address: str, *, now: datetime) -> bool:
    """Remember a browser, also one that somebody else used before; False for an address that is no push service's."""
    if not is_on() or len(address) > LONGEST or not is_service(address):
        return False
    values = {"user": user, "encrypted": tokens.encrypt({"endpoint": address}), "made_at": now}
    PushSubscription.objects.update_or_create(fingerprint=_print(address), defaults=values)
    newest = PushSubscription.objects.filter(user=user).order_by("-made_at", "-pk").values_list("pk", flat=True)
    PushSubscription.objects.filter(pk__in=list(newest[MOST:])).delete()
    return True


def unsubscribe(user: User, address: str) -> None:
    PushSubscription.objects.filter(user=user, fingerprint=_print(address)).delete()


def wake(user_ids: Collection[int], now: datetime) -> set[int]:
    """Wake the browsers of some people; give whom a push service took a message for."""
    if not is_on():
        return set()
    reached = set()
    for row in PushSubscription.objects.filter(user__in=user_ids, user__is_active=True):
        if _send(row, now):
            reached.add(row.user_id)
    return reached


def _send(row: PushSubscription, now: datetime) -> bool:
    address = tokens.decrypt(row.encrypted)["endpoint"]
    if not is_service(address):
        return False
    parts = urlsplit(address)
    headers = {
        "Authorization": f"vapid t={_token(f'{parts.scheme}://{parts.netloc}', now)}, k={public_key()}",
        "TTL": str(int(LIVES.total_seconds())),
        "Urgency": "high",
    }
    try:
        answer = requests.post(address, headers=headers, timeout=TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        log.warning("A browser of user %s could not be woken: %s", row.user_id, type(error).__name__)
        return False
    if answer.status_code in (404, 410):  # the browser has let go of it
        row.delete()
    return answer.status_code in (200, 201, 202, 204)


def words(user: User, now: datetime) -> dict[str, str]:
    """What a woken browser shows: a number and no more."""
    filters = selectors.Filters(view="urgent")
    count = selectors.matching(user, filters, now)[:100].count()
    if count:
        return {
            "title": ngettext("%(n)s akut i Inkorgen", "%(n)s akuta i Inkorgen", count) % {"n": count},
            "url": "/?vy=urgent",
        }
    return {"title": _("Du har fått något i Inkorgen"), "url": "/?vy=mine"}


def _token(audience: str, now: datetime) -> str:
    """Sign who we are, for one push service and some hours (RFC 8292)."""
    subject = (
        settings.BASE_URL
        if settings.IS_HTTPS
        else f"mailto:{settings.DEFAULT_FROM_EMAIL.rpartition('<')[2].rstrip('>')}"
    )
    claims = {"aud": audience, "exp": int((now + TOKEN_LIVES).timestamp()), "sub": subject}
    head = _base64(json.dumps({"typ": "JWT", "alg": "ES256"}).encode())
    body = f"{head}.{_base64(json.dumps(claims).encode())}"
    r, s = utils.decode_dss_signature(_key().sign(body.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{body}.{_base64(r.to_bytes(32) + s.to_bytes(32))}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _print(address: str) -> str:
    return hashlib.sha256(address.encode("utf-8", "replace")).hexdigest()
