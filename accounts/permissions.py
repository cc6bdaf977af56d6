"""Who may do what: one table, read by pages, commands and tests."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role, User


class Permission(StrEnum):
    READ = "read"  # see the inbox and the figures
    ANSWER = "answer"  # every verdict, assigning, notes
    MANAGE_TEXTS = "manage_texts"  # the list of redirects
    APPROVE = "approve"  # a third holding reply
    READ_TRAIL = "read_trail"  # who did what, and to take it out
    REGISTER = "register"  # channels, people, rules


ALLOWED: dict[Permission, frozenset[str]] = {
    Permission.READ: frozenset(Role.values),
    Permission.ANSWER: frozenset({Role.COMMUNICATOR, Role.MANAGER, Role.ADMIN}),
    Permission.MANAGE_TEXTS: frozenset({Role.COMMUNICATOR, Role.MANAGER, Role.ADMIN}),
    Permission.APPROVE: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.READ_TRAIL: frozenset({Role.REGISTRAR, Role.MANAGER, Role.ADMIN}),
    Permission.REGISTER: frozenset({Role.ADMIN}),
}

WORDS: dict[Permission, Promise] = {
    Permission.READ: gettext_lazy("Läsa inkorgen, registret och uppföljningen"),
    Permission.ANSWER: gettext_lazy("Svara, hänvisa och fatta alla andra beslut om kommentarer"),
    Permission.MANAGE_TEXTS: gettext_lazy("Ändra hänvisningar och svarsmallar"),
    Permission.APPROVE: gettext_lazy("Godkänna det som kräver en andra person"),
    Permission.READ_TRAIL: gettext_lazy("Läsa loggen och ta ut den"),
    Permission.REGISTER: gettext_lazy("Ändra konton, människor och regler"),
}
"""What the table says of each; the pages, the documentation and the tests read it here."""


def table() -> list[tuple[str, list[tuple[str, bool]]]]:
    """Give a row for each permission: its words, and for every role whether it has it."""
    return [
        (str(WORDS.get(permission, permission)), [(role, role in ALLOWED[permission]) for role in Role.values])
        for permission in Permission
    ]


def as_markdown() -> str:
    """Write the table as it stands in the documentation."""
    roles = [str(Role(role).label) for role in Role.values]
    lines = ["| | " + " | ".join(roles) + " |", "|---|" + ":-:|" * len(roles)]
    lines += [f"| {words} | " + " | ".join("ja" if has else "–" for _role, has in row) + " |" for words, row in table()]
    return "\n".join(lines)


def roles_of(user: User) -> set[str]:
    """Give the user's roles; queried once per object."""
    if not hasattr(user, "_roles"):
        user._roles = set(user.memberships.values_list("role", flat=True))  # type: ignore[attr-defined]
    return user._roles  # type: ignore[attr-defined,no-any-return]


def may(user: Any, permission: Permission) -> bool:
    return bool(user.is_authenticated and user.is_active and roles_of(user) & ALLOWED[permission])


def require(user: Any, permission: Permission) -> None:
    """Raise PermissionDenied, saying which roles may, unless the user may."""
    if not may(user, permission):
        raise PermissionDenied(refusal(permission))


def refusal(permission: Permission) -> str:
    roles = ", ".join(str(Role(role).label).lower() for role in Role.values if role in ALLOWED[permission])
    return _("Det här får bara den göra som har rollen %(roles)s. En administratör kan ge dig den.") % {"roles": roles}


def needs(permission: Permission) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Guard a view: signed in (the middleware sees to it) and allowed."""

    def guard(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            require(request.user, permission)
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]  # the permission tests read it
        return guarded

    return guard
