"""The people who sign in: made by an admin, the command or the municipality's sign-in, never by themselves."""

from __future__ import annotations

import secrets
from datetime import datetime

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
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
    email: str = "",
    password: str | None = None,
) -> tuple[User, str]:
    """Make a user with one role, in a department (made if need be) or in the whole municipality; give the password too.

    A password that is not given is made at random. Raises ValidationError naming each field that is missing or wrong.
    """
    password = password or secrets.token_urlsafe(12)
    user = User(username=username.strip(), name=name.strip(), email=email.strip())
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


def add_by_page(
    *, username: str, name: str, email: str, role: str, department: Department | None, invite: bool, by: User,
    now: datetime, title: str = "",
) -> tuple[User, str]:  # fmt: skip
    """Make a user who is invited by mail, or who gets a password to be changed at the first sign-in; give that, or "".

    Raises ValidationError. The mail leaves only when everything is stored.
    """
    with transaction.atomic():
        place = department.name if department else ""
        user, password = add_user(
            username=username, name=name, email=email, role=role, department=place, now=now, by=by
        )  # fmt: skip
        user.title = title
        if invite:
            user.set_unusable_password()
        else:
            user.must_change_password = True
        user.save()
    if not invite:
        return user, password
    invite_by_mail(user, by=by, now=now)
    return user, ""


def invite_by_mail(user: User, *, by: User, now: datetime) -> None:
    """Mail a link with which somebody chooses a password. Raises ValidationError without an address."""
    if not user.email:
        raise ValidationError({"email": _("Utan e-postadress går det inte att bjuda in.")})
    context = {"person": user, "by": by, "link": settings.BASE_URL + password_link(user), "settings": settings}
    subject = _("Din inbjudan till Gensvar")
    send_mail(subject, render_to_string("mail/invitation.txt", context), None, [user.email])
    audit.record("user.invited", f"user:{user.pk}", by=by, now=now)


def password_link(user: User) -> str:
    """Give the address at which this user, and nobody else, may choose a password; it works once, for three days."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}".split("-", 1)
    return reverse("account_reset_password_from_key", kwargs={"uidb36": key[0], "key": key[1]})


@transaction.atomic
def change_user(user: User, *, by: User, now: datetime) -> None:
    """Save a changed name, address or username."""
    before = User.objects.get(pk=user.pk)
    changed = [name for name in ("username", "name", "email") if getattr(before, name) != getattr(user, name)]
    user.save(update_fields=["username", "name", "email"])
    audit.record("user.changed", f"user:{user.pk}", by=by, now=now, fields=changed)


@transaction.atomic
def give_role(user: User, *, role: str, department: Department | None, by: User | None, now: datetime) -> bool:
    """Let somebody have a role, in a department or everywhere. False if it was there already."""
    if role not in Role.values:
        raise ValidationError({"role": _("Rollen finns inte.")})
    _row, is_new = Membership.objects.get_or_create(user=user, role=role, department=department)
    if is_new:
        place = department.pk if department else None
        audit.record("user.role_given", f"user:{user.pk}", by=by, now=now, role=role, department=place)
    return is_new


@transaction.atomic
def take_role(membership: Membership, *, by: User | None, now: datetime) -> None:
    """Take a role away. Raises ValidationError rather than leave nobody who can give roles."""
    if membership.role == Role.ADMIN:
        _refuse_the_last_admin(membership.user, keeping=membership.pk)
    membership.delete()
    place = membership.department_id
    subject = f"user:{membership.user_id}"
    audit.record("user.role_taken", subject, by=by, now=now, role=membership.role, department=place)


@transaction.atomic
def deactivate(user: User, *, by: User | None, now: datetime) -> None:
    """End somebody's access at once; what he or she has done stays. Raises ValidationError for the last admin."""
    if Membership.objects.filter(user=user, role=Role.ADMIN).exists():
        _refuse_the_last_admin(user)
    if User.objects.filter(pk=user.pk, is_active=True).update(is_active=False) == 1:
        sign_out_everywhere(user)
        audit.record("user.deactivated", f"user:{user.pk}", by=by, now=now)


@transaction.atomic
def activate(user: User, *, by: User, now: datetime) -> None:
    if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True) == 1:
        audit.record("user.activated", f"user:{user.pk}", by=by, now=now)


@transaction.atomic
def new_password(user: User, *, by: User, now: datetime) -> str:
    """Give somebody a password to be changed at the next sign-in, and end the sessions of whoever had the old one."""
    password = secrets.token_urlsafe(12)
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    sign_out_everywhere(user)
    audit.record("user.password_given", f"user:{user.pk}", by=by, now=now)
    return password


def sign_out_everywhere(user: User) -> None:
    for session in UserSession.objects.filter(user=user):
        session.end()


def _refuse_the_last_admin(user: User, keeping: int | None = None) -> None:
    """Raise ValidationError if nobody active would be left who can give roles. `keeping`: the role that goes, if one.

    Locks every admin's role, so that two who remove each other at once do not both succeed; who is active is asked
    after that, since a statement that waited for a lock still sees other tables as they were.
    """
    admins = Membership.objects.filter(role=Role.ADMIN)
    list(admins.select_for_update().order_by("pk").values_list("pk"))
    left = admins.filter(user__is_active=True)
    left = left.exclude(pk=keeping) if keeping else left.exclude(user=user)
    if not left.exists():
        raise ValidationError(
            _("%s är den enda administratören. Ge någon annan rollen först, annars kan ingen ändra roller.") % user
        )


@transaction.atomic
def save_department(department: Department, *, by: User, now: datetime) -> None:
    """Store a new department, or one with a new name."""
    is_new = department.pk is None
    department.save()
    action = "department.added" if is_new else "department.changed"
    facts = {"name": department.name, "is_central": department.is_central}
    audit.record(action, f"department:{department.pk}", by=by, now=now, **facts)
