"""The people who sign in: made by an admin or by the command, never by themselves."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Department, Membership, Role, User


@transaction.atomic
def add_user(
    *,
    username: str,
    name: str,
    role: str,
    now: datetime,
    by: User | None,
    department: str = "",
    password: str | None = None,
) -> tuple[User, str]:
    """Make a user with one role, in a department (made if need be) or in the whole municipality; give the password too.

    A password that is not given is made at random. Raises ValidationError naming each field that is missing or wrong.
    """
    password = password or secrets.token_urlsafe(12)
    user = User(username=username.strip(), name=name.strip())
    user.set_password(password)
    _validate(user, role)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise ValidationError({"username": _("Användarnamnet är upptaget.")}) from error
    place = Department.objects.get_or_create(name=department.strip())[0] if department.strip() else None
    Membership.objects.create(user=user, department=place, role=role)
    audit.record("user.added", f"user:{user.pk}", by=by, now=now, username=user.username, role=role)
    return user, password


def _validate(user: User, role: str) -> None:
    errors = {}
    try:
        user.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        errors = error.message_dict
    if role not in Role.values:
        errors["role"] = [_("Rollen ska vara en av: %s.") % ", ".join(Role.values)]
    if errors:
        raise ValidationError(errors)
