"""Who somebody is, found by the session: the user together with his or her roles, as every page asks for both."""

from __future__ import annotations

from functools import cache
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import ModelBackend
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery

from accounts.models import Membership, User


@cache  # each request asks for it, and Django takes longer to make it than PostgreSQL to answer
def _users() -> QuerySet[User]:
    held = Membership.objects.filter(user=OuterRef("pk")).order_by("pk")
    roles, departments = ArraySubquery(held.values("role")), ArraySubquery(held.values("department"))
    unit = Subquery(held.exclude(department=None).values("department__name")[:1])
    return User.objects.annotate(held_roles=roles, held_departments=departments, unit=unit)


class _WithRoles:
    def get_user(self, user_id: Any) -> User | None:
        """Give the active user with this id, and what `permissions.memberships_of` would ask for. One query."""
        user = _users().filter(pk=user_id, is_active=True).first()
        if user is not None:
            user._memberships = list(zip(user.held_roles, user.held_departments, strict=True))  # type: ignore[attr-defined]
        return user


class Users(_WithRoles, ModelBackend):
    """Signs in with a user name and a password."""


class UsersByMail(_WithRoles, AuthenticationBackend):
    """Signs in as allauth does, with an address too."""
