"""Rows → the pure policies that the clock reads. The default policy, `se24`, applies to every channel."""

from __future__ import annotations

from sla.clock import Policy
from sla.models import PolicyVersion
from sla.policyfile import policy_from_json

DEFAULT = "se24"

_built: dict[tuple[int, str], Policy] = {}  # by version; versions never change, so this never goes stale


def current(key: str = DEFAULT) -> PolicyVersion:
    """Give the newest version of a policy. One query. Raises PolicyVersion.DoesNotExist."""
    return PolicyVersion.objects.filter(key=key).latest("version")


def policy(key: str = DEFAULT) -> Policy:
    """Give a policy of this installation as the clock reads it. Raises PolicyVersion.DoesNotExist."""
    return pure(current(key))


def pure(version: PolicyVersion) -> Policy:
    """Give one version as the pure object; built once a process."""
    identity = (version.pk, str(version.created_at))
    if identity not in _built:
        _built[identity] = policy_from_json(version.definition)
    return _built[identity]
