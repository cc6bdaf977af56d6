"""Rows → the pure policies that the clock reads, and which of them holds for which channel."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from accounts.permissions import Permission, require
from sla.clock import Policy
from sla.models import ConfirmedYear, PolicyChoice, PolicyVersion
from sla.policyfile import policy_from_json

DEFAULT = "se24"
ASKED_FROM = (10, 1)  # month and day from which the coming year's days off are to be confirmed

_built: dict[tuple[int, str], Policy] = {}  # by version; versions never change, so this never goes stale

# Only channels for which somebody has chosen come back; of several choices the narrowest. Under 0 stands the version
# that was asked for by itself.
IN_FORCE = """
WITH newest AS (
    SELECT DISTINCT ON (key) id, key, version, definition, created_at, created_by_id
    FROM sla_policyversion ORDER BY key, version DESC
)
SELECT NULL::bigint, newest.* FROM newest WHERE key = %s
UNION ALL
SELECT 0, id, key, version, definition, created_at, created_by_id FROM sla_policyversion WHERE id = %s
UNION ALL
SELECT channel.id, newest.* FROM accounts_channel channel
CROSS JOIN LATERAL (
    SELECT key FROM sla_policychoice choice
    WHERE choice.channel_id = channel.id OR choice.department_id = channel.department_id OR choice.kind = channel.kind
    ORDER BY choice.channel_id IS NULL, choice.department_id IS NULL LIMIT 1
) chosen
JOIN newest ON newest.key = chosen.key
"""


@dataclass(frozen=True)
class InForce:
    """The versions that hold now: by channel where one is chosen, else the default.

    `older`: another version that was asked for with them.
    """

    default: PolicyVersion
    chosen: Mapping[int, PolicyVersion]
    older: PolicyVersion | None = None

    def version(self, channel_id: int | None) -> PolicyVersion:
        return self.default if channel_id is None else self.chosen.get(channel_id, self.default)

    def policy(self, channel_id: int | None) -> Policy:
        return pure(self.version(channel_id))

    @property
    def policies(self) -> list[Policy]:
        """Give each policy that holds somewhere, the default first."""
        versions = {version.pk: version for version in (self.default, *self.chosen.values())}
        return [pure(version) for version in versions.values()]


def in_force(older: int | None = None) -> InForce:
    """Give the versions that hold now, and one more by its id: what an open cycle was begun under. One query.

    Raises PolicyVersion.DoesNotExist without the default one.
    """
    default, beside, chosen = None, None, {}
    with connection.cursor() as cursor:
        cursor.execute(IN_FORCE, [DEFAULT, older])
        for channel_id, *fields in cursor.fetchall():
            version = _version(*fields)
            if channel_id is None:
                default = version
            elif channel_id == 0:
                beside = version
            else:
                chosen[channel_id] = version
    if default is None:
        raise PolicyVersion.DoesNotExist(f"There is no policy {DEFAULT!r} here.")
    return InForce(default, chosen, beside)


def _version(pk: int, key: str, number: int, definition: str, created_at: datetime, by: int | None) -> PolicyVersion:
    # Django reads jsonb as text here.
    data = json.loads(definition) if isinstance(definition, str) else definition
    return PolicyVersion(pk=pk, key=key, version=number, definition=data, created_at=created_at, created_by_id=by)


def for_channels(ids: Collection[int]) -> dict[int, PolicyVersion]:
    """Give the version that holds now for each of some channels. One query."""
    now = in_force()
    return {channel_id: now.version(channel_id) for channel_id in ids}


def current(key: str = DEFAULT) -> PolicyVersion:
    """Give the newest version of a policy. One query. Raises PolicyVersion.DoesNotExist."""
    return PolicyVersion.objects.filter(key=key).latest("version")


def newest() -> list[PolicyVersion]:
    """Give the newest version of every policy, by name, the default first. One query."""
    rows = PolicyVersion.objects.order_by("key", "-version").distinct("key").select_related("created_by")
    return sorted(rows, key=lambda row: (row.key != DEFAULT, str(row.definition.get("name", row.key)).casefold()))


def policy(key: str = DEFAULT) -> Policy:
    """Give a policy of this installation as the clock reads it. Raises PolicyVersion.DoesNotExist."""
    return pure(current(key))


def pure(version: PolicyVersion) -> Policy:
    """Give one version as the pure object; built once a process."""
    identity = (version.pk, str(version.created_at))
    if identity not in _built:
        _built[identity] = policy_from_json(version.definition)
    return _built[identity]


def add_version(definition: Mapping[str, Any], *, expected: int, by: User, now: datetime) -> PolicyVersion:
    """Store a policy as its next version. Raises ClockError for what cannot be meant, Outdated if somebody was first.

    `expected`: the number of the version that was changed, 0 for a new policy. In the caller's transaction.
    """
    require(by, Permission.REGISTER)
    policy_from_json(dict(definition))
    key = str(definition["id"])
    last = PolicyVersion.objects.filter(key=key).order_by("-version").values_list("version", flat=True).first() or 0
    if last != expected:
        raise Outdated(_("Någon annan har ändrat svarstidsmålet under tiden. Börja om från det som gäller nu."))
    with transaction.atomic():
        made = PolicyVersion.objects.create(key=key, version=last + 1, definition=dict(definition), created_by=by)
    audit.record("policy.changed" if last else "policy.added", f"policy:{key}", by=by, now=now, version=made.version)
    return made


class Outdated(Exception):
    """Somebody else has made a version since the form was drawn; `str()` says so."""


@transaction.atomic
def choose(
    key: str, *, by: User, now: datetime, channel: int | None = None, department: int | None = None, kind: str = ""
) -> None:
    """Say which policy holds for a channel, a department or a kind of channel; "" takes the choice away.

    Open cycles keep the deadline they have: it was promised under the rule of their time. Raises
    PolicyVersion.DoesNotExist for a policy that is not there.
    """
    require(by, Permission.REGISTER)
    whose: dict[str, Any] = {"channel_id": channel, "department_id": department, "kind": kind}
    if key:
        current(key)
        PolicyChoice.objects.update_or_create(defaults={"key": key}, **whose)
    else:
        PolicyChoice.objects.filter(**whose).delete()
    audit.record("policy.chosen", f"policy:{key or DEFAULT}", by=by, now=now, **whose)


def year_to_confirm(today: date) -> int | None:
    """Give the coming year from 1 October on, until its days off are confirmed. At most one query."""
    if (today.month, today.day) < ASKED_FROM:
        return None
    year = today.year + 1
    return None if ConfirmedYear.objects.filter(year=year).exists() else year


@transaction.atomic
def confirm_year(year: int, *, by: User, now: datetime) -> None:
    """Record that somebody has looked at the days off of a year and found them right. Twice changes nothing."""
    require(by, Permission.REGISTER)
    _row, is_new = ConfirmedYear.objects.get_or_create(year=year, defaults={"at": now, "by": by})
    if is_new:
        audit.record("calendar.confirmed", f"year:{year}", by=by, now=now)
