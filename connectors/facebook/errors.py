"""Turn the Graph API's error answers into our errors.

`code` and `error_subcode` decide; the HTTP status only where there are none (throttling comes as 400 and 403 too).
https://developers.facebook.com/docs/graph-api/guides/error-handling, read 2026-11-22.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.base import AuthExpired, Exhausted, Gone, OutcomeUnknown, Permanent, PlatformError, Temporary

RECONNECT = "En administratör behöver ansluta kontot igen."
TOKEN_CODES = frozenset({102, 104, 190})
TOKEN_WHY = {
    458: "Appen har tagits bort från kontot hos Facebook.",
    459: "Facebook vill att kontots ägare loggar in på facebook.com och bekräftar vem hen är.",
    460: "Lösenordet har bytts, eller så har Facebook avslutat sessionen.",
    463: "Inloggningen hos Facebook har gått ut.",
    464: "Kontots ägare är inte bekräftad hos Facebook.",
    467: "Inloggningen hos Facebook gäller inte längre.",
}
# App, user and custom limits count over a sliding hour, so part of it is free again soon; the page's own
# (Business Use Case) and 341 need longer. Only used where the usage header does not say how long.
# 18: Instagram's 30 different hashtags in seven days; the oldest may be a day from leaving them.
PAUSES = {4: 15, 17: 15, 18: 24 * 60, 32: 15, 613: 15, 341: 60}
PAGE_LIMITS = range(80000, 80100)
PAGE_PAUSE = 60
# 803: "Some of the aliases you requested do not exist", from a look-up of several ids; 24: a hashtag nobody has used.
NOT_THERE = frozenset({24, 803})
PERMISSION_CODES = frozenset({3, 10, *range(200, 300)})
TRANSIENT_CODES = frozenset({1, 2})
# …/messenger-platform/error-codes, read 2026-11-24: 24 hours after the person wrote, or seven days with the tag.
WINDOW_CLOSED = frozenset({2018278, 2534022})
NO_RECIPIENT = frozenset({551, 1545041, 2018001})  # has blocked the page, or left
PERHAPS_DONE = frozenset({20, 506})  # 20/1772107: created, then refused to answer; 506: the same text is there already


class ReduceData(Temporary):
    """We asked for more than Facebook answers at once: ask for less."""

    code = "reduce_data"


class FieldRefused(Permanent):
    """One field that we asked for is unknown here, which fails the whole call: ask for fewer fields.

    `field`: which one, where Facebook names it.
    """

    code = "bad_field"

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class NotThere(Gone):
    """Gone, or not visible to us. `object_id`: which one, where Facebook names it."""

    def __init__(self, message: str, *, object_id: str = "") -> None:
        super().__init__(message)
        self.object_id = object_id


def problem(
    body: Any, *, status: int | None, headers: Mapping[str, str], write: bool, platform: str, now: datetime
) -> PlatformError:
    """Give our error for an answer that is not a success. `body`: the parsed JSON, None if it was none."""
    error = body.get("error") if isinstance(body, Mapping) else None
    if not isinstance(error, Mapping):
        return _by_status(status, headers, write=write, platform=platform, now=now)
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    message = str(error.get("message") or "")
    if code in TOKEN_CODES:
        return AuthExpired(f"{TOKEN_WHY.get(subcode, 'Facebook godtar inte längre inloggningen.')} {RECONNECT}")
    if code in PAUSES or code in PAGE_LIMITS:
        until = now + (_regained(headers) or timedelta(minutes=PAUSES.get(code, PAGE_PAUSE)))
        return Exhausted(f"Kvoten hos {platform} är slut för stunden.", until=until)
    if (code == 100 and subcode == 33) or code in NOT_THERE:
        return NotThere(f"Det finns inte längre på {platform}, eller visas inte för oss.", object_id=_named(message))
    if subcode in WINDOW_CLOSED:
        return Permanent(
            f"{platform} tar inte längre emot svar på det här meddelandet: det har gått mer än 24 timmar.",
            code="window_closed",
        )
    if {code, subcode} & NO_RECIPIENT:
        return Permanent(f"{platform} når inte den som skrev.", code="no_recipient")
    if code in PERMISSION_CODES:
        return _no_permission(platform)
    if code == 368:
        return Permanent(f"{platform} har spärrat åtgärden enligt sina regler.", code="policy")
    if write and (code in PERHAPS_DONE or subcode == 1772107):
        return OutcomeUnknown(f"{platform} svarade oklart. Det kan ha gått fram.")
    if code in TRANSIENT_CODES or error.get("is_transient") is True or (status or 0) >= 500:
        return _transient(message, write=write, platform=platform)
    if status == 429:
        return _by_status(status, headers, write=write, platform=platform, now=now)
    return _refused(code, message, platform)


def _refused(code: int, message: str, platform: str) -> Permanent:
    if "nonexistent field" in message.lower():
        named = re.search(r"nonexistent field \((\w+)\)", message, re.IGNORECASE)
        words = f"{platform} känner inte till ett av fälten vi frågar efter."
        return FieldRefused(words, field=named.group(1) if named else "")
    if "appsecret_proof" in message:
        return Permanent("Apphemligheten hör inte till kontots inloggning. En administratör behöver rätta den.")
    if "permission" in message.lower():
        return _no_permission(platform)
    return Permanent(f"{platform} tog inte emot det (kod {code}).")


def _no_permission(platform: str) -> Permanent:
    return Permanent(
        f"Kontot saknar behörighet för detta på {platform}. En administratör behöver se över appens behörigheter.",
        code="permission",
    )


def _transient(message: str, *, write: bool, platform: str) -> PlatformError:
    if write:
        return OutcomeUnknown(f"{platform} hade ett tillfälligt fel. Det är oklart om det gick fram.")
    if "reduce the amount of data" in message.lower():
        return ReduceData(f"{platform} vill svara på mindre i taget.")
    return Temporary(f"{platform} har ett tillfälligt fel.")


def _by_status(
    status: int | None, headers: Mapping[str, str], *, write: bool, platform: str, now: datetime
) -> PlatformError:
    """Where the body says nothing: a gateway's HTML, an empty answer."""
    if status == 429:
        pause = _seconds(headers.get("Retry-After")) or _regained(headers) or timedelta(minutes=15)
        return Exhausted(f"Kvoten hos {platform} är slut för stunden.", until=now + pause)
    if write:
        return OutcomeUnknown(f"{platform} svarade inte begripligt. Det är oklart om det gick fram.")
    after = _seconds(headers.get("Retry-After"))
    return Temporary(
        f"{platform} svarade inte begripligt.", retry_after=after.total_seconds() if after else None, code="bad_answer"
    )


def usage(headers: Mapping[str, str]) -> dict[str, Any]:
    """Give what the usage headers say: `percent` of the fullest limit, `regain_minutes`; {} if there are none."""
    rows = [row for name in ("X-App-Usage", "X-Page-Usage") if (row := _json(headers.get(name)))]
    for entries in _json(headers.get("X-Business-Use-Case-Usage")).values():
        rows += [row for row in entries if isinstance(row, dict)] if isinstance(entries, list) else []
    if not rows:
        return {}
    shares = [_number(row.get(name)) for row in rows for name in ("call_count", "total_cputime", "total_time")]
    minutes = max(_number(row.get("estimated_time_to_regain_access")) for row in rows)
    return {"percent": max(shares), "regain_minutes": minutes}


def _regained(headers: Mapping[str, str]) -> timedelta | None:
    minutes = usage(headers).get("regain_minutes", 0)
    return timedelta(minutes=min(minutes, 60 * 24)) if minutes > 0 else None


def _json(text: str | None) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0


def _seconds(value: str | None) -> timedelta | None:
    return timedelta(seconds=min(int(value), 24 * 3600)) if value and value.isdecimal() else None


def _named(message: str) -> str:
    found = re.search(r"[Oo]bject with ID '([^']+)'|do not exist: ([\w.]+)", message)
    return (found.group(1) or found.group(2)) if found else ""
