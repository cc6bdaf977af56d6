"""Who may do what: one table, read by pages, commands and tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
    READ = "read"  # the inbox, as much of it as the role's scope holds
    READ_REGISTER = "read_register"  # our accounts, people on duty, who may do what
    READ_FIGURES = "read_figures"
    ANSWER = "answer"  # every verdict that hides nothing, assigning, notes
    MODERATE = "moderate"  # what changes that which stands on the platform
    MANAGE_TEXTS = "manage_texts"  # the list of redirects
    APPROVE_REPLIES = "approve_replies"  # of those whose replies wait for somebody
    APPROVE = "approve"  # a third holding reply
    RUN_DIALOGUES = "run_dialogues"
    PLAN = "plan"  # the rosters
    HOUSE_RULES = "house_rules"  # neutrality, whose replies wait, when the central unit takes over
    READ_TRAIL = "read_trail"  # who did what, and to take it out
    REGISTER = "register"  # channels, people, rules


_WRITERS = frozenset({Role.DEPARTMENT, Role.COMMUNICATOR, Role.CENTRAL, Role.MANAGER, Role.ADMIN})
_LEADERS = frozenset({Role.CENTRAL, Role.MANAGER, Role.ADMIN})

ALLOWED: dict[Permission, frozenset[str]] = {
    Permission.READ: frozenset(Role.values),
    Permission.READ_REGISTER: frozenset(Role.values) - {Role.RELAY},
    # The rows behind each number know no scope, so whoever has one does not read them.
    Permission.READ_FIGURES: frozenset(Role.values) - {Role.RELAY, Role.DEPARTMENT},
    Permission.ANSWER: _WRITERS | {Role.RELAY, Role.ON_CALL},
    Permission.MODERATE: _WRITERS | {Role.ON_CALL},
    Permission.MANAGE_TEXTS: _WRITERS,
    Permission.APPROVE_REPLIES: _WRITERS,
    Permission.APPROVE: frozenset({Role.MANAGER, Role.ADMIN}),
    Permission.RUN_DIALOGUES: _WRITERS,
    Permission.PLAN: _LEADERS,
    Permission.HOUSE_RULES: frozenset({Role.CENTRAL, Role.ADMIN}),
    Permission.READ_TRAIL: frozenset({Role.REGISTRAR, Role.MANAGER, Role.ADMIN}),
    Permission.REGISTER: frozenset({Role.ADMIN}),
}

WORDS: dict[Permission, Promise] = {
    Permission.READ: gettext_lazy("Läsa inkorgen"),
    Permission.READ_REGISTER: gettext_lazy("Läsa kontoregistret, bemanningen och vem som får vad"),
    Permission.READ_FIGURES: gettext_lazy("Läsa uppföljningen"),
    Permission.ANSWER: gettext_lazy("Svara, hänvisa och fatta andra beslut om kommentarer"),
    Permission.MODERATE: gettext_lazy("Dölja och ta bort kommentarer, ändra och ta bort våra svar"),
    Permission.MANAGE_TEXTS: gettext_lazy("Ändra hänvisningar och svarsmallar"),
    Permission.APPROVE_REPLIES: gettext_lazy("Godkänna andras svar innan de skickas"),
    Permission.APPROVE: gettext_lazy("Godkänna det som kräver en andra person"),
    Permission.RUN_DIALOGUES: gettext_lazy("Öppna och avsluta dialoger"),
    Permission.PLAN: gettext_lazy("Lägga schema: bemanning, jour och stafett"),
    Permission.HOUSE_RULES: gettext_lazy("Ändra husets regler: neutralitet, godkännande och reservtid"),
    Permission.READ_TRAIL: gettext_lazy("Läsa loggen och ta ut den"),
    Permission.REGISTER: gettext_lazy("Ändra konton, människor och regler"),
}
"""What the table says of each; the pages, the documentation and the tests read it here."""

SCOPES: dict[str, Promise] = {
    Role.DEPARTMENT: gettext_lazy("ser den egna förvaltningens konversationer, och det som ingen har på huvudkontona"),
    Role.RELAY: gettext_lazy("ser bara sitt stafettkonto, den vecka stafettpinnen är hens"),
}
"""The roles that see a part of the inbox only; the rule itself is `inbox.selectors.visible_to`."""


CAN_BE_GIVEN = ALLOWED[Permission.ANSWER] - {Role.RELAY}
"""Who can be made responsible for a conversation; the relay gets what is on its account, by its roster."""


def table() -> list[tuple[str, list[tuple[str, bool]]]]:
    """Give a row for each permission: its words, and for every role whether it has it."""
    return [
        (str(WORDS.get(permission, permission)), [(role, role in ALLOWED[permission]) for role in Role.values])
        for permission in Permission
    ]


def scopes() -> list[tuple[str, str]]:
    """Give each role that sees a part of the inbox only, and which part, in words."""
    return [(str(Role(role).label), str(words)) for role, words in SCOPES.items()]


def as_markdown() -> str:
    """Write the table as it stands in the documentation."""
    roles = [str(Role(role).label) for role in Role.values]
    lines = ["| | " + " | ".join(roles) + " |", "|---|" + ":-:|" * len(roles)]
    lines += [f"| {words} | " + " | ".join("ja" if has else "–" for _role, has in row) + " |" for words, row in table()]
    lines += ["", *(f"- {label}: {words}." for label, words in scopes())]
    return "\n".join(lines)


def memberships_of(user: User) -> list[tuple[str, int | None]]:
    """Give the user's roles with the department of each, None for the whole municipality; queried once per object."""
    if not hasattr(user, "_memberships"):
        user._memberships = list(user.memberships.values_list("role", "department"))  # type: ignore[attr-defined]
    return user._memberships  # type: ignore[attr-defined,no-any-return]


def unit_of(user: User) -> str:
    """Name the department that somebody works in, "" for the whole municipality; queried once per object."""
    if not hasattr(user, "unit"):
        places = user.memberships.exclude(department=None).order_by("pk")
        user.unit = places.values_list("department__name", flat=True).first()  # type: ignore[attr-defined]
    return user.unit or ""


def roles_of(user: User) -> set[str]:
    return {role for role, _department in memberships_of(user)}


@dataclass(frozen=True)
class Scope:
    """How much of the inbox somebody's roles let him or her see."""

    everything: bool
    departments: frozenset[int] = frozenset()
    batons: bool = False  # what the relay's roster gives, while it does


def scope_of(user: User) -> Scope:
    """Join what the roles let somebody see; a role for the whole municipality sees the whole."""
    roles = memberships_of(user)
    departments = frozenset(place for role, place in roles if role == Role.DEPARTMENT and place)
    is_wide = any(role not in SCOPES or (role == Role.DEPARTMENT and place is None) for role, place in roles)
    return Scope(is_wide, departments, any(role == Role.RELAY for role, _place in roles))


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
