"""Reading the audit trail: searched, taken out, and checked link by link against the chain that the database made."""

from __future__ import annotations

import csv
import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.mail import send_mail
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import AuditEvent, Role, User
from accounts.trail_words import subject_of

log = logging.getLogger(__name__)

PAGE = 50
FEW = 20  # broken links that are named; where more are broken, the first tells where it began

EVENTS = """
    SELECT e.id, s.event_id, s.hash, concat_ws('|', e.id, trunc(extract(epoch FROM e.at) * 1000000),
        coalesce(e.actor_id, 0), e.action, e.subject, e.data)
    FROM accounts_auditevent e FULL JOIN accounts_auditseal s ON s.event_id = e.id ORDER BY s.id NULLS LAST
"""


@dataclass(frozen=True)
class Report:
    """What a check found. `head`: the newest link; whoever noted it sees later whether the chain still holds it."""

    events: int
    head: str
    broken: tuple[int, ...]  # ids of the first events whose link does not fit, or that have none
    held: bool = True  # whether the link that was asked for is still there

    @property
    def is_whole(self) -> bool:
        return not self.broken and self.held


def check(expected: str = "") -> Report:
    """Calculate every link anew, here and not in the database, and compare; `expected`: a head that was noted before.

    Reads the whole trail, in one piece of time. A broken link does not break those after it: they stand on the link
    that is stored.
    """
    events, previous, broken, held = 0, "", [], not expected
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(EVENTS)
        for event_id, sealed_id, link, content in cursor:
            if event_id is None or sealed_id is None or link != _link(previous, content):
                broken.append(event_id or sealed_id)
            events += event_id is not None
            previous = link or previous
            held = held or link == expected
    return Report(events, previous, tuple(broken[:FEW]), held)


def _link(previous: str, content: str) -> str:
    return hashlib.sha256(f"{previous}|{content}".encode()).hexdigest()


def check_nightly(now: datetime) -> Report:
    """Check, note the head in the log, which lies elsewhere, and tell every admin if a link is broken."""
    report = check()
    log.info("audit trail: %s events, head %s", report.events, report.head)
    if not report.is_whole:
        log.error("audit trail: broken at the events %s", ", ".join(map(str, report.broken)))
        audit.record("trail.broken", "trail:0", by=None, now=now, events=list(report.broken))
        _tell_admins(report)
    return report


def _tell_admins(report: Report) -> None:
    admins = User.objects.filter(is_active=True, memberships__role=Role.ADMIN).exclude(email="").distinct()
    text = _("Händelserna %s har ändrats i databasen, eller saknas. Se %s.")
    events = ", ".join(map(str, report.broken))
    for admin in admins:
        send_mail(_("Loggen har ändrats"), text % (events, f"{settings.BASE_URL}/logg/"), None, [admin.email])


@dataclass(frozen=True)
class Query:
    """What of the trail is asked for; `address()` is its query string."""

    who: int | None = None
    what: str = ""
    subject: str = ""
    since: date | None = None
    until: date | None = None
    before: int | None = None  # id of the last row of the page before

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Query:
        """Read a page's query string; what makes no sense is left out."""
        return cls(
            who=_id(query.get("vem", "")),
            what=_text(query.get("vad", "")),
            subject=subject_of(_text(query.get("om", ""))),
            since=_day(query.get("fran", "")),
            until=_day(query.get("till", "")),
            before=_id(query.get("fore", "")),
        )

    def address(self, **changes: Any) -> str:
        wanted = replace(self, **changes)
        pairs = {
            "vem": wanted.who, "vad": wanted.what, "om": wanted.subject, "fran": wanted.since, "till": wanted.until,
            "fore": wanted.before,
        }  # fmt: skip
        return urlencode({key: value for key, value in pairs.items() if value})


def _text(text: str) -> str:
    return text.replace("\0", "").strip()[:60]


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def found(query: Query) -> QuerySet[AuditEvent]:
    """Give the events asked for, newest first."""
    rows = AuditEvent.objects.select_related("actor").order_by("-id")
    if query.who:
        rows = rows.filter(actor=query.who)
    if query.what:
        rows = rows.filter(action=query.what)
    if query.subject:
        rows = rows.filter(subject=query.subject)
    if query.since:
        rows = rows.filter(at__gte=_midnight(query.since))
    if query.until:
        rows = rows.filter(at__lt=_midnight(query.until + timedelta(days=1)))
    return rows.filter(id__lt=query.before) if query.before else rows


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def actions() -> list[str]:
    """Give every action that ever happened, by a loose index scan: one probe for each."""
    scan = """
        WITH RECURSIVE known AS (
            (SELECT action FROM accounts_auditevent ORDER BY action LIMIT 1)
            UNION ALL
            SELECT (SELECT action FROM accounts_auditevent WHERE action > known.action ORDER BY action LIMIT 1)
            FROM known WHERE known.action IS NOT NULL
        ) SELECT action FROM known WHERE action IS NOT NULL
    """
    with connection.cursor() as cursor:
        cursor.execute(scan)
        return [row[0] for row in cursor.fetchall()]


class _Line:
    def write(self, text: str) -> str:
        return text


def table_as_csv(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Write rows that have the same keys, with a mark by which a spreadsheet knows UTF-8."""
    writer = csv.writer(_Line(), delimiter=";")
    yield "\ufeff"
    if rows:
        yield writer.writerow(rows[0])  # type: ignore[misc]
    for row in rows:
        yield writer.writerow([harmless(_cell(value)) for value in row.values()])  # type: ignore[misc]


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return _facts(value)
    return ", ".join(value) if isinstance(value, list) else str(value if value is not None else "")


def as_csv(events: Iterable[AuditEvent]) -> Iterator[str]:
    """Write the events line by line, with a mark by which a spreadsheet knows UTF-8."""
    writer = csv.writer(_Line(), delimiter=";")
    yield "\ufeff"
    yield writer.writerow([_("Id"), _("När"), _("Vem"), _("Vad"), _("Om"), _("Uppgifter")])  # type: ignore[misc]
    for event in events:
        at = timezone.localtime(event.at).isoformat(" ", "seconds")
        cells = (event.pk, at, event.actor or "", event.action, event.subject, _facts(event.data))
        yield writer.writerow([harmless(cell) for cell in cells])  # type: ignore[misc]


def _facts(data: dict[str, Any]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in data.items())


def harmless(cell: object) -> str:
    """Give a cell that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    text = str(cell)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text
